"""What a file has to be so that it may stay as it is, and what it becomes if not. Plain values, no site's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class Aspect(StrEnum):
    """What happens to a picture that is not of the wanted shape."""

    KEEP = "keep"
    PAD_BLUR = "pad_blur"
    PAD_BLACK = "pad_black"
    CROP = "crop"


@dataclass(frozen=True, slots=True)
class FitProfile:
    """A file within all of this is accepted; what is outside is brought in. Sides in pixels of the upright picture.

    `wanted_aspect` is (width, height) of the shape that padding and cropping lead to. Bit rates in bits per second:
    `max_bitrate` is what a whole file may have, `video_bitrate` what a full-size picture is encoded at, `peak_bitrate`
    the most it may take for a moment. `max_size` in bytes; None where size is no matter.
    """

    name: str
    containers: frozenset[str]
    video_codecs: frozenset[str]
    audio_codecs: frozenset[str]
    pixel_formats: frozenset[str]
    max_long_side: int
    max_short_side: int
    min_fps: int
    max_fps: int
    max_bitrate: int
    video_bitrate: int
    peak_bitrate: int
    audio_bitrate: int
    max_sample_rate: int
    max_channels: int
    wanted_aspect: tuple[int, int]
    max_size: int | None
    usual_fps: int = 30
    """What a picture without an even rate of its own is shown at."""
    edit_list_allowed: bool = False
    index_must_be_first: bool = True
    speed: str = "veryfast"
    """x264's preset. At these bit rates "fast" gains 0.4 dB and takes twice the time."""

    def __post_init__(self) -> None:
        if not 0 < self.min_fps <= self.max_fps:
            raise ValueError(f"no frame rate fits between {self.min_fps} and {self.max_fps}")
        if not (self.max_long_side >= self.max_short_side >= 2 and min(self.wanted_aspect) > 0):
            raise ValueError("sides and shape must be positive, the long side no shorter than the short one")
        if not 0 < self.video_bitrate <= self.peak_bitrate <= self.max_bitrate:
            raise ValueError("bit rates must rise from the usual one over the peak to the accepted one")


EVERYWHERE = FitProfile(
    name="everywhere",
    containers=frozenset({"mp4"}),
    video_codecs=frozenset({"h264"}),
    audio_codecs=frozenset({"aac"}),
    pixel_formats=frozenset({"yuv420p"}),
    max_long_side=1920,
    max_short_side=1080,
    min_fps=23,
    max_fps=30,
    max_bitrate=25_000_000,
    video_bitrate=10_000_000,
    peak_bitrate=15_000_000,
    audio_bitrate=160_000,
    max_sample_rate=48_000,
    max_channels=2,
    wanted_aspect=(9, 16),
    max_size=300_000_000,
)
"""What the publishing sites accept all alike (their upload pages, November 2026): the strictest word of each counts."""

LARGE = replace(
    EVERYWHERE,
    name="large",
    max_long_side=7680,
    max_short_side=4320,
    max_fps=60,
    max_bitrate=200_000_000,
    peak_bitrate=80_000_000,
    max_size=None,
)
"""The same for a site that takes any size: a film for it is not squeezed to what a reel may be. What needs no squeezing
gets the same plan from both, and is one file."""

PROFILES: Mapping[str, FitProfile] = {profile.name: profile for profile in (EVERYWHERE, LARGE)}
"""By the names that sites ask for."""


@dataclass(frozen=True, slots=True)
class FitChoices:
    """What the operator decides. `loudness_lufs` None leaves the loudness as it is."""

    aspect: Aspect = Aspect.KEEP
    loudness_lufs: float | None = None

    def __post_init__(self) -> None:
        if self.loudness_lufs is not None and not -40 <= self.loudness_lufs <= -5:
            raise ValueError(f"loudness must be between -40 and -5 LUFS, got {self.loudness_lufs}")
