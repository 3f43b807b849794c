"""Jobs that behave and misbehave, run in the pool's real children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from voice.errors import BadAudioError
from voice.job_context import JobContext


def echo(**arguments: object) -> dict[str, object]:
    return arguments


def pid() -> int:
    return os.getpid()


def environment(*names: str, name: str) -> str | None:
    return os.environ.get(name)


def chatter() -> str:
    print("a library says hello")
    os.write(1, b"{not json\n")
    return "done"


def count_to(*, steps: int, job: JobContext) -> int:
    for step in range(steps):
        job.report((step + 1) / steps, f"step {step + 1}")
    return steps


def die(*, marker: str, deaths: int) -> str:
    """Dies of SIGKILL for the first `deaths` calls, which it counts in a file."""
    with Path(marker).open("a") as file:
        file.write(f"{os.getpid()}\n")
    if len(Path(marker).read_text().splitlines()) <= deaths:
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def stop(*, marker: str, stops: int) -> str:
    """Is stopped by SIGSTOP, as by a debugger, for the first `stops` calls, which it counts in a file."""
    with Path(marker).open("a") as file:
        file.write(f"{os.getpid()}\n")
    if len(Path(marker).read_text().splitlines()) <= stops:
        os.kill(os.getpid(), signal.SIGSTOP)
    return "alive"


def work_silently(*, marker: str, cpu_s: float) -> str:
    """Keeps a processor busy for `cpu_s` seconds of its time and says nothing; counts its calls in a file."""
    with Path(marker).open("a") as file:
        file.write(f"{os.getpid()}\n")
    until = time.process_time() + cpu_s
    while time.process_time() < until:
        sum(range(1000))
    return "done"


def take_memory(*, size: int) -> int:
    return len(bytearray(size))


def refuse() -> None:
    raise BadAudioError("There is nothing in it.", reason="no_samples")


def stumble() -> None:
    raise ZeroDivisionError("by zero, of course")


def leave_litter(*, told: str, end: str, job: JobContext) -> None:
    """Writes into its scratch folder, tells its path and its pid, then ends as it is bidden."""
    (job.scratch / "big").write_bytes(bytes(1000))
    _tell(told, f"{os.getpid()}\n{job.scratch}")
    if end == "raise":
        raise ValueError("bad")
    if end == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if end == "hang":
        time.sleep(60)


def hang(*, told: str) -> None:
    """Tells its pid and a child's of its own, then does nothing for long."""
    helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    _tell(told, f"{os.getpid()}\n{helper.pid}")
    time.sleep(60)


def fall_asleep(*, marker: str, sleeps: int, job: JobContext) -> str:
    """Says that it has begun, and then nothing for long, for the first `sleeps` calls, which it counts in a file."""
    job.report(0.0, "begin")
    with Path(marker).open("a") as file:
        file.write(f"{os.getpid()}\n")
    if len(Path(marker).read_text().splitlines()) <= sleeps:
        time.sleep(60)
    return "alive"


def _tell(path: str, text: str) -> None:
    partial = Path(f"{path}.part")
    partial.write_text(text)
    partial.replace(path)
