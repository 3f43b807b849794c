"""Windows say when an allowance frees; a Pacific day ends at midnight in Los Angeles, whatever the season."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.limits import Bucket, Scope, Window

PACIFIC = ZoneInfo("America/Los_Angeles")
moments = st.integers(1_577_836_800, 2_082_758_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(now=moments)
def test_the_pacific_day_refills_at_the_next_midnight_of_los_angeles(now: datetime) -> None:
    refill = Window.PACIFIC_DAY.refill(now)
    local = refill.astimezone(PACIFIC)
    assert (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    assert local.date() == now.astimezone(PACIFIC).date() + timedelta(days=1)
    assert refill.tzinfo is UTC
    assert timedelta(0) < refill - now <= timedelta(hours=25)


@given(now=moments)
def test_one_pacific_day_starts_where_the_other_refills(now: datetime) -> None:
    window = Window.PACIFIC_DAY
    assert window.start(now) <= now
    assert window.refill(window.start(now)) == window.refill(now)
    assert window.start(window.refill(now)) == window.refill(now)


@pytest.mark.parametrize(
    ("now", "refill"),
    [
        (datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2026, 7, 2, 7, tzinfo=UTC)),
        (datetime(2026, 12, 1, 12, tzinfo=UTC), datetime(2026, 12, 2, 8, tzinfo=UTC)),
        # The clocks went back on 1 November 2026: that day has 25 hours.
        (datetime(2026, 11, 1, 7, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC)),
        # And forward on 14 March 2027: 23 hours.
        (datetime(2027, 3, 14, 8, tzinfo=UTC), datetime(2027, 3, 15, 7, tzinfo=UTC)),
    ],
)
def test_the_pacific_day_minds_daylight_saving(now: datetime, refill: datetime) -> None:
    assert Window.PACIFIC_DAY.refill(now) == refill


@pytest.mark.parametrize("window", [Window.ROLLING_DAY, Window.ROLLING_HOUR, Window.ROLLING_MINUTE])
def test_a_rolling_window_reaches_as_far_back_as_forward(window: Window) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    assert window.refill(now) - now == now - window.start(now) == window.length


def test_a_naive_time_has_no_pacific_day() -> None:
    with pytest.raises(ValueError):
        Window.PACIFIC_DAY.refill(datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_bucket_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError):
        Bucket("empty", 0, Window.ROLLING_DAY, Scope.APP, "nowhere")
