"""The inbox and the outbox."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.errors import NotFoundError
from storage.tables import inbox
from storage.unit_of_work import UnitOfWork
from storage.values import InboxState, OutboxState
from tests.storage.scene import Scene


async def say(uow: UnitOfWork, chat_id: int = 1, **options: str) -> int:
    return await uow.outbox.add(chat_id=chat_id, kind="text", payload={"текст": "🍳"}, **options)


async def due_ids(uow: UnitOfWork, scene: Scene, limit: int = 10) -> list[int]:
    return [message.id for message in await uow.outbox.due(scene.clock(), limit)]


async def test_a_queued_message_is_due_at_once_and_whole(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        row_id = await say(uow)
        [message] = await uow.outbox.due(scene.clock(), 10)
        assert (message.id, message.chat_id, message.kind, message.payload) == (row_id, 1, "text", {"текст": "🍳"})
        assert (message.state, message.attempts, message.message_id) == (OutboxState.PENDING, 0, None)


async def test_a_chat_hears_its_messages_one_by_one_in_order(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        first, second, other = await say(uow), await say(uow), await say(uow, chat_id=2)
        assert await due_ids(uow, scene) == [first, other]
        await uow.outbox.sending(first)
        assert await due_ids(uow, scene) == [other]
        await uow.outbox.sent(first, 77)
        assert await due_ids(uow, scene) == [second, other]
        assert (await uow.outbox.get(first)).message_id == 77
        assert await due_ids(uow, scene, limit=1) == [second]


@pytest.mark.parametrize("outcome", ["retry", "unknown"])
async def test_a_message_that_waits_holds_up_its_own_chat_alone(scene: Scene, outcome: str) -> None:
    async with scene.db.begin() as uow:
        first, _second, other = await say(uow), await say(uow), await say(uow, chat_id=2)
        await uow.outbox.sending(first)
        await getattr(uow.outbox, outcome)(first, scene.clock.after(seconds=5))
        assert await due_ids(uow, scene) == [other]
        await uow.outbox.sent(other, 1)
        assert await uow.outbox.next_due() == scene.clock.after(seconds=5)
        scene.clock.advance(seconds=5)
        assert await due_ids(uow, scene) == [first]


async def test_a_message_that_failed_lets_the_next_one_go(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        first, second = await say(uow), await say(uow)
        await uow.outbox.failed(first, "chat not found")
        assert await due_ids(uow, scene) == [second]


async def test_what_was_being_sent_at_a_crash_has_an_unknown_outcome(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        row_id = await say(uow)
        await uow.outbox.sending(row_id)
        assert await uow.outbox.recover() == 1
        [message] = await uow.outbox.due(scene.clock(), 10)
        assert (message.state, message.attempts) == (OutboxState.UNKNOWN, 1)


async def test_the_same_news_waits_once(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        first = await say(uow, dedupe_key="card-1")
        assert await say(uow, dedupe_key="card-1") == first
        assert await say(uow, dedupe_key="card-2") != first


@pytest.mark.parametrize("step", ["sending", "sent", "failed"])
async def test_news_that_comes_while_a_message_is_under_way_is_said_again(scene: Scene, step: str) -> None:
    async with scene.db.begin() as uow:
        first = await say(uow, dedupe_key="card-1")
        await getattr(uow.outbox, step)(first, *{"sending": [], "sent": [5], "failed": ["gone"]}[step])
        assert await say(uow, dedupe_key="card-1") != first


async def test_nothing_is_next_when_everything_was_said(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        row_id = await say(uow)
        await uow.outbox.sent(row_id, None)
        assert await uow.outbox.next_due() is None
        assert await uow.outbox.prune(scene.clock.after(seconds=1)) == 1
        with pytest.raises(NotFoundError):
            await uow.outbox.sent(row_id, 1)


async def test_an_update_is_kept_once_whatever_telegram_repeats(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        assert await uow.inbox.add(7, [(11, "u1", "a"), (10, "u1", "b")]) == 2
        assert await uow.inbox.add(7, [(11, "u1", "changed"), (12, "u1", "c")]) == 1
        assert await uow.inbox.add(8, [(11, "u1", "another bot's")]) == 1
        pending = await uow.inbox.pending(10)
    assert [(update.bot_id, update.update_id, update.payload) for update in pending] == [
        (7, 10, "b"),
        (7, 11, "a"),
        (8, 11, "another bot's"),
        (7, 12, "c"),
    ]


async def test_an_update_is_fed_until_it_is_done_or_failed(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        await uow.inbox.add(7, [(1, "u", "{}"), (2, "u", "{}"), (3, "u", "{}")])
        first, second, third = await uow.inbox.pending(10)
        assert (first.state, first.attempts) == (InboxState.NEW, 0)
        assert [await uow.inbox.attempt(first.id), await uow.inbox.attempt(first.id)] == [1, 2]
        await uow.inbox.done(first.id)
        await uow.inbox.failed(second.id, "ValueError")
        assert [update.id for update in await uow.inbox.pending(10)] == [third.id]


async def test_only_updates_that_are_over_are_cleared_away(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        await uow.inbox.add(7, [(1, "u", "{}"), (2, "u", "{}")])
        await uow.inbox.done((await uow.inbox.pending(1))[0].id)
        assert await uow.inbox.prune(scene.clock()) == 0
        assert await uow.inbox.prune(scene.clock.after(days=1)) == 1
        assert len(await uow.inbox.pending(10)) == 1


async def test_a_payload_longer_than_64_kib_is_kept_whole(scene: Scene) -> None:
    payload = "я" * 100_000
    async with scene.db.begin() as uow:
        await uow.inbox.add(7, [(1, "u", payload)])
        assert (await uow.inbox.pending(1))[0].payload == payload


@pytest.mark.parametrize("end", ["sent", "failed"])
async def test_what_was_said_or_given_up_is_forgotten(scene: Scene, end: str) -> None:
    async with scene.db.begin() as uow:
        row_id = await say(uow)
        await (uow.outbox.sent(row_id, 1) if end == "sent" else uow.outbox.failed(row_id, "why"))
        assert (await uow.outbox.get(row_id)).payload == {}


async def test_of_a_handled_update_only_its_number_is_kept(scene: Scene) -> None:
    async with scene.db.begin() as uow:
        await uow.inbox.add(7, [(1, "u", "private words")])
        [update] = await uow.inbox.pending(1)
        await uow.inbox.done(update.id)
        assert await uow.transaction.scalar(select(inbox.c.payload)) == ""
        assert await uow.inbox.add(7, [(1, "u", "private words")]) == 0
