"""Files that must survive a power cut: whole and named, or not there at all.

A file is written under a temporary name in its final folder, flushed to the disk, named by its SHA-256 and
renamed in one step. The same content is stored once. A crash leaves at most a temporary file; `sweep` removes it.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

TEMPORARY = ".incoming-"
COPY_BLOCK = 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in its place; `size` in bytes."""

    path: Path
    sha256: str
    size: int


class MediaStore:
    """One folder of durable files. Disk errors (full, read-only) are raised as OSError; nothing is left behind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mine: set[Path] = set()

    def temporary(self, suffix: str = "") -> Path:
        """A fresh name in this folder for another program to write to; hand the file to `place` afterwards."""
        path = self._folder / f"{TEMPORARY}{secrets.token_hex(8)}{suffix}"
        self._mine.add(path)
        return path

    async def receive(self, chunks: AsyncIterable[bytes], *, suffix: str = "") -> StoredFile:
        """Store what the iterator yields. Ends the temporary file whatever happens, cancellation included."""
        temporary = self.temporary(suffix)
        digest = hashlib.sha256()
        try:
            with temporary.open("xb") as file:
                async for chunk in chunks:
                    await asyncio.to_thread(_append, file, digest, chunk)
            return await asyncio.to_thread(self._name, temporary, digest.hexdigest(), suffix)
        finally:
            self.discard(temporary)

    async def receive_file(self, source: Path, *, suffix: str | None = None) -> StoredFile:
        """Store a copy of a file from anywhere (a local Bot API server's, an operator's); the source stays."""
        suffix = source.suffix if suffix is None else suffix
        temporary = self.temporary(suffix)
        try:
            await asyncio.to_thread(shutil.copyfile, source, temporary)
            return await self.place(temporary, suffix=suffix)
        finally:
            self.discard(temporary)

    async def place(self, temporary: Path, *, suffix: str | None = None) -> StoredFile:
        """Give a file that was written under a `temporary` name its durable name."""
        suffix = temporary.suffix if suffix is None else suffix
        digest = await asyncio.to_thread(_digest, temporary)
        stored = await asyncio.to_thread(self._name, temporary, digest, suffix)
        self._mine.discard(temporary)
        return stored

    def discard(self, temporary: Path) -> None:
        """Remove a temporary file, if it is still there."""
        temporary.unlink(missing_ok=True)
        self._mine.discard(temporary)

    def remove(self, path: Path) -> None:
        """Remove a stored file; one that is gone already is fine. Raises ValueError for a path outside the folder."""
        if path.resolve().parent != self._folder.resolve():
            raise ValueError(f"{path} is not in {self._folder}")
        path.unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove temporary files of processes that are gone; those that this store began stay. Returns how many."""
        strays = [path for path in self._folder.glob(f"{TEMPORARY}*") if path not in self._mine]
        for path in strays:
            path.unlink(missing_ok=True)
        return len(strays)

    def _name(self, temporary: Path, digest: str, suffix: str) -> StoredFile:
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
            size = file.seek(0, os.SEEK_END)
        path = self._folder / f"{digest}{suffix}"
        temporary.replace(path)
        _sync_folder(self._folder)
        return StoredFile(path, digest, size)


def _append(file: BinaryIO, digest: hashlib._Hash, chunk: bytes) -> None:
    file.write(chunk)
    digest.update(chunk)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    # A rename is durable only when the folder that lists it is.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
