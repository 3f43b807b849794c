"""The child of the process pool: takes jobs from a socket, one at a time, and says how they went.

Run as `python -P -m voice.worker SOCKET_FD PARENT_PID`. Messages are JSON. In: `{"function", "arguments", "scratch"}`.
Out: `{"ready"}`, `{"progress", "step"}`, `{"result"}` or `{"error", "message", "params"}`.
"""

from __future__ import annotations

import ctypes
import errno
import importlib
import inspect
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from voice.errors import ConversionFailedError, DiskFullError, OutOfMemoryError, VoiceError
from voice.job_context import JobContext
from voice.memory import MEMORY_VARIABLE, is_lack_of_memory, limit_memory

PR_SET_PDEATHSIG = 1  # linux/prctl.h
NICENESS = 5
"""The parent answers people; what takes minutes anyway can step aside for it."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

Say = Callable[[Mapping[str, Any]], None]


def main(socket_fd: int, parent_pid: int) -> None:
    """Serve jobs until the parent closes the socket or dies."""
    die_with_parent(parent_pid)
    os.nice(NICENESS)
    limit_memory(os.environ.get(MEMORY_VARIABLE, ""))
    # Whatever a library prints belongs to the log, not into an answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    connection: Connection[bytes, bytes] = Connection(socket_fd)

    def say(message: Mapping[str, Any]) -> None:
        connection.send_bytes(json.dumps(message).encode())

    jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(connection, jobs), daemon=True).start()
    say({"ready": True})
    while True:
        say(perform(jobs.get(), say))


def die_with_parent(parent_pid: int) -> None:
    """Be killed by Linux when the parent's thread ends, however it ends; elsewhere the closed socket says it."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it died before the request was heard
        os._exit(0)


def _listen(connection: Connection[bytes, bytes], jobs: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Pass jobs on; at the end of the socket the process ends, also in the middle of a job."""
    try:
        while True:
            jobs.put(json.loads(connection.recv_bytes()))
    except (EOFError, OSError):
        os._exit(0)


def perform(job: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Run one job and return the message that says how it went."""

    def report(fraction: float, step: str) -> None:
        say({"progress": fraction, "step": step})

    try:
        function = _find(job["function"])
        arguments = dict(job["arguments"])
        if "job" in inspect.signature(function).parameters:
            arguments["job"] = JobContext(Path(job["scratch"]), report)
        return {"result": function(**arguments)}
    except VoiceError as error:
        return _told(error)
    except Exception as error:  # noqa: BLE001 - the border of a pipeline step: it becomes the job's error
        return _told(_as_failure(error))


def _find(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def _as_failure(error: Exception) -> VoiceError:
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return DiskFullError()
    if is_lack_of_memory(error):
        return OutOfMemoryError()
    detail = f"{type(error).__name__}: {error}"
    return ConversionFailedError(f"The voice conversion failed: {detail}", detail=detail)


def _told(error: VoiceError) -> dict[str, Any]:
    params = {name: value if isinstance(value, int | float) else str(value) for name, value in error.params.items()}
    return {"error": type(error).__name__, "message": str(error), "params": params}


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
