"""What Telegram refuses, the server refuses, in the same words; and its limits are Telegram's."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.telegram.settings import BOT_TOKEN
from tests.sandbox.telegram_server import Telegram, telegram_server


@pytest.fixture
async def telegram(tmp_path: Path) -> AsyncIterator[Telegram]:
    async with telegram_server(tmp_path) as running:
        await running.say("/start")
        yield running


def keyboard(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "b", **button}]]}


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "<b>", "parse_mode": "HTML"},
         "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
        ({"text": "x", "chat_id": 77}, "chat not found"),
        ({"text": "x", "chat_id": 1002}, "chat not found"),
        ({"text": "x", "reply_markup": keyboard(callback_data="ж" * 33)}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": keyboard(url="http://localhost:1/")},
         "inline keyboard button URL 'http://localhost:1/' is invalid: wrong HTTP URL"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "b", "callback_data": "d"}]] * 101}},
         "reply markup is too long"),
        ({"text": "x", "reply_markup": keyboard()},
         "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        ({"text": "x", "reply_parameters": {"message_id": 999}}, "message to be replied not found"),
        ({"text": "x", "reply_parameters": {"message_id": "a"}}, "can't parse reply parameters: expected a number"),
        ({"text": "x", "entities": [{"type": "bold"}]}, "can't parse entities: expected an Object MessageEntity"),
        ({"text": "x", "entities": "["}, "can't parse entities JSON object"),
        ({"text": "x", "parse_mode": "Markdown"}, "unsupported parse_mode"),
    ],
)  # fmt: skip
async def test_a_message_is_refused(telegram: Telegram, parameters: dict[str, Any], reason: str) -> None:
    assert await telegram.refusal("sendMessage", **{"chat_id": 1001, **parameters}) == f"Bad Request: {reason}"


async def test_callback_data_of_64_bytes_is_taken(telegram: Telegram) -> None:
    await telegram.result("sendMessage", chat_id=1001, text="x", reply_markup=keyboard(callback_data="ж" * 32))


async def test_an_edit_that_changes_nothing_is_refused(telegram: Telegram) -> None:
    sent = await telegram.result("sendMessage", chat_id=1001, text="<b>x</b>", parse_mode="HTML")
    same = {"chat_id": 1001, "message_id": sent["message_id"], "text": "<b>x</b>", "parse_mode": "HTML"}
    assert await telegram.refusal("editMessageText", **same) == (
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same "
        "as a current content and reply markup of the message"
    )


async def test_an_edit_without_a_keyboard_takes_the_keyboard_away(telegram: Telegram) -> None:
    sent = await telegram.result("sendMessage", chat_id=1001, text="x", reply_markup=keyboard(callback_data="d"))
    edited = await telegram.result("editMessageText", chat_id=1001, message_id=sent["message_id"], text="x")
    assert "reply_markup" not in edited


async def test_a_message_that_is_gone_cannot_be_edited_or_deleted(telegram: Telegram) -> None:
    gone = {"chat_id": 1001, "message_id": 4711}
    assert await telegram.refusal("editMessageText", **gone, text="x") == "Bad Request: message to edit not found"
    assert await telegram.refusal("deleteMessage", **gone) == "Bad Request: message to delete not found"


async def test_a_persons_message_cannot_be_edited(telegram: Telegram) -> None:
    theirs = await telegram.say("mine")
    refusal = await telegram.refusal("editMessageText", chat_id=1001, message_id=theirs, text="x")
    assert refusal == "Bad Request: message can't be edited"


async def test_a_wrong_token_and_an_unknown_method(telegram: Telegram) -> None:
    assert await telegram.call("getMe", token="1:x") == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    assert await telegram.refusal("makeCoffee") == "Not Found: method not found"


async def test_a_bot_that_is_blocked_may_not_write(telegram: Telegram) -> None:
    await telegram.control("block", blocked=True)
    answer = await telegram.call("sendMessage", chat_id=1001, text="x")
    assert (answer["error_code"], answer["description"]) == (403, "Forbidden: bot was blocked by the user")


async def press(telegram: Telegram) -> str:
    sent = await telegram.result("sendMessage", chat_id=1001, text="x", reply_markup=keyboard(callback_data="d"))
    pressed = await telegram.control("press", message_id=sent["message_id"], text="b")
    query_id: str = pressed["callback_query_id"]
    return query_id


async def test_a_press_is_answered_once(telegram: Telegram) -> None:
    query_id = await press(telegram)
    assert await telegram.result("answerCallbackQuery", callback_query_id=query_id) is True
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert await telegram.refusal("answerCallbackQuery", callback_query_id=query_id) == too_old


async def test_a_press_grows_too_old(telegram: Telegram) -> None:
    from datetime import timedelta

    query_id = await press(telegram)
    telegram.world.clock.advance(timedelta(seconds=16))
    assert "query is too old" in await telegram.refusal("answerCallbackQuery", callback_query_id=query_id)


async def test_an_answer_holds_200_characters(telegram: Telegram) -> None:
    query_id = await press(telegram)
    assert await telegram.refusal("answerCallbackQuery", callback_query_id=query_id, text="x" * 201) == (
        "Bad Request: MESSAGE_TOO_LONG"
    )
    assert await telegram.result("answerCallbackQuery", callback_query_id=query_id, text="x" * 200)


async def test_a_flood_is_held_back_and_forgiven_with_time(telegram: Telegram) -> None:
    from datetime import timedelta

    await telegram.control("settings", flood_burst=3)
    for _ in range(3):
        await telegram.result("sendMessage", chat_id=1001, text="x")
    answer = await telegram.call("sendMessage", chat_id=1001, text="x")
    assert answer["error_code"] == 429
    assert answer["description"] == "Too Many Requests: retry after 1"
    assert answer["parameters"] == {"retry_after": 1}
    telegram.world.clock.advance(timedelta(seconds=1))
    await telegram.result("sendMessage", chat_id=1001, text="x")


async def test_the_flood_gate_can_be_opened(telegram: Telegram) -> None:
    await telegram.control("settings", flood=False)
    for _ in range(30):
        await telegram.result("sendMessage", chat_id=1001, text="x")


async def file_of(telegram: Telegram, data: bytes) -> str:
    sent = await telegram.send_file(data, "clip.mp4", "video/mp4", **{"as": "document"})
    file_id: str = sent["media"]["file_id"]
    return file_id


async def test_a_file_is_downloaded_by_its_path(telegram: Telegram) -> None:
    found = await telegram.result("getFile", file_id=await file_of(telegram, b"bytes"))
    async with telegram.http.get(f"{telegram.url}/telegram/file/bot{BOT_TOKEN}/{found['file_path']}") as response:
        assert await response.read() == b"bytes"


async def test_the_cloud_gives_no_file_over_20_megabytes(telegram: Telegram) -> None:
    limit = 20 * 1024 * 1024
    assert await telegram.result("getFile", file_id=await file_of(telegram, bytes(limit)))
    too_big = await telegram.refusal("getFile", file_id=await file_of(telegram, bytes(limit + 1)))
    assert too_big == "Bad Request: file is too big"


async def test_a_local_server_gives_paths_without_a_limit(telegram: Telegram) -> None:
    data = bytes(20 * 1024 * 1024 + 1)
    file_id = await file_of(telegram, data)
    await telegram.control("settings", local=True)
    found = await telegram.result("getFile", file_id=file_id)
    assert Path(found["file_path"]).is_absolute()
    assert Path(found["file_path"]).stat().st_size == len(data)


async def test_a_download_never_leaves_the_shelf(telegram: Telegram) -> None:
    address = f"{telegram.url}/telegram/file/bot{BOT_TOKEN}/..%2F..%2Fsandbox.db"
    async with telegram.http.get(address) as response:
        assert response.status == 404


async def test_the_same_bytes_have_one_unique_id(telegram: Telegram) -> None:
    one, two = [await telegram.result("getFile", file_id=await file_of(telegram, b"same")) for _ in "ab"]
    assert one["file_id"] != two["file_id"]
    assert one["file_unique_id"] == two["file_unique_id"]


async def test_an_unknown_file_is_refused(telegram: Telegram) -> None:
    assert await telegram.refusal("getFile", file_id="nope") == "Bad Request: invalid file_id"
    refusal = await telegram.refusal("sendVideo", chat_id=1001, video="nope")
    assert refusal == "Bad Request: wrong file identifier/HTTP URL specified"
