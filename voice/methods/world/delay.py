"""WORLD speaks late, and how late is found by listening: the course of the power before and after is compared.

The analysis places the power of a sound where it lies; the synthesis begins a minimum-phase response there, which rings
on for a fifth of a period and more. Measured on the samples: 2.2 to 2.9 ms; made deeper 2.6 to 3.1, younger 1.7 to 2.2.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Samples = npt.NDArray[np.float64]

LATEST_S = 0.01
"""No voice rings on for longer; what seems to is another sound."""
HOP_S = 0.0005
SMOOTHING_S = 0.004
SLOW_S = 0.06
"""What changes more slowly than this says nothing of milliseconds; with it, single seconds of speech were misjudged by
up to 5 ms, without it by 2."""
LEAST_ALIKE = 0.7
"""Below this correlation the two courses are not of one sound, and nothing is concluded. Speech: 0.95 to 0.99."""


def delay_of(after: Samples, before: Samples, sample_rate: int) -> int:
    """By how many samples `after` comes later than `before`, both (channels, samples); 0 where it cannot be told."""
    hop = max(1, round(HOP_S * sample_rate))
    then, now = (_course(one, hop, sample_rate) for one in (before, after))
    reach = round(LATEST_S * sample_rate / hop)
    if len(then) <= 2 * reach or not (then.any() and now.any()):
        return 0
    inner = then[: len(then) - reach]
    alike = np.array([inner @ now[late : late + len(inner)] for late in range(reach + 1)])
    alike /= np.sqrt((then @ then) * (now @ now))
    best = int(alike.argmax())
    if alike[best] < LEAST_ALIKE or best == reach:
        return 0
    return round((best + _between(alike, best)) * hop)


def _course(channels: Samples, hop: int, sample_rate: int) -> Samples:
    """How the amplitude of all channels together rises and falls, one value for each hop."""
    power = (channels**2).sum(axis=0)
    power = power[: len(power) // hop * hop].reshape(-1, hop).mean(axis=1)
    course = np.sqrt(ndimage.gaussian_filter1d(power, SMOOTHING_S * sample_rate / hop))
    fast: Samples = course - ndimage.gaussian_filter1d(course, SLOW_S * sample_rate / hop)
    return fast


def _between(alike: Samples, best: int) -> float:
    """How far from `best` the top of the parabola through it and its neighbours lies, in places."""
    if best == 0:
        return 0.0
    before, top, after = alike[best - 1 : best + 2]
    return float(0.5 * (before - after) / (before - 2 * top + after))
