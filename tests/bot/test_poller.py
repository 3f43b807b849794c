"""Updates come in, once each, whatever Telegram answers."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.poller import CONFLICT_WAIT_S, Poller, PollError, inbox_row
from tests.bot.chat import Chat, no_sleep
from tests.bot.telegram_server import TOKEN, ScriptedTelegram, scripted_telegram


@pytest.fixture
async def telegram() -> AsyncIterator[ScriptedTelegram]:
    async with scripted_telegram() as server:
        yield server


@pytest.fixture
async def poller(chat: Chat, telegram: ScriptedTelegram) -> AsyncIterator[Poller]:
    async with aiohttp.ClientSession() as http:
        yield Poller(db=chat.db, http=http, token=TOKEN, api_url=telegram.url, wake_feed=lambda: None, sleep=no_sleep)


def batch(*ids: int) -> tuple[int, Any]:
    updates = [{"update_id": n, "message": {"from": {"id": 7}, "text": f"t{n}"}} for n in ids]
    return 200, {"ok": True, "result": updates}


async def stored(chat: Chat) -> list[int]:
    async with chat.db.read() as uow:
        return [row.update_id for row in await uow.inbox.pending(100)]


async def test_updates_are_stored_before_they_are_confirmed(
    chat: Chat, poller: Poller, telegram: ScriptedTelegram
) -> None:
    telegram.answers = [batch(11, 12)]
    await poller.poll()
    assert await stored(chat) == [11, 12]
    assert "offset" not in telegram.asked[0][1]
    await poller.poll()
    assert telegram.asked[1][1]["offset"] == 13


async def test_what_could_not_be_stored_is_asked_for_again(
    chat: Chat, poller: Poller, telegram: ScriptedTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    telegram.answers = [batch(11), batch(11)]
    with monkeypatch.context() as patch:
        patch.setattr(chat.db, "run", _fail)
        with pytest.raises(RuntimeError):
            await poller.poll()
    await poller.poll()
    assert "offset" not in telegram.asked[1][1]
    assert await stored(chat) == [11]


async def test_a_second_delivery_changes_nothing(chat: Chat, poller: Poller, telegram: ScriptedTelegram) -> None:
    telegram.answers = [batch(11), batch(11, 12)]
    await poller.poll()
    await poller.poll()
    assert await stored(chat) == [11, 12]


async def test_only_what_we_handle_is_asked_for(poller: Poller, telegram: ScriptedTelegram) -> None:
    await poller.poll()
    assert telegram.asked[0][1]["allowed_updates"] == ["message", "callback_query"]


async def test_an_update_without_an_id_is_skipped_and_the_rest_is_kept(
    chat: Chat, poller: Poller, telegram: ScriptedTelegram
) -> None:
    telegram.answers = [(200, {"ok": True, "result": ["nonsense", {"update_id": 5, "strange": {"from": {"id": 7}}}]})]
    await poller.poll()
    assert await stored(chat) == [5]


@pytest.mark.parametrize(
    ("status", "answer", "wait_s"),
    [
        (429, {"ok": False, "description": "Too Many Requests", "parameters": {"retry_after": 9}}, 9),
        (409, {"ok": False, "description": "Conflict: terminated by other getUpdates request"}, CONFLICT_WAIT_S),
        (502, "<html>Bad Gateway</html>", None),
        (200, '{"ok": true, "result": [', None),
        (200, "[]", None),
        (401, {"ok": False, "description": "Unauthorized"}, None),
    ],
)
async def test_a_bad_answer_is_waited_out(
    poller: Poller, telegram: ScriptedTelegram, status: int, answer: Any, wait_s: float | None
) -> None:
    telegram.answers = [(status, answer)]
    with pytest.raises(PollError) as caught:
        await poller.poll()
    assert caught.value.wait_s == wait_s
    await poller.poll()


async def test_the_token_is_in_no_error_and_no_log(
    chat: Chat, telegram: ScriptedTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    waits: list[float] = []

    async def stop_after_three(wait_s: float) -> None:
        waits.append(wait_s)
        if len(waits) == 3:
            raise KeyboardInterrupt

    async with aiohttp.ClientSession() as http:
        dead = Poller(
            db=chat.db,
            http=http,
            token=TOKEN,
            api_url="http://127.0.0.1:1",
            wake_feed=lambda: None,
            sleep=stop_after_three,
        )
        with pytest.raises(KeyboardInterrupt):
            await dead.run()
    assert waits == [0.5, 1.0, 2.0]
    assert "secret" not in caplog.text


def test_updates_of_one_person_share_a_key_whatever_their_kind() -> None:
    message = inbox_row({"update_id": 1, "message": {"from": {"id": 7}}})
    press = inbox_row({"update_id": 2, "callback_query": {"from": {"id": 7}}})
    assert message is not None
    assert press is not None
    assert message[1] == press[1] == "user 7"
    assert json.loads(message[2])["update_id"] == 1


async def _fail(*_: object) -> None:
    raise RuntimeError("the disk is gone")
