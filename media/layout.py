"""Is a file whole? Read from the lengths that its containers declare, without decoding anything.

ISO base media (mp4, mov): ISO/IEC 14496-12, section 4.2. Matroska and WebM: RFC 8794 (EBML) and RFC 9559.
"""

from __future__ import annotations

import enum
import struct
from pathlib import Path
from typing import BinaryIO

EBML_ID = bytes.fromhex("1A45DFA3")
SEGMENT_ID = bytes.fromhex("18538067")
CONTENT_BOXES = frozenset({b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"uuid", b"mfra", b"sidx", b"meta"})
FIRST_BOXES = frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})


class Layout(enum.Enum):
    """What the declared lengths say of a file."""

    WHOLE = "whole"
    CUT = "cut"
    UNKNOWN = "unknown"


def layout_of(path: Path) -> Layout:
    """Whether the file ends where its container says it does; UNKNOWN for other formats and for endless streams."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        file.seek(0)
        if head[4:8] in FIRST_BOXES:
            return _boxes(file, size)
        if head[:4] == EBML_ID:
            return _segment(file, size)
    return Layout.UNKNOWN


def _boxes(file: BinaryIO, size: int) -> Layout:
    at, has_index = 0, False
    while at + 8 <= size:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        if kind not in CONTENT_BOXES and at > 0:
            break  # some writers leave rubbish behind the last box
        has_index = has_index or kind == b"moov"
        if length == 0:  # up to the end of the file, wherever that is
            break
        if length == 1:
            length = int.from_bytes(file.read(8), "big")
        if length < 8 or at + length > size:
            return Layout.CUT
        at += length
    return Layout.WHOLE if has_index else Layout.CUT


def _segment(file: BinaryIO, size: int) -> Layout:
    while file.tell() < size:
        name = file.read(4)
        length = _vint(file)
        if length is None:
            return Layout.UNKNOWN
        if name == SEGMENT_ID:
            return Layout.CUT if file.tell() + length > size else Layout.WHOLE
        if name != EBML_ID:
            return Layout.UNKNOWN
        file.seek(length, 1)
    return Layout.CUT


def _vint(file: BinaryIO) -> int | None:
    """A variable-length integer (RFC 8794, section 4); None for "unknown" (all data bits set) or no vint."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    width = 9 - first[0].bit_length()
    value = int.from_bytes(bytes([first[0] & ((1 << (8 - width)) - 1)]) + file.read(width - 1), "big")
    return None if value == (1 << (7 * width)) - 1 else value
