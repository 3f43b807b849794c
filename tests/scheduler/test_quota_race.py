"""The last unit of an allowance is taken once, however many workers reach for it: on SQLite and on MariaDB."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from scheduler.errors import QuotaFullError
from scheduler.quota import QuotaBook
from tests.scheduler.test_two_processes import mariadb, mariadb_world  # noqa: F401 - fixtures
from tests.scheduler.world import START, World

UNITS, SPENDERS = 3, 8


async def spend_all_at_once(world: World) -> int:
    """How many of SPENDERS transactions got a unit of UNITS."""
    world.platform_options = {"uploads_per_day": UNITS}
    book = QuotaBook({"fake": world.platform()})
    await world.approve()
    account_id = (await world.task()).account_id

    async def spend(number: int) -> bool:
        try:
            async with world.database().begin() as uow:
                await book.spend(uow, "fake", "open_upload", account_id, START + timedelta(seconds=number))
                await uow.commit()
        except QuotaFullError:
            return False
        return True

    return sum(await asyncio.gather(*(spend(number) for number in range(SPENDERS))))


async def test_no_unit_is_spent_twice(world: World) -> None:
    assert await spend_all_at_once(world) == UNITS


async def test_no_unit_is_spent_twice_on_mariadb(mariadb_world: World) -> None:  # noqa: F811
    assert await spend_all_at_once(mariadb_world) == UNITS
