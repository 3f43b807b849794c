"""What a site allows before the minute is done before it; nothing is public before it; one request is left for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from platforms.base import CheckResult, CheckState, Visibility
from platforms.staging import Staging
from scheduler.handle import Handle
from scheduler.notices import TaskCancelled, TaskCompleted, TaskDeferred, TaskFailed, TaskNeedsAttention, TaskProgressed
from scheduler.settings import Pace
from scheduler.staging import ReleaseStep, is_staged, release_step
from storage.errors import StaleVersionError
from storage.values import DraftState, Stage, TaskStatus
from tests.scheduler.staged import APART, HELD, TIMED, WAYS, approved_for, cancelled, live_until, reopened, staged
from tests.scheduler.world import CLIP_SIZE, START, World
from tests.support.fake_platform import HERE

every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


@every_way
async def test_the_upload_is_there_before_its_minute_and_public_at_it(world: World, way: dict[str, Any]) -> None:
    scheduler, minute = await staged(world, way)
    (session,) = world.site.sessions.values()
    assert is_staged(await world.task(), world.clock())
    assert world.recorder.of(TaskProgressed)[-1].step == "staged"
    assert len(session.received) >= CLIP_SIZE * 0.6
    await live_until(world, scheduler, minute - timedelta(seconds=1))
    assert world.site.public == []
    assert world.recorder.of(TaskCompleted) == []

    world.clock.now = minute
    await scheduler.run_due()
    assert [video.sha256 for video in world.site.public] == [world.facts().sha256]
    assert (await world.task()).status is TaskStatus.COMPLETED
    assert len(world.recorder.of(TaskCompleted)) == 1
    assert world.clock() == minute


async def test_a_site_keeps_its_minute_while_we_are_down(world: World) -> None:
    _, minute = await staged(world, TIMED)
    world.clock.now = minute
    assert len(world.site.public) == 1
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.COMPLETED


@every_way
async def test_switched_off_nothing_is_sent_before_the_minute(world: World, way: dict[str, Any]) -> None:
    world.pace = Pace(staging=False)
    _, minute = await staged(world, way)
    assert world.site.sessions == {}
    await world.live(world.scheduler())
    (video,) = world.site.public
    assert video.published_at == minute
    assert video.publish_at is None


async def test_how_early_it_begins_is_a_setting_that_the_site_bounds(world: World) -> None:
    for wanted, expected in ((timedelta(minutes=7), timedelta(minutes=7)), (timedelta(days=9), timedelta(hours=1))):
        world.begin_anew()
        world.pace = Pace(stage_ahead=wanted)
        minute = await approved_for(world, HELD)
        await world.scheduler().run_due()
        assert (await world.tasks())[-1].next_attempt_at == minute - expected


async def test_what_is_not_for_everybody_is_not_left_to_the_site(world: World) -> None:
    scheduler, minute = await staged(world, TIMED, privacy_status="unlisted")
    assert world.site.videos == [], "its last bytes wait, for they would make it visible"
    world.clock.now = minute
    await scheduler.run_due()
    assert [video.publish_at for video in world.site.videos] == [None]


async def test_a_minute_that_is_very_near_is_not_left_to_the_site(world: World) -> None:
    world.platform_options = TIMED
    minute = world.clock() + timedelta(minutes=5)
    await world.approve(at=minute)
    await world.live(world.scheduler())
    (video,) = world.site.public
    assert (video.published_at, video.publish_at) == (minute, None)


async def test_bytes_that_come_too_late_for_the_sites_clock_are_made_public_by_us(world: World) -> None:
    world.site.keeps_minutes = False
    scheduler, minute = await staged(world, TIMED)
    await live_until(world, scheduler, minute)
    assert world.site.public == []
    await world.live(scheduler)
    assert len(world.site.public) == 1
    assert world.clock() - minute < timedelta(minutes=1)
    assert (await world.task()).status is TaskStatus.COMPLETED


@every_way
async def test_a_session_that_dies_while_it_waits_is_replaced(world: World, way: dict[str, Any]) -> None:
    scheduler, minute = await staged(world, way)
    world.site.expire_sessions()
    await world.live(scheduler)
    assert len(world.site.public) == 1
    assert world.site.public[0].published_at <= minute, "it was found dead before the minute"
    assert (await world.task()).status is TaskStatus.COMPLETED


async def test_a_video_that_the_site_rejects_is_told_before_its_minute(world: World) -> None:
    world.site.verdict = CheckState.FAILED
    _, minute = await staged(world, TIMED)
    assert len(world.recorder.of(TaskFailed)) == 1
    assert world.clock() < minute


async def test_an_outage_before_the_minute_costs_no_tries_and_no_news(world: World) -> None:
    minute = await approved_for(world, {"staging": Staging(timedelta(hours=12), timedelta(hours=12), HERE)})
    world.site.faults = {("open_upload", number): "transient" for number in range(1, 60)}
    world.pace = Pace()
    minute = START + timedelta(hours=3)
    scheduler = world.scheduler()
    await live_until(world, scheduler, minute - timedelta(seconds=1))
    task = await world.task()
    assert (task.status, world.recorder.of(TaskDeferred)) == (TaskStatus.PROCESSING, [])
    world.site.faults = {}
    await world.live(scheduler)
    assert len(world.site.public) == 1


async def test_an_upload_that_goes_on_does_not_hold_up_a_minute_of_its_account(world: World) -> None:
    scheduler, minute = await staged(world, HELD)
    async with world.database().begin() as uow:
        busy = await uow.tasks.get((await world.task()).id)
        await uow.commit()
    await world.approve(at=minute - timedelta(minutes=5))
    async with world.database().begin() as uow:
        other = (await world.tasks())[-1]
        changes = {"stage": Stage.TRANSFER, "status": TaskStatus.PROCESSING, "next_attempt_at": world.clock()}
        await uow.tasks.request(other.id, expected_statuses={TaskStatus.PENDING}, **changes)
        until = minute + timedelta(hours=1)
        (taken,) = await uow.tasks.claim_due(
            world.clock(),
            owner="another",
            lease_until=until,
            stages={Stage.TRANSFER},
            limit=1,
            exclude_busy_accounts=True,
        )
        await uow.commit()
    assert taken.account_id == busy.account_id
    world.clock.now = minute
    await scheduler.run_due()
    assert len(world.site.public) == 1


@every_way
async def test_a_cancel_before_the_minute_leaves_nothing(world: World, way: dict[str, Any]) -> None:
    scheduler, minute = await staged(world, way)
    await cancelled(world)
    await world.live(scheduler)
    assert (await world.task()).status is TaskStatus.CANCELLED
    assert len(world.recorder.of(TaskCancelled)) == 1
    world.clock.now = minute + timedelta(days=1)
    assert world.site.videos == []


@every_way
async def test_another_time_before_the_minute_publishes_once_at_the_new_one(world: World, way: dict[str, Any]) -> None:
    scheduler, minute = await staged(world, way)
    draft = await reopened(world)
    assert draft.state is DraftState.OPEN
    later = minute + timedelta(hours=1)
    await world.approve(at=later)
    await live_until(world, scheduler, later - timedelta(seconds=1))
    assert world.site.public == []
    await world.live(scheduler)
    first, second = await world.tasks()
    assert (first.status, second.status) == (TaskStatus.CANCELLED, TaskStatus.COMPLETED)
    assert len(world.site.videos) == len(world.site.public) == 1
    assert world.clock() == later


async def test_a_copy_waits_until_the_first_is_taken_back(world: World) -> None:
    scheduler, minute = await staged(world, TIMED)
    world.site.faults = {("delete_video", number): "transient" for number in range(1, 5)}
    await reopened(world)
    await world.approve(at=minute)
    while world.site.faults and world.site.calls["delete_video"] < 4:
        await scheduler.run_due()
        assert len(world.site.sessions) == 1
        due = await scheduler.next_due()
        assert due is not None
        world.clock.now = max(due, world.clock())
    await world.live(scheduler)
    assert len(world.site.videos) == 1
    assert [task.status for task in await world.tasks()] == [TaskStatus.CANCELLED, TaskStatus.COMPLETED]


async def test_what_cannot_be_deleted_in_time_is_said_and_tried_again_when_told_to(world: World) -> None:
    scheduler, minute = await staged(world, TIMED)
    world.site.faults = {("delete_video", number): "transient" for number in range(1, 40)}
    await cancelled(world)
    await world.live(scheduler)
    (asked,) = world.recorder.of(TaskNeedsAttention)
    assert asked.fault.code == "task.not_taken_back"
    assert asked.fault.params["why"] == "platform.transient"
    assert world.clock() < minute, "the operator hears of it while there is time"

    world.site.faults = {}
    world.clock.now = minute + timedelta(hours=2)
    async with world.database().begin() as uow:
        await world.desk().retry(uow, asked.task_id)
        await uow.commit()
    await world.live(scheduler)
    assert (world.site.videos, (await world.task()).status) == ([], TaskStatus.CANCELLED)


async def test_what_became_public_while_we_were_down_is_not_deleted_unasked(world: World) -> None:
    _, minute = await staged(world, TIMED)
    await cancelled(world)
    world.clock.now = minute + timedelta(hours=2)
    await world.live(world.scheduler())
    assert len(world.site.public) == 1
    (asked,) = world.recorder.of(TaskNeedsAttention)
    assert asked.fault.params["why"] == "task.minute_passed"


@every_way
async def test_shortly_before_the_minute_it_is_too_late_only_for_what_the_site_does(
    world: World, way: dict[str, Any]
) -> None:
    scheduler, minute = await staged(world, way)
    await live_until(world, scheduler, minute - timedelta(seconds=30))
    if way is TIMED:
        with pytest.raises(StaleVersionError):
            await cancelled(world)
        with pytest.raises(StaleVersionError):
            await reopened(world)
    else:
        await reopened(world)
        await world.live(scheduler)
        assert world.site.videos == []


async def test_a_staged_post_that_is_hours_late_asks_first(world: World) -> None:
    for way in (HELD, APART):
        world.begin_anew()
        _, minute = await staged(world, way)
        world.clock.now = minute + timedelta(hours=8)
        await world.live(world.scheduler())
        assert [notice.fault.code for notice in world.recorder.of(TaskNeedsAttention)] == ["task.too_late"]
        assert world.site.videos == []


@pytest.mark.parametrize(
    ("visibility", "after_s", "committed_s", "expected"),
    [
        (Visibility.TIMED, -60, -3600, ReleaseStep.REST),
        (Visibility.PRIVATE, -60, -3600, ReleaseStep.REST),
        (Visibility.PUBLIC, -60, -3600, ReleaseStep.DONE),
        (Visibility.TIMED, 0, -3600, ReleaseStep.WAIT),
        (Visibility.TIMED, 31, -3600, ReleaseStep.SHOW),
        (Visibility.PRIVATE, 31, 20, ReleaseStep.SHOW),
        (Visibility.PRIVATE, 31, -3600, ReleaseStep.LEAVE),
        (Visibility.UNLISTED, 31, -3600, ReleaseStep.DONE),
        (Visibility.PUBLIC, 0, -3600, ReleaseStep.DONE),
    ],
)
def test_what_the_sites_answer_means_at_which_moment(
    visibility: str, after_s: int, committed_s: int, expected: ReleaseStep
) -> None:
    handle = replace(Handle(data={}), release_at=START)
    result = CheckResult(CheckState.PUBLISHED, visibility=visibility)
    committed, now = START + timedelta(seconds=committed_s), START + timedelta(seconds=after_s)
    assert release_step(result, handle, committed, now, Pace()) is expected
