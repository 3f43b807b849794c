"""100 tasks, 12 accounts, three sites, and allowances that fill up: each is published, none before its allowance frees.

The sites are fakes with the true sites' buckets and costs, and count what reaches them by themselves; the clock is
virtual and passes a change of the clocks in Los Angeles and one in Madrid, where the operator is.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from platforms.instagram.limits import BUCKETS as INSTAGRAM
from platforms.instagram.limits import COSTS as INSTAGRAM_COSTS
from platforms.limits import Bucket, Cost, Scope, Window
from platforms.tiktok.limits import BUCKETS as TIKTOK
from platforms.tiktok.limits import costs as tiktok_costs
from platforms.tiktok.settings import Mode
from platforms.youtube.limits import BUCKETS as YOUTUBE
from platforms.youtube.limits import COSTS as YOUTUBE_COSTS
from scheduler.approval import Approval
from scheduler.notices import TaskDeferred
from scheduler.quota import window_start
from scheduler.settings import Pace
from storage.values import Account, TaskStatus, Tokens
from tests.scheduler.world import World
from tests.support.crash import Executioner
from tests.support.fake_platform import FakePlatform, FakeSite

LOS_ANGELES, MADRID = ZoneInfo("America/Los_Angeles"), ZoneInfo("Europe/Madrid")
SITES: dict[str, tuple[tuple[Bucket, ...], Any]] = {
    "youtube": (YOUTUBE, YOUTUBE_COSTS),
    "tiktok": (TIKTOK, tiktok_costs(Mode.DIRECT)),
    "instagram": (INSTAGRAM, INSTAGRAM_COSTS),
}
SMALLER = {"video_inserts": 7, "posts": 2, "publishes": 2}
"""Sizes that 100 tasks fill; all else is as the sites have it."""
TASKS = 100
Opening = tuple[str, datetime]
"""Whose upload was opened, by its token, and when."""


class CountingPlatform(FakePlatform):
    """Writes down when each account opened an upload."""

    def __init__(self, name: str, opened: list[Opening], **rest: Any) -> None:
        super().__init__(**rest)
        buckets, costs = SITES[name]
        self.name = name
        self.buckets = tuple(replace(each, size=SMALLER.get(each.name, each.size)) for each in buckets)
        self.costs = costs
        self.opened = opened

    async def open_upload(self, access_token: str, *args: Any, **named: Any) -> Any:
        self.opened.append((access_token, self.site.clock()))
        return await super().open_upload(access_token, *args, **named)


class ThreeSites(World):
    """Four accounts on each site."""

    def open_doors(self) -> None:
        self.opened: dict[str, list[Opening]] = {name: [] for name in SITES}
        self.sites = {name: FakeSite(self.clock) for name in SITES}

    def platforms(self, executioner: Executioner | None = None) -> dict[str, Any]:
        point = executioner or Executioner()
        return {
            name: CountingPlatform(name, self.opened[name], site=site, point=point) for name, site in self.sites.items()
        }

    async def approve_many(self, at: datetime, count: int) -> None:
        """As operators do: a post every minute on the next account, all on the evening before the change."""
        db = self.database()
        approval = Approval(self.platforms(), self.presets, self.clock, desk=self.desk())
        async with db.begin() as uow:
            operator = await uow.operators.ensure(1001, locale="en", timezone="Europe/Madrid")
            accounts = [await self._account(uow, operator.id, name, n) for n in range(4) for name in SITES]
            for number, account in enumerate(islice(cycle(accounts), count)):
                clip = await self.add_clip(uow, operator, number + 1)
                draft = await uow.drafts.add(operator_id=operator.id, clip_id=clip.id, chat_id=7)
                draft = await uow.drafts.change(
                    draft.id,
                    version=draft.version,
                    title=f"Tale {number}",
                    voice_preset="",
                    account_ids=[account.id],
                    scheduled_time=at + timedelta(minutes=number),
                )
                await approval.approve(uow, draft, operator)
            await uow.commit()

    async def _account(self, uow: Any, operator_id: int, name: str, number: int) -> Account:
        account: Account = await uow.accounts.connect(
            platform=name,
            external_id=f"{name}-{number}",
            title=f"{name} {number}",
            handle="",
            scopes={"upload"},
            operator_id=operator_id,
        )
        expires = self.clock() + timedelta(days=365)
        await uow.credentials.store(account.id, Tokens(f"{name}-{number}", "r0", expires, frozenset({"upload"})))
        return account


@pytest.fixture
async def three(memory_folder: Path, template: Path) -> AsyncIterator[ThreeSites]:
    folder = Path(tempfile.mkdtemp(dir=memory_folder))
    world = ThreeSites(folder, template)
    yield world
    await world.dispose()
    shutil.rmtree(folder)


CHANGES = {
    # At 10:00 UTC the clocks of Los Angeles go forward: that day there has 23 hours.
    "Los Angeles, spring": datetime(2027, 3, 14, 4, tzinfo=UTC),
    "Los Angeles, autumn": datetime(2026, 11, 1, 4, tzinfo=UTC),
    "Madrid, spring": datetime(2027, 3, 27, 22, tzinfo=UTC),
    "Madrid, autumn": datetime(2026, 10, 24, 22, tzinfo=UTC),
}


LONG = [pytest.param(name, TASKS, marks=[pytest.mark.long, pytest.mark.timeout(600)]) for name in CHANGES]


@pytest.mark.parametrize(("change", "count"), [("Los Angeles, spring", 36), *LONG])
async def test_a_hundred_tasks_get_through_their_allowances(three: ThreeSites, change: str, count: int) -> None:
    begin = CHANGES[change]
    three.clock.now = begin - timedelta(hours=1)
    three.open_doors()
    await three.approve_many(begin, count)
    scheduler = three.scheduler(pace=Pace(late_policy=timedelta(days=9)))
    await three.live(scheduler, until=timedelta(days=8))

    tasks = await three.tasks()
    assert Counter(task.status for task in tasks) == {TaskStatus.COMPLETED: count}
    assert sum(len(site.videos) for site in three.sites.values()) == count
    for name, platform in three.platforms().items():
        for bucket, units in costs_of(platform):
            assert_never_overdrawn(three.opened[name], bucket, units)
    moves = [notice for notice in three.recorder.of(TaskDeferred) if "bucket" in notice.fault.params]
    assert moves, "no allowance filled up"
    for moved in moves:
        until, bucket = moved.until, moved.fault.params["bucket"]
        if bucket == "video_inserts":
            assert until.astimezone(LOS_ANGELES).strftime("%H:%M") == "00:00"


def costs_of(platform: CountingPlatform) -> list[tuple[Bucket, int]]:
    """What an opening takes, and from which bucket."""
    costs: tuple[Cost, ...] = platform.costs["open_upload"]
    named = {bucket.name: bucket for bucket in platform.buckets}
    return [(named[cost.bucket], cost.units) for cost in costs]


def assert_never_overdrawn(openings: list[Opening], bucket: Bucket, units: int) -> None:
    """At no opening had the window more in it than the bucket holds, by the site's own count."""
    for whose, now in openings:
        mine = [at for who, at in openings if bucket.scope is Scope.APP or who == whose]
        within = [at for at in mine if window_start(bucket.window, now) <= at <= now]
        assert len(within) * units <= bucket.size, f"{bucket.name} of {whose} at {now}"


def test_the_days_that_are_passed_have_another_length() -> None:
    """The test above would prove little on an ordinary day."""
    noon = datetime(2027, 3, 14, 20, tzinfo=UTC)
    assert Window.PACIFIC_DAY.refill(noon) - Window.PACIFIC_DAY.start(noon) == timedelta(hours=23)
    before, after = datetime(2027, 3, 28, 0, tzinfo=UTC), datetime(2027, 3, 28, 2, tzinfo=UTC)
    assert after.astimezone(MADRID).utcoffset() != before.astimezone(MADRID).utcoffset()
