"""A video in the creator's inbox: followed without a worker, reminded of once, completed with its real id."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import pytest

from platforms.base import IN_INBOX, NOT_LISTED, CheckResult, CheckState, Publication
from scheduler.notices import InboxFollowed
from storage.repositories.interactions import Interaction, InteractionState
from storage.values import Upload
from tests.scheduler.test_crashes import bury
from tests.scheduler.world import World
from tests.support.crash import Executioner, Killed
from tests.support.fake_platform import FakePlatform

WAITING = CheckResult(CheckState.PUBLISHED, reason=IN_INBOX, code="tiktok.in_inbox")
POSTED = CheckResult(CheckState.PUBLISHED, publication=Publication("777", "https://fake.example/777"))


class InboxPlatform(FakePlatform):
    """Delivers to an inbox; `answers` says from when on a look is answered otherwise."""

    answers: ClassVar[list[tuple[timedelta, CheckResult]]] = []

    async def check(self, access_token: str, video_id: str) -> CheckResult:
        self._begin("check", access_token)
        since = self.site.clock() - self.site.videos[0].published_at
        return next((result for after, result in reversed(self.answers) if since >= after), WAITING)


@pytest.fixture
def inbox(world: World) -> World:
    world.make_platform = InboxPlatform
    InboxPlatform.answers = []
    return world


async def found(world: World) -> tuple[Upload, Interaction]:
    async with world.database().read() as uow:
        upload = await uow.uploads.by_task((await world.tasks())[-1].id)
        assert upload is not None
        (row,) = await uow.interactions.of_upload(upload.id)
    return upload, row


async def follow(world: World, *answers: tuple[timedelta, CheckResult]) -> list[str]:
    InboxPlatform.answers = list(answers)
    await world.approve()
    await world.live(world.scheduler(), until=timedelta(days=30))
    return [notice.word for notice in world.recorder.of(InboxFollowed)]


async def test_when_it_is_posted_its_id_and_link_are_known(inbox: World) -> None:
    assert await follow(inbox, (timedelta(minutes=40), POSTED)) == ["posted"]
    upload, row = await found(inbox)
    assert (upload.video_id, upload.video_url) == ("777", "https://fake.example/777")
    assert row.state is InteractionState.DONE
    task = await inbox.task()
    assert (task.fault, task.video_id) == (None, "777")


async def test_the_reminder_comes_once_and_at_its_time(inbox: World) -> None:
    assert await follow(inbox, (timedelta(days=2), POSTED)) == ["remind", "posted"]


@pytest.mark.long
async def test_nobody_looks_for_ever(inbox: World) -> None:
    assert await follow(inbox) == ["remind"]
    _, row = await found(inbox)
    assert (row.state, row.next_attempt_at) == (InteractionState.FAILED, None)
    # Seven days with gaps of half an hour at most, and short ones only in the beginning.
    assert inbox.site.calls["check"] < 400


async def test_a_post_that_is_not_public_has_no_link_and_is_told_all_the_same(inbox: World) -> None:
    assert await follow(inbox, (timedelta(minutes=5), CheckResult(CheckState.PUBLISHED))) == ["posted"]
    upload, row = await found(inbox)
    assert (upload.video_id, row.state) == ("v1", InteractionState.DONE)


async def test_a_draft_that_the_site_gave_up_is_told(inbox: World) -> None:
    failed = CheckResult(CheckState.FAILED, reason="internal", code="tiktok.internal")
    assert await follow(inbox, (timedelta(minutes=5), failed)) == ["lost"]


async def test_an_upload_that_the_site_forgot_is_searched_among_the_public_ones(inbox: World) -> None:
    forgotten = CheckResult(CheckState.PROCESSING, reason=NOT_LISTED)
    assert await follow(inbox, (timedelta(hours=1), forgotten)) == ["posted"]


async def test_a_site_that_is_away_for_hours_does_not_end_the_following(inbox: World) -> None:
    inbox.site.faults = {("check", number): "transient" for number in range(2, 40)}
    assert (await follow(inbox, (timedelta(days=3), POSTED)))[-1] == "posted"


async def test_a_death_at_any_point_tells_it_once(inbox: World) -> None:
    at = 20
    while True:
        inbox.begin_anew()
        InboxPlatform.answers = [(timedelta(seconds=30), POSTED)]
        await inbox.approve()
        executioner = Executioner(at)
        for one in (executioner, Executioner()):
            scheduler = inbox.scheduler(one)
            try:
                await scheduler.recover()
                await inbox.live(scheduler)
            except Killed:
                pass
            await bury(scheduler)
        upload, row = await found(inbox)
        assert (upload.video_id, row.state) == ("777", InteractionState.DONE), executioner.points[-1]
        if not executioner.dead:
            break
        at += 4
    assert at > 30
