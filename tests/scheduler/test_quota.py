"""Allowances: windows, the ledger, and what a full bucket does to a task."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from platforms.limits import Window
from scheduler.notices import TaskDeferred
from scheduler.quota import QuotaBook, window_reset, window_start
from storage.values import QuotaSpend, TaskStatus
from tests.scheduler.world import START, World

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
