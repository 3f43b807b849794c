"""One worker of the pool: a thread and the child it owns."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol

from voice import errors
from voice.child import Child, ChildDiedError
from voice.errors import ConversionFailedError, JobCancelledError, JobTimeoutError, VoiceError, WorkerDiedError
from voice.pool_job import PoolJob
from voice.scratch import ScratchFolders

ATTEMPTS = 2


class NextJob(Protocol):
    """Waits for a job; None when idle for too long or when there will be no more."""

    def __call__(self, *, has_child: bool) -> PoolJob | None: ...


class PoolWorker:
    """Takes jobs from `next_job` until it is stopped.

    `_lock` guards who is killed: a cancel from another thread kills the child only while it runs that very job.
    """

    def __init__(
        self, next_job: NextJob, environment: Mapping[str, str], scratch: ScratchFolders, *, name: str
    ) -> None:
        self._next_job = next_job
        self._environment = environment
        self._scratch = scratch
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._job: PoolJob | None = None
        self._stopped = False
        self.thread = threading.Thread(target=self._live, name=name, daemon=True)

    def child_pid(self) -> int | None:
        """Process id of the child, if there is one."""
        with self._lock:
            return None if self._child is None else self._child.pid

    def stop(self) -> None:
        """End after the present job, which is killed."""
        with self._lock:
            self._stopped = True
            if self._child is not None:
                self._child.kill()

    def _live(self) -> None:
        while not self._stopped:
            job = self._next_job(has_child=self._child is not None)
            if job is None:
                self._let_child_go()
            else:
                self._take(job)
        self._let_child_go()

    def _take(self, job: PoolJob) -> None:
        with self._lock:
            self._job = job
        job.future.add_done_callback(self._interrupt)
        try:
            job.finish(self._run(job))
        except Exception as error:  # noqa: BLE001 - goes to whoever waits for the Future
            job.fail(error)
        finally:
            with self._lock:
                self._job = None
            if job.future.cancelled():
                # The kill may strike a moment later than the job's own end; that child must not get another job.
                self._let_child_go()

    def _interrupt(self, future: Future[Any]) -> None:
        """Kill the child of a cancelled job. Told of every end; whichever thread cancels runs this."""
        with self._lock:
            if future.cancelled() and self._child is not None and self._job is not None and self._job.future is future:
                self._child.kill()

    def _run(self, job: PoolJob) -> object:
        deadline = None if job.time_limit_s is None else time.monotonic() + job.time_limit_s
        death: ChildDiedError | None = None
        for _ in range(ATTEMPTS):
            try:
                with self._scratch.folder() as scratch:
                    return self._attempt(job, scratch, deadline)
            except ChildDiedError as error:
                death = error
                self._let_child_go()
                if job.future.cancelled() or self._stopped:
                    raise JobCancelledError from error
            except VoiceError:  # the job's own; its child is well, or was killed for being late
                raise
            except Exception:  # a listener of ours failed, and the child knows nothing of it
                self._kill_child()
                raise
        raise _parked(death)

    def _attempt(self, job: PoolJob, scratch: Path, deadline: float | None) -> object:
        child = self._present_child()
        if job.future.cancelled():  # before the child was there to be killed
            raise JobCancelledError
        child.send({"function": job.function, "arguments": job.arguments, "scratch": str(scratch)})
        while True:
            message = self._hear(child, job, deadline)
            if "result" in message:
                return message["result"]
            if "error" in message:
                raise _error(message)
            if "progress" in message and job.on_progress is not None:
                job.on_progress(message["progress"], message["step"])

    def _hear(self, child: Child, job: PoolJob, deadline: float | None) -> dict[str, Any]:
        left_s = None if deadline is None else max(0.0, deadline - time.monotonic())
        try:
            return child.receive(left_s)
        except TimeoutError:
            self._kill_child()
            raise JobTimeoutError(limit_s=job.time_limit_s) from None

    def _present_child(self) -> Child:
        with self._lock:
            if self._stopped:
                raise JobCancelledError
            if self._child is not None and self._child.has_hung_up():
                self._child.close()
                self._child = None
            if self._child is None:
                self._child = Child(self._environment)
            return self._child

    def _kill_child(self) -> None:
        with self._lock:
            if self._child is not None:
                self._child.kill()
        self._let_child_go()

    def _let_child_go(self) -> None:
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.close()


def _parked(death: ChildDiedError | None) -> WorkerDiedError:
    status = death.status if death is not None and death.status is not None else 0
    last_words = death.stderr_tail.splitlines()[-1] if death is not None and death.stderr_tail else ""
    return WorkerDiedError(status=status, detail=last_words)


def _error(message: Mapping[str, Any]) -> VoiceError:
    kind = getattr(errors, message["error"], None)
    if isinstance(kind, type) and issubclass(kind, VoiceError):
        return kind(message["message"], **message["params"])
    return ConversionFailedError(message["message"], **message["params"])
