"""The Scheduler: a clock over the table of tasks. What is due is in the database; APScheduler only rings."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random, SystemRandom

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from media.ffmpeg import Ffmpeg
from platforms.base import Platform
from scheduler.account_book import AccountBook
from scheduler.checked_files import CheckedFiles
from scheduler.countdown import Countdown
from scheduler.dispatcher import Dispatcher
from scheduler.figures import FigureCollector
from scheduler.file_links import FileLinks
from scheduler.interactions import Aftercare
from scheduler.job import Workshop
from scheduler.lifecycle import Lifecycle
from scheduler.notices import NoticeListener
from scheduler.quota import QuotaBook
from scheduler.renders import RenderBook
from scheduler.settings import Pace
from scheduler.tokens import TokenKeeper
from scheduler.upkeep import CleanUp
from scheduler.voicing import Presets
from storage.database import Database
from voice.jobs_port import JobRunner

log = logging.getLogger(__name__)

BLOCKED_GAP = timedelta(seconds=1)
"""How soon to look again while something due finds no free worker: something else may become due meanwhile."""


def worker_name() -> str:
    """Names this process as the owner of leases; never the same twice."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


class Scheduler:
    """Runs the life of every task, or of `only` that one. `renders` is a folder, `clock` gives aware UTC."""

    def __init__(
        self,
        db: Database,
        platforms: Mapping[str, Platform],
        listener: NoticeListener,
        *,
        ffmpeg: Ffmpeg,
        runner: JobRunner,
        presets: Presets,
        renders: Path,
        clock: Callable[[], datetime],
        pace: Pace | None = None,
        rng: Random | None = None,
        owner: str | None = None,
        links: FileLinks | None = None,
        only: int | None = None,
        models: Path | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._pace = pace = pace or Pace()
        owner = owner or worker_name()
        self.tokens = TokenKeeper(db, platforms, listener, clock, owner=owner, pace=pace)
        self._countdown = Countdown(db, listener, clock)
        self._book = AccountBook(db, platforms, listener, clock)
        shop = Workshop(
            db=db,
            platforms=platforms,
            listener=listener,
            tokens=self.tokens,
            quota=QuotaBook(platforms),
            renders=RenderBook(db, ffmpeg, runner, presets, renders, pace, checked=CheckedFiles(clock), models=models),
            clock=clock,
            pace=pace,
            links=links,
        )
        lifecycle = Lifecycle(shop, rng or SystemRandom())
        self._dispatcher = Dispatcher(db, lifecycle, clock, owner=owner, pace=pace, on_free=self.wake, only=only)
        self._only = only
        self._aftercare = Aftercare(shop, ffmpeg, rng or SystemRandom(), owner=owner, on_free=self.wake)
        self._figures = FigureCollector(shop)
        self._cleanup = CleanUp(db, renders, clock, pace)
        self._timer = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._ticking = False
        self._tick_again = False
        self._ticks: set[asyncio.Task[None]] = set()
        self._started = False

    async def start(self) -> None:
        """Take over what a dead process of this database left, then begin to work."""
        await self.recover()
        self._started = True
        self._timer.start()
        self._every(self._pace.sweep, "sweep", self.tick)
        self._every(self._pace.token_check, "tokens", self.tokens.renew_ahead)
        self._every(self._pace.token_check, "countdown", self._countdown.run)
        self._every(self._pace.token_check, "unconfirmed", self._book.lapse)
        self._every(self._pace.cleanup, "clean-up", self._cleanup.run)
        if self._only is None:
            self._every(self._pace.figures_check, "figures", self.count)
        self.wake()

    async def recover(self) -> None:
        """On SQLite no other process works on this database, so every lease is a dead one; elsewhere they run out."""
        if self._db.dialect != "sqlite":
            return
        async with self._db.begin() as uow:
            await uow.tasks.release_all_leases()
            await uow.interactions.release_all_leases()
            await uow.commit()

    async def stop(self) -> None:
        """Stop in good order; what was under way goes on at the next start."""
        self._started = False
        if self._timer.running:
            self._timer.shutdown(wait=False)
        for tick in tuple(self._ticks):
            await asyncio.wait({tick})
        await self._dispatcher.stop()
        await self._aftercare.stop()

    def wake(self) -> None:
        """Something was committed that may be due: look now. Safe to call at any time, as often as one likes."""
        if self._started:
            tick = asyncio.get_running_loop().create_task(self._safely("tick", self.tick))
            self._ticks.add(tick)
            tick.add_done_callback(self._ticks.discard)

    async def tick(self) -> None:
        """Start what is due and set the alarm for what is next. A tick during a tick makes that one look again."""
        self._tick_again = True
        if self._ticking:
            return
        self._ticking = True
        try:
            while self._tick_again:
                self._tick_again = False
                await self._dispatcher.fill()
                await self._tend()
                await self._set_alarm()
        finally:
            self._ticking = False

    async def run_due(self) -> int:
        """Work on everything that is due until nothing is; how many claims it took. For tests."""
        claims = 0
        while started := await self._dispatcher.fill() + await self._tend():
            claims += started
            await self._dispatcher.drain()
            await self._aftercare.drain()
        return claims

    async def _tend(self) -> int:
        """Who runs a single task leaves what follows its publication to the program that runs all."""
        return await self._aftercare.fill() if self._only is None else 0

    async def count(self) -> None:
        """Read the figures of what was published lately, as far as they are due."""
        await self._figures.run()

    async def next_due(self) -> datetime | None:
        """When a worker should next look at a task, or at what is done after a publication."""
        async with self._db.read() as uow:
            moments = (await uow.tasks.next_due(), await uow.interactions.next_due())
        return min(filter(None, moments), default=None)

    async def _set_alarm(self) -> None:
        due = await self.next_due()
        if due is None or not self._timer.running:
            return
        wait = max(due - self._clock(), BLOCKED_GAP if due <= self._clock() else timedelta())
        # The timer goes by the machine's clock, which need not be ours.
        self._timer.add_job(
            self._safely,
            DateTrigger(datetime.now(UTC) + wait, timezone=UTC),
            args=("alarm", self.tick),
            id="alarm",
            replace_existing=True,
        )

    def _every(self, gap: timedelta, name: str, job: Callable[[], Awaitable[None]]) -> None:
        trigger = IntervalTrigger(seconds=gap.total_seconds(), timezone=UTC)
        self._timer.add_job(self._safely, trigger, args=(name, job), id=name)

    async def _safely(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        try:
            await job()
        except Exception:  # the round failed, say because the database is away; the sweep makes the next one
            log.exception("%s failed", name)
