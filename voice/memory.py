"""What a child may take of the memory: a limit that it puts on itself, and how it looks when the limit is met.

RLIMIT_DATA counts what a process may write to (Linux 4.7 and later, getrlimit(2)). The address space, which ffmpeg's
children are limited in, says nothing of a process with torch: it maps gigabytes that it never touches.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource

MEMORY_VARIABLE = "VOICE_MEMORY_BYTES"
"""Name in the environment of a child; absent or empty for no limit."""

STACKS_BYTES = 32 << 20
"""For each processor, beside the limit: torch, OpenMP and onnxruntime start a thread on each, whose stack of 8 MiB is
counted whole and hardly touched."""

REFUSALS = (
    "can't allocate memory",
    "not enough memory",
    "bad_alloc",
    "bad allocation",
    "out of memory",
    "could not create a primitive",  # oneDNN; measured: RVC under 1 GB
)
"""What torch, onnxruntime and CUDA say in errors of kinds of their own; the others raise MemoryError."""


def counted(memory_bytes: int) -> int:
    """What the system is told for this much memory, in bytes."""
    return memory_bytes + STACKS_BYTES * (os.cpu_count() or 1)


def limit_memory(said: str) -> None:
    """Take the limit upon this process, in bytes as the environment says it; and never write a core of that size.

    Only the soft limit, so that it can be lifted again. A system without such a limit goes without.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not said.isdigit():
        return
    _, ceiling = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = counted(int(said))
    if ceiling != resource.RLIM_INFINITY:
        wanted = min(wanted, ceiling)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, ceiling))


def lift_memory_limit() -> None:
    """Take the limit off again: the driver of a GPU reserves what it likes."""
    _, ceiling = resource.getrlimit(resource.RLIMIT_DATA)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (ceiling, ceiling))


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether this is how a library says that it was given no memory."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    return any(words in str(error).lower() for words in REFUSALS)
