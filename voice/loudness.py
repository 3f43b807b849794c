"""Integrated loudness in LUFS, measured in one walk with memory that does not grow (ITU-R BS.1770-5, EBU R 128)."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import signal

from voice.audio_files import Samples, open_audio, read_span, spans

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
HOP_S = 0.1
HOPS_PER_BLOCK = 4  # 400 ms blocks that overlap by 75 %
OFFSET_LUFS = -0.691
READ_S = 10
SURROUND_WEIGHTS = np.array([1.0, 1.0, 1.0, 0.0, 1.41, 1.41])  # L R C LFE Ls Rs


def loudness_of(path: Path) -> float:
    """Integrated loudness of a file in LUFS; -inf for silence."""
    with open_audio(path) as sound:
        meter = LoudnessMeter(sound.samplerate, sound.channels)
        for begin, end in spans(sound.frames, READ_S * sound.samplerate):
            meter.add(read_span(sound, begin, end))
        return meter.integrated()


class LoudnessMeter:
    """Feed it consecutive pieces with `add`, then ask `integrated`."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._filter = k_weighting(sample_rate)
        self._state = np.zeros((self._filter.shape[0], channels, 2))
        self._hop = round(HOP_S * sample_rate)
        self._weights = SURROUND_WEIGHTS if channels == 6 else np.ones(channels)
        self._rest = np.zeros(0)
        self._hops: list[npt.NDArray[np.float64]] = []

    def add(self, piece: Samples) -> None:
        """Hear the next samples, (channels, samples)."""
        weighted, self._state = signal.sosfilt(self._filter, piece, axis=1, zi=self._state)
        power = np.concatenate([self._rest, self._weights @ weighted**2])
        whole = len(power) // self._hop * self._hop
        self._hops.append(power[:whole].reshape(-1, self._hop).mean(axis=1))
        self._rest = power[whole:]

    def integrated(self) -> float:
        """Gated loudness in LUFS of all that was heard; -inf for silence. Under 400 ms all of it counts, ungated."""
        hops = np.concatenate([*self._hops, np.zeros(0)])
        if len(hops) < HOPS_PER_BLOCK:
            heard = len(hops) * self._hop + len(self._rest)
            total = float(hops.sum() * self._hop + self._rest.sum())
            return _lufs(total / heard if heard else 0.0)
        blocks = np.convolve(hops, np.ones(HOPS_PER_BLOCK) / HOPS_PER_BLOCK, "valid")
        blocks = blocks[blocks > _power(ABSOLUTE_GATE_LUFS)]
        if not len(blocks):
            return -math.inf
        loud = blocks[blocks > blocks.mean() * 10 ** (RELATIVE_GATE_LU / 10)]
        return _lufs(float(loud.mean()))


def k_weighting(sample_rate: int) -> npt.NDArray[np.float64]:
    """The two filters of BS.1770 as second-order sections (2, 6), for any rate.

    Analogue prototypes of the standard's 48 kHz coefficients, by B. De Man, "Evaluation of implementations of the EBU
    R128 loudness measurement", 2018.
    """
    return np.array([_head_shelf(sample_rate), _high_pass(sample_rate)])


def _head_shelf(sample_rate: int) -> list[float]:
    k = math.tan(math.pi * 1681.9744509555319 / sample_rate)
    high = 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    q = 0.7071752369554193
    scale = 1 + k / q + k * k
    b = (high + middle * k / q + k * k, 2 * (k * k - high), high - middle * k / q + k * k)
    return [*(one / scale for one in b), 1.0, 2 * (k * k - 1) / scale, (1 - k / q + k * k) / scale]


def _high_pass(sample_rate: int) -> list[float]:
    k = math.tan(math.pi * 38.13547087613982 / sample_rate)
    q = 0.5003270373253953
    scale = 1 + k / q + k * k
    return [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / scale, (1 - k / q + k * k) / scale]


def _lufs(power: float) -> float:
    return OFFSET_LUFS + 10 * math.log10(power) if power > 0 else -math.inf


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - OFFSET_LUFS) / 10))
