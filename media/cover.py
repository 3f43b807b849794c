"""A still from a video for its cover, and a choice of stills worth showing."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from media.errors import FfmpegFailedError, NoVideoTrackError
from media.ffmpeg import Ffmpeg, output, video_input
from media.partial import whole_file

LONGEST_SIDE = 1920
MAX_BYTES = 8_000_000
"""What the strictest site takes for a cover; a 1920-pixel JPEG at this quality stays far below."""
TIME_LIMIT_S = 60.0
EDGE = 0.05
"""The first and last twentieth of a video are often black or blurred."""
END_S = 0.2
"""So long before the end there is surely still a picture."""


@dataclass(frozen=True, slots=True)
class Cover:
    """A still and the moment it shows."""

    at_s: float
    path: Path


async def cover_frame(ffmpeg: Ffmpeg, video: Path, at_s: float, target_jpeg: Path) -> None:
    """Write the picture shown at `at_s` as JPEG: upright, square pixels, sides of at most 1920, never enlarged.

    Raises ValueError for a negative moment, NoVideoTrackError, MediaTimeoutError, and FfmpegFailedError also for a
    moment behind the end.
    """
    if not at_s >= 0:
        raise ValueError(f"a cover needs a moment in the video, not {at_s}")
    limit = f"min({LONGEST_SIDE}/max(iw*sar,ih),1)"
    size = f"scale=w='trunc(iw*sar*{limit}/2)*2':h='trunc(ih*{limit}/2)*2',setsar=1"
    with whole_file(target_jpeg) as partial:
        words = (
            *("-ss", f"{at_s:.3f}", *video_input(video), "-map", "0:V:0", "-frames:v", "1"),
            *("-vf", size, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3", "-map_metadata", "-1"),
            *("-f", "mjpeg", output(partial)),
        )
        try:
            await ffmpeg.run(words, time_limit_s=TIME_LIMIT_S, output_limit_bytes=MAX_BYTES)
        except FfmpegFailedError as error:
            if "matches no streams" in error.stderr_tail:
                raise NoVideoTrackError from error
            raise
        if not partial.is_file() or partial.stat().st_size == 0:
            raise FfmpegFailedError("no picture at this moment", at_s=at_s)


def cover_moments(duration_s: float, count: int) -> tuple[float, ...]:
    """`count` moments in seconds, evenly spread and away from both ends; fewer where they would coincide."""
    if count < 1 or not duration_s > 0:
        return ()
    first, last = duration_s * EDGE, max(0.0, min(duration_s * (1 - EDGE), duration_s - END_S))
    if last <= first or count == 1:
        return (round(min(first, last), 3),)
    step = (last - first) / (count - 1)
    return tuple(dict.fromkeys(round(first + place * step, 3) for place in range(count)))


async def cover_candidates(
    ffmpeg: Ffmpeg, video: Path, folder: Path, *, duration_s: float, count: int = 4
) -> tuple[Cover, ...]:
    """Write up to `count` stills into `folder`, in the order of the video; raises what `cover_frame` raises.

    Twice as many are looked at; those with the most to see stay. A black or blurred picture makes a small JPEG.
    """
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        seen = [
            await _still(ffmpeg, video, at_s, Path(scratch)) for at_s in cover_moments(duration_s, max(2, 2 * count))
        ]
        kept = _richest(seen, count)
        return tuple(Cover(one.at_s, one.path.rename(folder / one.path.name)) for one in kept)


async def _still(ffmpeg: Ffmpeg, video: Path, at_s: float, folder: Path) -> Cover:
    path = folder / f"cover-{round(at_s * 1000):08d}.jpg"
    await cover_frame(ffmpeg, video, at_s, path)
    return Cover(at_s, path)


def _richest(covers: Sequence[Cover], count: int) -> list[Cover]:
    richest = sorted(covers, key=lambda one: one.path.stat().st_size, reverse=True)[:count]
    return sorted(richest, key=lambda one: one.at_s)
