"""A time that a person typed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.errors import TimeFormatError, TimeGapError, TimeInPastError
from scheduler.walltime import parse_time, to_utc

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # 13:00 in Berlin


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("18:30", "2026-11-20T17:30"),
        ("12:30", "2026-11-21T11:30"),
        (" 18.30 ", "2026-11-20T17:30"),
        ("today 18:30", "2026-11-20T17:30"),
        ("Tomorrow at 09:05", "2026-11-21T08:05"),
        ("сегодня в 18:30", "2026-11-20T17:30"),
        ("завтра 18:30", "2026-11-21T17:30"),
        ("2026-11-21 18:30", "2026-11-21T17:30"),
        ("2026-11-21T18:30", "2026-11-21T17:30"),
        ("21.11 18:30", "2026-11-21T17:30"),
        ("21.11.2026 18:30", "2026-11-21T17:30"),
        ("03.01 10:00", "2027-01-03T09:00"),
        ("2027-07-01 10:00", "2027-07-01T08:00"),
        ("+2h", "2026-11-20T14:00"),
        ("+30m", "2026-11-20T12:30"),
        ("+1h30m", "2026-11-20T13:30"),
        ("+30s", "2026-11-20T12:00:30"),
        ("in 30 min", "2026-11-20T12:30"),
        ("через 2 часа", "2026-11-20T14:00"),
        ("через 1 час 5 минут", "2026-11-20T13:05"),
    ],
)
def test_each_form_is_understood_in_the_operators_zone(text: str, expected: str) -> None:
    assert parse_time(text, now=NOW, timezone="Europe/Berlin") == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "25:00",
        "18:60",
        "2026-13-01 10:00",
        "30.02 10:00",
        "+5 parsecs",
        "18",
        "2026-11-21",
        "+",
        "+999999d",
        "١٨:٣٠x",
    ],
)
def test_anything_else_is_said_to_be_no_time(text: str) -> None:
    with pytest.raises(TimeFormatError):
        parse_time(text, now=NOW, timezone="Europe/Berlin")


@pytest.mark.parametrize("text", ["today 12:30", "2026-11-19 18:30", "19.11 18:30", "+0m", "сегодня 10:00"])
def test_a_time_that_has_passed_is_said_to_have_passed(text: str) -> None:
    with pytest.raises(TimeInPastError):
        parse_time(text, now=NOW, timezone="Europe/Berlin")


def test_a_time_that_the_clocks_skip_is_refused() -> None:
    with pytest.raises(TimeGapError) as caught:
        parse_time("2027-03-28 02:30", now=NOW, timezone="Europe/Berlin")
    assert caught.value.params["timezone"] == "Europe/Berlin"


def test_a_time_that_comes_twice_means_the_first() -> None:
    moment = parse_time("2027-10-31 02:30", now=NOW, timezone="Europe/Berlin")
    assert moment == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


@given(
    st.dates(date(2026, 11, 22), date(2035, 1, 1)),
    st.times(),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_what_was_typed_is_what_the_clock_will_show(day: date, clock: time, zone: str) -> None:
    clock = clock.replace(second=0, microsecond=0)
    try:
        moment = parse_time(f"{day:%Y-%m-%d} {clock:%H:%M}", now=NOW, timezone=zone)
    except TimeGapError:
        return
    shown = moment.astimezone(ZoneInfo(zone))
    assert (shown.date(), shown.time()) == (day, clock)
    assert moment.utcoffset() == timedelta(0)


def test_the_gap_of_half_an_hour_is_a_gap_too() -> None:
    with pytest.raises(TimeGapError):
        to_utc(date(2027, 10, 3), time(2, 15), ZoneInfo("Australia/Lord_Howe"))
