"""A paused account publishes nothing, also not what its site would make public by itself; resumed, it goes on once."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from scheduler.accounts import AccountService
from scheduler.notices import TaskNeedsAttention
from scheduler.service import Scheduler
from storage.values import Stage, TaskStatus
from tests.scheduler.staged import TIMED, approved_for, cancelled, live_until, staged
from tests.scheduler.test_crashes import bury
from tests.scheduler.world import World
from tests.support.crash import Executioner, Killed


def office(world: World) -> AccountService:
    db = world.database()
    return AccountService(db, world.platforms(), world.recorder, world.clock, redirect_uri="http://127.0.0.1/cb")


async def switched(world: World, *, on: bool) -> None:
    """The operator pauses or resumes the account of the newest task."""
    accounts, account_id = office(world), (await world.tasks())[-1].account_id
    async with world.database().begin() as uow:
        await (accounts.enable if on else accounts.disable)(uow, account_id)
        await uow.commit()


async def paused(world: World) -> tuple[Scheduler, datetime]:
    """A video is at the site and would come out by itself; its account is paused and the site was told."""
    scheduler, minute = await staged(world, TIMED)
    await switched(world, on=False)
    await scheduler.run_due()
    return scheduler, minute


async def test_what_the_site_would_publish_by_itself_is_held_while_the_account_is_paused(world: World) -> None:
    _, minute = await paused(world)
    world.clock.now = minute + timedelta(hours=1)
    assert (len(world.site.videos), world.site.public) == (1, [])
    task = await world.task()
    assert (task.status, task.fault and task.fault.code) == (TaskStatus.NEEDS_ATTENTION, "account.disabled")


async def test_resumed_in_time_it_comes_out_at_its_minute_without_another_upload(world: World) -> None:
    scheduler, minute = await paused(world)
    await switched(world, on=True)
    await live_until(world, scheduler, minute - timedelta(seconds=1))
    assert world.site.public == []
    await world.live(scheduler)
    assert [video.publish_at for video in world.site.public] == [minute]
    assert (await world.task()).status is TaskStatus.COMPLETED
    assert world.site.calls["open_upload"] == 1


async def test_resumed_somewhat_late_it_comes_out_at_once_and_very_late_it_asks(world: World) -> None:
    for late, public, asked in ((timedelta(hours=1), 1, []), (timedelta(hours=8), 0, ["task.too_late"])):
        world.begin_anew()
        scheduler, minute = await paused(world)
        world.clock.now = minute + late
        await switched(world, on=True)
        await world.live(scheduler)
        assert len(world.site.public) == public
        assert [notice.fault.code for notice in world.recorder.of(TaskNeedsAttention)] == asked
    async with world.database().begin() as uow:
        await world.desk().resolve(uow, (await world.tasks())[-1].id, "publish_now")
        await uow.commit()
    await world.live(scheduler)
    assert len(world.site.public) == len(world.site.videos) == 1


async def test_a_held_video_that_is_dropped_is_deleted_also_after_its_minute(world: World) -> None:
    for wait in (timedelta(), timedelta(hours=5)):
        world.begin_anew()
        scheduler, _ = await paused(world)
        world.clock.now += wait
        task = (await world.tasks())[-1]
        async with world.database().begin() as uow:
            await world.desk().resolve(uow, task.id, "drop")
            await uow.commit()
        await world.live(scheduler)
        assert (world.site.videos, (await world.tasks())[-1].status) == ([], TaskStatus.CANCELLED)


async def test_what_was_taken_back_is_deleted_although_the_account_is_paused_then(world: World) -> None:
    scheduler, _ = await staged(world, TIMED)
    await cancelled(world)
    await switched(world, on=False)
    await world.live(scheduler)
    assert (world.site.videos, (await world.task()).status) == ([], TaskStatus.CANCELLED)


async def test_a_site_that_is_away_until_the_minute_is_said_to_have_published(world: World) -> None:
    scheduler, minute = await staged(world, TIMED)
    world.site.faults = {("hold_release", number): "transient" for number in range(1, 30)}
    await switched(world, on=False)
    await live_until(world, scheduler, minute - timedelta(seconds=1))
    assert (await world.task()).stage is Stage.RETIME
    world.clock.now = minute
    await world.live(scheduler)
    task = await world.task()
    assert (task.status, task.fault and task.fault.code) == (TaskStatus.COMPLETED, "task.was_missed")


async def test_resumed_before_the_site_was_told_it_comes_out_at_its_minute(world: World) -> None:
    scheduler, minute = await staged(world, TIMED)
    await switched(world, on=False)
    await switched(world, on=True)
    await world.live(scheduler)
    assert [video.publish_at for video in world.site.public] == [minute]
    assert (await world.task()).status is TaskStatus.COMPLETED


async def pause_and_die(world: World, *, sent_until: int | None, at: int) -> bool:
    """Die at point `at` of what a pause has to do; whether it came to that. `sent_until`: the point of the upload at
    which the process died before the pause, None: it was staged."""
    world.begin_anew()
    minute = await approved_for(world, TIMED)
    first = world.scheduler(Executioner(sent_until))
    with suppress(Killed):
        await live_until(world, first, minute - timedelta(minutes=20))
    await bury(first)
    await switched(world, on=False)
    executioner = Executioner(at)
    dying = world.scheduler(executioner)
    with suppress(Killed):
        await dying.recover()
        await live_until(world, dying, minute - timedelta(minutes=5))
    await bury(dying)
    scheduler = world.scheduler(seed=2)
    await scheduler.recover()
    await live_until(world, scheduler, minute + timedelta(minutes=10))
    where = f"sent until {sent_until}, killed at {at}"
    assert world.site.public == [], where
    await switched(world, on=True)
    await world.live(scheduler)
    assert len(world.site.videos) == len(world.site.public) == 1, where
    assert (await world.tasks())[-1].status is TaskStatus.COMPLETED, where
    return executioner.dead


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.long)], ids=["every seventh", "every"])
async def test_a_death_at_any_point_of_a_pause_publishes_nothing_before_it_is_over(world: World, step: int) -> None:
    at = 1
    while await pause_and_die(world, sent_until=None, at=at):
        at += max(1, step // 3)
    assert at > 6
    for sent_until in range(12, 60, step):
        await pause_and_die(world, sent_until=sent_until, at=3)


async def disconnected(world: World, scheduler: Scheduler, *, anyway: bool = False) -> list[str]:
    """The operator disconnects the account while the process works; the titles of what could not be held."""

    async def work(_: float) -> None:
        await scheduler.run_due()
        world.clock.forward(seconds=1)

    db = world.database()
    accounts = AccountService(db, world.platforms(), world.recorder, world.clock, redirect_uri="", sleep=work)
    left = await accounts.disconnect((await world.task()).account_id, anyway=anyway)
    return [task.title for task in left]


async def test_a_disconnection_holds_first_what_the_site_would_publish_by_itself(world: World) -> None:
    scheduler, minute = await staged(world, TIMED)
    assert await disconnected(world, scheduler) == []
    assert world.site.revoked == ["r0"]
    world.clock.now = minute + timedelta(hours=1)
    assert (len(world.site.videos), world.site.public) == (1, [])


async def test_what_cannot_be_held_is_named_and_the_operator_decides(world: World) -> None:
    scheduler, minute = await staged(world, TIMED)
    world.site.faults = {("hold_release", number): "transient" for number in range(1, 30)}
    assert await disconnected(world, scheduler) == ["A title"]
    assert world.site.revoked == []
    assert await disconnected(world, scheduler, anyway=True) == []
    assert world.site.revoked == ["r0"]
    world.clock.now = minute
    assert len(world.site.public) == 1, "the site keeps its word; that was said"


async def test_what_is_tried_again_on_a_paused_account_waits_until_it_is_resumed(world: World) -> None:
    world.platform_options = {"separate_publish": True}
    await world.approve()
    world.site.faults["publish", 1] = "operator"
    scheduler = world.scheduler()
    await world.live(scheduler)
    await switched(world, on=False)
    async with world.database().begin() as uow:
        await world.desk().retry(uow, (await world.task()).id)
        await uow.commit()
    await world.live(scheduler)
    task = await world.task()
    assert world.site.public == []
    assert (task.status, task.fault and task.fault.code) == (TaskStatus.NEEDS_ATTENTION, "account.disabled")
    await switched(world, on=True)
    await world.live(scheduler)
    assert (len(world.site.public), (await world.task()).status) == (1, TaskStatus.COMPLETED)
