"""What a client would tell about a file it sends: pixels, seconds, whether there is sound. Reads headers only."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_CONTAINERS = {b"moov", b"trak", b"mdia"}
_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class MediaFacts:
    """Zero where nothing was found. `readable` says that the file was understood."""

    width: int = 0
    height: int = 0
    duration_s: int = 0
    has_sound: bool = False
    readable: bool = False


def probe_media(path: Path) -> MediaFacts:
    """MP4 / MOV, PNG and JPEG; anything else is unreadable, never an error."""
    try:
        with path.open("rb") as stream:
            head = stream.read(32)
            if head[4:8] in {b"ftyp", b"moov", b"mdat", b"free", b"wide"}:
                return _probe_mp4(stream, path.stat().st_size)
            if head.startswith(b"\x89PNG\r\n\x1a\n"):
                width, height = struct.unpack(">II", head[16:24])
                return MediaFacts(width, height, readable=True)
            if head.startswith(b"\xff\xd8"):
                return _probe_jpeg(stream)
    except (struct.error, ValueError, IndexError):
        return MediaFacts()
    return MediaFacts()


def _boxes(stream: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, payload start, payload end) of each box, entering those that only hold others."""
    position = start
    while position + 8 <= end:
        stream.seek(position)
        size, kind = struct.unpack(">I4s", stream.read(8))
        header = 8
        if size == 1:
            (size,) = struct.unpack(">Q", stream.read(8))
            header = 16
        size = end - position if size == 0 else size
        if size < header:
            raise ValueError("a box smaller than its own header")
        if kind in _CONTAINERS:
            yield from _boxes(stream, position + header, min(end, position + size))
        else:
            yield kind, position + header, position + size
        position += size


def _probe_mp4(stream: BinaryIO, size: int) -> MediaFacts:
    width = height = duration_s = 0
    has_sound = readable = False
    for kind, start, end in _boxes(stream, 0, size):
        if kind not in {b"mvhd", b"tkhd", b"hdlr"}:
            continue
        stream.seek(start)
        payload = stream.read(min(end - start, 128))
        if kind == b"mvhd":
            readable = True
            fields = struct.unpack(">IQ", payload[20:32]) if payload[0] else struct.unpack(">II", payload[12:20])
            duration_s = round(fields[1] / fields[0]) if fields[0] else 0
        elif kind == b"tkhd":
            at = 88 if payload[0] else 76
            wide, high = (value >> 16 for value in struct.unpack(">II", payload[at : at + 8]))
            width, height = (wide, high) if wide else (width, height)
        else:
            has_sound = has_sound or payload[8:12] == b"soun"
    return MediaFacts(width, height, duration_s, has_sound, readable)


def _probe_jpeg(stream: BinaryIO) -> MediaFacts:
    stream.seek(2)
    while (marker := stream.read(2)) and marker[0] == 0xFF:
        length, _, height, width = struct.unpack(">HBHH", stream.read(7))
        if marker[1] in _JPEG_FRAMES:
            return MediaFacts(width, height, readable=True)
        stream.seek(length - 7, 1)
    return MediaFacts()
