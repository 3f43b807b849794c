"""Transactions: rolled back unless committed, isolated, and run again when they lose."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage.database import MAX_RUNS, Database
from storage.errors import ConflictError, NotFoundError, StorageError, UnavailableError
from storage.keyring import Keyring
from storage.unit_of_work import UnitOfWork
from tests.storage.scene import Clock, Scene
from tests.support.mariadb import MariadbServer


class Naps:
    """A sleep that only remembers."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


async def count_operators(db: Database) -> int:
    async with db.read() as uow:
        return len(await uow.operators.all())


async def test_leaving_without_a_commit_changes_nothing(db: Database) -> None:
    async with db.begin() as uow:
        await uow.operators.ensure(1, locale="en", timezone="UTC")
    assert await count_operators(db) == 0


async def test_an_error_after_a_write_changes_nothing(db: Database) -> None:

    async def write_and_fail() -> None:
        async with db.begin() as uow:
            await uow.operators.ensure(1, locale="en", timezone="UTC")
            await uow.accounts.get(10**9)

    with pytest.raises(NotFoundError):
        await write_and_fail()
    assert await count_operators(db) == 0


async def test_a_commit_makes_it_true(db: Database) -> None:
    async with db.begin() as uow:
        await uow.operators.ensure(1, locale="en", timezone="UTC")
        await uow.commit()
    assert await count_operators(db) == 1


async def test_after_the_commit_nothing_more_can_be_smuggled_in(db: Database) -> None:
    async with db.begin() as uow:
        await uow.commit()
        with pytest.raises(Exception, match="closed"):
            await uow.operators.ensure(1, locale="en", timezone="UTC")
        with pytest.raises(StorageError):
            await uow.commit()


async def test_a_reader_cannot_write(db: Database) -> None:
    async with db.read() as uow:
        with pytest.raises(DBAPIError):
            await uow.transaction.connection.execute(text("DELETE FROM operators"))
        with pytest.raises(StorageError):
            await uow.commit()


async def test_a_reader_does_not_see_what_is_not_committed_and_does_not_wait_for_it(db: Database) -> None:
    async with db.begin() as uow:
        await uow.operators.ensure(1, locale="en", timezone="UTC")
        assert await asyncio.wait_for(count_operators(db), 5) == 0


async def test_no_increment_is_lost_among_200_at_once(scene: Scene) -> None:
    task = await scene.add_task()

    async def increment(uow: UnitOfWork) -> None:
        # Read, think, write: on MySQL the row is locked by the read, on SQLite the whole database is.
        connection = uow.transaction.connection
        lock = "" if scene.db.dialect == "sqlite" else " FOR UPDATE"
        query = text("SELECT retry_count FROM tasks WHERE id = :id" + lock)
        count = (await connection.execute(query, {"id": task.id})).scalar_one()
        await asyncio.sleep(0)
        change = text("UPDATE tasks SET retry_count = :count WHERE id = :id")
        await connection.execute(change, {"id": task.id, "count": count + 1})

    await asyncio.gather(*(scene.db.run(increment) for _ in range(200)))
    assert (await scene.task(task.id)).retry_count == 200


async def test_a_cancelled_transaction_leaves_no_lock_behind(scene: Scene) -> None:
    entered = asyncio.Event()

    async def hold() -> None:
        async with scene.db.begin() as uow:
            await uow.operators.set_locale(scene.operator.id, "ru")
            entered.set()
            await asyncio.Event().wait()

    holder = asyncio.create_task(hold())
    await entered.wait()
    holder.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holder
    async with scene.db.begin() as uow:
        await uow.operators.set_locale(scene.operator.id, "de")
        await uow.commit()
    async with scene.db.read() as uow:
        assert (await uow.operators.get(scene.operator.id)).locale == "de"


async def test_a_transaction_that_loses_is_run_again_whole(db: Database, url: str, keyring: Keyring) -> None:
    naps = Naps()
    patient = Database(url, keyring, clock=Clock(), rng=random.Random(7), sleep=naps)
    runs = 0

    async def lose_twice(uow: UnitOfWork) -> str:
        nonlocal runs
        runs += 1
        await uow.operators.ensure(runs, locale="en", timezone="UTC")
        if runs < 3:
            raise ConflictError
        return "done"

    assert await patient.run(lose_twice) == "done"
    assert (runs, len(naps.taken), await count_operators(db)) == (3, 2, 1)
    assert naps.taken[0] <= 0.02 >= naps.taken[1] / 2
    await patient.dispose()


