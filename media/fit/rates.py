"""Frame rates and bit rates: what a video gets when it has to be encoded."""

from __future__ import annotations

from fractions import Fraction

from media.fit.profile import FitProfile
from media.info import MediaInfo

FULL_PICTURE = 1080 * 1920
"""Pixels of the picture that a profile's bit rate is meant for."""
LEAST_VIDEO_BITRATE = 400_000
OLD_CODEC_FACTOR = 2
"""H.264 needs about twice the bits of HEVC, VP9 or AV1 for the same picture; more than this adds nothing to see."""
CONTAINER_SHARE = 0.03
"""What tables and swings of the encoder take of a size, at most."""
FPS_TOLERANCE = 0.1


def constant_fps(fps: float, *, is_variable: bool, profile: FitProfile) -> Fraction:
    """The frame rate to encode at: the source's own where the profile has it, else one that divides or repeats evenly.

    With 30 as the highest: 60 -> 30, 59.94 -> 29.97, 50 -> 25, 15 -> 30, 12 -> 24; a variable or an odd rate -> the
    profile's usual one.
    """
    own = Fraction(fps).limit_denominator(1001)
    if is_variable or own <= 0:
        return Fraction(profile.usual_fps)
    for factor in (1, 2, 3, 4, 5, 8):
        for candidate in (own / factor, own * factor):
            if has_fps(float(candidate), profile):
                return min(candidate, Fraction(profile.max_fps))
    return Fraction(profile.usual_fps)


def has_fps(fps: float, profile: FitProfile) -> bool:
    """Whether the profile accepts the rate; measured rates are off by a hair."""
    return profile.min_fps - FPS_TOLERANCE <= fps <= profile.max_fps + FPS_TOLERANCE


def audio_bitrate(info: MediaInfo, profile: FitProfile) -> int:
    """Bits per second of the sound when it is encoded; 0 where there is none."""
    if info.audio is None:
        return 0
    return profile.audio_bitrate if info.audio.channels > 1 else profile.audio_bitrate * 3 // 5


def file_bitrate(info: MediaInfo) -> float:
    """Bits per second of the whole file."""
    return info.size * 8 / max(info.duration_s, 0.1)


def video_bitrate(info: MediaInfo, pixels: int, profile: FitProfile) -> int:
    """Bits per second to encode a picture of `pixels` at: by its area, not far above the source, within the size."""
    by_area = profile.video_bitrate * pixels / FULL_PICTURE
    wanted = max(LEAST_VIDEO_BITRATE, min(by_area, OLD_CODEC_FACTOR * file_bitrate(info)))
    if profile.max_size is not None:
        room = profile.max_size * 8 * (1 - CONTAINER_SHARE) / max(info.duration_s, 0.1) - audio_bitrate(info, profile)
        wanted = min(wanted, max(LEAST_VIDEO_BITRATE, room))
    return int(wanted)


def estimated_size(info: MediaInfo, video_bps: float, audio_bps: float) -> int:
    """Bytes of the file that this will make."""
    return int((video_bps + audio_bps) * info.duration_s / 8 * (1 + CONTAINER_SHARE))
