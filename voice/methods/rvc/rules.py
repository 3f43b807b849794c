"""The small signal rules of RVC: what is done to the sound before and after the networks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import signal

from voice.f0.signal16k import F0_HIGH_HZ, F0_LOW_HZ, SAMPLE_RATE, Floats, Signal

HIGH_PASS_HZ = 48
HIGH_PASS_ORDER = 5
CUT_STEP = 160
"""Cuts lie on multiples of a frame."""
LOUDEST_IN = 0.95
COARSE_BINS = 255
MEDIAN_FRAMES = 3

_HIGH_PASS = signal.butter(HIGH_PASS_ORDER, HIGH_PASS_HZ, btype="high", fs=SAMPLE_RATE)
_FILTER_PADDING = 3 * (HIGH_PASS_ORDER + 1)


def high_pass(samples: npt.NDArray[np.floating]) -> Floats:
    """48 Hz, forwards and backwards; so short a sound that the filter has no room is left alone at its ends."""
    filtered: Floats = signal.filtfilt(*_HIGH_PASS, samples, padlen=min(_FILTER_PADDING, len(samples) - 1))
    return filtered


def mel(hz: npt.ArrayLike) -> Floats:
    """The scale of the coarse pitch."""
    bent: Floats = 1127 * np.log(1 + np.asarray(hz, dtype=np.float64) / 700)
    return bent


def coarse_pitch(f0: Floats) -> npt.NDArray[np.int64]:
    """Hz to bins 1..255 between 50 and 1100 Hz; 1 where there is no pitch."""
    low, high = mel(F0_LOW_HZ), mel(F0_HIGH_HZ)
    bent = mel(f0)
    bins = np.where(bent > 0, (bent - low) * (COARSE_BINS - 1) / (high - low) + 1, bent)
    rounded: npt.NDArray[np.int64] = np.rint(np.clip(bins, 1, COARSE_BINS)).astype(np.int64)
    return rounded


def transposed(f0: Floats, semitones: float) -> Floats:
    """The pitch moved; no pitch stays none."""
    moved: Floats = f0 * 2 ** (semitones / 12)
    return moved


def smoothed(f0: Floats) -> Floats:
    """The median of every three frames."""
    middle: Floats = signal.medfilt(f0, MEDIAN_FRAMES)
    return middle


def filled(f0: Floats) -> Floats:
    """Frames without pitch get one from their neighbours, in a straight line."""
    voiced = np.flatnonzero(f0 > 0)
    if not len(voiced):
        return f0
    line: Floats = np.interp(np.arange(len(f0)), voiced, f0[voiced])
    return line


def cut_points(padded: Signal, pad: int, every: int, search: int, longest: int, *, of_magnitudes: bool) -> list[int]:
    """Where to cut a long recording, as samples of the unpadded signal, each within `search` of a multiple of `every`.

    A cut goes to the first place where the sum of the 160 samples around it is smallest. All arguments are samples.
    """
    length = len(padded) - 2 * pad
    if length + CUT_STEP <= longest:
        return []
    cuts = []
    for wished in range(every, length, every):
        first, last = max(0, wished - search), min(length, wished + search)
        half = CUT_STEP // 2
        heard = padded[pad + first - half : pad + last + half]
        heard = np.abs(heard) if of_magnitudes else heard
        total = np.zeros(last - first)
        for offset in range(CUT_STEP):  # in the order of the reference: the smallest sums differ by rounding alone
            total += heard[offset : offset + len(total)]
        cuts.append(first + int(np.argmin(np.abs(total))))
    return cuts
