"""The register of the models folder: which files were imported, and the SHA-256 each had then.

A file that is only data may be used without an entry. One that holds a program is run only if its bytes are the ones
that somebody imported by name.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = ".imported.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One imported file: `kind` as `voice.models.inspection` names it; `source_sha256` is of the file as it came.

    `is_trusted` where whoever imported it said that the program in it may run.
    """

    kind: str
    size: int
    sha256: str
    source_sha256: str
    is_trusted: bool = False


def read_register(folder: Path) -> dict[str, Entry]:
    """The entries by file name; a register that cannot be read vouches for nothing."""
    try:
        data = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        return {str(name): Entry(**entry) for name, entry in data.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def record(folder: Path, name: str, entry: Entry) -> None:
    """Add or replace one entry; the register is written whole or not at all."""
    _write(folder, {**read_register(folder), name: entry})


def _write(folder: Path, entries: Mapping[str, Entry]) -> None:
    descriptor, partial = tempfile.mkstemp(dir=folder, prefix=FILE_NAME)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({name: asdict(entry) for name, entry in sorted(entries.items())}, file, indent=1)
        Path(partial).replace(folder / FILE_NAME)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(partial).unlink()
        raise
