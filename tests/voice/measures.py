"""What the tests measure of a voice."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pyworld

MEASURING_FLOOR_HZ = 40.0
"""Harvest looks from 71 Hz up by default. The samples' voice, made deeper, has a quarter of its frames below that; they
would be missed or misread by an octave."""


def mono(path: Path, seconds: float | None = None) -> tuple[npt.NDArray[np.float64], int]:
    samples, rate = soundfile.read(path, always_2d=True)
    if seconds is not None:
        samples = samples[: round(seconds * rate)]
    return np.ascontiguousarray(samples.mean(axis=1)), rate


def f0_of(path: Path) -> npt.NDArray[np.float64]:
    samples, rate = mono(path)
    f0: npt.NDArray[np.float64] = pyworld.harvest(samples, rate, f0_floor=MEASURING_FLOOR_HZ)[0]
    return f0


def f0_ratio(before: Path, after: Path) -> float:
    """The median of the pitch ratio over the 5 ms frames that are voiced in both."""
    one, other = f0_of(before), f0_of(after)
    length = min(len(one), len(other))
    one, other = one[:length], other[:length]
    both = (one > 0) & (other > 0)
    return float(np.median(other[both] / one[both]))


def lateness_s(before: Path, after: Path) -> float:
    """By how much the words of one come later than those of the other: their power's course, shifted against itself."""
    courses = []
    for path in (before, after):
        samples, rate = mono(path)
        hop = rate // 4000
        power = (samples[: len(samples) // hop * hop].reshape(-1, hop) ** 2).mean(axis=1)
        course = np.sqrt(np.convolve(power, np.hanning(60), "same"))
        # The slow half of speech correlates over tens of milliseconds, and says nothing of single ones.
        courses.append(course - np.convolve(course, np.hanning(480) / np.hanning(480).sum(), "same"))
    one, other = courses
    alike = [float(one[100:-100] @ other[100 + late : len(other) - 100 + late]) for late in range(-100, 101)]
    return (int(np.argmax(alike)) - 100) * hop / rate


def brightness_hz(path: Path) -> float:
    """The centre of gravity of the long-term spectrum below 5 kHz: it follows the formants."""
    samples, rate = mono(path)
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / rate)
    heard = (frequency > 100) & (frequency < 5000)
    return float((power[heard] * frequency[heard]).sum() / power[heard].sum())


def envelope_correlation(before: Path, after: Path) -> float:
    """Correlation of the two 10 ms RMS envelopes: 1 where the words stand at the same places."""
    levels = []
    for path in (before, after):
        samples, rate = mono(path)
        hop = rate // 100
        levels.append(np.sqrt((samples[: len(samples) // hop * hop].reshape(-1, hop) ** 2).mean(axis=1)))
    return float(np.corrcoef(*levels)[0, 1])
