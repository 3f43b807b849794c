"""The few facts that a video site reads from an mp4: how long it is and how large its picture."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_LARGEST_MOOV = 64 << 20


@dataclass(frozen=True, slots=True)
class Mp4Facts:
    """Zeros where the file does not say."""

    duration_s: float = 0.0
    width: int = 0
    height: int = 0


def read_facts(path: Path) -> Mp4Facts:
    """Never raises for a file that is no mp4."""
    with path.open("rb") as file:
        moov = _find_moov(file)
    try:
        return _facts(moov)
    except struct.error:
        return Mp4Facts()


def _find_moov(file: BinaryIO) -> bytes:
    while len(header := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", header)
        body = size - 8
        if size == 1:
            wide = file.read(8)
            body = struct.unpack(">Q", wide)[0] - 16 if len(wide) == 8 else -1
        if body < 0:
            return b""
        if kind == b"moov":
            return file.read(min(body, _LARGEST_MOOV))
        file.seek(body, 1)
    return b""


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    start = 0
    while start + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, start)
        if size < 8:
            return
        yield kind, data[start + 8 : start + size]
        start += size


def _facts(moov: bytes) -> Mp4Facts:
    duration_s, width, height = 0.0, 0, 0
    for kind, body in _boxes(moov):
        if kind == b"mvhd":
            layout, at = (">IQ", 20) if body[:1] == b"\x01" else (">II", 12)
            timescale, duration = struct.unpack_from(layout, body, at)
            duration_s = duration / timescale if timescale else 0.0
        elif kind == b"trak":
            for inner, header in _boxes(body):
                if inner == b"tkhd" and max(size := _picture(header)) > 0:
                    width, height = size
    return Mp4Facts(duration_s, width, height)


def _picture(tkhd: bytes) -> tuple[int, int]:
    """Width and height as shown: the matrix may turn the picture."""
    a, b = struct.unpack_from(">ii", tkhd, len(tkhd) - 44)
    width, height = (value >> 16 for value in struct.unpack_from(">II", tkhd, len(tkhd) - 8))
    return (height, width) if a == 0 and b != 0 else (width, height)