async def test_a_transaction_that_always_loses_gives_up(url: str, keyring: Keyring) -> None:
    naps = Naps()
    patient = Database(url, keyring, clock=Clock(), sleep=naps)

    async def lose(uow: UnitOfWork) -> None:
        raise ConflictError

    with pytest.raises(ConflictError):
        await patient.run(lose)
    assert len(naps.taken) == MAX_RUNS - 1
    await patient.dispose()


async def test_two_transactions_in_a_deadlock_both_end_well(mariadb_db: Database) -> None:
    db = mariadb_db
    async with db.begin() as uow:
        first = await uow.operators.ensure(21, locale="en", timezone="UTC")
        second = await uow.operators.ensure(22, locale="en", timezone="UTC")
        await uow.commit()
    meeting = asyncio.Barrier(2)
    runs = 0

    async def cross(uow: UnitOfWork, one: int, other: int, locale: str) -> None:
        nonlocal runs
        runs += 1
        await uow.operators.set_locale(one, locale)
        if runs <= 2:
            await meeting.wait()
        await uow.operators.set_locale(other, locale)

    await asyncio.gather(
        db.run(lambda uow: cross(uow, first.id, second.id, "de")),
        db.run(lambda uow: cross(uow, second.id, first.id, "fr")),
    )
    assert runs == 3, "one of them was chosen to lose, and ran again"
    async with db.begin() as uow:
        locales = {(await uow.operators.get(row)).locale for row in (first.id, second.id)}
        assert len(locales) == 1, "each transaction is whole"


async def test_what_was_committed_outlives_the_servers_sudden_death(
    mariadb: MariadbServer, mariadb_db: Database
) -> None:
    db = mariadb_db
    async with db.begin() as uow:
        await uow.operators.ensure(31, locale="en", timezone="UTC")
        await uow.commit()

    async def commit_to_the_dead() -> None:
        async with db.begin() as uow:
            await uow.operators.ensure(32, locale="en", timezone="UTC")
            mariadb.kill()
            await uow.commit()

    with pytest.raises(UnavailableError):
        await commit_to_the_dead()
    with pytest.raises(UnavailableError):
        async with db.begin():
            pass
    mariadb.start()
    async with db.begin() as uow:
        assert [operator.telegram_id for operator in await uow.operators.all()] == [31]


async def test_a_full_disk_is_said_so_and_keeps_what_was_committed(sqlite_db: Database) -> None:
    async def fill() -> None:
        async with sqlite_db.begin() as uow:
            await uow.transaction.connection.execute(text("PRAGMA max_page_count = 1"))
            await uow.inbox.add(1, [(1, "u", "x" * 1_000_000)])

    with pytest.raises(UnavailableError):
        await fill()
    async with sqlite_db.begin() as uow:
        await uow.transaction.connection.execute(text("PRAGMA max_page_count = 1000000"))
        assert await uow.inbox.add(1, [(1, "u", "x" * 1_000_000)]) == 1


async def test_a_second_writing_process_is_waited_for_and_then_a_conflict(
    sqlite_db: Database, tmp_path: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.engine.BUSY_TIMEOUT_S", 0.05)
    stranger = Database(f"sqlite:///{tmp_path / 'alone.db'}", keyring, clock=Clock())
    async with sqlite_db.begin():
        with pytest.raises(ConflictError):
            async with stranger.begin():
                pass
    async with stranger.begin() as uow:
        await uow.commit()
    await stranger.dispose()


def test_the_repr_of_a_database_hides_its_password(keyring: Keyring) -> None:
    db = Database("mysql://fabric:canary@127.0.0.1/fabric", keyring, clock=Clock())
    assert "canary" not in repr(db)
    assert db.dialect == "mysql"


@pytest.mark.parametrize("url", ["postgresql://localhost/x", "sqlite://", "sqlite:///:memory:"])
def test_a_database_we_do_not_speak_is_refused(url: str, keyring: Keyring) -> None:
    with pytest.raises(ValueError, match="must be"):
        Database(url, keyring, clock=Clock())
