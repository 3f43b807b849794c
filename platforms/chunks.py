"""A file in chunks: which bytes go next, and reading them while making sure that they are still the same.

A chunk is what one request carries; a piece is what is in memory at a time.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, TypeVarTuple, Unpack

PIECE_SIZE = 256 * 1024  # bytes

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")


class FileChangedError(Exception):
    """The file is gone, or no longer the one that was approved."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes `first` to `last` (inclusive) of a file of `total` bytes."""

    first: int
    last: int
    total: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1

    @property
    def is_last(self) -> bool:
        return self.last == self.total - 1

    @property
    def content_range(self) -> str:
        return f"bytes {self.first}-{self.last}/{self.total}"


def next_chunk(*, offset: int, total: int, size: int) -> Chunk:
    """Plan the chunk that starts at `offset`: `size` bytes, or what is left."""
    if not 0 <= offset < total:
        raise ValueError(f"no byte {offset} in a file of {total} bytes")
    if size < 1:
        raise ValueError(f"a chunk needs at least 1 byte, got {size}")
    return Chunk(first=offset, last=min(offset + size, total) - 1, total=total)


class FileSource:
    """An open file whose bytes were checked against a digest, read in the threads of `pool`."""

    def __init__(self, fd: int, stamp: tuple[int, int], pool: Executor) -> None:
        self._fd = fd
        self._stamp = stamp
        self._pool = pool
        self._lock = threading.Lock()
        self._closed = False

    @classmethod
    async def open(cls, path: Path, *, size: int, sha256: str, pool: Executor) -> FileSource:
        """Open the file and read it once to compare its digest (2 GB take a few seconds).

        Raises FileChangedError where it is gone or another one.
        """
        loop = asyncio.get_running_loop()
        try:
            fd = await loop.run_in_executor(pool, os.open, path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise FileChangedError(f"the file cannot be opened: {error.strerror}") from None
        source = cls(fd, _stamp(fd), pool)
        try:
            await source._verify(size, sha256)
        except BaseException:
            await source.close()
            raise
        return source

    async def _verify(self, size: int, sha256: str) -> None:
        if self._stamp[0] != size:
            raise FileChangedError(f"the file has {self._stamp[0]} bytes, {size} were expected")
        digest = hashlib.sha256()
        for offset in range(0, size, 4 * PIECE_SIZE):
            # One hop per MiB, so that a cancelled upload stops hashing at once.
            await self._in_thread(self._digest_piece, digest, offset, min(4 * PIECE_SIZE, size - offset))
        if digest.hexdigest() != sha256:
            raise FileChangedError("the file's content is no longer what was approved")
        self.check_unchanged()

    def check_unchanged(self) -> None:
        """Raise FileChangedError if somebody wrote to the file since it was opened."""
        if _stamp(self._fd) != self._stamp:
            raise FileChangedError("the file was written to during its upload")

    async def pieces(self, chunk: Chunk) -> AsyncIterator[bytes]:
        """Yield a chunk's bytes; its end is held back until the file is known to be unchanged."""
        offset = chunk.first
        while offset <= chunk.last:
            piece = await self._in_thread(self._read, offset, min(PIECE_SIZE, chunk.last - offset + 1))
            offset += len(piece)
            if offset > chunk.last:
                self.check_unchanged()
            yield piece

    async def close(self) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._fd)

    async def _in_thread(self, function: Callable[[Unpack[Arguments]], Result], *args: *Arguments) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *args)

    def _digest_piece(self, digest: hashlib._Hash, offset: int, length: int) -> None:
        digest.update(self._read(offset, length))

    def _read(self, offset: int, length: int) -> bytes:
        # The lock keeps a reading thread, left behind by a cancelled upload, from reading a number that was closed.
        with self._lock:
            if self._closed:
                raise FileChangedError("the file was closed")
            data = os.pread(self._fd, length, offset)
        if len(data) != length:
            raise FileChangedError(f"the file ends at byte {offset + len(data)}")
        return data


def _stamp(fd: int) -> tuple[int, int]:
    """What changes when somebody writes to an open file: its size in bytes and its time in nanoseconds."""
    status = os.fstat(fd)
    return status.st_size, status.st_mtime_ns
