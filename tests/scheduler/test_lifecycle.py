"""A task's life, from the approval to the row of its upload."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from platforms.base import CheckState, Publication
from scheduler.job import video_meta
from scheduler.notices import TaskCompleted, TaskDeferred, TaskFailed, TaskNeedsAttention, TaskProgressed
from storage.values import Stage, TaskStatus
from tests.scheduler.world import START, World
from tests.support.fake_platform import FakePlatform
from tests.support.voices import FakePresets


class NoPresets(FakePresets):
    """The operator has thrown the preset away meanwhile."""

    def names(self) -> tuple[str, ...]:
        return ()


async def test_an_approved_clip_is_published_once_as_it_is(world: World) -> None:
    await world.approve()
    await world.live(world.scheduler())

    (video,) = world.site.videos
    task = await world.task()
    assert video.sha256 == world.facts().sha256
    assert task.status is TaskStatus.COMPLETED
    assert task.session is None
    async with world.database().read() as uow:
        upload = await uow.uploads.by_task(task.id)
    assert upload is not None
    assert (upload.video_id, upload.video_url) == ("v1", "https://fake.example/v1")
    assert [notice.video_url for notice in world.recorder.of(TaskCompleted)] == ["https://fake.example/v1"]


async def test_nothing_is_sent_before_its_time_but_the_render_is_ready(world: World) -> None:
    at = world.clock() + timedelta(hours=3)
    await world.approve(at=at)
    scheduler = world.scheduler()
    await scheduler.run_due()

    task = await world.task()
    assert world.site.calls["open_upload"] == 0
    assert (task.stage, task.status, task.next_attempt_at) == (Stage.OPEN, TaskStatus.PENDING, at)
    assert task.render_id is not None
    assert await scheduler.next_due() == at
    last = world.recorder.of(TaskProgressed)[-1]
    assert last.step == Stage.OPEN.value, "the card would go on showing the conversion until the post goes out"


async def test_a_task_that_is_hours_late_asks_instead_of_going_out_at_night(world: World) -> None:
    await world.approve(at=world.clock() + timedelta(minutes=1))
    world.clock.forward(hours=7)
    await world.live(world.scheduler())

    task = await world.task()
    assert task.status is TaskStatus.NEEDS_ATTENTION
    assert [notice.fault.code for notice in world.recorder.of(TaskNeedsAttention)] == ["task.too_late"]
    assert world.site.sessions == {}


async def test_the_session_is_stored_before_the_first_byte(world: World) -> None:
    await world.approve()
    stored: list[bool] = []

    class Watching(FakePlatform):
        async def transfer(self, *arguments: Any, **options: Any) -> Publication | None:
            stored.append((await world.task()).session is not None)
            return await super().transfer(*arguments, **options)

    world.make_platform = Watching
    await world.live(world.scheduler())
    assert stored == [True]


async def test_a_broken_upload_goes_on_where_the_site_stands(world: World) -> None:
    world.site.faults = {("transfer", 1): "cut:1000"}
    await world.approve()
    await world.live(world.scheduler())
    assert len(world.site.sessions) == 1
    assert [video.sha256 for video in world.site.videos] == [world.facts().sha256]


async def test_a_session_that_died_before_the_end_is_replaced(world: World) -> None:
    world.site.faults = {("transfer", 1): "cut:1000", ("transfer", 2): "gone"}
    await world.approve()
    await world.live(world.scheduler())
    assert len(world.site.sessions) == 2
    assert len(world.site.videos) == 1
    assert world.site.calls["find_published"] == 0


async def test_a_video_that_exists_is_found_when_its_session_is_gone(world: World) -> None:
    world.site.faults = {("transfer", 1): "lose_after", ("transfer", 2): "gone"}
    await world.approve()
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.COMPLETED
    assert len(world.site.videos) == 1


async def test_a_video_that_the_site_shows_late_is_waited_for(world: World) -> None:
    world.site.shows_after = timedelta(seconds=45)
    world.site.faults = {("transfer", 1): "lose_after", ("transfer", 2): "gone"}
    await world.approve()
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.COMPLETED
    assert len(world.site.videos) == 1


async def test_a_video_that_is_not_there_is_sent_again_only_after_two_looks(world: World) -> None:
    world.site.faults = {("transfer", 1): "lose_before", ("transfer", 2): "gone"}
    await world.approve()
    await world.live(world.scheduler())
    assert world.site.calls["find_published"] >= 2
    assert len(world.site.videos) == 1
    assert world.clock() - START >= timedelta(seconds=90)


async def test_a_site_that_cannot_say_is_a_question_to_the_operator(world: World) -> None:
    world.site.can_search = False
    world.site.faults = {("transfer", 1): "lose_after", ("transfer", 2): "gone"}
    await world.approve()
    await world.live(world.scheduler())
    (asked,) = world.recorder.of(TaskNeedsAttention)
    assert asked.fault.code == "task.outcome_unknown"
    assert (await world.task()).lease_owner is None


async def test_a_poll_holds_no_lease_and_comes_at_growing_gaps(world: World) -> None:
    world.site.polls_until_published = 12
    await world.approve()
    scheduler = world.scheduler()
    asked_at: list[float] = []
    while (await world.task()).status is not TaskStatus.COMPLETED:
        await scheduler.run_due()
        task = await world.task()
        assert task.lease_owner is None
        asked_at.append((world.clock() - START).total_seconds())
        world.clock.now = task.next_attempt_at or world.clock()
    gaps = [later - earlier for earlier, later in pairwise(asked_at)]
    assert gaps[0] == 5
    assert max(gaps) == 60
    assert gaps == sorted(gaps)


async def test_a_video_that_the_site_rejects_has_failed_with_its_reason(world: World) -> None:
    world.site.verdict = CheckState.FAILED
    await world.approve()
    await world.live(world.scheduler())
    (failed,) = world.recorder.of(TaskFailed)
    assert (failed.fault.code, failed.fault.params["reason"]) == ("fake.copyright", "copyright")
    async with world.database().read() as uow:
        assert await uow.uploads.by_task(failed.task_id) is None


async def test_what_breaks_a_rule_of_the_site_is_not_sent(world: World) -> None:
    await world.approve()
    async with world.database().begin() as uow:
        task = await world.task()
        await uow.tasks.request(task.id, expected_statuses={TaskStatus.PENDING}, title="x" * 101)
        await uow.commit()
    await world.live(world.scheduler())
    (failed,) = world.recorder.of(TaskFailed)
    assert failed.fault.code == "fake.title_too_long"
    assert world.site.calls["open_upload"] == 0


async def test_a_long_outage_is_said_once_and_ends_in_a_retry_button(world: World) -> None:
    world.site.faults = {("open_upload", number): "transient" for number in range(1, 100)}
    await world.approve()
    await world.live(world.scheduler())
    assert len(world.recorder.of(TaskDeferred)) == 1
    (failed,) = world.recorder.of(TaskFailed)
    assert failed.can_retry
    assert world.site.calls["open_upload"] == 30


async def test_a_clip_that_vanished_gets_a_sentence(world: World) -> None:
    await world.approve()
    world.clip_path.unlink()
    await world.live(world.scheduler())
    (failed,) = world.recorder.of(TaskFailed)
    assert failed.fault.code == "task.clip_missing"


async def test_an_unknown_preset_gets_a_sentence(world: World) -> None:
    await world.approve(voice="deeper")
    world.presets = NoPresets()
    await world.live(world.scheduler())
    (failed,) = world.recorder.of(TaskFailed)
    assert (failed.fault.code, failed.can_retry) == ("voice.unknown_preset", True)


async def test_one_upload_at_a_time_per_account(world: World) -> None:
    await world.approve()
    await world.approve()
    at_once: list[int] = []

    class Watching(FakePlatform):
        async def transfer(self, *arguments: Any, **options: Any) -> Publication | None:
            at_once.append(sum(task.lease_owner is not None for task in await world.tasks()))
            return await super().transfer(*arguments, **options)

    world.make_platform = Watching
    await world.live(world.scheduler())
    assert at_once == [1, 1]
    assert len(world.site.videos) == 2


async def test_a_changed_voice_is_declared_as_synthetic(world: World) -> None:
    await world.approve()
    task = await world.task()
    assert not video_meta(task).contains_synthetic_media
    assert video_meta(replace(task, voice_preset="deeper")).contains_synthetic_media


async def test_progress_of_bytes_is_told(world: World) -> None:
    await world.approve()
    await world.live(world.scheduler())
    told = [notice.fraction for notice in world.recorder.of(TaskProgressed) if notice.step == "transfer"]
    assert told[0] is None
    assert told[-1] == 1.0
