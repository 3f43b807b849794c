"""How a file is divided for TikTok, as a pure function.

Source: developers.tiktok.com/doc/content-posting-api-media-transfer-guide. A chunk has 5 to 64 MB, the last one carries
the remainder and may reach 128 MB; there are floor(size / chunk_size) of them, 1 to 1000. A single chunk has the size
of the file. Whether MB means 10^6 or 2^20 bytes is not said (its example is decimal), so all bounds here satisfy both.
"""

from __future__ import annotations

from dataclasses import dataclass

from platforms.chunks import Chunk

MIN_CHUNK_SIZE = 5 * 1024 * 1024  # bytes
# Twice this is still a single chunk of a legal size, so no file falls between one chunk that is too large and two that
# are too small: TikTok refuses files of 64 to 128 MB that come as one chunk of 64 MB.
MAX_CHUNK_SIZE = 32_000_000
LARGEST_SINGLE = 64_000_000
DEFAULT_CHUNK_SIZE = 10_000_000
MAX_COUNT = 1000


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """`count` chunks of a file of `total` bytes: all have `size` bytes but the last, which has the remainder too."""

    total: int
    size: int
    count: int

    def chunk_at(self, offset: int) -> Chunk:
        """The bytes from `offset` to the end of the chunk that holds it."""
        if not 0 <= offset < self.total:
            raise ValueError(f"no byte {offset} in a file of {self.total} bytes")
        index = min(offset // self.size, self.count - 1)
        last = self.total - 1 if index == self.count - 1 else (index + 1) * self.size - 1
        return Chunk(first=offset, last=last, total=self.total)

    def is_boundary(self, offset: int) -> bool:
        """Whether a chunk begins or the file ends at `offset`."""
        return offset == self.total or (offset % self.size == 0 and offset // self.size < self.count)


def plan_chunks(total: int, *, chunk_size: int = DEFAULT_CHUNK_SIZE, largest_single: int = LARGEST_SINGLE) -> ChunkPlan:
    """Divide `total` bytes. Raises ValueError for an empty file, and for one that needs more than 1000 chunks."""
    if total < 1:
        raise ValueError("an empty file has no chunks")
    count = total // chunk_size
    if total <= largest_single or count <= 1:
        return ChunkPlan(total=total, size=total, count=1)
    if count > MAX_COUNT:
        raise ValueError(f"{total} bytes in chunks of {chunk_size} are more than {MAX_COUNT} chunks")
    return ChunkPlan(total=total, size=chunk_size, count=count)
