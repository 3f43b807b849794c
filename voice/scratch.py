"""Temporary folders of jobs, removed however the job ends, also when its child, or an earlier pool, was killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "voice-job-"


class ScratchFolders:
    """Makes one folder per job, `voice-job-<pid>-…`, in `parent` (default: the system's folder for such)."""

    def __init__(self, parent: Path | None) -> None:
        self._parent = parent
        self._swept = False

    @contextlib.contextmanager
    def folder(self) -> Iterator[Path]:
        """An empty folder that is gone afterwards with all it holds."""
        parent = self._parent or Path(tempfile.gettempdir())
        parent.mkdir(parents=True, exist_ok=True)
        if not self._swept:
            self._swept = True
            remove_orphans(parent)
        scratch = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=parent))
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def remove_orphans(parent: Path) -> None:
    """Remove folders whose process is no more: it was killed before it could."""
    for folder in parent.glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and not _is_alive(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
