"""SHA-256 of files that grow while they are uploaded: each byte is hashed once, as it comes."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class _Known:
    """The digest of the first `size` bytes."""

    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)


class GrowingDigests:
    """Kept in memory only: what came before a restart, or was cut off and came again, is read from the disk instead."""

    def __init__(self) -> None:
        self._known: dict[Path, _Known] = {}

    def feed(self, path: Path, offset: int, piece: bytes) -> None:
        """`piece` lies in the file from byte `offset` on."""
        if offset == 0:
            self._known[path] = _Known()
        known = self._known.get(path)
        if known is None or known.size != offset:
            self._known.pop(path, None)
            return
        known.digest.update(piece)
        known.size += len(piece)

    async def of(self, path: Path) -> str:
        """The digest of the complete file, in hex."""
        known = self._known.pop(path, None)
        if known is not None and known.size == path.stat().st_size:
            return str(known.digest.hexdigest())
        return await asyncio.to_thread(_read, path)


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
