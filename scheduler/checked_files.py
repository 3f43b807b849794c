"""Which renders were compared with their digests before the minute, so that an upload need not read them for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from media.digest import sha256_of
from platforms.known_files import KnownFiles, Stamp, stamp_of


class CheckedFiles:
    """Remembers in this process alone; `clock` tells the aware time."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._known = KnownFiles(clock)

    def made(self, path: Path, sha256: str) -> None:
        """Our own file, whose digest was just computed. Nobody else writes to it, so its age does not matter."""
        self._known.remember(path.stat(), sha256)

    async def compare(self, path: Path, sha256: str) -> None:
        """Read a file that was not compared yet. One that is another is not remembered: its upload will say so."""
        before = path.stat()
        if self._known.knows(before, sha256) or not self._known.is_settled(before):
            return
        if await sha256_of(path) == sha256:
            self._known.remember(before, sha256)

    def stamp(self, path: Path, sha256: str) -> Stamp | None:
        """What an upload compares instead of reading: the file's stamp; None for a file that is not known."""
        status = path.stat()
        return stamp_of(status) if self._known.knows(status, sha256) else None
