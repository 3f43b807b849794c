"""The loudness envelope: how loud a sound is from moment to moment, and another sound brought to it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voice.f0.signal16k import Floats

QUIETEST_RMS = 1e-6


class LevelMeter:
    """Root mean squares of one-second frames every half second, heard block by block."""

    def __init__(self, sample_rate: int) -> None:
        self._hop = sample_rate // 2
        self._sums: list[float] = []
        self._rest = np.zeros(0)
        self._heard = 0

    def add(self, samples: npt.NDArray[np.floating]) -> None:
        """Hear the next samples."""
        self._heard += len(samples)
        held = np.concatenate([self._rest, samples.astype(np.float64)])
        whole = len(held) // self._hop * self._hop
        self._sums.extend((held[:whole].reshape(-1, self._hop) ** 2).sum(axis=1).tolist())
        self._rest = held[whole:]

    def levels(self) -> Floats:
        """One value per half second, the first one centred at the beginning: beyond the ends lies silence."""
        sums = np.array([0.0, *self._sums, float((self._rest**2).sum()), 0.0])
        count = 1 + self._heard // self._hop
        levels: Floats = np.sqrt((sums[:count] + sums[1 : count + 1]) / (2 * self._hop))
        return levels


def stretched(levels: Floats, first: int, last: int, length: int) -> Floats:
    """The values for the samples `first` to `last` of `length`, in straight lines between the centres of the frames."""
    places = np.maximum((np.arange(first, last) + 0.5) * len(levels) / length - 0.5, 0)
    line: Floats = np.interp(places, np.arange(len(levels)), levels)
    return line


def mixed_level(samples: Floats, source: Floats, made: Floats, rate: float) -> Floats:
    """`samples` with the level of the source at `rate` 0 and their own at 1, in between by powers."""
    result: Floats = samples * source ** (1 - rate) * np.maximum(made, QUIETEST_RMS) ** (rate - 1)
    return result
