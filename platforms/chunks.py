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
from typing import Any, TypeVar, TypeVarTuple, Unpack

from platforms.known_files import KnownFiles

PIECE_SIZE = 1024 * 1024  # bytes; smaller ones cost more switching, larger ones only memory
CHECK_FIRST_SIZE = 32 * 1024 * 1024  # bytes
"""A file up to this size is checked before `FileSource.begin` returns: it takes some hundredths of a second."""

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
    """An open file whose bytes are checked against a digest, read in the threads of `pool`.

    The file's very last byte is given out only when the digest is known to be right.
    """

    def __init__(self, fd: int, stamp: tuple[int, int], pool: Executor) -> None:
        self._fd = fd
        self._stamp = stamp
        self._pool = pool
        self._lock = threading.Lock()
        self._closed = False
        self._check: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, path: Path, *, size: int, sha256: str, pool: Executor) -> FileSource:
        """Open the file and read it once to compare its digest (2 GB take a few seconds).

        Raises FileChangedError where it is gone or another one.
        """
        source = await cls.begin(path, size=size, sha256=sha256, pool=pool)
        try:
            await source.verified()
        except BaseException:
            await source.close()
            raise
        return source

    @classmethod
    async def begin(
        cls, path: Path, *, size: int, sha256: str, pool: Executor, known: KnownFiles | None = None
    ) -> FileSource:
        """Open the file, and compare the digest of a large one while its bytes are being sent.

        A file that `known` has seen and nobody wrote to since is not read again. Raises FileChangedError where it is
        gone, of another size, or (up to CHECK_FIRST_SIZE) another one.
        """
        loop = asyncio.get_running_loop()
        try:
            fd = await loop.run_in_executor(pool, os.open, path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise FileChangedError(f"the file cannot be opened: {error.strerror}") from None
        source = cls(fd, _stamp(fd), pool)
        try:
            await source._begin(size, sha256, known)
        except BaseException:
            await source.close()
            raise
        return source

    async def _begin(self, size: int, sha256: str, known: KnownFiles | None) -> None:
        if self._stamp[0] != size:
            raise FileChangedError(f"the file has {self._stamp[0]} bytes, {size} were expected")
        if known is not None and known.knows(os.fstat(self._fd), sha256):
            return
        self._check = asyncio.create_task(self._verify(size, sha256, known))
        if size <= CHECK_FIRST_SIZE:
            await self.verified()

    async def verified(self) -> None:
        """Wait until the whole file has been checked. Raises FileChangedError."""
        if self._check is not None:
            await asyncio.shield(self._check)

    async def _verify(self, size: int, sha256: str, known: KnownFiles | None) -> None:
        before = os.fstat(self._fd)
        settled = known is not None and known.is_settled(before)
        if await self._in_thread(self._digest, size) != sha256:
            raise FileChangedError("the file's content is no longer what was approved")
        self.check_unchanged()
        if known is not None and settled:
            known.remember(before, sha256)

    def check_unchanged(self) -> None:
        """Raise FileChangedError if somebody wrote to the file since it was opened, or it is known to be another."""
        if self._check is not None and self._check.done():
            self._check.result()
        if _stamp(self._fd) != self._stamp:
            raise FileChangedError("the file was written to during its upload")

    async def pieces(self, chunk: Chunk) -> AsyncIterator[bytes]:
        """Yield a chunk's bytes; its end is held back until the file is known to be unchanged.

        One piece is read ahead, so that the disk and the network work at the same time.
        """
        offset = chunk.first
        ahead = self._read_ahead(offset, chunk)
        try:
            while offset <= chunk.last:
                piece = await ahead
                offset += len(piece)
                if offset <= chunk.last:
                    ahead = self._read_ahead(offset, chunk)
                else:
                    if chunk.is_last:
                        await self.verified()
                    self.check_unchanged()
                yield piece
        finally:
            _abandon(ahead)

    def _read_ahead(self, offset: int, chunk: Chunk) -> asyncio.Future[bytes]:
        length = min(PIECE_SIZE, chunk.last - offset + 1)
        return asyncio.get_running_loop().run_in_executor(self._pool, self._read, offset, length)

    async def close(self) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._fd)
        if self._check is not None:
            _abandon(self._check)

    async def _in_thread(self, function: Callable[[Unpack[Arguments]], Result], *args: *Arguments) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *args)

    def _digest(self, size: int) -> str:
        """Read the whole file in one go; `close` ends it at the next piece."""
        digest, buffer = hashlib.sha256(), bytearray(PIECE_SIZE)
        view, offset = memoryview(buffer), 0
        while offset < size:
            with self._lock:
                if self._closed:
                    raise FileChangedError("the file was closed")
                count = os.preadv(self._fd, [view], offset)
            if count == 0:
                raise FileChangedError(f"the file ends at byte {offset}")
            digest.update(view[:count])
            offset += count
        return digest.hexdigest()

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


def _abandon(work: asyncio.Future[Any]) -> None:
    """Want a result no more, whether it is there already, on its way, or an error."""
    if not work.cancel() and not work.cancelled():
        work.exception()
