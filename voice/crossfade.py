"""From one sound to the next where they are not correlated: a voice made anew begins with another phase each time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Sound: TypeAlias = npt.NDArray[Any]
"""(samples,) or (channels, samples)."""


def faded(before: Sound, after: Sound) -> Sound:
    """From the one to the other, of the same length, at equal power."""
    length = before.shape[-1]
    angle = ((np.arange(length) + 0.5) / max(1, length) * (np.pi / 2)).astype(before.dtype)
    middle: Sound = before * np.cos(angle) + after * np.sin(angle)
    return middle


def joined(pieces: Iterator[Sound], half: int) -> Iterator[Sound]:
    """The pieces with their overlaps of 2 * `half` samples crossfaded."""
    before = next(pieces)
    for after in pieces:
        middle = faded(before[..., -2 * half :], after[..., : 2 * half])
        yield before[..., : -2 * half]
        before = np.concatenate([middle, after[..., 2 * half :]], axis=-1)
    yield before
