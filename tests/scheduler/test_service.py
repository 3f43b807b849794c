"""The clock: what is due starts when it is due, and what a dead process left is taken over."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from scheduler.notices import Notice, TaskCompleted
from scheduler.service import Scheduler, worker_name
from storage.unit_of_work import UnitOfWork
from storage.values import Task, TaskStatus
from tests.scheduler.world import MachineClock, World


async def completed(world: World, *, within_s: float = 20.0) -> Task:
    """The only task, once the listener has heard of its end; the wait is for the scheduler's timer: a real one."""
    ended = asyncio.Event()
    hear = world.recorder.hear

    async def listen(uow: UnitOfWork, notice: Notice) -> None:
        await hear(uow, notice)
        if isinstance(notice, TaskCompleted):
            ended.set()

    world.recorder.hear = listen  # type: ignore[method-assign]
    async with asyncio.timeout(within_s):
        await ended.wait()
    return await world.task()


async def test_a_running_scheduler_publishes_at_the_minute_and_not_before(world: World) -> None:
    world.clock = world.site.clock = MachineClock()  # type: ignore[assignment]
    at = world.clock() + timedelta(seconds=1.5)
    await world.approve(at=at)
    scheduler = world.scheduler()
    await scheduler.start()
    try:
        await completed(world)
    finally:
        await scheduler.stop()
    (video,) = world.site.videos
    assert video.published_at >= at


async def test_a_woken_scheduler_finds_the_new_task(world: World) -> None:
    world.clock = world.site.clock = MachineClock()  # type: ignore[assignment]
    scheduler = world.scheduler()
    await scheduler.start()
    try:
        await asyncio.gather(*(scheduler.tick() for _ in range(5)))
        await world.approve()
        for _ in range(10):
            scheduler.wake()
        await completed(world)
    finally:
        await scheduler.stop()
    assert len(world.site.videos) == 1


async def test_a_new_process_takes_over_the_leases_of_a_dead_one(world: World) -> None:
    await world.approve()
    async with world.database().begin() as uow:
        task = await world.task()
        (claimed,) = await uow.tasks.claim_due(
            world.clock(),
            owner="dead",
            lease_until=world.clock() + timedelta(hours=1),
            stages=[task.stage],
            limit=1,
            exclude_busy_accounts=False,
        )
        await uow.commit()
    scheduler = world.scheduler()
    assert await scheduler.run_due() == 0
    await scheduler.recover()
    await world.live(scheduler)
    assert (await world.task()).status is TaskStatus.COMPLETED
    assert (await world.task()).fence > claimed.fence


async def test_stopping_gives_the_leases_back(world: World) -> None:
    await world.approve()
    entered = asyncio.Event()

    async def never_ends(*_: object, **__: object) -> None:
        entered.set()
        await asyncio.Event().wait()

    scheduler = world.scheduler()
    scheduler._dispatcher._lifecycle._shop.renders.obtain = never_ends  # type: ignore[method-assign, assignment]
    await scheduler.start()
    async with asyncio.timeout(10):
        await entered.wait()
    assert (await world.task()).lease_owner is not None
    await scheduler.stop()
    assert (await world.task()).lease_owner is None


async def test_a_lost_lease_stops_the_work(world: World) -> None:
    world.pace = replace(world.pace, heartbeat=timedelta(milliseconds=20))
    await world.approve()
    stopped = asyncio.Event()

    async def never_ends(*_: object, **__: object) -> None:
        async with world.database().begin() as uow:
            await uow.tasks.release_all_leases()
            await uow.commit()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    scheduler = world.scheduler()
    scheduler._dispatcher._lifecycle._shop.renders.obtain = never_ends  # type: ignore[method-assign, assignment]
    await scheduler._dispatcher.fill()
    async with asyncio.timeout(10):
        await scheduler._dispatcher.drain()
    assert stopped.is_set()


def test_two_workers_never_have_one_name() -> None:
    assert worker_name() != worker_name()


def test_the_timer_never_drops_a_late_job(world: World) -> None:
    scheduler: Scheduler = world.scheduler()
    defaults = scheduler._timer._job_defaults
    assert defaults == {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
