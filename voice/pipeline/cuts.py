"""Where a long recording is cut into chunks: at its quietest places near equal distances."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soundfile

from voice.audio_files import read_span, spans
from voice.pipeline.joints import FADE_S

FRAME_S = 0.02
SEARCH_S = 15.0
"""How far a cut may move from its wished place, a quarter of a chunk at most."""
READ_S = 20
QUIET_ENOUGH_DB = -60.0
"""Below it one place is as good as another, and the nearer one is taken."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Power of each frame of `FRAME_S` in dB, the loudest channel's, and the largest magnitude of all samples."""

    frames_db: npt.NDArray[np.float64]
    peak: float


def measure_levels(sound: soundfile.SoundFile, report: Callable[[float], None]) -> Levels:
    """One walk through the file."""
    frame = round(FRAME_S * sound.samplerate)
    powers, peak = [], 0.0
    for begin, end in spans(sound.frames, READ_S * 50 * frame):
        samples = read_span(sound, begin, end)
        peak = max(peak, float(np.abs(samples).max(initial=0.0)))
        power = (samples**2).max(axis=0, initial=0.0)
        powers.append(np.add.reduceat(power, np.arange(0, len(power), frame)) / frame)
        report(end / sound.frames)
    return Levels(10 * np.log10(np.concatenate(powers) + 1e-12), peak)


def plan_cuts(
    levels: Levels, frames: int, sample_rate: int, chunk_s: float, seams: Sequence[int] = ()
) -> tuple[int, ...]:
    """Sample positions from 0 to `frames` between which the chunks lie, all of them of about the same length.

    None is longer than `chunk_s` by more than the search reaches. Where one of `seams` is within reach, it is taken.
    """
    frame = round(FRAME_S * sample_rate)
    count = math.ceil(frames / sample_rate / chunk_s)
    if count < 2:
        return 0, frames
    width = max(1, round(FADE_S / FRAME_S))
    quietness = np.convolve(np.maximum(levels.frames_db, QUIET_ENOUGH_DB), np.ones(width) / width, "same")
    reach = int(min(SEARCH_S, frames / sample_rate / count / 4) / FRAME_S)
    inner = []
    for place in range(1, count):
        wished = place * frames // count
        near = [seam for seam in seams if abs(seam - wished) < reach * frame]
        quietest = _quietest(quietness, round(place * frames / count / frame), reach) * frame
        inner.append(min(near, key=lambda seam: abs(seam - wished), default=quietest))
    return 0, *inner, frames


def _quietest(quietness: npt.NDArray[np.float64], wished: int, reach: int) -> int:
    low = max(1, wished - reach)
    window = quietness[low : wished + reach + 1]
    # A thousandth of a dB for each frame of distance decides between equals.
    return low + int(np.argmin(window + 0.001 * np.abs(np.arange(len(window)) + low - wished)))
