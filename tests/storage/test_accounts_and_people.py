"""Operators, accounts, consents and conversations."""

from __future__ import annotations

import pytest

from storage.database import Database
from storage.errors import ConsentExpiredError, ConsentUnknownError, ConsentUsedError, NotFoundError
from storage.values import AccountStatus, Consent, Conversation, SettledConsent
from tests.storage.scene import Clock, Scene, after_next_read

STATE = "canary-state-81f0"


def consent(scene: Scene) -> Consent:
    return Consent(
        state=STATE,
        operator_id=scene.operator.id,
        chat_id=500,
        platform="youtube",
        code_verifier="canary-verifier-77aa",
        redirect_uri="http://127.0.0.1:1/oauth",
        expires_at=scene.clock.after(minutes=10),
    )


async def add_consent(scene: Scene) -> Consent:
    asked = consent(scene)
    async with scene.db.begin() as uow:
        await uow.consents.add(asked)
        await uow.commit()
    return asked


async def test_an_operator_is_made_once_and_keeps_their_preferences(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        await uow.operators.set_locale(scene.operator.id, "ru")
        await uow.operators.set_timezone(scene.operator.id, "Asia/Tokyo")
        again = await uow.operators.ensure(1001, locale="en", timezone="UTC")
        assert (again.id, again.locale, again.timezone) == (scene.operator.id, "ru", "Asia/Tokyo")
        assert await uow.operators.all() == (again,)
        assert await uow.operators.by_telegram(1002) is None


async def test_connecting_the_same_account_again_makes_it_active_and_no_second_one(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        await uow.accounts.set_status(scene.account.id, AccountStatus.NEEDS_REAUTH)
        again = await uow.accounts.connect(
            platform="youtube",
            external_id="UC-1",
            title="New name",
            handle="@new",
            scopes={"upload", "readonly"},
            operator_id=scene.operator.id,
        )
        assert (again.id, again.status, again.title) == (scene.account.id, AccountStatus.ACTIVE, "New name")
        assert again.scopes == {"upload", "readonly"}
        assert await uow.accounts.list() == (again,)


async def test_ids_that_differ_in_case_are_different_accounts(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        other = await uow.accounts.connect(
            platform="youtube", external_id="uc-1", title="", handle="", scopes=(), operator_id=scene.operator.id
        )
    assert other.id != scene.account.id


async def test_accounts_are_listed_by_platform_and_status(scene: Scene) -> None:
    other = await scene.add_account()
    async with scene.db.begin() as uow:
        await uow.accounts.set_status(other.id, AccountStatus.DISABLED)
        disabled = await uow.accounts.list(statuses={AccountStatus.DISABLED})
        assert [account.id for account in disabled] == [other.id]
        assert await uow.accounts.list(platform="tiktok") == ()


async def test_an_account_that_does_not_exist_is_said_so(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        with pytest.raises(NotFoundError):
            await uow.accounts.get(10**9)
        with pytest.raises(NotFoundError):
            await uow.accounts.set_status(10**9, AccountStatus.ACTIVE)


async def test_a_consent_is_given_back_whole(scene: Scene) -> None:
    asked = await add_consent(scene)
    async with scene.db.begin() as uow:
        assert await uow.consents.consume(STATE, operator_id=scene.operator.id, now=scene.clock()) == asked


async def test_a_consent_is_used_once(scene: Scene) -> None:
    await add_consent(scene)
    async with scene.db.begin() as uow:
        await uow.consents.consume(STATE, operator_id=None, now=scene.clock())
        with pytest.raises(ConsentUsedError):
            await uow.consents.consume(STATE, operator_id=None, now=scene.clock())


async def test_of_two_answers_at_once_one_counts(
    mariadb_db: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where several may write at once; on SQLite the whole transaction is exclusive."""
    scene = await Scene.build(mariadb_db, clock)
    await add_consent(scene)

    async def consume() -> None:
        async with scene.db.begin() as uow:
            await uow.consents.consume(STATE, operator_id=None, now=clock())
            await uow.commit()

    after_next_read(monkeypatch, consume)
    with pytest.raises(ConsentUsedError):
        await consume()


async def test_a_consent_ends(scene: Scene) -> None:
    await add_consent(scene)
    async with scene.db.begin() as uow:
        with pytest.raises(ConsentExpiredError):
            await uow.consents.consume(STATE, operator_id=None, now=scene.clock.after(minutes=10))


async def test_the_window_for_answers_is_open_until_the_last_open_consent_ends(scene: Scene) -> None:
    asked = await add_consent(scene)
    async with scene.db.begin() as uow:
        assert await uow.consents.open_until(scene.clock()) == asked.expires_at
        assert await uow.consents.open_until(asked.expires_at) is None
        await uow.consents.consume(STATE, operator_id=None, now=scene.clock())
        assert await uow.consents.open_until(scene.clock()) is None


async def test_the_message_of_a_consent_that_is_over_is_given_out_once(scene: Scene) -> None:
    asked = await add_consent(scene)
    async with scene.db.begin() as uow:
        await uow.consents.shown(STATE, 77)
        assert await uow.consents.settle(scene.clock()) == ()
        expired = SettledConsent(asked.chat_id, 77, asked.platform, is_used=False)
        assert await uow.consents.settle(asked.expires_at) == (expired,)
        assert await uow.consents.settle(asked.expires_at) == ()


async def test_a_used_consent_is_over_at_once(scene: Scene) -> None:
    asked = await add_consent(scene)
    async with scene.db.begin() as uow:
        await uow.consents.shown(STATE, 77)
        await uow.consents.consume(STATE, operator_id=None, now=scene.clock())
        used = SettledConsent(asked.chat_id, 77, asked.platform, is_used=True)
        assert await uow.consents.settle(scene.clock()) == (used,)


async def test_a_time_zone_counts_as_chosen_once_it_was_set(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        assert not (await uow.operators.get(scene.operator.id)).has_chosen_timezone
        await uow.operators.set_timezone(scene.operator.id, "Asia/Almaty")
        chosen = await uow.operators.get(scene.operator.id)
    assert (chosen.timezone, chosen.has_chosen_timezone) == ("Asia/Almaty", True)


@pytest.mark.parametrize("state", ["made-up", STATE])
async def test_a_strange_state_or_a_strangers_answer_is_unknown(scene: Scene, state: str) -> None:
    await add_consent(scene)
    async with scene.db.begin() as uow:
        with pytest.raises(ConsentUnknownError):
            await uow.consents.consume(state, operator_id=scene.operator.id + 1, now=scene.clock())


async def test_consents_that_ended_are_cleared_away(scene: Scene) -> None:
    await add_consent(scene)
    async with scene.db.begin() as uow:
        assert await uow.consents.prune(scene.clock()) == 0
        assert await uow.consents.prune(scene.clock.after(days=1)) == 1


async def test_a_question_takes_the_place_of_the_one_before(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        await uow.conversations.ask(500, "title", scene.draft.id)
        await uow.conversations.ask(500, "timezone", params={"city": "Köln"})
        assert await uow.conversations.get(500) == Conversation(500, "timezone", None, {"city": "Köln"})
        assert await uow.conversations.get(501) is None
        await uow.conversations.clear(500)
        assert await uow.conversations.get(500) is None
