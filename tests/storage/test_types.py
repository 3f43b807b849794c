"""Moments and JSON mean the same on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table
from sqlalchemy.exc import StatementError

from storage.database import Database
from storage.tables.base import OPTIONS
from storage.types import ID, JsonText, UtcDateTime
from tests.storage.scene import NOON

samples = Table(
    "samples",
    MetaData(),
    Column("id", ID, primary_key=True),
    Column("at", UtcDateTime),
    Column("data", JsonText),
    **OPTIONS,
)

moments = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - the strategy adds the zones
    max_value=datetime(2400, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


async def through(db: Database, values: list[dict[str, Any]]) -> list[Any]:
    """Write rows, read them back in the order of their moments, and undo it all."""
    async with db.begin() as uow:
        connection = uow.transaction.connection
        await connection.run_sync(lambda sync: samples.drop(sync, checkfirst=True))
        await connection.run_sync(samples.create)
        await connection.execute(samples.insert(), values)
        rows = (await connection.execute(samples.select().order_by(samples.c.at))).all()
        await connection.run_sync(samples.drop)
    return list(rows)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_moments=st.lists(moments, min_size=1, max_size=8))
async def test_a_moment_comes_back_as_the_same_utc_moment_and_sorts_as_time(
    db: Database, given_moments: list[datetime]
) -> None:
    rows = await through(db, [{"at": moment, "data": None} for moment in given_moments])
    assert [row.at for row in rows] == sorted(given_moments)
    assert all(row.at.tzinfo is UTC for row in rows)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=json_values)
async def test_json_comes_back_as_it_was(db: Database, data: object) -> None:
    [row] = await through(db, [{"at": None, "data": data}])
    assert row.data == data


async def test_a_naive_moment_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="must be aware"):
        await through(db, [{"at": NOON.replace(tzinfo=None), "data": None}])
