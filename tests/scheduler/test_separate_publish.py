"""Sites where publishing is a step of its own: it waits until the site is ready, and a lost answer publishes once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from platforms.base import (
    IN_INBOX,
    Absent,
    CheckResult,
    CheckState,
    Evidence,
    Publication,
    SearchResult,
    Unpublished,
    UploadSession,
    VideoFile,
    VideoMeta,
    Violation,
)
from platforms.errors import NeedsOperatorError, NotReadyError, OutcomeUnknownError
from platforms.limits import Scope
from scheduler.notices import TaskCompleted, TaskDeferred, TaskNeedsAttention
from storage.values import Stage, TaskStatus
from tests.scheduler.world import START, World
from tests.support.fake_platform import FakePlatform


class Slow(FakePlatform):
    """Works on each file until `ready_at`; `answers` are what it says when it is asked to publish after that."""

    ready_at = START + timedelta(minutes=3)
    gap = timedelta(minutes=1)
    answers: tuple[Exception, ...] = ()
    evidence: Evidence | None = None
    search: SearchResult | None = None
    published_as: Publication | None = None
    left = ""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, separate_publish=True, **options)

    async def publish(self, access_token: str, session: UploadSession, meta: VideoMeta) -> Publication | None:
        if self.site.clock() < self.ready_at:
            self.site.next_fault("not ready")
            raise NotReadyError("IN_PROGRESS", platform="fake", retry_after=self.gap)
        number = self.site.calls["answers"]
        if number < len(self.answers):
            self.site.next_fault("answers")
            raise self.answers[number]
        return await super().publish(access_token, session, meta)

    async def find_published(self, access_token: str, evidence: Evidence) -> SearchResult:
        type(self).evidence = evidence
        found = await super().find_published(access_token, evidence)
        return self.search if self.search is not None and isinstance(found, Absent) else found

    async def check(self, access_token: str, video_id: str) -> CheckResult:
        reason = IN_INBOX if self.left else ""
        return CheckResult(CheckState.PUBLISHED, reason=reason, code=self.left, publication=self.published_as)


def slow(world: World, **traits: Any) -> type[Slow]:
    kind = type("Slow", (Slow,), traits)
    world.make_platform = kind
    return kind


async def test_a_site_that_is_not_ready_is_asked_again_and_that_is_neither_news_nor_a_failure(world: World) -> None:
    slow(world)
    await world.approve()
    scheduler = world.scheduler()
    await scheduler.run_due()
    task = await world.task()
    assert (task.stage, task.lease_owner, task.retry_count, task.fault) == (Stage.PUBLISH, None, 0, None)
    assert task.next_attempt_at == START + timedelta(minutes=1)
    assert task.commit_started_at is None
    await world.live(scheduler)
    assert (await world.task()).status is TaskStatus.COMPLETED
    assert world.site.calls["not ready"] == 3
    assert world.recorder.of(TaskDeferred) == []


async def test_an_hour_of_not_being_ready_uses_up_no_tries(world: World) -> None:
    slow(world, ready_at=START + timedelta(hours=1))
    await world.approve()
    await world.live(world.scheduler())
    assert world.site.calls["not ready"] > 50
    assert len(world.site.videos) == 1


async def test_what_the_site_holds_unpublished_is_published_again_in_the_same_session(world: World) -> None:
    slow(world, ready_at=START, search=Unpublished(), answers=(OutcomeUnknownError("lost", platform="fake"),))
    await world.approve()
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.COMPLETED
    assert (len(world.site.videos), len(world.site.sessions)) == (1, 1)


async def test_a_site_that_forgets_every_publication_is_a_persons_to_judge(world: World) -> None:
    slow(world, ready_at=START, search=Unpublished(), answers=(OutcomeUnknownError("lost", platform="fake"),) * 9)
    await world.approve()
    await world.live(world.scheduler())
    assert (await world.task()).status is TaskStatus.NEEDS_ATTENTION
    assert world.site.calls["answers"] == 4
    assert len(world.recorder.of(TaskNeedsAttention)) == 1


async def test_unpublished_is_believed_only_when_it_is_said_twice_and_late(world: World) -> None:
    slow(world, ready_at=START, search=Unpublished(), answers=(OutcomeUnknownError("lost", platform="fake"),))
    await world.approve()
    await world.live(world.scheduler(), until=timedelta(seconds=80))
    assert (await world.task()).stage is Stage.RECONCILE
    assert world.site.videos == []


async def test_the_search_is_told_all_that_is_known(world: World) -> None:
    kind = slow(world, ready_at=START, answers=(OutcomeUnknownError("lost", platform="fake", reason="4/2207051"),))
    await world.approve(title="A story")
    await world.live(world.scheduler(), until=timedelta(seconds=20))
    assert kind.evidence is not None
    assert kind.evidence.reason == "4/2207051"
    assert kind.evidence.session is not None
    assert kind.evidence.session.data["key"] == "secret-1"
    assert kind.evidence.meta is not None
    assert kind.evidence.meta.title == "A story"


async def test_a_definite_refusal_to_publish_leaves_no_doubt_behind(world: World) -> None:
    slow(world, ready_at=START, answers=(NeedsOperatorError("restricted", platform="fake"),))
    await world.approve()
    await world.live(world.scheduler())
    task = await world.task()
    assert (task.status, task.stage, task.commit_started_at) == (TaskStatus.NEEDS_ATTENTION, Stage.PUBLISH, None)


async def test_the_video_is_known_by_the_name_that_the_site_gives_it_last(world: World) -> None:
    slow(world, ready_at=START, published_as=Publication("4711", "https://fake.example/4711"))
    await world.approve()
    await world.live(world.scheduler())
    task = await world.task()
    async with world.database().read() as uow:
        upload = await uow.uploads.by_task(task.id)
    assert (upload.video_id, upload.video_url) == ("4711", "https://fake.example/4711")
    assert [notice.video_url for notice in world.recorder.of(TaskCompleted)] == ["https://fake.example/4711"]


async def test_what_is_left_to_the_operator_is_said_with_the_result(world: World) -> None:
    slow(world, ready_at=START, left="fake.finish_by_hand")
    await world.approve()
    await world.live(world.scheduler())
    task, (notice,) = await world.task(), world.recorder.of(TaskCompleted)
    assert task.status is TaskStatus.COMPLETED
    assert task.fault is not None
    assert task.fault.code == "fake.finish_by_hand"
    assert notice.left == task.fault


async def test_a_sites_rules_are_told_the_frame_rate(world: World) -> None:
    told: list[float | None] = []

    class Counting(FakePlatform):
        def validate(self, file: VideoFile | None, meta: VideoMeta) -> tuple[Violation, ...]:
            told.append(file.fps if file is not None else None)
            return super().validate(file, meta)

    world.make_platform = Counting
    await world.approve()
    await world.live(world.scheduler())
    assert told == [30.0, 30.0]


@pytest.mark.parametrize("told", [{"uploads": 2}, {"another": 2}])
async def test_a_site_that_tells_the_size_of_an_allowance_is_believed(world: World, told: dict[str, int]) -> None:
    class Telling(FakePlatform):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.capabilities = replace(self.capabilities, account_choices=True, live_buckets=True)
            self.buckets = tuple(replace(bucket, scope=Scope.ACCOUNT) for bucket in self.buckets)

        async def account_choices(self, access_token: str) -> dict[str, Any]:
            return {"buckets": told}

    world.make_platform = Telling
    await world.approve()
    await world.live(world.scheduler())
    task = await world.task()
    async with world.database().read() as uow:
        overrides = dict(await uow.quota.overrides())
    assert overrides == ({("fake", "uploads", task.account_id): 2} if "uploads" in told else {})
