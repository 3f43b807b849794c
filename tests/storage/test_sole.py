"""One process at a time for one name, at a database server that several processes share."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from storage import sole
from storage.database import Database
from storage.errors import AlreadyRunningError
from storage.keyring import Keyring
from tests.storage.scene import Clock

NAME = "content-fabric-bot:42"


def unheard() -> None:
    """Nobody takes the name away in this test."""
    raise AssertionError("the name was lost")


async def test_the_second_process_of_a_name_is_refused_and_the_next_one_is_not(
    mariadb_db: Database, mariadb_url: str, keyring: Keyring
) -> None:
    second = Database(mariadb_url, keyring, clock=Clock())
    async with mariadb_db.sole(NAME, on_lost=unheard):
        with pytest.raises(AlreadyRunningError, match="bot:42"):
            async with second.sole(NAME, on_lost=unheard):
                pass
        async with second.sole("content-fabric-bot:43", on_lost=unheard):
            pass
    async with second.sole(NAME, on_lost=unheard):
        pass
    await second.dispose()


async def test_a_connection_that_the_server_cut_is_made_again(
    mariadb_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sole, "LOOK_EVERY_S", 0.05)
    async with mariadb_db.sole(NAME, on_lost=unheard):
        await _kill(mariadb_db, await _holder(mariadb_db) or 0)
        async with asyncio.timeout(10):
            while await _holder(mariadb_db) is None:  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.02)


async def test_whoever_lost_the_name_to_another_process_is_told(
    mariadb_db: Database, mariadb_url: str, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sole, "LOOK_EVERY_S", 0.3)
    lost, second = asyncio.Event(), Database(mariadb_url, keyring, clock=Clock())
    async with mariadb_db.sole(NAME, on_lost=lost.set):
        await _kill(second, await _holder(second) or 0)
        async with second.sole(NAME, on_lost=unheard):
            await asyncio.wait_for(lost.wait(), 10)
    await second.dispose()


async def test_on_sqlite_the_home_folders_lock_is_enough(sqlite_db: Database) -> None:
    async with sqlite_db.sole(NAME, on_lost=unheard), sqlite_db.sole(NAME, on_lost=unheard):
        pass


async def _holder(db: Database) -> int | None:
    async with db.read() as uow:
        found: int | None = await uow.transaction.scalar(text("SELECT IS_USED_LOCK(:name)").bindparams(name=NAME))
    return found


async def _kill(db: Database, connection: int) -> None:
    async with db.begin() as uow:
        await uow.transaction.connection.exec_driver_sql(f"KILL CONNECTION {connection}")
