"""The parent's end of one worker process: start, talk, kill."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TAIL_BYTES = 4096
CLOSE_WAIT_S = 1.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
QUIET_THREADS = {
    # libgomp waits for its threads in a busy loop by default: 10 times slower when cores are shared.
    "OMP_WAIT_POLICY": "PASSIVE",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
TUNABLES = "GLIBC_TUNABLES"
WHOLE_BLOCKS = "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0"
"""What small blocks split off a large one goes back to it at once. Otherwise a freed activation of a network is never
whole again, the next of its size finds no room, and the heap grows by hundreds of MB; other C libraries ignore it."""
OUR_SETTINGS = "FABRIC_"
"""Names of our settings, tokens among them, begin so in any case; none of them is the child's business."""


class ChildDiedError(Exception):
    """The child is gone; `status` is its exit status (negative: the signal), `stderr_tail` its last words."""

    def __init__(self, status: int | None, stderr_tail: str) -> None:
        super().__init__(f"exit status {status}")
        self.status = status
        self.stderr_tail = stderr_tail


class Child:
    """A fresh interpreter, not a fork: threads of torch and OpenMP do not survive forks.

    `subprocess` and a socket rather than `multiprocessing.Process`: the child gets an environment of its own, set
    before its interpreter starts, a session of its own to be killed with, and never imports the parent's main module.

    Linux kills the child when the thread that made it ends, so the thread must live as long.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        ours, theirs = multiprocessing.Pipe()
        self._connection = ours
        argv = [sys.executable, "-P", "-m", "voice.worker", str(theirs.fileno()), str(os.getpid())]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=_environment(environment),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        finally:
            theirs.close()
        self._tail = b""
        self._drain = threading.Thread(target=self._keep_tail, name="voice-stderr", daemon=True)
        self._drain.start()

    @property
    def pid(self) -> int:
        """Process id, and id of its group."""
        return self._process.pid

    def has_hung_up(self) -> bool:
        """Whether it died while it had nothing to do: nothing but the socket's end is to be read then."""
        return self._connection.poll()

    def worked_s(self) -> float:
        """Processor time it has used, in seconds; 0 where the system does not say (it is Linux that has /proc)."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        # utime, stime, and both of the children it has waited for: fields 14 to 17 of proc(5), the name being the 2nd.
        return sum(map(int, fields[11:15])) / TICKS_PER_S

    def send(self, message: Mapping[str, Any]) -> None:
        """Say something; raises ChildDiedError."""
        try:
            self._connection.send_bytes(json.dumps(message).encode())
        except OSError:
            raise self._death() from None

    def receive(self, timeout_s: float | None) -> dict[str, Any]:
        """What the child says next; raises ChildDiedError, and TimeoutError when it stays silent."""
        try:
            said = self._connection.recv_bytes() if self._connection.poll(timeout_s) else None
        except (EOFError, OSError):
            raise self._death() from None
        if said is None:
            raise TimeoutError
        message: dict[str, Any] = json.loads(said)
        return message

    def kill(self) -> None:
        """Kill it and all it has started, at once; from any thread, also twice.

        A child that is dead but not waited for keeps its number, so this strikes its helpers and no stranger.
        """
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Let it end by itself, and if it does not, kill it; returns when it is gone."""
        self._connection.close()
        self._drain.join(CLOSE_WAIT_S)  # its end is the end of all who could still write
        self.kill()
        self._process.wait()

    def _death(self) -> ChildDiedError:
        self.kill()
        self._drain.join(CLOSE_WAIT_S)
        status = self._process.wait()
        return ChildDiedError(status, self._tail.decode("utf-8", "replace").strip())

    def _keep_tail(self) -> None:
        stream = self._process.stderr
        if stream is None:
            return
        with stream:
            while piece := os.read(stream.fileno(), TAIL_BYTES):
                self._tail = (self._tail + piece)[-TAIL_BYTES:]


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(OUR_SETTINGS)}
    tunables = ":".join(part for part in (WHOLE_BLOCKS, kept.get(TUNABLES)) if part)
    return kept | QUIET_THREADS | {TUNABLES: tunables, "PYTHONPATH": str(ROOT)} | dict(extra)
