"""Consents by a code: asked after no sooner than agreed, over once, and sealed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from storage.database import Database
from storage.keyring import Keyring, generate_key
from storage.rotation import rotate
from storage.values import CodeConsent
from tests.storage.scene import Clock, Scene


def consent(scene: Scene) -> CodeConsent:
    return CodeConsent(
        operator_id=scene.operator.id,
        chat_id=500,
        platform="youtube",
        device_code="canary-device-code",
        user_code="ABCD-EFGH",
        verification_url="https://example.com/device",
        interval=timedelta(seconds=5),
        next_poll_at=scene.clock.after(seconds=5),
        expires_at=scene.clock.after(minutes=30),
        account_id=scene.account.id,
    )


async def added(scene: Scene) -> CodeConsent:
    one = consent(scene)
    async with scene.db.begin() as uow:
        await uow.code_consents.add(one)
        await uow.commit()
    return one


async def test_it_is_due_when_its_pause_is_over_and_comes_back_whole(scene: Scene) -> None:
    one = await added(scene)
    async with scene.db.begin() as uow:
        assert await uow.code_consents.due(scene.clock()) == ()
        assert await uow.code_consents.next_due() == one.next_poll_at
        assert await uow.code_consents.due(one.next_poll_at) == (one,)
        await uow.code_consents.asked(
            one.key, next_poll_at=scene.clock.after(seconds=15), interval=timedelta(seconds=10)
        )
        assert await uow.code_consents.due(one.next_poll_at) == ()
        (later,) = await uow.code_consents.due(scene.clock.after(seconds=15))
        assert later.interval == timedelta(seconds=10)
        await uow.commit()


async def test_it_ends_once_and_its_message_is_given_out_once(scene: Scene) -> None:
    one = await added(scene)
    async with scene.db.begin() as uow:
        await uow.code_consents.shown(one.key, 77)
        assert await uow.code_consents.settle() == ()
        assert await uow.code_consents.end(one.key, scene.clock())
        assert not await uow.code_consents.end(one.key, scene.clock())
        (settled,) = await uow.code_consents.settle()
        assert (settled.chat_id, settled.message_id, settled.is_used) == (500, 77, True)
        assert await uow.code_consents.settle() == ()
        assert await uow.code_consents.next_due() is None
        assert await uow.code_consents.prune(scene.clock.after(hours=1)) == 1
        await uow.commit()


async def test_the_secret_is_sealed_and_rotates(scene: Scene, url: str, clock: Clock, keyring: Keyring) -> None:
    one = await added(scene)
    async with scene.db.read() as uow:
        row = await uow.transaction.scalar(text("SELECT device_code FROM code_consents"))  # type: ignore[arg-type]
        assert "canary" not in row
    assert "canary" not in repr(one)


async def test_a_rotation_seals_it_anew(scene: Scene, url: str, clock: Clock, keyring: Keyring) -> None:
    one = await added(scene)
    new = generate_key()
    both = Keyring([*keyring._keys.values(), new])
    db = Database(url, both, clock=clock)
    assert await rotate(db, both) == 1
    await db.dispose()
    alone = Database(url, Keyring([new]), clock=clock)
    async with alone.read() as uow:
        assert await uow.code_consents.due(one.next_poll_at) == (one,)
    await alone.dispose()


async def test_a_secret_without_a_key_ends_and_does_not_hide_the_other_consents(scene: Scene, url: str) -> None:
    one = await added(scene)
    strange = Database(url, Keyring([generate_key()]), clock=scene.clock)
    async with strange.begin() as uow:
        await uow.code_consents.shown(one.key, 77)
        await uow.code_consents.add(other := replace(one, device_code="canary-other-code"))
        assert await uow.code_consents.due(one.next_poll_at) == (other,)
        await uow.code_consents.end(other.key, scene.clock())
        (settled,) = await uow.code_consents.settle()
        assert (settled.message_id, settled.is_used) == (77, False)
        assert await uow.code_consents.next_due() is None
        await uow.commit()
    await strange.dispose()
