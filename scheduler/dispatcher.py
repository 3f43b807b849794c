"""Claims what is due and sees that it is worked on, never more at once than each kind of work allows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from scheduler.lifecycle import Lifecycle
from scheduler.settings import Pace
from storage.database import Database
from storage.unit_of_work import UnitOfWork
from storage.values import UPLOAD_STAGES, Stage, Task

log = logging.getLogger(__name__)

AFTER_ARRIVAL = frozenset({Stage.CONFIRM, Stage.UNDO, Stage.RETIME})


@dataclass(slots=True)
class Lane:
    """One kind of work: its stages, how many at once, and whether it occupies the account."""

    name: str
    stages: frozenset[Stage]
    size: int
    one_per_account: bool
    running: set[asyncio.Task[None]] = field(default_factory=set)


class Dispatcher:
    """`on_free` is called when a worker becomes free, so that somebody ticks again. `only`: no task but this one."""

    def __init__(
        self,
        db: Database,
        lifecycle: Lifecycle,
        clock: Callable[[], datetime],
        *,
        owner: str,
        pace: Pace,
        on_free: Callable[[], None],
        only: int | None = None,
    ) -> None:
        self._db = db
        self._lifecycle = lifecycle
        self._clock = clock
        self._owner = owner
        self._pace = pace
        self._on_free = on_free
        self._only = only
        self._lanes = (
            Lane("upload", UPLOAD_STAGES, pace.upload_concurrency, one_per_account=True),
            Lane("release", frozenset({Stage.RELEASE}), pace.confirm_concurrency, one_per_account=False),
            Lane("confirm", AFTER_ARRIVAL, pace.confirm_concurrency, one_per_account=False),
            Lane("prepare", frozenset({Stage.PREPARE}), pace.prepare_concurrency, one_per_account=False),
        )

    @property
    def busy(self) -> int:
        """How many tasks are being worked on."""
        return sum(len(lane.running) for lane in self._lanes)

    async def fill(self) -> int:
        """Claim what is due for every free worker; how many were started."""
        free = [lane for lane in self._lanes if len(lane.running) < lane.size]
        claimed = await self._db.run(lambda uow: self._claim(uow, free)) if free else []
        for lane, task in claimed:
            self._start(lane, task)
        return len(claimed)

    async def _claim(self, uow: UnitOfWork, lanes: list[Lane]) -> list[tuple[Lane, Task]]:
        now = self._clock()
        claimed: list[tuple[Lane, Task]] = []
        for lane in lanes:
            tasks = await uow.tasks.claim_due(
                now,
                owner=self._owner,
                lease_until=now + self._pace.lease,
                stages=lane.stages,
                limit=lane.size - len(lane.running),
                exclude_busy_accounts=lane.one_per_account,
                only=self._only,
            )
            claimed.extend((lane, task) for task in tasks)
        return claimed

    def _start(self, lane: Lane, task: Task) -> None:
        work = asyncio.create_task(self._lifecycle.run(task), name=f"task {task.id} {task.stage.value}")
        lane.running.add(work)
        work.add_done_callback(lambda done: self._ended(lane, done))

    def _ended(self, lane: Lane, done: asyncio.Task[None]) -> None:
        lane.running.discard(done)
        if not done.cancelled() and done.exception() is not None:
            # Not even the failure could be written down: the lease runs out, and another try begins then.
            log.error("a task's worker stopped", exc_info=done.exception())
        self._on_free()

    async def drain(self) -> None:
        """Wait until nothing is being worked on."""
        while running := [work for lane in self._lanes for work in lane.running]:
            await asyncio.wait(running)

    async def stop(self) -> None:
        """Stop all work in good order: leases are given back."""
        running = [work for lane in self._lanes for work in lane.running]
        for work in running:
            work.cancel()
        await asyncio.gather(*running, return_exceptions=True)
