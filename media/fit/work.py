"""Does what a plan says, in the guarded child: one file in, one file out that appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from media.ffmpeg import Ffmpeg, output, video_input
from media.fit.filters import picture_graph
from media.fit.loudness import find_gain
from media.fit.plan import Action, FitPlan, PicturePlan, SoundPlan
from media.on_time import ON_TIME
from media.partial import whole_file

OnFraction = Callable[[float], None]
"""Told the fraction done, 0..1, never less than before."""

PRIMING_SAMPLES = 1024
"""ffmpeg's AAC encoder puts so many samples before the first one; without an edit list nothing tells the player."""
MOST_THREADS = 8
SPARE_BYTES = 64 << 20
_NO_EDIT_LIST = ("-use_editlist", "0", "-movflags", "+faststart+negative_cts_offsets")
"""Without the second flag the picture would move by the frames that x264 reorders."""


async def fit(
    ffmpeg: Ffmpeg,
    source: Path,
    target: Path,
    plan: FitPlan,
    on_progress: OnFraction | None = None,
    *,
    time_limit_s: float | None = None,
) -> None:
    """Write `target`, an MP4 by the plan of `source`: index first, no edit list, both tracks from the first moment.

    What a camera notes about place and device is left out. Without a time limit a video may take 60 times its length.
    Raises ValueError for a plan that keeps the file, FfmpegFailedError, MediaTimeoutError, OutputTooLargeError.
    """
    if plan.action is Action.KEEP:
        raise ValueError("a file that is kept needs no work")
    limit_s = time_limit_s or 600 + 60 * plan.duration_s
    chain = await _sound_chain(ffmpeg, source, plan.sound, limit_s) if plan.sound else ""
    size_limit = max(plan.estimated_size * 3, source.stat().st_size * 2) + SPARE_BYTES
    with whole_file(target) as partial:
        words = (
            *video_input(source),
            *_picture_words(plan.picture),
            *_sound_words(plan, chain),
            *("-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"),
            *(*_NO_EDIT_LIST, "-f", "mp4", output(partial)),
        )
        hear = None if on_progress is None else _fractions(on_progress, plan.duration_s)
        await ffmpeg.run(words, time_limit_s=limit_s, output_limit_bytes=size_limit, on_progress=hear)


def _picture_words(picture: PicturePlan | None) -> tuple[str, ...]:
    if picture is None:
        return ("-map", "0:V:0", "-c:v", "copy")
    gop = max(1, round(picture.fps / 2))
    return (
        *("-filter_complex", picture_graph(picture), "-map", "[v]"),
        *("-c:v", "libx264", "-profile:v", "high", "-preset", picture.speed, "-pix_fmt", "yuv420p"),
        *("-b:v", str(picture.bitrate), "-maxrate", str(picture.peak_bitrate)),
        *("-bufsize", str(picture.peak_bitrate), "-bf", "2", "-g", str(gop), "-flags", "+cgop"),
        *("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"),
        *("-threads:v", str(min(os.cpu_count() or 1, MOST_THREADS))),
    )


def _sound_words(plan: FitPlan, chain: str) -> tuple[str, ...]:
    if not plan.has_sound:
        return ("-an",)
    if plan.sound is None:
        # A packet from before the first moment is an encoder's start-up; copied, it would push the sound back.
        return ("-map", "0:a:0", "-c:a", "copy", "-bsf:a", "noise=drop='lt(pts,-duration/2)'")
    return (
        *("-map", "0:a:0", "-af", chain, "-ar", str(plan.sound.sample_rate), "-ac", str(plan.sound.channels)),
        *("-c:a", "aac", "-b:a", str(plan.sound.bitrate)),
    )


async def _sound_chain(ffmpeg: Ffmpeg, source: Path, sound: SoundPlan, limit_s: float) -> str:
    """The filters of the sound. Its first samples give way to the encoder's start-up, so that the rest is on time."""
    gain = None
    if sound.loudness_lufs is not None:
        gain = await find_gain(ffmpeg, source, sound.loudness_lufs, time_limit_s=limit_s)
    steps = (ON_TIME, gain, f"aresample={sound.sample_rate}", f"atrim=start_sample={PRIMING_SAMPLES}")
    return ",".join([*(step for step in steps if step), "asetpts=PTS-STARTPTS"])


def _fractions(on_progress: OnFraction, duration_s: float) -> Callable[[float], None]:
    highest = 0.0

    def hear(seconds: float) -> None:
        nonlocal highest
        highest = max(highest, min(1.0, seconds / max(duration_s, 0.1)))
        on_progress(highest)

    return hear
