"""The small rules of SO-VITS-SVC: what is done to features, pitch and loudness before the networks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voice.f0.signal16k import Floats

Features = npt.NDArray[np.float32]
"""(frames, width)."""

UNVOICED_BELOW_HZ = 0.001


def expanded(features: Features, frames: int, *, nearest: bool) -> Features:
    """Features of 20 ms spread over `frames` shorter frames, each with the one that it begins in.

    With `nearest` it is the one at the same share of the whole. Both are counted in floats, as torch does.
    """
    count, places = len(features), np.arange(frames)
    if nearest:
        chosen = np.minimum((places * np.float32(count / frames)).astype(np.intp), count - 1)
    else:
        borders = (np.arange(count + 1) * frames).astype(np.float32) / np.float32(count)
        # One step at a time: where frames are longer than features, the last features are never reached.
        chosen = np.minimum(np.searchsorted(borders, places, side="right") - 1, places)
    return features[chosen]


def resized(f0: Floats, frames: int) -> Floats:
    """The pitch at `frames` places over the same time; beside an unvoiced frame nothing is made up."""
    known = np.where(f0 < UNVOICED_BELOW_HZ, np.nan, f0)
    places = np.arange(frames) * len(f0) / frames
    line: Floats = np.nan_to_num(np.interp(places, np.arange(len(f0)), known))
    return line


def filled(f0: Floats) -> tuple[Floats, Features]:
    """A pitch for every frame, in straight lines between voiced ones, and which ones are voiced, as 0 and 1.

    A single voiced frame counts as none: all get what the first one has, as in the reference.
    """
    voiced = (f0 > 0).astype(np.float32)
    known = np.flatnonzero(f0)
    if len(known) == 0:
        return np.zeros(len(f0)), voiced
    if len(known) == 1:
        return np.full(len(f0), f0[0]), voiced
    line: Floats = np.interp(np.arange(len(f0)), known, f0[known])
    return line, voiced


def loudness(samples: npt.NDArray[np.floating], hop: int) -> npt.NDArray[np.float32]:
    """The root mean square around each frame, (samples // hop,); the ends are mirrored."""
    frames = len(samples) // hop
    squares = np.pad(samples.astype(np.float64) ** 2, (hop // 2, (hop + 1) // 2), mode="reflect")
    means = squares[: frames * hop].reshape(frames, hop).mean(axis=1)
    levels: npt.NDArray[np.float32] = np.sqrt(means).astype(np.float32)
    return levels


def moved_to_clusters(features: Features, centres: Features, rate: float) -> Features:
    """`rate` of the nearest of `centres` (clusters, width), the rest of each frame itself."""
    query, places = features.astype(np.float64), centres.astype(np.float64)
    squares = (places**2).sum(axis=1)[None] - 2 * query @ places.T
    moved: Features = (rate * centres[squares.argmin(axis=1)] + (1 - rate) * features).astype(np.float32)
    return moved
