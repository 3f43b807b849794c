"""Allowances: windows, the ledger, and what a full bucket does to a task."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.limits import Bucket, Cost, Scope, Window
from scheduler.errors import QuotaFullError
from scheduler.notices import TaskDeferred
from scheduler.quota import QuotaBook, frees_at, window_reset, window_start
from storage.values import QuotaSpend, TaskStatus
from tests.scheduler.world import START, World
from tests.support.fake_platform import FakePlatform

PACIFIC = ZoneInfo("America/Los_Angeles")
moments = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)).map(lambda naive: naive.replace(tzinfo=UTC))  # noqa: DTZ001


@given(moments)
def test_a_pacific_day_runs_from_midnight_to_midnight_there(now: datetime) -> None:
    start = window_start(Window.PACIFIC_DAY, now)
    end = window_reset(Window.PACIFIC_DAY, now, oldest=now)
    assert end is not None
    assert start <= now < end
    for edge in (start, end):
        assert edge.astimezone(PACIFIC).strftime("%H:%M:%S") == "00:00:00"
    assert timedelta(hours=23) <= end - start <= timedelta(hours=25)


def test_the_day_is_an_hour_shorter_when_the_clocks_go_forward() -> None:
    now = datetime(2027, 3, 14, 20, tzinfo=UTC)
    start, end = window_start(Window.PACIFIC_DAY, now), window_reset(Window.PACIFIC_DAY, now, now)
    assert end is not None
    assert end - start == timedelta(hours=23)
    assert start == datetime(2027, 3, 14, 8, tzinfo=UTC)


def test_a_rolling_window_frees_when_its_oldest_call_falls_out() -> None:
    now = START
    oldest = now - timedelta(hours=20)
    reset = window_reset(Window.ROLLING_DAY, now, oldest)
    assert reset == oldest + timedelta(days=1)
    assert window_start(Window.ROLLING_DAY, reset) > oldest


def test_an_empty_bucket_has_nothing_to_reset() -> None:
    assert window_reset(Window.ROLLING_DAY, START, None) is None


async def test_a_task_that_finds_the_bucket_full_is_moved_to_midnight_and_published_then(world: World) -> None:
    world.platform_options = {"uploads_per_day": 1}
    await world.approve()
    await world.approve()
    scheduler = world.scheduler()
    await world.live(scheduler, until=timedelta(hours=1))

    assert len(world.site.videos) == 1
    (deferred,) = world.recorder.of(TaskDeferred)
    midnight = datetime(2026, 11, 21, 8, tzinfo=UTC)
    assert deferred.until == midnight
    assert deferred.fault.code == "platform.quota_exhausted"

    await world.live(scheduler)
    assert [video.published_at for video in world.site.videos] == [START, midnight]
    assert {task.status for task in await world.tasks()} == {TaskStatus.COMPLETED}


async def test_the_sites_own_word_of_a_full_bucket_moves_the_task_too(world: World) -> None:
    world.site.faults = {("open_upload", 1): "quota"}
    await world.approve()
    await world.live(world.scheduler())
    assert [video.published_at for video in world.site.videos] == [START + timedelta(hours=1)]


async def test_a_task_that_waits_for_its_allowance_is_pending_again(world: World) -> None:
    world.site.faults = {("open_upload", 1): "quota"}
    await world.approve()
    await world.scheduler().run_due()
    assert (await world.task()).status is TaskStatus.PENDING


async def test_a_bucket_that_the_site_calls_full_is_full_in_the_report(world: World) -> None:
    await world.approve()
    book, now = QuotaBook({"fake": world.platform()}), world.clock()
    midnight = Window.PACIFIC_DAY.refill(now)
    account_id = (await world.task()).account_id
    async with world.database().begin() as uow:
        await book.fill(uow, "fake", "uploads", account_id, until=midnight, now=now)
        (row,) = await book.report(uow, now)
    assert (row.used, row.size, row.resets_at) == (100, 100, midnight)


async def test_a_site_that_frees_within_the_hour_does_not_empty_the_day(world: World) -> None:
    await world.approve()
    book, now = QuotaBook({"fake": world.platform()}), world.clock()
    account_id = (await world.task()).account_id
    async with world.database().begin() as uow:
        await book.fill(uow, "fake", "uploads", account_id, until=now + timedelta(hours=1), now=now)
        (row,) = await book.report(uow, now)
    assert row.used == 0


async def test_the_report_tells_how_full_each_bucket_is(world: World) -> None:
    await world.approve()
    await world.live(world.scheduler())
    book = QuotaBook({"fake": world.platform()})
    async with world.database().read() as uow:
        (row,) = await book.report(uow, world.clock())
    assert (row.bucket, row.account, row.size, row.used) == ("uploads", None, 100, 1)
    assert row.resets_at == datetime(2026, 11, 21, 8, tzinfo=UTC)


async def test_a_size_that_the_site_reported_goes_before_the_documented_one(world: World) -> None:
    await world.approve()
    async with world.database().begin() as uow:
        await uow.quota.override("fake", "uploads", None, 1)
        await uow.quota.spend(QuotaSpend("fake", "uploads", None, 1, world.clock()))
        await uow.commit()
    await world.live(world.scheduler(), until=timedelta(hours=1))
    assert world.site.videos == []


spends_of_a_day = st.lists(
    st.tuples(st.integers(0, 86_399), st.integers(1, 4)).map(
        lambda pair: (START - timedelta(seconds=pair[0]), pair[1])
    ),
    min_size=1,
    max_size=12,
).map(sorted)


@given(spends_of_a_day, st.integers(1, 40), st.integers(1, 4))
def test_a_rolling_window_frees_at_the_first_moment_that_has_room(
    spends: list[tuple[datetime, int]], size: int, wanted: int
) -> None:
    size = max(size, wanted)
    frees = frees_at(Window.ROLLING_DAY, START, spends, size=size, wanted=wanted)

    def has_room(at: datetime) -> bool:
        since = window_start(Window.ROLLING_DAY, at)
        return sum(cost for spent_at, cost in spends if spent_at >= since) + wanted <= size

    assert has_room(frees)
    if not has_room(START):
        assert frees > START
        assert not has_room(frees - timedelta(microseconds=1))


@given(moments, st.sampled_from(["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]))
def test_the_pacific_midnight_is_one_moment_whatever_zone_it_is_read_in(now: datetime, zone: str) -> None:
    frees = frees_at(Window.PACIFIC_DAY, now, [(now, 1)], size=1, wanted=1)
    assert frees == Window.PACIFIC_DAY.refill(now.astimezone(ZoneInfo(zone)))
    assert frees.astimezone(ZoneInfo(zone)).astimezone(PACIFIC).time() == time()
    assert now < frees <= now + timedelta(hours=25)


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 11, 1, 7, tzinfo=UTC), 25),  # the clocks go back that night
        (datetime(2027, 3, 14, 8, tzinfo=UTC), 23),  # and forward
        (datetime(2027, 7, 1, 7, tzinfo=UTC), 24),
    ],
)
def test_the_day_in_los_angeles_has_as_many_hours_as_its_clocks_say(now: datetime, hours: int) -> None:
    assert frees_at(Window.PACIFIC_DAY, now, [(now, 1)], size=1, wanted=1) == now + timedelta(hours=hours)


async def test_several_units_wait_until_enough_calls_left_the_window(world: World) -> None:
    platform = world.platform()
    platform.buckets = (Bucket("uploads", 5, Window.ROLLING_HOUR, Scope.APP, "https://fake.example"),)
    platform.costs = {"open_upload": (Cost("uploads", 3),)}
    await world.approve()
    account_id, book = (await world.task()).account_id, QuotaBook({"fake": platform})
    async with world.database().begin() as uow:
        for minutes in (50, 40, 30):
            await uow.quota.spend(QuotaSpend("fake", "uploads", None, 1, START - timedelta(minutes=minutes)))
        with pytest.raises(QuotaFullError) as caught:
            await book.spend(uow, "fake", "open_upload", account_id, START)
        assert caught.value.params["bucket"] == "uploads"
        assert caught.value.until == START + timedelta(minutes=10)


class Hasty(FakePlatform):
    """A site that lets one upload begin in a minute."""

    def __init__(self, *args: Any, **choices: Any) -> None:
        super().__init__(*args, **choices)
        self.buckets = (Bucket("uploads", 1, Window.ROLLING_MINUTE, Scope.APP, "https://fake.example"),)


async def test_a_burst_is_spread_over_minutes_and_nobody_is_told(world: World) -> None:
    world.make_platform = Hasty
    for _ in range(3):
        await world.approve()
    await world.live(world.scheduler())
    assert [video.published_at - START for video in world.site.videos] == [timedelta(minutes=n) for n in range(3)]
    assert world.recorder.of(TaskDeferred) == []
    assert {task.scheduled_time for task in await world.tasks()} == {START}


async def test_of_two_sizes_that_the_settings_and_the_site_tell_the_sites_holds(world: World) -> None:
    platform = world.platform()
    platform.buckets = (Bucket("uploads", 5, Window.ROLLING_DAY, Scope.ACCOUNT, "https://fake.example"),)
    await world.approve()
    account_id, book = (await world.task()).account_id, QuotaBook({"fake": platform})
    async with world.database().begin() as uow:
        await uow.quota.override("fake", "uploads", None, 9)
        (row,) = await book.report(uow, START)
        assert row.size == 9
        await book.learn(uow, "fake", account_id, {"uploads": 2})
        (row,) = await book.report(uow, START)
        assert row.size == 2


async def test_a_bucket_that_no_publication_spends_shows_once_it_is_used(world: World) -> None:
    platform = world.platform()
    platform.buckets = (Bucket("comments", 60, Window.ROLLING_HOUR, Scope.ACCOUNT, "https://fake.example"),)
    platform.costs = {"post_comment": (Cost("comments", 1),)}
    await world.approve()
    account_id, book = (await world.task()).account_id, QuotaBook({"fake": platform})
    async with world.database().begin() as uow:
        assert await book.report(uow, START) == ()
        await book.spend(uow, "fake", "post_comment", account_id, START)
        (row,) = await book.report(uow, START)
        assert (row.bucket, row.used) == ("comments", 1)


class Busy(FakePlatform):
    """A site that says with its answers that its calls are nearly used up for twenty minutes."""

    def busy_until(self, now: datetime) -> datetime | None:
        until = START + timedelta(minutes=20)
        return until if until > now else None


async def test_a_site_that_says_it_is_busy_is_left_alone_until_it_is_not(world: World) -> None:
    world.make_platform = Busy
    await world.approve()
    await world.live(world.scheduler())
    assert world.site.calls["open_upload"] == 1
    (deferred,) = world.recorder.of(TaskDeferred)
    assert deferred.until == START + timedelta(minutes=20)
    assert [video.published_at for video in world.site.videos] == [START + timedelta(minutes=20)]
