"""A file in chunks: which bytes go next, and reading them while making sure that they are still the same.

A chunk is what one request carries; a piece is what is in memory at a time.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, TypeVar, TypeVarTuple, Unpack

from platforms.base import VideoFile
from platforms.known_files import KnownFiles, stamp_of
from platforms.passing_digest import PassingDigest

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

    The digest is taken from the bytes as they are read for sending, so that the file is read once; the file's very last
    byte is given out only when the digest is known to be right.
    """

    def __init__(self, fd: int, file: VideoFile, pool: Executor, known: KnownFiles | None) -> None:
        self._fd = fd
        self._file = file
        self._known = known
        self._opened = os.fstat(fd)
        self._was_settled = known is not None and known.is_settled(self._opened)
        self._pool = pool
        self._lock = threading.Lock()
        self._closed = False
        self._digest = PassingDigest()
        self._check: asyncio.Task[None] | None = None
        self._is_verified = False

    @classmethod
    async def begin(cls, file: VideoFile, *, pool: Executor, known: KnownFiles | None = None) -> FileSource:
        """Open the file; the digest of a large one is compared while its bytes are being sent.

        A file that was compared before, and that nobody wrote to since, is not compared again. Raises FileChangedError
        where it is gone, of another size, or (up to CHECK_FIRST_SIZE) another one.
        """
        loop = asyncio.get_running_loop()
        try:
            fd = await loop.run_in_executor(pool, os.open, file.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise FileChangedError(f"the file cannot be opened: {error.strerror}") from None
        source = cls(fd, file, pool, known)
        try:
            await source._begin()
        except BaseException:
            await source.close()
            raise
        return source

    async def _begin(self) -> None:
        size = self._file.size
        if self._opened.st_size != size:
            raise FileChangedError(f"the file has {self._opened.st_size} bytes, {size} were expected")
        self._is_verified = self._is_known()
        if size <= CHECK_FIRST_SIZE:
            await self.verified()

    def _is_known(self) -> bool:
        if self._file.checked is not None and self._file.checked == stamp_of(self._opened):
            return True
        return self._known is not None and self._known.knows(self._opened, self._file.sha256)

    async def verified(self) -> None:
        """Wait until the whole file has been checked, reading what has not passed yet. Raises FileChangedError."""
        if not self._is_verified:
            await asyncio.shield(self._checking())

    def _checking(self) -> asyncio.Task[None]:
        if self._check is None:
            self._check = asyncio.create_task(self._verify())
        return self._check

    async def _verify(self) -> None:
        if await self._in_thread(self._whole_digest) != self._file.sha256:
            raise FileChangedError("the file's content is no longer what was approved")
        self.check_unchanged()
        self._is_verified = True
        if self._known is not None and self._was_settled:
            self._known.remember(self._opened, self._file.sha256)

    def check_unchanged(self) -> None:
        """Raise FileChangedError if somebody wrote to the file since it was opened, or it is known to be another."""
        if self._check is not None and self._check.done():
            self._check.result()
        now = os.fstat(self._fd)
        if (now.st_size, now.st_mtime_ns) != (self._opened.st_size, self._opened.st_mtime_ns):
            raise FileChangedError("the file was written to during its upload")

    async def pieces(self, chunk: Chunk) -> AsyncIterator[bytes]:
        """Yield a chunk's bytes; its end is held back until the file is known to be unchanged.

        One piece is read ahead, so that the disk and the network work at the same time.
        """
        offset = chunk.first
        if not self._is_verified and offset > self._digest.upto:
            # An upload that goes on in the middle: what lies before is read beside it.
            self._checking()
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

    def _whole_digest(self) -> str:
        """The digest of the file, with what is missing in it read now; `close` ends it at the next piece."""
        size = self._file.size
        return self._digest.finish(size, lambda offset: self._pread(offset, min(PIECE_SIZE, size - offset)))

    def _read(self, offset: int, length: int) -> bytes:
        data = self._pread(offset, length)
        if not self._is_verified:
            self._digest.feed(offset, data)
        return data

    def _pread(self, offset: int, length: int) -> bytes:
        # The lock keeps a reading thread, left behind by a cancelled upload, from reading a number that was closed.
        with self._lock:
            if self._closed:
                raise FileChangedError("the file was closed")
            data = os.pread(self._fd, length, offset)
        if len(data) != length:
            raise FileChangedError(f"the file ends at byte {offset + len(data)}")
        return data


def _abandon(work: asyncio.Future[Any]) -> None:
    """Want a result no more, whether it is there already, on its way, or an error."""
    if not work.cancel() and not work.cancelled():
        work.exception()
