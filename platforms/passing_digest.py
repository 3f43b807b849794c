"""The SHA-256 of a file, taken from its bytes as they pass by on their way out, so that the file is read once."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable


class PassingDigest:
    """Fed by several threads, in the file's order; what passed out of order is fetched by `finish`."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._lock = threading.Lock()
        self._upto = 0

    @property
    def upto(self) -> int:
        """How many bytes, from the first on, are in the digest."""
        return self._upto

    def feed(self, offset: int, data: bytes) -> None:
        """Take in what of `data`, which stands at `offset` in the file, comes next; anything else is passed over."""
        with self._lock:
            self._feed(offset, data)

    def finish(self, size: int, read: Callable[[int], bytes]) -> str:
        """Fetch what is missing with `read(offset)`, a piece at a time, and return the hex digest of `size` bytes."""
        while self._upto < size:
            # Not under the lock while reading: the bytes on their way out go on being fed.
            offset = self._upto
            self.feed(offset, read(offset))
        with self._lock:
            return self._digest.hexdigest()

    def _feed(self, offset: int, data: bytes) -> None:
        if offset <= self._upto < offset + len(data):
            self._digest.update(memoryview(data)[self._upto - offset :])
            self._upto = offset + len(data)
