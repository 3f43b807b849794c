"""A half-made entry of the models folder: beside its final place, and gone unless it was moved there."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

PREFIX = ".partial-"


@contextlib.contextmanager
def partial_place(folder: Path, name: str) -> Iterator[Path]:
    """A free place for a file or folder that will be called `name`; whatever is left there goes."""
    partial = folder / f"{PREFIX}{name}"
    discard(partial)
    try:
        yield partial
    finally:
        discard(partial)


def discard(path: Path) -> None:
    """Remove a file or folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
