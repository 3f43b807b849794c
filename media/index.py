"""The index of an MP4 or MOV: where it lies in the file, and what its edit lists do to each track.

ISO/IEC 14496-12: section 4.2 (boxes), 8.6.5 and 8.6.6 (edit lists), 8.6.1.3 (composition offsets).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from media.info import Edits

LONGEST_INDEX = 256 << 20
"""An index of more bytes is not read; 12 hours of video need some 30 MB."""
PRIMING_S = 0.06
"""How much of a track an encoder's start-up, or the filling of its last packet, takes at most (AAC: 2112 samples)."""
FOLDERS = frozenset({b"trak", b"edts", b"mdia", b"minf", b"stbl"})


@dataclass(frozen=True, slots=True)
class Index:
    """`first` is true where a player can start before it has the whole file; edits by handler ("vide", "soun")."""

    first: bool
    edits: dict[str, Edits]


@dataclass(slots=True)
class _Track:
    handler: str = ""
    timescale: int = 0
    duration: int = 0
    first_offset: int = 0
    edits: list[tuple[int, int, int]] = field(default_factory=list)  # segment duration, media time, rate


def read_index(path: Path) -> Index:
    """Read the boxes of the file; a file without a readable index counts as one whose index is last."""
    with path.open("rb") as file:
        size = path.stat().st_size
        places = dict[bytes, tuple[int, int]]()
        for kind, at, length in _boxes(file, size):
            places.setdefault(kind, (at, length))
        if b"moov" not in places:
            return Index(first=False, edits={})
        at, length = places[b"moov"]
        first = at < places.get(b"mdat", (size, 0))[0] and b"moof" not in places
        if length > LONGEST_INDEX:
            return Index(first, edits={})
        file.seek(at)
        return Index(first, _edits(file.read(length)))


def _boxes(file: BinaryIO, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start of the content, its length) of each box of the file."""
    at = 0
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        length, kind = struct.unpack(">I4s", head[:8])
        skip = 8
        if length == 1 and len(head) == 16:
            length, skip = int.from_bytes(head[8:], "big"), 16
        elif length == 0:
            length = end - at
        if length < skip or at + length > end:
            return
        yield kind, at + skip, length - skip
        at += length


def _edits(moov: bytes) -> dict[str, Edits]:
    movie_timescale, found = 1, dict[str, Edits]()
    for kind, content in _inside(moov):
        if kind == b"mvhd":
            movie_timescale = _timescale_and_duration(content)[0] or 1
    for kind, content in _inside(moov):
        if kind == b"trak":
            track = _Track()
            _read_track(content, track)
            found.setdefault(track.handler, _judge(track, movie_timescale))
    return found


def _inside(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if length < 8 or at + length > len(data):
            return
        yield kind, data[at + 8 : at + length]
        at += length


def _read_track(data: bytes, track: _Track) -> None:
    for kind, content in _inside(data):
        if kind in FOLDERS:
            _read_track(content, track)
        elif kind == b"hdlr" and not track.handler:
            track.handler = content[8:12].decode("latin-1")
        elif kind == b"mdhd":
            track.timescale, track.duration = _timescale_and_duration(content)
        elif kind == b"ctts" and len(content) >= 16:
            track.first_offset = struct.unpack_from(">i", content, 12)[0]
        elif kind == b"elst":
            track.edits = list(_entries(content))


def _timescale_and_duration(content: bytes) -> tuple[int, int]:
    wide = content[:1] == b"\x01"
    form, at = (">IQ", 20) if wide else (">II", 12)
    if len(content) < at + struct.calcsize(form):
        return 0, 0
    timescale, duration = struct.unpack_from(form, content, at)
    return timescale, duration


def _entries(content: bytes) -> Iterator[tuple[int, int, int]]:
    form = ">Qqi" if content[:1] == b"\x01" else ">Iii"
    count = int.from_bytes(content[4:8], "big")
    for at in range(8, len(content) - struct.calcsize(form) + 1, struct.calcsize(form)):
        if count == 0:
            return
        count -= 1
        yield struct.unpack_from(form, content, at)


def _judge(track: _Track, movie_timescale: int) -> Edits:
    """Whether the edit list hides no more than the start-up of the encoders, which needs no decoding to undo."""
    if not track.edits:
        return "none"
    length, start, rate = track.edits[0]
    if len(track.edits) > 1 or start < 0 or rate != 1 << 16 or track.timescale == 0:
        return "cut"
    hidden_s = (start - track.first_offset) / track.timescale
    left_s = track.duration / track.timescale - start / track.timescale - length / movie_timescale
    at_start = abs(hidden_s) < 1e-3 if track.handler == "vide" else 0 <= hidden_s <= PRIMING_S
    return "start" if at_start and (length == 0 or left_s <= PRIMING_S) else "cut"
