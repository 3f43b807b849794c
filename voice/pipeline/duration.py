"""How long a WAV is, read from its header alone: the parent asks, and has no numpy."""

from __future__ import annotations

import os
import struct
from pathlib import Path

RIFF = (b"RIFF", b"RF64")
CHUNK = struct.Struct("<4sI")
BYTE_RATE = struct.Struct("<8xI")  # of a fmt chunk: format, channels, sample rate, and then this
UNTOLD = 0xFFFFFFFF
"""What an RF64 says instead of a size that does not fit."""


def wav_duration_s(path: Path) -> float:
    """Seconds; 0 for what is no WAV, which is refused where it is read."""
    with path.open("rb") as file:
        length = os.fstat(file.fileno()).st_size
        head = file.read(12)
        if head[:4] not in RIFF or head[8:] != b"WAVE":
            return 0.0
        rate = 0
        while len(said := file.read(CHUNK.size)) == CHUNK.size:
            name, size = CHUNK.unpack(said)
            begin = file.tell()
            if name == b"data":
                held = length - begin if size == UNTOLD else min(size, length - begin)
                return held / rate if rate else 0.0
            if name == b"fmt ":
                (rate,) = BYTE_RATE.unpack(file.read(BYTE_RATE.size).ljust(BYTE_RATE.size, b"\0"))
            file.seek(begin + size + size % 2)
    return 0.0
