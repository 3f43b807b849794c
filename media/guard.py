"""A child process that cannot run for ever, write for ever, read our secrets or outlive us."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from media.errors import MediaTimeoutError, OutputTooLargeError

LAUNCHER = Path(__file__).with_name("launch.py")
TAIL_BYTES = 4096
"""How much of the end of the child's error output is kept."""
LINE_BYTES = 1 << 20
"""Longest line a child may say on its standard output."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use: seconds on the wall, bytes per file written, bytes of address space."""

    time_s: float
    file_bytes: int = 1 << 20
    memory_bytes: int = 4 << 30

    def __post_init__(self) -> None:
        if not (self.time_s > 0 and self.file_bytes >= 0 and self.memory_bytes > 0):
            raise ValueError(f"limits must be positive: {self}")

    @property
    def cpu_s(self) -> int:
        """CPU seconds over all threads: a net under the clock on the wall, which somebody has to watch."""
        return math.ceil(self.time_s) * (os.cpu_count() or 1) + 1


@dataclass(frozen=True, slots=True)
class Finished:
    """How a child ended: its exit status (negative: the signal), and the last of what it said on standard error."""

    status: int
    stderr_tail: str


def child_environment(**extra: str) -> dict[str, str]:
    """Only what a program needs to run: no token of ours reaches a child that parses strangers' files."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8"} | extra


async def run_guarded(
    argv: Sequence[str],
    limits: Limits,
    *,
    on_line: Callable[[str], None] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Run a program by its absolute path, telling `on_line` each line of its standard output.

    The child leads its own session; it is killed with its whole group when the time is up or the caller is cancelled.
    Raises MediaTimeoutError and OutputTooLargeError; any other end is the caller's to judge.
    """
    wall = [str(os.getpid()), str(limits.file_bytes), str(limits.memory_bytes), str(limits.cpu_s)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(LAUNCHER), *wall, *argv),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(environment or child_environment()),
        start_new_session=True,
        limit=LINE_BYTES,
    )
    try:
        async with asyncio.timeout(limits.time_s):
            hearing = _tail(process.stderr), _lines(process.stdout, on_line)
            tail, _, status = await asyncio.gather(*hearing, process.wait())
    except TimeoutError:
        raise MediaTimeoutError(limit_s=limits.time_s) from None
    finally:
        await _end(process)
    if status == -signal.SIGXFSZ:
        raise OutputTooLargeError(limit_bytes=limits.file_bytes)
    if status == -signal.SIGXCPU:
        raise MediaTimeoutError(limit_s=limits.time_s)
    return Finished(status, tail)


async def _lines(stream: asyncio.StreamReader | None, on_line: Callable[[str], None] | None) -> None:
    while stream is not None and (line := await stream.readline()):
        if on_line is not None:
            on_line(line.decode("utf-8", "replace").rstrip("\r\n"))


async def _tail(stream: asyncio.StreamReader | None) -> str:
    tail = b""
    while stream is not None and (piece := await stream.read(TAIL_BYTES)):
        tail = (tail + piece)[-TAIL_BYTES:]
    return tail.decode("utf-8", "replace").strip()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill what is left of the child's group, also of a child that has ended, and wait until it is gone.

    A number that names a group is given to no new process, so helpers that a child left behind can still be struck.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
