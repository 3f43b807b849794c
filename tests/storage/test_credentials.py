"""Tokens at rest, and the lease to refresh them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import Database
from storage.errors import SecretError
from storage.keyring import Keyring, generate_key
from storage.values import AccountStatus, Consent
from tests.storage.scene import Clock, Scene, tokens
from tests.support.mariadb import MariadbServer

CANARIES = (
    "canary-access-1f2e",
    "canary-refresh-3d4c",
    "canary-session-5b6a",
    "canary-verifier-7980",
    "canary-state-aa11",
)


async def test_tokens_come_back_as_they_were(scene: Scene) -> None:
    grant = tokens(refresh_expires_at=scene.clock.after(days=180))
    async with scene.db.begin() as uow:
        assert await uow.credentials.load(scene.account.id) is None
        await uow.credentials.store(scene.account.id, grant)
        assert await uow.credentials.load(scene.account.id) == grant
        await uow.credentials.forget(scene.account.id)
        assert await uow.credentials.load(scene.account.id) is None


async def test_a_grant_without_a_refresh_token_keeps_the_old_one(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        await uow.credentials.store(scene.account.id, tokens("old", "kept", refresh_expires_at=scene.clock()))
        await uow.credentials.store(scene.account.id, tokens("new", None))
        stored = await uow.credentials.load(scene.account.id)
    assert stored == tokens("new", "kept", refresh_expires_at=scene.clock())


async def test_a_row_moved_to_another_account_does_not_open(scene: Scene) -> None:
    other = await scene.add_account()
    async with scene.db.begin() as uow:
        await uow.credentials.store(scene.account.id, tokens())
        moved = text("UPDATE credentials SET account = :other")
        await uow.transaction.connection.execute(moved, {"other": other.id})
        with pytest.raises(SecretError):
            await uow.credentials.load(other.id)


async def test_an_access_token_does_not_open_as_a_refresh_token(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        await uow.credentials.store(scene.account.id, tokens())
        await uow.transaction.connection.execute(text("UPDATE credentials SET refresh_token = access_token"))
        with pytest.raises(SecretError):
            await uow.credentials.load(scene.account.id)


async def test_another_key_does_not_open_them(scene: Scene, url: str, clock: Clock) -> None:
    async with scene.db.begin() as uow:
        await uow.credentials.store(scene.account.id, tokens())
        await uow.commit()
    stranger = Database(url, Keyring([generate_key()]), clock=clock)
    async with stranger.read() as uow:
        with pytest.raises(SecretError):
            await uow.credentials.load(scene.account.id)
    await stranger.dispose()


async def store_canaries(scene: Scene) -> None:
    access, refresh, session, verifier, state = CANARIES
    await scene.add_task(session={"uri": session})
    async with scene.db.begin() as uow:
        await uow.credentials.store(scene.account.id, tokens(access, refresh))
        await uow.consents.add(
            Consent(state, scene.operator.id, 500, "youtube", verifier, "http://127.0.0.1", scene.clock())
        )
        await uow.commit()


def files_with_canaries(folder: Path) -> list[tuple[str, str]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [(path.name, canary) for path in files for canary in CANARIES if canary.encode() in path.read_bytes()]


async def test_no_secret_is_in_the_bytes_of_the_sqlite_files(sqlite_db: Database, clock: Clock, tmp_path: Path) -> None:
    await store_canaries(await Scene.build(sqlite_db, clock))
    assert (tmp_path / "alone.db-wal").stat().st_size > 0
    assert files_with_canaries(tmp_path) == []


async def test_no_secret_is_in_the_bytes_of_mariadbs_files(
    mariadb: MariadbServer, keyring: Keyring, clock: Clock
) -> None:
    db = Database(mariadb.create_database("canaries"), keyring, clock=clock)
    await db.migrate()
    async with db.begin() as uow:
        await uow.operators.ensure(77, locale="plain-canary", timezone="UTC")
        await uow.commit()
    await store_canaries(await Scene.build(db, clock))
    log = b"".join(path.read_bytes() for path in (mariadb.folder / "data").glob("ib_logfile*"))
    assert b"plain-canary" in log, "the test must be able to see what is written"
    assert files_with_canaries(mariadb.folder / "data") == []
    await db.dispose()


async def test_one_of_many_gets_the_refresh_lease(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        await uow.credentials.store(scene.account.id, tokens())
        await uow.commit()

    async def claim(owner: str) -> bool:
        async with scene.db.begin() as uow:
            won = await uow.credentials.claim_refresh(scene.account.id, owner, scene.clock.after(seconds=30))
            await uow.commit()
            return won

    assert sum(await asyncio.gather(*(claim(f"w{n}") for n in range(6)))) == 1


async def test_a_refresh_lease_ends_by_release_or_by_time(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        await uow.credentials.store(scene.account.id, tokens())
        claim = uow.credentials.claim_refresh
        assert await claim(scene.account.id, "w1", scene.clock.after(seconds=30))
        await uow.credentials.release_refresh(scene.account.id, "w2")
        assert not await claim(scene.account.id, "w2", scene.clock.after(seconds=30))
        await uow.credentials.release_refresh(scene.account.id, "w1")
        assert await claim(scene.account.id, "w2", scene.clock.after(seconds=30))
        scene.clock.advance(seconds=30)
        assert await claim(scene.account.id, "w3", scene.clock.after(seconds=30))


async def test_tokens_that_end_soon_are_named_for_active_accounts_alone(scene: Scene) -> None:
    other, disabled = await scene.add_account(), await scene.add_account()
    async with scene.db.begin() as uow:
        for account, minutes in ((scene.account, 9), (other, 5), (disabled, 1)):
            await uow.credentials.store(account.id, tokens(expires_at=scene.clock.after(minutes=minutes)))
        await uow.accounts.set_status(disabled.id, AccountStatus.DISABLED)
        assert await uow.credentials.expiring(scene.clock.after(minutes=10)) == (other.id, scene.account.id)
        assert await uow.credentials.expiring(scene.clock.after(minutes=5)) == ()
