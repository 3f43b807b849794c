"""What the operator wants done to a video, read from a draft's or a task's options."""

from __future__ import annotations

from media.fit import Aspect, FitChoices
from platforms.options import COVER_MS
from storage.values import JsonObject
from voice.presets.mix import MUSIC as MUSIC_WISHES

FRAME = "frame"
"""`keep`, `pad_blur`, `pad_black` or `crop`; anything else counts as `keep`."""
MUSIC = "voice_music"
"""What becomes of music under a new voice: one of `voice.presets.mix.MUSIC`; anything else as the preset says."""
LOUDNESS = "loudness_lufs"
"""A number from -40 to -5; anything else leaves the loudness as it is."""


def cover_ms(options: JsonObject) -> int | None:
    """The moment that the operator picked; None where none was."""
    at_ms = options.get(COVER_MS)
    return at_ms if isinstance(at_ms, int) and not isinstance(at_ms, bool) and at_ms >= 0 else None


def music_of(options: JsonObject) -> str | None:
    """What the operator wants done about music; None where the preset decides."""
    wanted = options.get(MUSIC)
    return wanted if isinstance(wanted, str) and wanted in MUSIC_WISHES else None


def choices_of(options: JsonObject) -> FitChoices:
    """The choices for the fitter; nonsense is no wish."""
    return FitChoices(aspect_of(options), _loudness_of(options))


def aspect_of(options: JsonObject) -> Aspect:
    """What is to happen to a picture that is not 9:16."""
    try:
        return Aspect(options.get(FRAME, Aspect.KEEP))
    except ValueError:
        return Aspect.KEEP


def _loudness_of(options: JsonObject) -> float | None:
    wanted = options.get(LOUDNESS)
    if isinstance(wanted, bool) or not isinstance(wanted, int | float):
        return None
    return float(wanted) if -40 <= wanted <= -5 else None
