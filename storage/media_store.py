"""Files that must survive a power cut: whole and named, or not there at all.

A file is written under a temporary name in its final folder, flushed to the disk and renamed in one step. A crash
leaves at most a temporary file; `sweep` removes it.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path

TEMPORARY = ".incoming-"


class MediaStore:
    """One folder of durable files. Disk errors (full, read-only) are raised as OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mine: set[Path] = set()

    def temporary(self, suffix: str = "") -> Path:
        """A fresh name in this folder for another program to write to; `keep` or `discard` the file afterwards."""
        path = self._folder / f"{TEMPORARY}{secrets.token_hex(8)}{suffix}"
        self._mine.add(path)
        return path

    def path(self, name: str) -> Path:
        """Where a file of this name lies, or would lie."""
        return self._folder / name

    async def keep(self, temporary: Path, name: str) -> Path:
        """Give a file that was written under a `temporary` name its durable one; on return both are on disk."""
        final = self._folder / name
        await asyncio.to_thread(_settle, temporary, final)
        self._mine.discard(temporary)
        return final

    def discard(self, temporary: Path) -> None:
        """Remove a temporary file, if it is still there."""
        temporary.unlink(missing_ok=True)
        self._mine.discard(temporary)

    def sweep(self) -> int:
        """Remove temporary files of processes that are gone; those that this store began stay. Returns how many."""
        strays = [path for path in self._folder.glob(f"{TEMPORARY}*") if path not in self._mine]
        for path in strays:
            path.unlink(missing_ok=True)
        return len(strays)


def _settle(temporary: Path, final: Path) -> None:
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(final)
    _sync_folder(final.parent)


def _sync_folder(folder: Path) -> None:
    # A rename is durable only when the folder that lists it is.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
