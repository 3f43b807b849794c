"""What the operator wants done to a video, read from a draft's or a task's options."""

from __future__ import annotations

from media.fit import Aspect, FitChoices
from storage.values import JsonObject

FRAME = "frame"
"""`keep`, `pad_blur`, `pad_black` or `crop`; anything else counts as `keep`."""
LOUDNESS = "loudness_lufs"
"""A number from -40 to -5; anything else leaves the loudness as it is."""


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
