"""The home folder: everything that this installation keeps, closed to other users."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from storage.errors import AlreadyRunningError


class Home:
    """The folder tree under `path`, made with mode 0700 when it is not there.

    `voices_of` is another home whose voices and models this one uses instead of its own.
    """

    def __init__(self, path: Path, *, voices_of: Path | None = None) -> None:
        self.path = path.expanduser().absolute()
        lender = voices_of or self.path
        self.media = self.path / "media"
        self.renders = self.path / "renders"
        self.models = lender / "models"
        self.voices = lender / "voices"
        self.logs = self.path / "logs"
        self.backups = self.path / "backups"
        own = (self.media, self.renders, self.logs, self.backups)
        for folder in (self.path, self.models, self.voices, *own):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)

    def lock(self) -> HomeLock:
        """Take the home for this process until released; raises AlreadyRunningError naming the holder's pid.

        The kernel drops the lock when the process dies, however it dies.
        """
        return HomeLock(self.path / "fabric.lock")


class HomeLock:
    """An exclusive lock that this process holds; leaving the `with` block releases it."""

    def __init__(self, path: Path) -> None:
        self._descriptor: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            self._close()
            raise AlreadyRunningError(f"process {pid} is already using {path.parent}", pid=pid) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Give the home back; a second call does nothing."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
