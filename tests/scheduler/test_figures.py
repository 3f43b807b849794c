"""Figures of what was published: often at first, then daily, then no more; one account's trouble is its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from platforms.errors import ContentRejectedError
from platforms.limits import Cost
from scheduler.figures import FigureCollector, gap_at
from scheduler.service import Scheduler
from storage.values import AccountStatus, Upload
from tests.scheduler.world import World, without
from tests.support.able_platform import AblePlatform
from tests.support.fake_platform import FakePlatform


async def uploads(world: World) -> list[Upload]:
    async with world.database().read() as uow:
        return sorted(await uow.uploads.recent(50), key=lambda upload: upload.id)


async def published(world: World, posts: int = 1, accounts: int = 1) -> Scheduler:
    for _ in range(posts):
        await world.approve(accounts=accounts)
    scheduler = world.scheduler()
    await world.live(scheduler)
    world.site.figures = {video.video_id: {"views": 10} for video in world.site.videos}
    return scheduler


async def captured(world: World) -> dict[int, int]:
    """How many times each upload was counted."""
    found = {}
    async with world.database().read() as uow:
        for upload in await uow.uploads.recent(50):
            newest = await uow.statistics.newest([upload.id])
            found[upload.id] = len(newest)
    return found


@pytest.mark.long
async def test_a_young_video_is_counted_hourly_and_an_old_one_daily(world: World) -> None:
    scheduler = await published(world)
    looks = []
    for _ in range(6 * 24 * 32):
        before = world.site.calls["get_video_analytics"]
        await scheduler.count()
        if world.site.calls["get_video_analytics"] > before:
            looks.append(world.clock())
        world.clock.forward(minutes=10)
    gaps = [after - before for before, after in pairwise(looks)]
    assert gaps == [timedelta(hours=1)] * 23 + [timedelta(days=1)] * 29


@pytest.mark.parametrize(("age", "gap"), [(0, 1), (23.9, 1), (24, 24), (24 * 29.9, 24), (24 * 30, None)])
def test_the_gaps(age: float, gap: float | None) -> None:
    assert gap_at(timedelta(hours=age)) == (None if gap is None else timedelta(hours=gap))


async def test_many_videos_take_few_calls(world: World) -> None:
    world.make_platform = AblePlatform
    scheduler = await published(world, posts=5)
    await scheduler.count()
    assert world.site.calls["get_statistics"] == 3
    assert list((await captured(world)).values()) == [1] * 5
    async with world.database().read() as uow:
        found = await uow.statistics.newest([upload.id for upload in await uploads(world)])
    assert {each.values["views"] for each in found.values()} == {10}


async def test_what_the_site_does_not_tell_is_asked_no_more_often(world: World) -> None:
    world.make_platform = AblePlatform
    scheduler = await published(world)
    world.site.figures = {}
    for _ in range(6):
        await scheduler.count()
        world.clock.forward(minutes=10)
    assert world.site.calls["get_statistics"] == 1
    with without(FigureCollector, "_keep", _forget):
        for _ in range(6):
            await scheduler.count()
            world.clock.forward(minutes=10)
    assert world.site.calls["get_statistics"] > 2


async def _forget(*_: object) -> None:
    """Keeps nothing."""


async def test_one_bad_account_does_not_stop_the_rest(world: World) -> None:
    scheduler = await published(world, accounts=3)
    world.site.faults["get_video_analytics", 1] = "operator"
    world.site.faults["get_video_analytics", 2] = "garbage"
    await scheduler.count()
    assert sorted((await captured(world)).values()) == [0, 0, 1]
    await scheduler.count()
    assert list((await captured(world)).values()) == [1, 1, 1]


class Shy(FakePlatform):
    """Tells nothing of its first video."""

    async def get_video_analytics(self, access_token: str, video_id: str) -> Mapping[str, int]:
        if video_id == "v1":
            raise ContentRejectedError(platform="fake", reason="private")
        return await super().get_video_analytics(access_token, video_id)


async def test_a_private_video_does_not_hide_the_others(world: World) -> None:
    world.make_platform = Shy
    scheduler = await published(world, posts=2)
    await scheduler.count()
    assert sorted((await captured(world)).values()) == [0, 1]


async def test_a_token_that_died_is_replaced(world: World) -> None:
    scheduler = await published(world)
    world.site.valid_tokens = set()
    await scheduler.count()
    assert list((await captured(world)).values()) == [1]


async def test_an_account_that_is_switched_off_is_left_alone(world: World) -> None:
    scheduler = await published(world)
    async with world.database().begin() as uow:
        (upload,) = await uow.uploads.recent(5)
        await uow.accounts.set_status(upload.account_id, AccountStatus.DISABLED)
        await uow.commit()
    await scheduler.count()
    assert world.site.calls["get_video_analytics"] == 0


class Busy(FakePlatform):
    """Its call counters are nearly full."""

    def busy_until(self, now: datetime) -> datetime | None:
        return now + timedelta(hours=1) if self.site.likes else None


async def test_publications_go_first_where_the_site_is_busy(world: World) -> None:
    world.make_platform = Busy
    scheduler = await published(world)
    world.site.likes = ["busy"]
    await scheduler.count()
    assert world.site.calls["get_video_analytics"] == 0
    world.site.likes = []
    await scheduler.count()
    assert world.site.calls["get_video_analytics"] == 1


class Costly(FakePlatform):
    """Counting takes from the bucket of the uploads."""

    @property
    def costs(self) -> Mapping[str, tuple[Cost, ...]]:
        return {"open_upload": (Cost("uploads", 1),), "get_video_analytics": (Cost("uploads", 1),)}

    @costs.setter
    def costs(self, _: object) -> None:
        """The parent sets its own."""


async def test_an_allowance_that_is_used_up_is_not_overdrawn(world: World) -> None:
    world.make_platform = Costly
    world.platform_options = {"uploads_per_day": 3}
    scheduler = await published(world, posts=2)
    await scheduler.count()
    assert world.site.calls["get_video_analytics"] == 1


async def test_a_deleted_video_is_not_counted(world: World) -> None:
    scheduler = await published(world)
    async with world.database().begin() as uow:
        (upload,) = await uow.uploads.recent(5)
        await uow.interactions.add(upload.id, "delete", is_asked=True)
        await uow.commit()
    await world.live(scheduler)
    assert world.site.videos == []
    await scheduler.count()
    assert world.site.calls["get_video_analytics"] == 0
