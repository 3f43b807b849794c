"""One channel of samples on disk that reads like an array, so that no step needs to hold a long recording."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt


class DiskSignal:
    """Append samples, then slice; any number of threads may read. Use it in `with`; the file stays.

    They are kept as `kind` and read as float64.
    """

    def __init__(self, path: Path, kind: type[np.floating] = np.float64) -> None:
        self._kind = np.dtype(kind)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        self._length = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def append(self, samples: npt.NDArray[np.floating]) -> None:
        """Write at the end."""
        left = np.ascontiguousarray(samples, dtype=self._kind).data.cast("B")
        at = self._length * self._kind.itemsize
        while left:
            written = os.pwrite(self._file, left, at)
            left, at = left[written:], at + written
        self._length += len(samples)

    def take(self, blocks: Iterable[npt.NDArray[np.floating]]) -> float:
        """Write them all, at least one sample; returns the largest magnitude."""
        peak = 0.0
        for block in blocks:
            self.append(block)
            peak = max(peak, float(np.abs(block).max(initial=0.0)))
        if not self._length:  # the source is shorter than one sample at this rate
            self.append(np.zeros(1))
        return peak

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, span: slice, /) -> npt.NDArray[np.float64]:
        begin, end, step = span.indices(self._length)
        if step != 1:
            raise ValueError("only whole stretches can be read")
        held = np.empty(max(0, end - begin), dtype=self._kind)
        view, at = held.data.cast("B"), begin * self._kind.itemsize
        while view:
            got = os.preadv(self._file, [view], at)
            if not got:
                raise OSError("the scratch file is shorter than it was")
            view, at = view[got:], at + got
        return held.astype(np.float64, copy=False)
