"""A signal at 16 kHz that may be longer than memory likes, and windows over it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
HOP = 160
"""Samples per frame of pitch: 10 ms."""
F0_LOW_HZ, F0_HIGH_HZ = 50.0, 1100.0

Floats: TypeAlias = npt.NDArray[np.float64]
F0Task: TypeAlias = Callable[[], Floats]
"""Finds the pitch of some frames. A finder gives a list of these, to be run in any order, also beside other work."""


class Signal(Protocol):
    """Samples that can be sliced: an array, or a file on disk that looks like one."""

    def __len__(self) -> int: ...

    def __getitem__(self, span: slice, /) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Window:
    """Frames `begin` to `end` are looked at; those from `first` to `last` are kept."""

    begin: int
    end: int
    first: int
    last: int
    is_last: bool

    def samples(self, signal: Signal) -> Floats:
        """What is looked at; the last window also has what follows the last frame."""
        return np.ascontiguousarray(signal[self.begin * HOP : len(signal) if self.is_last else self.end * HOP])

    def kept(self, found: Floats) -> Floats:
        """The kept ones of all frames that are looked at."""
        return found[self.first - self.begin : self.last - self.begin]


def windows(frames: int, whole: int, step: int, context: int, multiple: int = 1) -> Iterator[Window]:
    """Windows over `frames`: a single one up to `whole`, else `step` frames each with `context` on both sides.

    Every beginning is a multiple of `multiple` if `step` and `context` are.
    """
    if step % multiple or context % multiple:
        raise ValueError("steps and contexts must be multiples")
    if frames <= whole:
        yield Window(0, frames, 0, frames, is_last=True)
        return
    for first in range(0, frames, step):
        last = min(first + step, frames)
        end = min(frames, last + context)
        yield Window(max(0, first - context), end, first, last, is_last=end == frames)


def found_at_once(tasks: Iterable[F0Task]) -> Floats:
    """The pitch of all frames."""
    return np.concatenate([task() for task in tasks])
