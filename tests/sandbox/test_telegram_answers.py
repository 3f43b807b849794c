"""Every answer and every update is a whole Bot API object: aiogram's types know each field and miss none."""

import inspect
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiogram.methods
import aiohttp
import pytest
from aiogram import types
from pydantic import BaseModel, TypeAdapter

from sandbox.telegram.known import KNOWN_PARAMETERS
from sandbox.telegram.methods import METHODS
from sandbox.telegram.settings import BOT_TOKEN
from tests.sandbox.telegram_server import TINY_PNG, Telegram, strictly, telegram_server

MP4 = Path(__file__).parents[2] / "sandbox" / "page" / "static" / "sample.mp4"


@pytest.fixture
async def telegram(tmp_path: Path) -> AsyncIterator[Telegram]:
    async with telegram_server(tmp_path) as running:
        await running.say("/start")
        yield running


async def upload(telegram: Telegram, method: str, field: str, data: bytes, name: str, **fields: str) -> Any:
    form = aiohttp.FormData({"chat_id": "1001", **fields})
    form.add_field(field, data, filename=name)
    async with telegram.http.post(f"{telegram.url}/telegram/bot{BOT_TOKEN}/{method}", data=form) as response:
        answer = await response.json()
        assert answer["ok"], answer
        return answer["result"]


METHOD_CLASSES = {
    kind.__api_method__: kind
    for kind in vars(aiogram.methods).values()
    if inspect.isclass(kind) and isinstance(getattr(kind, "__api_method__", None), str)
}


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_methods_parameters_are_those_of_the_published_description(method: str) -> None:
    assert set(KNOWN_PARAMETERS[method]) == set(METHOD_CLASSES[method].model_fields)


async def test_the_bot_knows_itself(telegram: Telegram) -> None:
    me = strictly(types.User, await telegram.result("getMe"))
    assert isinstance(me, types.User)
    assert me.is_bot


async def test_a_text_message_is_whole(telegram: Telegram) -> None:
    keyboard = {"inline_keyboard": [[{"text": "x", "callback_data": "y", "style": "danger"}]]}
    sent = await telegram.result("sendMessage", chat_id=1001, text="<b>x</b>", parse_mode="HTML", reply_markup=keyboard)
    message = strictly(types.Message, sent)
    assert isinstance(message, types.Message)
    assert message.reply_markup is not None


@pytest.mark.parametrize("kind", ["video", "audio", "document", "animation", "voice"])
async def test_a_media_message_is_whole(telegram: Telegram, kind: str) -> None:
    sent = await upload(telegram, f"send{kind.title()}", kind, MP4.read_bytes(), "sample.mp4", caption="words")
    message = strictly(types.Message, sent)
    assert getattr(message, kind).file_size == MP4.stat().st_size
    assert sent["caption"] == "words"


async def test_a_video_tells_its_measures(telegram: Telegram) -> None:
    video = (await upload(telegram, "sendVideo", "video", MP4.read_bytes(), "sample.mp4"))["video"]
    assert (video["width"], video["height"], video["duration"]) == (360, 640, 8)


async def test_a_photo_message_is_whole(telegram: Telegram) -> None:
    sent = await upload(telegram, "sendPhoto", "photo", TINY_PNG, "dot.png")
    strictly(types.Message, sent)
    assert sent["photo"][0]["width"] == 2


async def test_an_album_is_whole(telegram: Telegram) -> None:
    first = (await upload(telegram, "sendVideo", "video", MP4.read_bytes(), "a.mp4"))["video"]["file_id"]
    media = [{"type": "video", "media": first, "caption": "both"}, {"type": "photo", "media": "attach://dot"}]
    album = await upload(telegram, "sendMediaGroup", "dot", TINY_PNG, "dot.png", media=json.dumps(media))
    for message in album:
        strictly(types.Message, message)
    assert len({message["media_group_id"] for message in album}) == 1


