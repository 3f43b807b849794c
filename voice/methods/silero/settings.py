"""What the `silero` method can be told, checked without importing it."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from voice.errors import NoListenerError, NoTranscriptError

VERSION = 1
"""Part of every digest; raise it when the same settings begin to sound different."""
FILE_FIELDS = ("model", "whisper", "transcript", "dictionary")
"""Which settings name files; they are sought in the models folder."""
IN_PARTS = False
"""A transcript counts from the recording's beginning, and phrases are spoken one by one anyway."""

RATES = (8_000, 24_000, 48_000)
TRANSCRIPTS = (".srt", ".json")
LISTENER = "faster_whisper"
"""The module that hears what is said; optional."""


@dataclass(frozen=True, slots=True)
class SileroSettings:
    """How a Silero voice speaks.

    `model` is a Silero package, `speaker` one of its voices. The words come from `transcript` (.srt or .json) or from
    the folder of a `whisper` model; `dictionary` is a text file of words with their stress.
    """

    model: str
    speaker: str = "xenia"
    whisper: str | None = None
    transcript: str | None = None
    dictionary: str | None = None
    sample_rate: int = 48_000
    stress: bool = True

    def to_json(self) -> dict[str, Any]:
        """Plain data, the inverse of `parse`; None is left out, as TOML has no such thing."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def parse(data: Mapping[str, Any]) -> SileroSettings:
    """Check plain settings; raises ValueError that says which one is wrong and what it may be."""
    known = {one.name for one in fields(SileroSettings)}
    if strange := sorted(set(map(str, data)) - known):
        there_are = ", ".join(sorted(known))
        raise ValueError(f"settings has {strange[0]!r}, which means nothing to this method; it knows {there_are}")
    if "model" not in data:
        raise ValueError("it names no model")
    rate, stress = data.get("sample_rate", 48_000), data.get("stress", True)
    if isinstance(rate, bool) or rate not in RATES:
        raise ValueError(f"sample_rate must be one of {', '.join(map(str, RATES))}, not {rate!r}")
    if not isinstance(stress, bool):
        raise ValueError(f"stress must be true or false, not {stress!r}")  # noqa: TRY004 - settings fail with one error
    transcript = _file(data, "transcript")
    if transcript is not None and not transcript.lower().endswith(TRANSCRIPTS):
        raise ValueError(f"transcript must be an .srt or .json file, not {transcript!r}")
    return SileroSettings(
        model=_text(data, "model", ""),
        speaker=_text(data, "speaker", "xenia"),
        whisper=_file(data, "whisper"),
        transcript=transcript,
        dictionary=_file(data, "dictionary"),
        sample_rate=int(rate),
        stress=stress,
    )


def require_words(settings: SileroSettings) -> None:
    """Raises NoTranscriptError, or NoListenerError, where nothing tells what is said."""
    if settings.transcript is not None:
        return
    if settings.whisper is None:
        raise NoTranscriptError(
            "This voice does not know what is said: lay an .srt file of the same name beside the clip, or name a "
            "whisper model in the preset."
        )
    if importlib.util.find_spec(LISTENER) is None:
        raise no_listener()


def no_listener() -> NoListenerError:
    """The error for a listening model without its package."""
    return NoListenerError(
        "This voice listens with the package faster-whisper, which is not installed: run "
        "`pip install faster-whisper`, or lay an .srt file beside the clip.",
        part="faster-whisper",
    )


def _file(data: Mapping[str, Any], name: str) -> str | None:
    return _text(data, name, "") if name in data else None


def _text(data: Mapping[str, Any], name: str, default: str) -> str:
    value = data.get(name, default)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError(f"{name} must be a name")
    return value
