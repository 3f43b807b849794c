"""A timed upload of which nobody knows whether it arrived, and which the operator drops, does not come out unsaid."""

from __future__ import annotations

from datetime import timedelta

from scheduler.staging import TakeBack, is_unwanted, take_back
from storage.values import TaskStatus
from tests.scheduler.staged import TIMED, approved_for, live_until
from tests.scheduler.world import World


async def unknown(world: World) -> None:
    """The answer to the last byte is lost, its session too, and the site cannot be searched."""
    world.site.faults = {("transfer", 1): "lose_after", ("transfer", 2): "gone"}
    world.site.can_search = False
    minute = await approved_for(world, TIMED)
    scheduler = world.scheduler()
    await live_until(world, scheduler, minute - timedelta(minutes=30))
    task = await world.task()
    assert (task.status, task.fault and task.fault.code) == (TaskStatus.NEEDS_ATTENTION, "task.outcome_unknown")
    assert len(world.site.videos) == 1


async def dropped(world: World) -> None:
    async with world.database().begin() as uow:
        await world.desk().resolve(uow, (await world.task()).id, "drop")
        await uow.commit()
    await world.live(world.scheduler(), until=timedelta(minutes=10))


async def test_it_is_looked_for_and_deleted(world: World) -> None:
    await unknown(world)
    world.site.can_search = True
    await dropped(world)
    assert (world.site.videos, (await world.task()).status) == ([], TaskStatus.CANCELLED)


async def test_what_cannot_be_found_is_asked_about_once_more_and_then_said_to_be_left_there(world: World) -> None:
    await unknown(world)
    await dropped(world)
    task = await world.task()
    assert task.status is TaskStatus.NEEDS_ATTENTION
    assert is_unwanted(task)
    await dropped(world)
    task = await world.task()
    assert (task.status, take_back(task, world.clock())) == (TaskStatus.CANCELLED, TakeBack.TOO_LATE)
    assert task.fault is not None, "the card tells from it that the video was left there"