async def test_edits_answer_with_the_whole_message(telegram: Telegram) -> None:
    text = await telegram.result("sendMessage", chat_id=1001, text="x")
    video = await upload(telegram, "sendVideo", "video", MP4.read_bytes(), "a.mp4")
    file_id = video["video"]["file_id"]
    to_text = {"chat_id": 1001, "message_id": text["message_id"]}
    to_video = {"chat_id": 1001, "message_id": video["message_id"]}
    keyboard = {"inline_keyboard": [[{"text": "x", "callback_data": "y"}]]}
    for edited in (
        await telegram.result("editMessageText", **to_text, text="y"),
        await telegram.result("editMessageReplyMarkup", **to_text, reply_markup=keyboard),
        await telegram.result("editMessageCaption", **to_video, caption="c"),
        await telegram.result("editMessageMedia", **to_video, media={"type": "document", "media": file_id}),
    ):
        strictly(types.Message, edited)
        assert edited["edit_date"]


@pytest.mark.parametrize(
    ("method", "kind", "parameters"),
    [
        ("getWebhookInfo", types.WebhookInfo, {}),
        ("getChat", types.ChatFullInfo, {"chat_id": 1001}),
        ("getChatMember", types.ChatMemberMember, {"chat_id": 1001, "user_id": 1001}),
        ("getMyDescription", types.BotDescription, {}),
        ("getMyShortDescription", types.BotShortDescription, {}),
        ("getMyName", types.BotName, {}),
        ("getChatMenuButton", types.MenuButtonCommands, {}),
    ],
)
async def test_small_answers_are_whole(
    telegram: Telegram, method: str, kind: type[BaseModel], parameters: dict[str, Any]
) -> None:
    strictly(kind, await telegram.result(method, **parameters))


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("setMyCommands", {"commands": [{"command": "start", "description": "Begin"}]}),
        ("deleteMyCommands", {}),
        ("setMyDescription", {"description": "d"}),
        ("sendChatAction", {"chat_id": 1001, "action": "typing"}),
        ("deleteWebhook", {}),
        ("close", {}),
        ("logOut", {}),
    ],
)
async def test_deeds_answer_true(telegram: Telegram, method: str, parameters: dict[str, Any]) -> None:
    assert await telegram.result(method, **parameters) is True


async def test_every_kind_of_update_is_whole(telegram: Telegram) -> None:
    sent = await telegram.result(
        "sendMessage", chat_id=1001, text="x", reply_markup={"inline_keyboard": [[{"text": "b", "callback_data": "d"}]]}
    )
    for kind in ("video", "document", "animation", "audio", "voice", "video_note"):
        await telegram.send_file(MP4.read_bytes(), "sample.mp4", "video/mp4", **{"as": kind, "caption": "c #tag"})
    await telegram.send_file(TINY_PNG, "dot.png", "image/png")
    await telegram.control("press", message_id=sent["message_id"], callback_data="d")
    await telegram.control("block", blocked="true")
    updates = await telegram.result("getUpdates")
    for update in updates:
        strictly(types.Update, update)
    assert [next(k for k in u if k != "update_id") for u in updates] == [
        *["message"] * 8, "callback_query", "my_chat_member",
    ]  # fmt: skip
    assert [u["update_id"] for u in updates] == sorted(u["update_id"] for u in updates)


async def test_a_command_list_is_whole_and_kept_per_scope_and_language(telegram: Telegram) -> None:
    mine = [{"command": "quota", "description": "Left today"}]
    await telegram.result("setMyCommands", commands=mine, scope={"type": "chat", "chat_id": 1001}, language_code="ru")
    found = await telegram.result("getMyCommands", scope={"type": "chat", "chat_id": 1001}, language_code="ru")
    TypeAdapter(list[types.BotCommand]).validate_python(found)
    assert found == mine
    assert await telegram.result("getMyCommands") == []


async def test_parameters_come_by_query_form_and_json_alike(telegram: Telegram) -> None:
    address = f"{telegram.url}/telegram/bot{BOT_TOKEN}/sendMessage"
    for sent in (
        telegram.http.get(address, params={"chat_id": 1001, "text": "one"}),
        telegram.http.post(address, data={"chat_id": "1001", "text": "two"}),
        telegram.http.post(address, json={"chat_id": 1001, "text": "three"}),
    ):
        async with sent as response:
            assert (await response.json())["ok"]
    texts = [m["text"] for m in (await telegram.read("chat"))["messages"] if m["from_bot"]]
    assert texts == ["one", "two", "three"]


async def test_an_unknown_parameter_is_ignored_and_noted(telegram: Telegram) -> None:
    await telegram.result("sendMessage", chat_id=1001, text="x", colour="red")
    assert (await telegram.read("log"))["calls"][-1]["warnings"] == ["unknown parameter colour"]
