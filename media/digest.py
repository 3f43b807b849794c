"""The identity of a file: the SHA-256 of its bytes."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path


async def sha256_of(path: Path) -> str:
    """Lower-case hex digest, read in small pieces in a thread so that neither memory nor the event loop feels it."""
    return await asyncio.to_thread(_digest, path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
