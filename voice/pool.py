"""Heavy jobs in spawned child processes on this machine: the default `JobRunner`.

Each worker is a thread that owns at most one child: it starts it at the first job, feeds it, and ends it when idle.
A job whose child dies or hangs is run again in a fresh child, `RUNS` times in all; then it fails, and the pool goes on.
"""

from __future__ import annotations

import collections
import os
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from voice.errors import JobCancelledError
from voice.jobs_port import OnJobProgress
from voice.memory import MEMORY_VARIABLE
from voice.patience import Patience
from voice.pool_job import PoolJob
from voice.pool_worker import PoolWorker
from voice.scratch import ScratchFolders

DEFAULT_IDLE_S = 300.0
JOIN_S = 5.0


class ProcessPool:
    """Runs up to `workers` jobs at once; children come with the first job and go after `idle_timeout_s` without one.

    `device` (auto, cpu, cuda…) is where they run networks, and they share the processors; `memory_bytes` is what each
    of them may have at most; `environment` is added to theirs; `scratch_folder` (default: the system's) holds the jobs'
    temporary files. `patience` says when a silent job is taken for hung.
    """

    def __init__(
        self,
        workers: int = 1,
        *,
        idle_timeout_s: float = DEFAULT_IDLE_S,
        device: str = "auto",
        memory_bytes: int | None = None,
        patience: Patience | None = None,
        environment: Mapping[str, str] | None = None,
        scratch_folder: Path | None = None,
    ) -> None:
        if workers < 1:
            raise ValueError(f"a pool needs at least one worker, not {workers}")
        self._limit = workers
        self._idle_timeout_s = idle_timeout_s
        threads = max(1, (os.cpu_count() or 1) // workers)
        told = {"VOICE_DEVICE": device, "VOICE_THREADS": str(threads), MEMORY_VARIABLE: str(memory_bytes or "")}
        self._environment = told | dict(environment or {})
        self._patience = patience or Patience()
        self._scratch = ScratchFolders(scratch_folder)
        self._changed = threading.Condition()
        self._waiting: collections.deque[PoolJob] = collections.deque()
        self._workers: list[PoolWorker] = []
        self._idle = 0
        self._closed = False

    def submit(
        self, function: str, arguments: Mapping[str, Any], *, on_progress: OnJobProgress | None = None
    ) -> Future[Any]:
        """Run `module:function` with `arguments` as keywords in a child; see `voice.jobs_port.JobRunner`.

        A parameter named `job` receives the child's `JobContext`. The Future fails with a VoiceError: the job's own,
        JobTimeoutError, WorkerDiedError, or JobCancelledError when the pool is closed. Raises RuntimeError on a closed
        pool.
        """
        job = PoolJob(function, dict(arguments), on_progress)
        with self._changed:
            if self._closed:
                raise RuntimeError("the process pool is closed")
            self._waiting.append(job)
            if self._idle < len(self._waiting) and len(self._workers) < self._limit:
                self._workers.append(self._hire())
            self._changed.notify()
        return job.future

    def child_pids(self) -> tuple[int, ...]:
        """Process ids of the children that live now."""
        with self._changed:
            workers = tuple(self._workers)
        return tuple(pid for worker in workers if (pid := worker.child_pid()) is not None)

    def close(self) -> None:
        """Stop every child and fail what is unfinished with JobCancelledError; safe to call twice."""
        with self._changed:
            self._closed = True
            abandoned, workers = list(self._waiting), tuple(self._workers)
            self._waiting.clear()
            self._changed.notify_all()
        for job in abandoned:
            job.fail(JobCancelledError())
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.thread.join(JOIN_S)

    def _hire(self) -> PoolWorker:
        name = f"voice-{len(self._workers)}"
        worker = PoolWorker(self._next, self._environment, self._scratch, self._patience, name=name)
        worker.thread.start()
        return worker

    def _next(self, *, has_child: bool) -> PoolJob | None:
        """The next job for a worker; None after the idle time (only told to one who has a child) or when closed.

        A worker tells the two apart by its own `stop`.
        """
        with self._changed:
            self._idle += 1
            try:
                self._changed.wait_for(
                    lambda: self._waiting or self._closed, self._idle_timeout_s if has_child else None
                )
            finally:
                self._idle -= 1
            return self._waiting.popleft() if self._waiting else None
