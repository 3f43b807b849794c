"""A signal at 16 kHz that may be longer than memory likes, and windows over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
HOP = 160
"""Samples per frame of pitch: 10 ms."""
F0_LOW_HZ, F0_HIGH_HZ = 50.0, 1100.0

Floats: TypeAlias = npt.NDArray[np.float64]
Report: TypeAlias = Callable[[float], None]
"""Told the fraction done, 0..1."""


def unheard(_: float) -> None:
    """A report to nobody."""


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


def windows(frames: int, whole: int, step: int, context: int, multiple: int = 1) -> Iterator[Window]:
    """Windows over `frames`: a single one up to `whole`, else `step` frames each with `context` on both sides.

    Every beginning is a multiple of `multiple` if `step` and `context` are.
    """
    if step % multiple or context % multiple:
        raise ValueError("steps and contexts must be multiples")
    if frames <= whole:
        yield Window(0, frames, 0, frames)
        return
    for first in range(0, frames, step):
        last = min(first + step, frames)
        yield Window(max(0, first - context), min(frames, last + context), first, last)
