"""A staged post that gets nothing but another time: the same upload goes on, never early, never twice."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from scheduler.approval import Approval
from scheduler.service import Scheduler
from storage.errors import ConflictError
from storage.values import TaskStatus
from tests.scheduler.staged import APART, HELD, TIMED, WAYS, live_until, reopened, staged
from tests.scheduler.test_crashes import bury
from tests.scheduler.test_paused_release import switched
from tests.scheduler.test_staged_deaths import Watchman
from tests.scheduler.world import World
from tests.support.crash import Executioner, Killed

LIVES = timedelta(hours=2)
"""How long what waits at the site lives: longer than it usually has to."""
LASTING: dict[str, dict[str, Any]] = {
    name: {**way, "staging": replace(way["staging"], at_most=LIVES)} for name, way in WAYS.items()
}
every_way = pytest.mark.parametrize("way", LASTING.values(), ids=LASTING)


async def approved_again(world: World, at: datetime | None, **changes: Any) -> None:
    """The operator takes the newest post back, changes the time (or more) and approves."""
    draft = await reopened(world)
    approval = Approval(world.platforms(), world.presets, world.clock, desk=world.desk())
    async with world.database().begin() as uow:
        wanted = {"scheduled_time": at, "publish_now": at is None, **changes}
        draft = await uow.drafts.change(draft.id, version=draft.version, **wanted)
        await approval.approve(uow, draft, await uow.operators.get(draft.operator_id))
        await uow.commit()


async def statuses(world: World) -> list[TaskStatus]:
    return [task.status for task in await world.tasks()]


@every_way
@pytest.mark.parametrize("moved", [timedelta(minutes=20), timedelta(minutes=-5)], ids=["later", "earlier"])
async def test_another_time_publishes_the_same_upload_at_it(
    world: World, way: dict[str, Any], moved: timedelta
) -> None:
    scheduler, minute = await staged(world, way)
    await approved_again(world, minute + moved)
    await live_until(world, scheduler, minute + moved - timedelta(seconds=1))
    assert world.site.public == []
    await world.live(scheduler)
    assert world.clock() == minute + moved
    assert len(world.site.public) == len(world.site.videos) == world.site.calls["open_upload"] == 1
    assert await statuses(world) == [TaskStatus.CANCELLED, TaskStatus.COMPLETED]


@every_way
async def test_right_now_publishes_the_same_upload_at_once(world: World, way: dict[str, Any]) -> None:
    scheduler, minute = await staged(world, way)
    await approved_again(world, None)
    await world.live(scheduler, until=timedelta(minutes=5))
    assert len(world.site.public) == world.site.calls["open_upload"] == 1
    assert world.clock() < minute


@every_way
async def test_another_title_uploads_anew_and_leaves_nothing_of_the_first(world: World, way: dict[str, Any]) -> None:
    scheduler, minute = await staged(world, way)
    await approved_again(world, minute + timedelta(minutes=20), title="Another")
    await world.live(scheduler)
    assert [video.title for video in world.site.videos] == ["Another"]
    assert await statuses(world) == [TaskStatus.CANCELLED, TaskStatus.COMPLETED]


@pytest.mark.parametrize("way", [HELD, APART], ids=["held", "apart"])
async def test_what_would_be_too_old_at_the_new_time_is_uploaded_anew(world: World, way: dict[str, Any]) -> None:
    scheduler, minute = await staged(world, way)
    await approved_again(world, minute + timedelta(hours=2))
    await world.live(scheduler)
    assert len(world.site.public) == 1
    assert world.site.calls["open_upload"] == 2


async def test_nobody_who_edits_for_hours_finds_the_video_public(world: World) -> None:
    scheduler, minute = await staged(world, TIMED)
    await reopened(world)
    await world.live(scheduler)
    world.clock.now = minute + timedelta(hours=1)
    assert (world.site.videos, await statuses(world)) == ([], [TaskStatus.CANCELLED])


async def test_the_upload_is_kept_for_the_edit_and_deleted_when_that_takes_too_long(world: World) -> None:
    scheduler, minute = await staged(world, TIMED)
    world.clock.now = minute - timedelta(minutes=50)
    await reopened(world)
    await live_until(world, scheduler, world.clock() + timedelta(minutes=29))
    assert len(world.site.videos) == 1
    await live_until(world, scheduler, world.clock() + timedelta(minutes=2))
    assert world.site.videos == []


async def move_and_die(world: World, way: dict[str, Any], at: int, moved: timedelta) -> bool:
    world.begin_anew()
    scheduler, minute = await staged(world, way)
    await bury(scheduler)
    await approved_again(world, minute + moved)
    executioner = Watchman(world, minute + moved, at)
    dying = world.scheduler(executioner)
    with suppress(Killed):
        await dying.recover()
        await world.live(dying)
    await bury(dying)
    last: Scheduler = world.scheduler(Watchman(world, minute + moved), seed=2)
    await last.recover()
    await world.live(last)
    where = f"killed at {at}: {executioner.points[-1:]}"
    assert len(world.site.public) == len(world.site.videos) == 1, where
    assert (await statuses(world))[-2:] == [TaskStatus.CANCELLED, TaskStatus.COMPLETED], where
    return executioner.dead


@every_way
@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.long)], ids=["every fourth", "every"])
async def test_a_death_at_any_point_publishes_once_at_the_new_minute(
    world: World, way: dict[str, Any], step: int
) -> None:
    for moved in (timedelta(minutes=20), timedelta(minutes=-5)):
        at = 1
        while await move_and_die(world, way, at, moved):
            at += step
        assert at > 10


async def test_an_upload_that_is_being_deleted_is_not_inherited(world: World) -> None:
    scheduler, minute = await staged(world, TIMED)
    draft = await reopened(world)
    executioner = Executioner(None)
    dying = world.scheduler(executioner)
    executioner.at = 3  # the deletion was claimed
    with suppress(Killed):
        await dying.run_due()
    await bury(dying)
    approval = Approval(world.platforms(), world.presets, world.clock, desk=world.desk())
    with suppress(ConflictError):
        async with world.database().begin() as uow:
            draft = await uow.drafts.change(draft.id, version=draft.version, scheduled_time=minute)
            await approval.approve(uow, draft, await uow.operators.get(draft.operator_id))
            await uow.commit()
    await scheduler.recover()
    await world.live(scheduler)
    assert len(world.site.public) == len(world.site.videos) == 1


@pytest.mark.parametrize("way", [LASTING["held"], LASTING["apart"]], ids=["held", "apart"])
async def test_of_two_uploads_that_would_do_one_goes_on(world: World, way: dict[str, Any]) -> None:
    scheduler, minute = await staged(world, way)
    await approved_again(world, minute + timedelta(minutes=90))
    await live_until(world, scheduler, minute + timedelta(minutes=35))
    assert world.site.calls["open_upload"] == 2, "the first would have been too old"
    await approved_again(world, minute + timedelta(minutes=50))
    await world.live(scheduler)
    assert world.clock() == minute + timedelta(minutes=50)
    assert (len(world.site.public), world.site.calls["open_upload"]) == (1, 2)


async def test_who_pauses_the_account_while_editing_waits_for_no_deletion(world: World) -> None:
    scheduler, minute = await staged(world, TIMED)
    world.clock.now = minute - timedelta(minutes=50)
    await reopened(world)
    await switched(world, on=False)
    await scheduler.run_due()
    assert world.site.videos == []
