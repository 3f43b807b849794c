"""Tries are counted by what they ended in, and an upload is not begun anew without end."""

from __future__ import annotations

from typing import Any

import pytest

from platforms.base import Publication
from platforms.errors import SessionGoneError, UnexpectedAnswerError
from scheduler.notices import TaskFailed
from scheduler.settings import Pace
from storage.values import TaskStatus
from tests.scheduler.world import World
from tests.support.fake_platform import FakePlatform


def plan(world: World, step: str, *faults: str) -> None:
    world.site.faults = {(step, number): fault for number, fault in enumerate(faults, start=1) if fault}


class Dropping(FakePlatform):
    """Each session takes all the bytes and is dropped in the processing, `drops` times."""

    drops = 1_000

    async def publish(self, *arguments: Any, **options: Any) -> Publication | None:
        if self.site.calls["drop"] < self.drops:
            self.site.calls["drop"] += 1
            raise SessionGoneError(platform="fake", reason="2207082")
        return await super().publish(*arguments, **options)


async def test_a_site_that_was_away_and_answers_nonsense_once_is_tried_on(world: World) -> None:
    plan(world, "open_upload", "transient", "transient", "garbage", "transient", "garbage", "garbage")
    await world.approve()
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.COMPLETED


async def test_nonsense_three_times_in_a_row_is_given_up(world: World) -> None:
    plan(world, "open_upload", "transient", *["garbage"] * 10)
    await world.approve()
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.FAILED
    assert world.site.calls["open_upload"] == 4


async def test_two_kinds_of_errors_do_not_take_turns_for_ever(world: World) -> None:
    plan(world, "open_upload", *["transient", "garbage"] * 50)
    await world.approve()
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.FAILED
    assert world.site.calls["open_upload"] == 30


class Stumbling(FakePlatform):
    """Five times some bytes arrive, and then comes an answer that nobody understands."""

    async def transfer(self, *arguments: Any, **options: Any) -> Publication | None:
        if self.site.calls["stumble"] == 5:
            return await super().transfer(*arguments, **options)
        self.site.calls["stumble"] += 1
        await options["on_progress"](self.site.calls["stumble"] * 1000)
        raise UnexpectedAnswerError("<html>", platform="fake")


async def test_bytes_that_arrived_in_between_begin_the_count_anew(world: World) -> None:
    world.pace = Pace(progress_gap_s=0.0)
    world.make_platform = Stumbling
    await world.approve()
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.COMPLETED


@pytest.mark.parametrize("drops", [1, 3])
async def test_a_session_that_fails_in_the_processing_is_made_anew(world: World, drops: int) -> None:
    world.make_platform = type("Dropping", (Dropping,), {"drops": drops})
    world.platform_options = {"separate_publish": True}
    await world.approve()
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.COMPLETED
    assert len(world.site.sessions) == drops + 1


async def test_but_not_without_end(world: World) -> None:
    world.make_platform = Dropping
    world.platform_options = {"separate_publish": True}
    await world.approve()
    await world.live(world.scheduler())
    task = await world.task()
    (failed,) = world.recorder.of(TaskFailed)
    assert (failed.fault.code, failed.fault.params["times"], failed.can_retry) == ("task.begun_anew", 4, True)
    assert (task.status, len(world.site.sessions)) == (TaskStatus.FAILED, 4)


async def test_a_retry_counts_from_nothing(world: World) -> None:
    await test_but_not_without_end(world)
    async with world.database().begin() as uow:
        await world.desk().retry(uow, (await uow.tasks.of_post(1))[0].id)
        await uow.commit()
    assert (await world.task()).begun_anew == 0
    await world.live(world.scheduler())
    assert len(world.site.sessions) == 8


async def test_a_video_that_never_is_there_in_the_end_is_sent_four_times(world: World) -> None:
    world.site.faults = {("transfer", n): "lose_before" if n % 2 else "gone" for n in range(1, 100)}
    await world.approve()
    await world.live(world.scheduler())
    (failed,) = world.recorder.of(TaskFailed)
    assert failed.fault.code == "task.begun_anew"
    assert (len(world.site.sessions), world.site.videos) == (4, [])
