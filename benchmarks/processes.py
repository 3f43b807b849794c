"""What a process takes from the machine, read from /proc (Linux): memory of it and of its descendants, and CPU time."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PROC = Path("/proc")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_STILL_MB = 0.25


def memory_mb(pid: int, field: str = "VmRSS") -> float:
    """Resident memory in MB (1024 * 1024 bytes) now; `VmHWM` is the kernel's own peak. 0 for a process that is gone."""
    with contextlib.suppress(OSError):
        for line in (PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) / 1024
    return 0.0


def forget_peak(pid: int) -> None:
    """Let the kernel's peak begin anew at what is resident now (proc(5), clear_refs)."""
    (PROC / str(pid) / "clear_refs").write_text("5")


def cpu_s(pid: int) -> float:
    """Seconds of CPU that the process itself has used, its ended children not counted."""
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def descendants(pid: int) -> tuple[int, ...]:
    """Children, their children, and so on."""
    children = defaultdict(list)
    for path in PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            children[int(path.read_text().rpartition(")")[2].split()[1])].append(int(path.parent.name))
    found, look_at = [], [pid]
    while look_at:
        found += (born := children[look_at.pop()])
        look_at += born
    return tuple(found)


def settled_mb(pid: int, *, calm_s: float = 2.0, patience_s: float = 30.0) -> float:
    """Resident memory once it has stayed within 0.25 MB for `calm_s`; TimeoutError if it never does."""
    deadline, since, reference = time.monotonic() + patience_s, time.monotonic(), memory_mb(pid)
    while time.monotonic() - since < calm_s:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the memory of process {pid} does not come to rest")
        time.sleep(0.05)
        if abs((now := memory_mb(pid)) - reference) > _STILL_MB:
            since, reference = time.monotonic(), now
    return memory_mb(pid)


@dataclass(frozen=True, slots=True)
class Peaks:
    """MB. `kernel` is the kernel's own peak of the process, which misses nothing between two samples."""

    own: float
    kernel: float
    children: float
    samples: int


class MemoryWatch:
    """Samples a process and its descendants in a thread, from entry to exit; then `peaks` tells."""

    def __init__(self, pid: int, gap_s: float = 0.05) -> None:
        self._pid, self._gap_s = pid, gap_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory watch", daemon=True)
        self._own = self._children = 0.0
        self._samples = 0

    def __enter__(self) -> Self:
        forget_peak(self._pid)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.peaks = Peaks(self._own, memory_mb(self._pid, "VmHWM"), self._children, self._samples)

    def _run(self) -> None:
        while True:
            self._own = max(self._own, memory_mb(self._pid))
            self._children = max(self._children, sum(memory_mb(child) for child in descendants(self._pid)))
            self._samples += 1
            if self._over.wait(self._gap_s):
                return
