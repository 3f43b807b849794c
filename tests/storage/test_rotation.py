"""Sealing everything anew with another key."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from storage.database import Database
from storage.errors import SecretError
from storage.keyring import Keyring, generate_key
from storage.rotation import remaining, rotate
from storage.values import Consent, Stage
from tests.storage.scene import Clock, Scene, tokens

OLD, NEW = generate_key(), generate_key()


@pytest.fixture
def keyring() -> Keyring:
    return Keyring([OLD])


async def fill(scene: Scene) -> tuple[int, Consent]:
    task = await scene.add_task(stage=Stage.TRANSFER, session={"uri": "https://upload.example/1"})
    await scene.add_task()
    consent = Consent(
        "state", scene.operator.id, 500, "youtube", "verifier", "http://127.0.0.1", scene.clock.after(hours=1)
    )
    async with scene.db.begin() as uow:
        await uow.credentials.store(scene.account.id, tokens())
        await uow.consents.add(consent)
        await uow.commit()
    return task.id, consent


async def test_after_a_rotation_the_new_key_alone_opens_everything(scene: Scene, url: str, clock: Clock) -> None:
    task_id, consent = await fill(scene)
    both, new = Keyring([OLD, NEW]), Keyring([NEW])
    db = Database(url, both, clock=clock)
    assert await remaining(db, both) == 3
    assert await rotate(db, both) == 3
    assert await remaining(db, both) == 0
    assert await rotate(db, both) == 0
    await db.dispose()
    db = Database(url, new, clock=clock)
    async with db.begin() as uow:
        assert await uow.credentials.load(scene.account.id) == tokens()
        assert (await uow.tasks.get(task_id)).session == {"uri": "https://upload.example/1"}
        assert await uow.consents.consume("state", operator_id=None, now=clock()) == consent
    await db.dispose()


async def test_a_rotation_goes_on_where_it_stopped(
    scene: Scene, url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.rotation.BATCH_ROWS", 1)
    both = Keyring([OLD, NEW])
    await fill(scene)
    accounts = [await scene.add_account() for _ in range(2)]
    async with scene.db.begin() as uow:
        for account in accounts:
            await uow.credentials.store(account.id, tokens())
        await uow.transaction.connection.execute(
            text("UPDATE credentials SET access_token = 'damaged' WHERE account = :id"), {"id": accounts[-1].id}
        )
        await uow.commit()
    db = Database(url, both, clock=clock)
    with pytest.raises(SecretError):
        await rotate(db, both)
    left = await remaining(db, both)
    assert 1 <= left < 5
    async with db.begin() as uow:
        await uow.credentials.store(accounts[-1].id, replace(tokens(), access_token="mended"))
        await uow.commit()
    await rotate(db, both)
    assert await remaining(db, both) == 0
    await db.dispose()
