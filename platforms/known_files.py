"""Files whose content was compared with its digest lately, so that a second upload of one need not read it twice.

A file is recognised by what the kernel changes with every write: device, inode, size and both times. A time has steps,
so a file that was written to within the last moments could change again under the same stamp: it is not remembered.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

MOST = 256
SETTLED_S = 2.0  # the coarsest step of a file's time in use (FAT's)

Stamp = tuple[int, int, int, int, int]
"""Device, inode, size in bytes, and the times of the last write and the last change in nanoseconds."""


class KnownFiles:
    """Remembers in this process alone; `clock` tells the aware time."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._digests: OrderedDict[Stamp, str] = OrderedDict()

    def knows(self, status: os.stat_result, sha256: str) -> bool:
        """Whether these bytes were found to have this digest, and nobody wrote to them since."""
        return self._digests.get(stamp_of(status)) == sha256

    def is_settled(self, status: os.stat_result) -> bool:
        """Whether the last write is old enough for a new one to show."""
        return self._clock().timestamp() - max(status.st_mtime, status.st_ctime) > SETTLED_S

    def remember(self, status: os.stat_result, sha256: str) -> None:
        """`status` is from before the reading, when the file was settled."""
        self._digests[stamp_of(status)] = sha256
        self._digests.move_to_end(stamp_of(status))
        while len(self._digests) > MOST:
            self._digests.popitem(last=False)


def stamp_of(status: os.stat_result) -> Stamp:
    """What the kernel changes with every write to a file."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
