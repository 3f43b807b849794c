"""The first moments of a guarded child: take limits upon itself, then become the program it was started for.

Run as `python -I -S launch.py PARENT_PID FILE_BYTES MEMORY_BYTES CPU_S program arguments…` in a session of its own.
Limits set here hold before the first instruction of the program, and need no `preexec_fn`, which is unsafe beside
threads. Costs about 20 ms. It knows the standard library alone, as `-I -S` hides everything else.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(parent_pid: int) -> None:
    """Ask Linux to kill this process when the thread that started it ends; elsewhere the limits bound it."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have died before the request was heard.
    if os.getppid() != parent_pid:
        os._exit(1)


def limit(kind: int, value: int) -> None:
    """Lower one resource limit, never above what the process was born with."""
    _, ceiling = resource.getrlimit(kind)
    if ceiling != resource.RLIM_INFINITY:
        value = min(value, ceiling)
    resource.setrlimit(kind, (value, value))


def main(arguments: list[str]) -> None:
    """Set the limits and become the program."""
    parent_pid, file_bytes, memory_bytes, cpu_s = (int(word) for word in arguments[:4])
    program = arguments[4:]
    die_with_parent(parent_pid)
    # Python ignores SIGXFSZ; the program has to die of it, not to go on past a failed write.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    limit(resource.RLIMIT_FSIZE, file_bytes)
    limit(resource.RLIMIT_CPU, cpu_s)
    limit(resource.RLIMIT_CORE, 0)
    with contextlib.suppress(ValueError, OSError):  # macOS knows no limit of address space
        limit(resource.RLIMIT_AS, memory_bytes)
    os.execv(program[0], program)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
