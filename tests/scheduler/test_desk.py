"""What an operator says about a task, and when it is too late to say it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from platforms.base import CheckState
from scheduler.desk import Answer
from scheduler.notices import TaskCompleted
from storage.errors import StaleVersionError
from storage.values import Task, TaskStatus
from tests.scheduler.world import World
from tests.support.fake_platform import FakePlatform


async def say(world: World, word: str, *arguments: Any) -> Task:
    async with world.database().begin() as uow:
        task = (await world.tasks())[0]
        answer: Task = await getattr(world.desk(), word)(uow, task.id, *arguments)
        await uow.commit()
    return answer


async def unknown_outcome(world: World, *, is_there: bool) -> None:
    world.site.can_search = False
    lost = "lose_after" if is_there else "lose_before"
    world.site.faults = {("transfer", 1): lost, ("transfer", 2): "gone"}
    await world.approve()
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.NEEDS_ATTENTION


async def test_it_is_there_completes_the_task_and_sends_nothing(world: World) -> None:
    await unknown_outcome(world, is_there=True)
    await say(world, "resolve", "it_is_there")
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.COMPLETED
    assert len(world.site.videos) == 1
    assert len(world.recorder.of(TaskCompleted)) == 1


async def test_publish_again_sends_it_in_a_new_session(world: World) -> None:
    await unknown_outcome(world, is_there=False)
    await say(world, "resolve", "publish_again")
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.COMPLETED
    assert len(world.site.videos) == 1


async def test_drop_ends_it(world: World) -> None:
    await unknown_outcome(world, is_there=False)
    await say(world, "resolve", "drop")
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.CANCELLED
    assert world.site.videos == []


async def test_a_late_task_goes_out_when_the_operator_says_so(world: World) -> None:
    await world.approve(at=world.clock() + timedelta(minutes=1))
    world.clock.forward(hours=10)
    await world.live(world.scheduler())
    await say(world, "resolve", "publish_now")
    await world.live(world.scheduler())
    assert len(world.site.videos) == 1


@pytest.mark.parametrize("answer", ["it_is_there", "publish_again"])
async def test_an_answer_to_another_question_is_refused(world: World, answer: Answer) -> None:
    await world.approve(at=world.clock() + timedelta(minutes=1))
    world.clock.forward(hours=10)
    await world.live(world.scheduler())
    with pytest.raises(StaleVersionError):
        await say(world, "resolve", answer)


async def test_an_answer_given_twice_is_refused(world: World) -> None:
    await unknown_outcome(world, is_there=False)
    await say(world, "resolve", "publish_again")
    with pytest.raises(StaleVersionError):
        await say(world, "resolve", "publish_again")


async def test_retry_sends_a_rejected_video_anew(world: World) -> None:
    world.site.verdict = CheckState.FAILED
    await world.approve()
    await world.live(world.scheduler())
    world.site.verdict = CheckState.PUBLISHED
    await say(world, "retry")
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.COMPLETED
    assert len(world.site.videos) == 2


async def test_retry_of_a_suspended_channel_goes_on_where_it_stood(world: World) -> None:
    world.site.faults = {("open_upload", 1): "operator"}
    await world.approve()
    await world.live(world.scheduler())
    task = await world.task()
    assert (task.status, task.fault and task.fault.code) == (TaskStatus.NEEDS_ATTENTION, "platform.needs_operator")
    await say(world, "retry")
    await world.live(world.scheduler())
    assert len(world.site.videos) == 1


@pytest.mark.parametrize("word", ["retry", "cancel"])
async def test_a_published_task_takes_no_words(world: World, word: str) -> None:
    await world.approve()
    await world.live(world.scheduler())
    with pytest.raises(StaleVersionError):
        await say(world, word)


async def test_a_cancel_during_the_upload_stops_it_before_the_last_bytes(world: World) -> None:
    class Cancelled(FakePlatform):
        async def transfer(self, *arguments: Any, **options: Any) -> Any:
            await say(world, "cancel")
            return await super().transfer(*arguments, **options)

    world.make_platform = Cancelled
    await world.approve()
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.CANCELLED
    assert world.site.videos == []


async def test_a_cancel_after_the_point_of_no_return_is_refused(world: World) -> None:
    await unknown_outcome(world, is_there=True)
    with pytest.raises(StaleVersionError):
        await say(world, "cancel")
