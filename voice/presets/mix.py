"""How voice and music are put together again: a preset's `[mix]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

AUTOMATIC = "automatic"
KEEP = "keep"
NONE = "none"
MUSIC = (AUTOMATIC, KEEP, NONE)
"""Listen whether there is music and keep it; keep whatever is not voice; take all of it for voice."""

GAINS_DB = (-60.0, 24.0)


@dataclass(frozen=True, slots=True)
class Mix:
    """Whether the voice is taken out of its music, and the gains of both when they are together again.

    With 0 dB the new voice is as loud as the old one was. Afterwards the whole has the source's loudness.
    """

    music: str = AUTOMATIC
    voice_db: float = 0.0
    music_db: float = 0.0


def parse_mix(data: object) -> Mix:
    """Check plain data; raises ValueError that says what is wrong and what it may be."""
    if not isinstance(data, Mapping):
        raise ValueError("mix must be a table")  # noqa: TRY004 - presets fail with one error
    if strange := sorted(set(map(str, data)) - {one.name for one in fields(Mix)}):
        raise ValueError(f"mix has {strange[0]!r}, which means nothing here")
    music = data.get("music", AUTOMATIC)
    if music not in MUSIC:
        raise ValueError(f"mix.music must be one of {', '.join(MUSIC)}, not {music!r}")
    return Mix(music, _gain(data, "voice_db"), _gain(data, "music_db"))


def _gain(data: Mapping[Any, Any], name: str) -> float:
    value, (low, high) = data.get(name, 0.0), GAINS_DB
    # `not (low <= value)` also refuses NaN; a bool is an int to Python and to nobody else.
    if isinstance(value, bool) or not isinstance(value, int | float) or not (low <= value <= high):
        raise ValueError(f"mix.{name} must be a number from {low:g} to {high:g}, not {value!r}")
    return float(value)
