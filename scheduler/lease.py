"""A claimed task in the hands of one worker: kept alive by a heartbeat, written only under its fence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from scheduler.notices import Notice, NoticeListener
from scheduler.settings import Pace
from storage.database import Database
from storage.errors import FenceLostError
from storage.unit_of_work import UnitOfWork
from storage.values import Task

T = TypeVar("T")
log = logging.getLogger(__name__)


class Lease:
    """The right to work on one task until `until`; every write through it fails with FenceLostError once it is lost."""

    def __init__(
        self, task: Task, db: Database, listener: NoticeListener, clock: Callable[[], datetime], pace: Pace
    ) -> None:
        self.task = task
        self.held = True
        self._db = db
        self._listener = listener
        self._clock = clock
        self._pace = pace
        self._until = task.lease_until or clock()
        self._lost = asyncio.Event()

    async def record(
        self, *notices: Notice, uow: UnitOfWork | None = None, release: bool = False, **changes: Any
    ) -> Task:
        """Write `changes` and say `notices` in one transaction (`uow`'s, whose owner commits, or one of its own)."""
        if uow is not None:
            return await self._record(uow, notices, release, changes)
        task = await self._db.run(lambda own: self._record(own, notices, release, changes))
        self.adopt(task, release=release)
        return task

    def adopt(self, task: Task, *, release: bool = False) -> None:
        """Take over what a committed transaction wrote."""
        self.task = task
        if release:
            self.held = False

    async def _record(
        self, uow: UnitOfWork, notices: tuple[Notice, ...], release: bool, changes: Mapping[str, Any]
    ) -> Task:
        task = await uow.tasks.record(self.task.id, fence=self.task.fence, release=release, **changes)
        for notice in notices:
            await self._listener.hear(uow, notice)
        return task

    async def say(self, notice: Notice) -> None:
        """Say something while the lease is held; no news from a worker that lost its task."""
        if self._lost.is_set():
            raise FenceLostError
        await self._db.run(lambda uow: self._listener.hear(uow, notice))

    async def extend(self, *, at_least: timedelta | None = None, **changes: Any) -> None:
        """Renew the lease, with `changes` in the same transaction; FenceLostError if another owns the task by now."""
        until = self._clock() + self._pace.lease
        task = await self._db.run(lambda uow: self._extend(uow, until, changes))
        self._until = until
        if task is not None:
            self.task = task
        # The commit itself may have waited for the database: what is left now is what counts.
        if at_least is not None and self._until - self._clock() < at_least:
            raise FenceLostError

    async def _extend(self, uow: UnitOfWork, until: datetime, changes: Mapping[str, Any]) -> Task | None:
        if not await uow.tasks.extend_lease(self.task.id, fence=self.task.fence, until=until):
            self._lost.set()
            raise FenceLostError
        return await uow.tasks.record(self.task.id, fence=self.task.fence, **changes) if changes else None

    async def guard(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` as long as the lease is held; when it is lost, `work` is cancelled and FenceLostError raised."""
        doing = asyncio.ensure_future(work)
        losing = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({doing, losing}, return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                return doing.result()
            raise FenceLostError
        finally:
            for each in (doing, losing):
                if not each.done():
                    each.cancel()
                    with suppress(asyncio.CancelledError, Exception):
                        await each

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Beat in the background while the block runs."""
        beating = asyncio.ensure_future(self._beat())
        try:
            yield
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating

    async def _beat(self) -> None:
        while not self._lost.is_set():
            await asyncio.sleep(self._pace.heartbeat.total_seconds())
            try:
                await self.extend()
            except FenceLostError:
                return
            except Exception as error:  # noqa: BLE001 - a database that is away for a moment must not end the work
                self._missed_beat(error)

    def _missed_beat(self, error: Exception) -> None:
        log.warning("task %s: heartbeat failed: %s", self.task.id, type(error).__name__)
        if self._clock() >= self._until:
            self._lost.set()
