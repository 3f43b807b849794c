"""What a crash, a lost answer or a broken handler may not do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.callbacks import DraftAct, DraftButton
from bot.errors import (
    ChatClosedError,
    MessageGoneError,
    NotReachedError,
    OutcomeUnknownError,
    RefusedError,
    TooFastError,
)
from bot.outbox import GiveUp, TryAgain, Unknown, decide
from bot.renderer import Renderer
from storage.values import InboxState
from tests.bot.chat import NOON, OPERATOR, Chat


class PlugPulledError(BaseException):
    """The process dies here."""


async def test_three_videos_survive_a_death_before_they_are_handled(chat: Chat) -> None:
    await chat.arrive(*(chat.video(f"Video {n}") for n in (1, 2, 3)))
    chat.restart()
    await chat.settle()
    assert sorted(text.splitlines()[0] for text in chat.seen()) == ["Video 1", "Video 2", "Video 3"]


async def test_a_death_inside_a_handler_leaves_nothing_half_done(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    await chat.arrive(chat.video("Video"))
    with monkeypatch.context() as patch:
        patch.setattr("storage.repositories.inbox.InboxRepository.done", _pull_the_plug)
        with pytest.raises(PlugPulledError):
            await chat.handle_all()
    async with chat.db.read() as uow:
        assert (await uow.clips.receiving(), await uow.outbox.due(chat.clock(), 10)) == ((), ())
    chat.restart()
    await chat.settle()
    assert len(chat.seen()) == 1


async def test_the_same_update_delivered_twice_is_handled_once(chat: Chat) -> None:
    update = chat.video("Video")
    await chat.arrive(update)
    await chat.settle()
    await chat.arrive(update)
    await chat.settle()
    assert len(chat.seen()) == 1


async def test_a_broken_handler_is_tried_three_times_and_then_the_person_is_told(chat: Chat) -> None:
    attempts = []

    def broken() -> tuple[()]:
        attempts.append(1)
        raise RuntimeError("a bug")

    await chat.send_video("Video")
    chat.change_services(voices=broken)
    draft = await chat.draft()
    await chat.arrive(_press(chat, DraftButton(draft=1, version=draft.version, act=DraftAct.VOICE, arg="x").pack()))
    await chat.handle_all()
    assert len(attempts) == 3
    assert await _inbox_states(chat) == [InboxState.DONE, InboxState.FAILED]
    await chat.send_all()
    assert "Something went wrong on my side" in chat.last


async def test_an_unreadable_update_blocks_nobody(chat: Chat) -> None:
    await chat.arrive({"update_id": 900, "message": {"from": {"id": OPERATOR}, "nonsense": True}})
    await chat.say("/help")
    assert "How it works" in chat.last
    assert await _inbox_states(chat) == [InboxState.FAILED, InboxState.DONE]


async def test_a_card_whose_sending_was_cut_off_is_sent_again(chat: Chat) -> None:
    await chat.send_video("Video")
    chat.telegram.fails = [OutcomeUnknownError("no answer")]
    await chat.press("Privacy")
    assert "Who may see it" not in chat.last
    chat.clock.advance(seconds=10)
    await chat.send_all()
    assert "Who may see it" in chat.last


async def test_a_sentence_whose_sending_was_cut_off_is_not_repeated(chat: Chat) -> None:
    chat.telegram.fails = [OutcomeUnknownError("no answer")]
    await chat.say("hello")
    chat.clock.advance(seconds=10)
    await chat.send_all()
    assert chat.seen() == []
    await chat.say("hello")
    assert len(chat.seen()) == 1


async def test_a_death_while_sending_a_card_shows_it_after_the_restart(chat: Chat) -> None:
    chat.telegram.fails = [PlugPulledError()]  # type: ignore[list-item]
    with pytest.raises(PlugPulledError):
        await chat.send_video("Video")
    chat.restart()
    await chat.db.run(lambda uow: uow.outbox.recover())
    await chat.send_all()
    assert [text.splitlines()[0] for text in chat.seen()] == ["Video"]


async def test_a_chat_waits_as_long_as_telegram_asks(chat: Chat) -> None:
    chat.telegram.fails = [TooFastError(timedelta(seconds=7))]
    await chat.say("hello")
    chat.clock.advance(seconds=6)
    await chat.send_all()
    assert chat.seen() == []
    chat.clock.advance(seconds=2)
    await chat.send_all()
    assert len(chat.seen()) == 1


async def test_messages_of_a_chat_keep_their_order_while_the_first_one_waits(chat: Chat) -> None:
    chat.telegram.fails = [NotReachedError("no network")]
    await chat.say("/help")
    await chat.say("hello")
    assert chat.seen() == []
    chat.clock.advance(seconds=5)
    await chat.send_all()
    assert chat.seen()[0].splitlines()[0] == "How it works"


async def test_a_card_that_was_deleted_in_the_chat_is_sent_anew(chat: Chat) -> None:
    await chat.send_video("Video")
    old = (await chat.draft()).card_message_id
    chat.telegram.fails = [MessageGoneError("message to edit not found")]
    await chat.press("Privacy")
    assert (await chat.draft()).card_message_id != old
    assert "Who may see it" in chat.last


async def test_a_person_who_blocked_the_bot_is_not_tried_for_ever(chat: Chat) -> None:
    chat.telegram.fails = [ChatClosedError("bot was blocked by the user")]
    await chat.say("hello")
    async with chat.db.read() as uow:
        assert await uow.outbox.next_due() is None


async def test_several_refreshes_of_a_card_are_one_message(chat: Chat) -> None:
    await chat.send_video("Video")
    sent_before = chat.telegram.sent
    draft = await chat.draft()
    async with chat.db.begin() as uow:
        for _ in range(5):
            await uow.outbox.add(
                chat_id=OPERATOR, kind="card", payload={"draft_id": draft.id}, dedupe_key=f"card:{draft.id}"
            )
        assert len(await uow.outbox.due(chat.clock(), 10)) == 1
        await uow.commit()
    await chat.send_all()
    assert chat.telegram.sent == sent_before


async def test_a_row_that_cannot_be_rendered_does_not_silence_the_chat(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chat.arrive(chat.message(text="hello"), chat.message(text="/help"))
    await chat.handle_all()
    with monkeypatch.context() as patch:
        patch.setattr(Renderer, "render", _raise)
        async with chat.db.read() as uow:
            due = await uow.outbox.due(chat.clock(), 10)
        await chat.sender._deliver_all(due)
    await chat.send_all()
    assert chat.last.startswith("How it works")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TooFastError(timedelta(seconds=3)), TryAgain(NOON + timedelta(seconds=3))),
        (NotReachedError("x"), TryAgain(NOON + timedelta(seconds=1))),
        (OutcomeUnknownError("x"), Unknown(NOON + timedelta(seconds=5))),
        (RefusedError("x"), GiveUp("RefusedError: x")),
    ],
)
def test_each_failure_has_its_decision(error: Exception, expected: object) -> None:
    assert decide(error, attempts=0, now=NOON) == expected  # type: ignore[arg-type]


def test_the_wait_for_the_network_grows_to_a_minute() -> None:
    waits = [decide(NotReachedError("x"), attempts=n, now=NOON) for n in (0, 1, 2, 3, 4, 5, 50)]
    assert [(wait.at - NOON).total_seconds() for wait in waits if isinstance(wait, TryAgain)] == [
        1,
        2,
        5,
        10,
        30,
        60,
        60,
    ]


async def _pull_the_plug(*_: object) -> None:
    raise PlugPulledError


async def _raise(*_: object) -> None:
    raise RuntimeError("a bug")


def _press(chat: Chat, data: str) -> dict[str, object]:
    person = {"id": OPERATOR, "is_bot": False, "first_name": "Ann"}
    message = {"message_id": 500, "date": 1, "chat": {"id": OPERATOR, "type": "private"}, "text": "x"}
    query = {"id": "q", "from": person, "chat_instance": "1", "data": data, "message": message}
    return {"update_id": 900, "callback_query": query}


async def _inbox_states(chat: Chat) -> list[InboxState]:
    from sqlalchemy import text

    async with chat.db.read() as uow:
        rows = await uow.transaction.connection.execute(text("SELECT state FROM inbox ORDER BY id"))
        return [InboxState(row[0]) for row in rows]
