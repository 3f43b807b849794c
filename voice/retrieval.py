"""Retrieval: features moved towards the nearest ones of the speaker's own recordings.

The index is a faiss file (`IndexIVFFlat` or `IndexFlat`, squared L2), read as the layout it is, straight from the disk
and no more of it than is asked for. faiss itself is not needed, and a file that lies about its sizes is refused.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from voice.errors import DamagedModelError, MissingModelError, UnknownModelError

Features: TypeAlias = npt.NDArray[np.float32]
"""(frames, width)."""

NEIGHBOURS = 8
L2 = 1
LARGEST_WIDTH = 4096
LARGEST_COUNT = 50_000_000
LARGEST_CELLS = 1 << 17
"""RVC makes at most 16 * sqrt(vectors) of them: 113,000 for the largest count."""
MOST_PROBES = 256
BLOCK_VECTORS = 4096
BLOCK_QUERIES = 256
"""What is held at once: their distances to a block take 8 MB, their neighbours 25 MB in the widest voice."""
NEAREST_SQUARE = 1e-9
"""A query that lies on a stored vector would divide by zero."""
ARRAY_MAP, HASH_MAP = 1, 2


@dataclass(frozen=True, slots=True)
class _Cell:
    offset: int
    count: int


class FeatureIndex:
    """The vectors of one index file. Close it, or use it in `with`."""

    def __init__(self, path: Path, place: tuple[int, int] | None = None) -> None:
        """`place` are the bytes of a file that holds more than the index.

        Raises MissingModelError, DamagedModelError, UnknownModelError.
        """
        if not path.is_file():
            raise MissingModelError(
                f"The index file {path.name} is not there; put it into the models folder.", file=path.name
            )
        self._path = path
        self._file = os.open(path, os.O_RDONLY)
        try:
            self.width, self._centres, self._cells, self._probes = _Layout(path, self._file, place).read()
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def blend(self, features: Features, rate: float) -> Features:
        """`rate` of the weighted mean of each frame's neighbours, the rest of the frame itself.

        The 8 nearest vectors of the nearest cells count, each by the inverse square of its squared distance. How many
        cells are looked into is told by the file; for all that RVC makes it is one.
        """
        blended = features.copy()
        if rate <= 0:
            return blended
        choices, choice = np.unique(self._nearest_cells(features), axis=0, return_inverse=True)
        for number, cells in enumerate(choices):
            searched = [self._cells[cell] for cell in cells]
            for rows in _blocks_of(np.flatnonzero(choice.reshape(-1) == number)):
                found = self._mean_of_neighbours(features[rows].astype(np.float64), searched)
                if found is not None:
                    blended[rows] = rate * found.astype(np.float32) + (1 - rate) * features[rows]
        return blended

    def _nearest_cells(self, features: Features) -> npt.NDArray[np.intp]:
        """The numbers of the cells to look into, in rising order: (frames, cells)."""
        nearest = np.zeros((len(features), self._probes), dtype=np.intp)
        if self._centres is None:
            return nearest
        smallest = np.full(nearest.shape, np.inf)
        first = 0
        for centres in self._blocks(self._centres):
            for rows in _blocks_of(np.arange(len(features))):
                square = _squared_distances(features[rows].astype(np.float64), centres)
                distances = np.concatenate([smallest[rows], square], axis=1)
                numbers = np.broadcast_to(np.arange(first, first + len(centres)), square.shape)
                best = (
                    distances.argmin(axis=1)[:, None]
                    if self._probes == 1
                    else np.argpartition(distances, self._probes - 1, axis=1)[:, : self._probes]
                )
                smallest[rows] = np.take_along_axis(distances, best, axis=1)
                nearest[rows] = np.take_along_axis(np.concatenate([nearest[rows], numbers], axis=1), best, axis=1)
            first += len(centres)
        return np.sort(nearest, axis=1)

    def _mean_of_neighbours(
        self, queries: npt.NDArray[np.float64], cells: Sequence[_Cell]
    ) -> npt.NDArray[np.float64] | None:
        distances = np.full((len(queries), 0), np.inf)
        vectors = np.zeros((len(queries), 0, self.width))
        for block in (block for cell in cells for block in self._blocks(cell)):
            square = _squared_distances(queries, block)
            near = np.argpartition(square, min(NEIGHBOURS, len(block)) - 1, axis=1)[:, :NEIGHBOURS]
            distances = np.concatenate([distances, np.take_along_axis(square, near, axis=1)], axis=1)
            vectors = np.concatenate([vectors, block[near]], axis=1)
            best = np.argsort(distances, axis=1)[:, :NEIGHBOURS]
            distances = np.take_along_axis(distances, best, axis=1)
            vectors = np.take_along_axis(vectors, best[:, :, None], axis=1)
        if not distances.shape[1]:
            return None
        weights = np.maximum(distances, NEAREST_SQUARE) ** -2
        weights /= weights.sum(axis=1, keepdims=True)
        mean: npt.NDArray[np.float64] = (weights[:, :, None] * vectors).sum(axis=1)
        return mean

    def _blocks(self, cell: _Cell) -> Iterator[npt.NDArray[np.float64]]:
        row = 4 * self.width
        for first in range(0, cell.count, BLOCK_VECTORS):
            count = min(BLOCK_VECTORS, cell.count - first)
            held = os.pread(self._file, count * row, cell.offset + first * row)
            yield _vectors(self._path, held, self.width)


def _blocks_of(rows: npt.NDArray[np.intp]) -> Iterator[npt.NDArray[np.intp]]:
    for first in range(0, len(rows), BLOCK_QUERIES):
        yield rows[first : first + BLOCK_QUERIES]


def _vectors(path: Path, held: bytes, width: int) -> npt.NDArray[np.float64]:
    rows = np.frombuffer(held, dtype="<f4").reshape(-1, width)
    if not np.isfinite(rows).all():
        raise _damaged(path, "it holds vectors that are not numbers")
    return rows.astype(np.float64)


def _squared_distances(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    square: npt.NDArray[np.float64] = (one**2).sum(axis=1)[:, None] - 2 * one @ other.T + (other**2).sum(axis=1)[None]
    return np.maximum(square, 0, out=square)


def _damaged(path: Path, why: str) -> DamagedModelError:
    return DamagedModelError(
        f"The index file {path.name} is damaged: {why}. Copy it again.", file=path.name, detail=why
    )


def _unknown(path: Path, why: str) -> UnknownModelError:
    return UnknownModelError(
        f"The index file {path.name} cannot be used: {why}. Choose another index, or none.", file=path.name, detail=why
    )


class _Layout:
    """Walks through a faiss file, little-endian; every size is checked against the file's before it is believed."""

    def __init__(self, path: Path, file: int, place: tuple[int, int] | None) -> None:
        self._path, self._file = path, file
        self._at, self._size = place or (0, os.fstat(file).st_size)

    def read(self) -> tuple[int, _Cell | None, list[_Cell], int]:
        """Width, where the centres of the cells lie (nowhere where there is one cell alone), cells, how many of them
        to look into."""
        kind = self._bytes(4)
        if kind in (b"IxF2", b"IxFl"):
            width, count = self._header()
            return width, None, [self._flat(width, count)], 1
        if kind != b"IwFl":
            raise _unknown(self._path, "it is not of the kind IVF,Flat")
        width, count = self._header()
        lists, probes = self._numbers("QQ")
        if not 0 < lists <= LARGEST_CELLS:
            raise _damaged(self._path, f"it claims {lists} cells")
        centres = self._centres(width, lists)
        self._skip_direct_map()
        cells = self._inverted_lists(width, lists)
        if sum(cell.count for cell in cells) != count:
            raise _damaged(self._path, "its lists do not hold as many vectors as it says")
        return width, centres, cells, max(1, min(probes, lists, MOST_PROBES))

    def _bytes(self, count: int) -> bytes:
        held = os.pread(self._file, count, self._at) if 0 <= count <= self._size - self._at else b""
        if len(held) != count:
            raise _damaged(self._path, "it ends before it should, or its sizes are absurd")
        self._at += count
        return held

    def _numbers(self, form: str) -> tuple[Any, ...]:
        form = f"<{form}"
        return struct.unpack(form, self._bytes(struct.calcsize(form)))

    def _skip(self, count: int) -> int:
        """Where the next `count` bytes begin."""
        begin = self._at
        if not 0 <= count <= self._size - begin:
            raise _damaged(self._path, "it ends before it should, or its sizes are absurd")
        self._at += count
        return begin

    def _header(self) -> tuple[int, int]:
        width, count, _, _, _, metric = self._numbers("iqqqBi")
        if metric != L2:
            raise _unknown(self._path, "it measures something else than distances")
        if not 0 < width <= LARGEST_WIDTH or not 0 <= count <= LARGEST_COUNT:
            raise _damaged(self._path, f"it claims {count} vectors of {width} numbers")
        return width, count

    def _flat(self, width: int, count: int) -> _Cell:
        (numbers,) = self._numbers("Q")
        if numbers != width * count:
            raise _damaged(self._path, "its sizes contradict each other")
        return _Cell(self._skip(4 * width * count), count)

    def _centres(self, width: int, lists: int) -> _Cell:
        kind = self._bytes(4)
        if kind not in (b"IxF2", b"IxFl"):
            raise _unknown(self._path, "its cells are found in a way that is not known here")
        own_width, count = self._header()
        if (own_width, count) != (width, lists):
            raise _damaged(self._path, "its sizes contradict each other")
        return self._flat(width, count)

    def _skip_direct_map(self) -> None:
        kind, count = self._numbers("BQ")
        self._skip(8 * count)
        if kind == HASH_MAP:
            (pairs,) = self._numbers("Q")
            self._skip(16 * pairs)
        elif kind > ARRAY_MAP:
            raise _unknown(self._path, "it has a map that is not known here")

    def _inverted_lists(self, width: int, lists: int) -> list[_Cell]:
        if self._bytes(4) != b"ilar":
            raise _unknown(self._path, "its lists are kept in another file")
        count, code_bytes = self._numbers("QQ")
        if (count, code_bytes) != (lists, 4 * width):
            raise _damaged(self._path, "its sizes contradict each other")
        return [self._list(size, code_bytes) for size in self._list_sizes(lists)]

    def _list_sizes(self, lists: int) -> list[int]:
        form = self._bytes(4)
        (count,) = self._numbers("Q")
        if form == b"full" and count == lists:
            return [int(size) for size in self._words(count)]
        if form == b"sprs" and count % 2 == 0 and count <= 2 * lists:
            held = self._words(count)
            sizes = dict(zip(held[::2].tolist(), held[1::2].tolist(), strict=True))
            if all(number < lists for number in sizes):
                return [sizes.get(number, 0) for number in range(lists)]
        raise _damaged(self._path, "the sizes of its lists make no sense")

    def _words(self, count: int) -> npt.NDArray[np.uint64]:
        return np.frombuffer(self._bytes(8 * count), dtype="<u8")

    def _list(self, size: int, code_bytes: int) -> _Cell:
        begin = self._skip(size * code_bytes)
        self._skip(8 * size)  # the numbers of the vectors
        return _Cell(begin, size)
