"""One worker of the pool: a thread and the child it owns."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol

from voice import errors
from voice.child import Child, ChildDiedError
from voice.errors import (
    ConversionFailedError,
    JobCancelledError,
    JobTimeoutError,
    OutOfMemoryError,
    VoiceError,
    WorkerDiedError,
)
from voice.jobs_port import RUNS
from voice.patience import Patience
from voice.pool_job import PoolJob
from voice.scratch import ScratchFolders


class ChildHungError(Exception):
    """The child has said nothing for `silent_s` seconds, and was killed."""

    def __init__(self, silent_s: float) -> None:
        super().__init__(f"silent for {silent_s} s")
        self.silent_s = silent_s


class NextJob(Protocol):
    """Waits for a job; None when idle for too long or when there will be no more."""

    def __call__(self, *, has_child: bool) -> PoolJob | None: ...


class PoolWorker:
    """Takes jobs from `next_job` until it is stopped.

    `_lock` guards who is killed: a cancel from another thread kills the child only while it runs that very job.
    """

    def __init__(
        self,
        next_job: NextJob,
        environment: Mapping[str, str],
        scratch: ScratchFolders,
        patience: Patience,
        *,
        name: str,
    ) -> None:
        self._next_job = next_job
        self._environment = environment
        self._scratch = scratch
        self._patience = patience
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
        end: ChildDiedError | ChildHungError | None = None
        for _ in range(RUNS):
            try:
                with self._scratch.folder() as scratch:
                    return self._attempt(job, scratch)
            except (ChildDiedError, ChildHungError) as error:
                end = error
                self._let_child_go()
                if job.future.cancelled() or self._stopped:
                    raise JobCancelledError from error
            except OutOfMemoryError:  # what it holds is not given back by itself
                self._let_child_go()
                raise
            except VoiceError:  # the job's own; its child is well
                raise
            except Exception:  # a listener of ours failed, and the child knows nothing of it
                self._kill_child()
                raise
        raise _parked(end)

    def _attempt(self, job: PoolJob, scratch: Path) -> object:
        child = self._present_child()
        if job.future.cancelled():  # before the child was there to be killed
            raise JobCancelledError
        child.send({"function": job.function, "arguments": job.arguments, "scratch": str(scratch)})
        while True:
            message = self._hear(child)
            if "result" in message:
                return message["result"]
            if "error" in message:
                raise _error(message)
            if "progress" in message and job.on_progress is not None:
                job.on_progress(message["progress"], message["step"])

    def _hear(self, child: Child) -> dict[str, Any]:
        silent_s = 0.0
        while True:
            worked_s = child.worked_s()
            try:
                return child.receive(self._patience.idle_s)
            except TimeoutError:
                silent_s += self._patience.idle_s
            if self._patience.is_over(silent_s, child.worked_s() - worked_s):
                self._kill_child()
                raise ChildHungError(silent_s)

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


def _parked(end: ChildDiedError | ChildHungError | None) -> VoiceError:
    if isinstance(end, ChildHungError):
        return JobTimeoutError(silent_s=end.silent_s)
    status = end.status if end is not None and end.status is not None else 0
    last_words = end.stderr_tail.splitlines()[-1] if end is not None and end.stderr_tail else ""
    return WorkerDiedError(status=status, detail=last_words)


def _error(message: Mapping[str, Any]) -> VoiceError:
    kind = getattr(errors, message["error"], None)
    if isinstance(kind, type) and issubclass(kind, VoiceError):
        return kind(message["message"], **message["params"])
    return ConversionFailedError(message["message"], **message["params"])
