"""Whether YouTube will show a video as a Short: there is no flag for it, shape and length decide.

Square or taller and at most 180 s, uploaded since 15 October 2024 (support.google.com/youtube/answer/15424877). A Short
over 60 s that a rights holder claims is blocked everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from platforms.base import VideoFile, Violation

MAX_DURATION_S = 180.0
CLAIMED_MAX_DURATION_S = 60.0
SLACK_S = 0.5  # a file's own length against the one that YouTube rounds


@dataclass(frozen=True, slots=True)
class ShortForecast:
    """What to expect: `hindrance` is "landscape" or "too_long" for what will be no Short, else empty."""

    hindrance: str = ""
    claims_block: bool = False

    @property
    def is_short(self) -> bool:
        return not self.hindrance


def predict_short(width: int, height: int, duration_s: float) -> ShortForecast:
    """Foretell from a video's facts: pixels as shown, and seconds."""
    if width > height:
        return ShortForecast(hindrance="landscape")
    if duration_s > MAX_DURATION_S + SLACK_S:
        return ShortForecast(hindrance="too_long")
    return ShortForecast(claims_block=duration_s > CLAIMED_MAX_DURATION_S)


def is_short_shaped(width: int, height: int, duration_s: float) -> bool:
    """Say whether the facts are a Short's."""
    return predict_short(width, height, duration_s).is_short


def short_violation(file: VideoFile) -> Violation | None:
    """Say why a file cannot be the Short that it is wanted to be."""
    forecast = predict_short(file.width, file.height, file.duration_s)
    if forecast.hindrance == "landscape":
        return Violation("youtube.short_landscape", {"width": file.width, "height": file.height})
    if forecast.hindrance == "too_long":
        return Violation("youtube.short_too_long", {"limit": MAX_DURATION_S, "actual": file.duration_s})
    return None
