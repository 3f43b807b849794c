"""A file that appears whole or not at all."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

SUFFIX = ".part"


@contextlib.contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Gives a path beside `target` to write to; on success it becomes `target`, otherwise it is removed."""
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}{SUFFIX}")
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> int:
    """Remove what a killed process left half-written; for start-up, when nobody writes there. Returns how many."""
    leftovers = list(folder.glob(f".*{SUFFIX}"))
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    return len(leftovers)
