"""faiss indexes that SO-VITS-SVC pickled (`feature_and_index.pkl`): a table of them by the speaker's number.

A pickle is a program. This reader knows one thing that it may name, an index of faiss, and takes the bytes out of it
that faiss itself would have written to a file; whatever else is named ends the reading.
"""

from __future__ import annotations

import pickle
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from voice.checkpoints.load import unknown_model
from voice.errors import DamagedModelError, UnsafeModelError

FAISS, INDEX = re.compile(r"faiss(\.\w+)*"), re.compile(r"Index\w*")
BODY = "this"
"""Where faiss puts the bytes."""
BROKEN = (
    pickle.UnpicklingError,
    OSError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
    MemoryError,
    RecursionError,
    struct.error,
)
"""What reading raises that is no pickle, or a cut one."""


class _Index:
    """Stands for an index; holds its bytes."""

    body: bytes | None = None

    def __setstate__(self, state: object) -> None:
        body = state.get(BODY) if isinstance(state, Mapping) else None
        self.body = body if isinstance(body, bytes) else None


class _Reader(pickle._Unpickler):  # noqa: SLF001 - the quick one makes room for whatever a file claims
    """The reader written in Python."""

    def find_class(self, module: str, name: str) -> Any:
        if FAISS.fullmatch(module) and INDEX.fullmatch(name):
            return _Index
        raise _ProgramError


class _ProgramError(Exception):
    """The pickle names something else than an index."""


def read_pickled_indexes(path: Path) -> dict[str, bytes]:
    """The bytes of each speaker's index. Raises DamagedModelError, UnsafeModelError, UnknownModelError."""
    try:
        with path.open("rb") as file:
            held = _Reader(file).load()
    except _ProgramError:
        raise UnsafeModelError(
            f"The model file {path.name} holds a program besides the voice; it was not opened.", file=path.name
        ) from None
    except BROKEN as error:
        detail = str(error)[:200] or type(error).__name__
        raise DamagedModelError(
            f"The model file {path.name} is damaged: {detail}", file=path.name, detail=detail
        ) from error
    found = held if isinstance(held, Mapping) else {0: held}
    bodies = {str(speaker): one.body for speaker, one in found.items() if isinstance(one, _Index) and one.body}
    if not bodies or len(bodies) != len(found):
        raise unknown_model(path, "it holds no indexes of faiss by speaker")
    return bodies
