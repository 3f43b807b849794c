"""Pitch by the network CREPE: the most likely path through its bins, unvoiced where it is not sure."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage
from scipy import signal as filters

from voice.f0.rmvpe import CENTS_OF_FIRST_BIN, CENTS_PER_BIN
from voice.f0.signal16k import F0_HIGH_HZ, F0_LOW_HZ, HOP, F0Task, Floats, Signal
from voice.nets.crepe import BINS, FRAME, Crepe

BATCH_FRAMES = 256
PATH_FRAMES = 6000
"""The most likely path is sought in stretches of a minute: it remembers its way there."""
LONGEST_STEP_BINS = 12
SURE = 0.1
"""A frame is voiced where the salience on the path, smoothed, is at least this."""
SMOOTHING = 3


def _place(hz: float) -> float:
    """Where a pitch lies among the bins."""
    return (1200 * math.log2(hz / 10) - CENTS_OF_FIRST_BIN) / CENTS_PER_BIN


LOWEST_BIN, HIGHEST_BIN = math.floor(_place(F0_LOW_HZ)), math.ceil(_place(F0_HIGH_HZ)) - 1
"""The bin that holds the lowest pitch, and the last one below the highest."""


def crepe(signal: Signal, frames: int, net: Crepe) -> list[F0Task]:
    """Finds the pitch of the first `frames` frames in Hz."""
    starts = range(0, frames, PATH_FRAMES)
    return [partial(_stretch, signal, first, min(first + PATH_FRAMES, frames), net) for first in starts]


def _stretch(signal: Signal, first: int, last: int, net: Crepe) -> Floats:
    batches = range(first, last, BATCH_FRAMES)
    salience = np.concatenate([_salience(signal, begin, min(begin + BATCH_FRAMES, last), net) for begin in batches])
    path = likeliest_path(salience)
    sure = filters.medfilt(salience[np.arange(last - first), path], SMOOTHING)
    f0: Floats = 10 * 2 ** ((CENTS_OF_FIRST_BIN + CENTS_PER_BIN * path) / 1200)
    f0 = ndimage.uniform_filter1d(f0, SMOOTHING, mode="nearest")
    f0[sure < SURE] = 0
    return f0


def _salience(signal: Signal, begin: int, end: int, net: Crepe) -> npt.NDArray[np.float32]:
    """Frames `begin` to `end`, each centred at its sample; beyond the signal's ends lies silence."""
    first, last = begin * HOP - FRAME // 2, (end - 1) * HOP + FRAME // 2
    inside = np.asarray(signal[max(0, first) : max(0, min(len(signal), last))], dtype=np.float32)
    left = max(0, -first)
    samples = np.pad(inside, (left, last - first - left - len(inside)))
    frames = torch.from_numpy(samples).to(net.classifier.weight.device).unfold(0, FRAME, HOP)
    with torch.inference_mode():
        salience: npt.NDArray[np.float32] = net(frames).cpu().numpy()
    salience[:, :LOWEST_BIN] = 0
    salience[:, HIGHEST_BIN + 1 :] = 0
    return salience


def likeliest_path(salience: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Viterbi's path through (frames, 360); a step's likelihood falls linearly to none at 12 bins."""
    distance = np.abs(np.subtract.outer(np.arange(BINS), np.arange(BINS)))
    steps = np.maximum(LONGEST_STEP_BINS - distance, 0).astype(float)
    with np.errstate(divide="ignore"):
        step_logs = np.log(steps / steps.sum(axis=1, keepdims=True))
        logs = np.log(_softmax(salience))
    score, came_from = logs[0].copy(), np.zeros(salience.shape, dtype=np.int16)
    for frame in range(1, len(logs)):
        options = score[:, None] + step_logs
        came_from[frame] = options.argmax(axis=0)
        score = options[came_from[frame], np.arange(BINS)] + logs[frame]
    path = np.zeros(len(logs), dtype=np.intp)
    path[-1] = score.argmax()
    for frame in range(len(logs) - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path


def _softmax(salience: npt.NDArray[np.float32]) -> Floats:
    """Bins outside the range of voices, which are exactly zero, get no share."""
    powers: Floats = np.where(salience > 0, np.exp(salience.astype(np.float64)), 0.0)
    powers[powers.sum(axis=1) == 0] = 1.0
    powers /= powers.sum(axis=1, keepdims=True)
    return powers
