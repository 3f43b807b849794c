"""What the `rvc` method can be told, checked without importing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from voice.f0 import F0_METHODS

VERSION = 2
"""Part of every digest; raise it when the same settings begin to sound different."""
CONTEXT_S = 1.5
"""A chunk is heard with a second on both sides, and the filter before it has to settle."""
FILE_FIELDS = ("model", "index", "content_model", "f0_model")
"""Which settings name files; they are sought in the models folder."""

SEMITONES = (-36.0, 36.0)
SHARE = (0.0, 1.0)
HALF = (0.0, 0.5)
LARGEST_SPEAKER = 65_535
CONTENT_MODEL = "hubert_base.pt"
F0_MODELS = {"rmvpe": "rmvpe.pt", "crepe": "crepe_full.pth"}
"""The names under which these files are shared, taken where a preset names none."""


@dataclass(frozen=True, slots=True)
class RvcSettings:
    """How an RVC voice speaks.

    `pitch` moves by semitones. `index_rate` is the share of features taken from the speaker's own recordings,
    `protect` how much of consonants and breath is spared from that (0.5: nothing), `rms_mix_rate` how much of the
    model's own loudness is kept instead of the source's. `fast` computes the last network with half the digits where
    the processor can.
    """

    model: str
    index: str | None = None
    content_model: str = CONTENT_MODEL
    f0_method: str = "rmvpe"
    f0_model: str | None = None
    pitch: float = 0.0
    speaker: int = 0
    index_rate: float = 0.75
    protect: float = 0.33
    rms_mix_rate: float = 0.25
    smooth_pitch: bool = True
    fast: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain data, the inverse of `parse`; None is left out, as TOML has no such thing."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def parse(data: Mapping[str, Any]) -> RvcSettings:
    """Check plain settings; raises ValueError that says which one is wrong and what it may be."""
    known = {one.name for one in fields(RvcSettings)}
    if strange := sorted(set(map(str, data)) - known):
        there_are = ", ".join(sorted(known))
        raise ValueError(f"settings has {strange[0]!r}, which means nothing to this method; it knows {there_are}")
    if "model" not in data:
        raise ValueError("it names no model")
    f0_method = data.get("f0_method", "rmvpe")
    if f0_method not in F0_METHODS:
        raise ValueError(f"f0_method must be one of {', '.join(F0_METHODS)}, not {f0_method!r}")
    return RvcSettings(
        model=_file(data, "model"),
        index=_file(data, "index") if "index" in data else None,
        content_model=_file(data, "content_model", CONTENT_MODEL),
        f0_method=f0_method,
        f0_model=_file(data, "f0_model", F0_MODELS[f0_method]) if f0_method in F0_MODELS else None,
        pitch=_number(data, "pitch", 0.0, SEMITONES),
        speaker=_speaker(data.get("speaker", 0)),
        index_rate=_number(data, "index_rate", 0.75, SHARE),
        protect=_number(data, "protect", 0.33, HALF),
        rms_mix_rate=_number(data, "rms_mix_rate", 0.25, SHARE),
        smooth_pitch=_switch(data, "smooth_pitch", default=True),
        fast=_switch(data, "fast", default=False),
    )


def _file(data: Mapping[str, Any], name: str, default: str = "") -> str:
    value = data.get(name, default)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError(f"{name} must be the name of a file")
    return value


def _number(data: Mapping[str, Any], name: str, default: float, bounds: tuple[float, float]) -> float:
    value, (low, high) = data.get(name, default), bounds
    # `not (low <= value)` also refuses NaN; a bool is an int to Python and to nobody else.
    if isinstance(value, bool) or not isinstance(value, int | float) or not (low <= value <= high):
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")
    return float(value)


def _speaker(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_SPEAKER:
        raise ValueError(f"speaker must be a whole number from 0 on, not {value!r}")
    return value


def _switch(data: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = data.get(name, default)
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {value!r}")  # noqa: TRY004 - settings fail with one error
    return value
