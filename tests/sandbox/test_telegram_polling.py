"""getUpdates as Telegram does it: only a higher offset confirms, one poller at a time, nothing is lost."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from sandbox.telegram.settings import BOT_TOKEN
from tests.sandbox.telegram_server import Telegram, telegram_server


@pytest.fixture
async def telegram(tmp_path: Path) -> AsyncIterator[Telegram]:
    async with telegram_server(tmp_path) as running:
        yield running


async def poll(telegram: Telegram, **parameters: object) -> list[str]:
    updates = await telegram.result("getUpdates", **parameters)
    return [update["message"]["text"] for update in updates]


async def first_id(telegram: Telegram) -> int:
    update_id: int = (await telegram.result("getUpdates", limit=1))[0]["update_id"]
    return update_id


async def test_updates_come_again_until_a_higher_offset_confirms_them(telegram: Telegram) -> None:
    for text in "abc":
        await telegram.say(text)
    assert await poll(telegram) == ["a", "b", "c"]
    assert await poll(telegram) == ["a", "b", "c"]
    first = await first_id(telegram)
    assert await poll(telegram, offset=first + 1) == ["b", "c"]
    assert await poll(telegram, offset=first) == ["b", "c"]


async def test_a_negative_offset_forgets_all_but_the_last(telegram: Telegram) -> None:
    for text in "abc":
        await telegram.say(text)
    assert await poll(telegram, offset=-1) == ["c"]
    assert await poll(telegram) == ["c"]


async def test_the_limit_holds(telegram: Telegram) -> None:
    for text in "abc":
        await telegram.say(text)
    assert await poll(telegram, limit=2) == ["a", "b"]


async def test_a_long_poll_ends_with_the_first_update(telegram: Telegram) -> None:
    waiting = asyncio.create_task(poll(telegram, timeout=20))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await telegram.say("at last")
    assert await asyncio.wait_for(waiting, 2) == ["at last"]


async def test_a_poll_that_waits_is_answered_when_the_server_goes_down(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as http:
        async with telegram_server(tmp_path) as telegram:
            url = f"{telegram.url}/telegram/bot{BOT_TOKEN}/getUpdates"
            waiting = asyncio.create_task(http.post(url, json={"timeout": 50}))
            while not (await telegram.read("bot"))["online"]:
                pass
        async with await waiting as answer:
            assert await answer.json() == {"ok": True, "result": []}


async def test_a_second_poller_ends_the_first(telegram: Telegram) -> None:
    first = asyncio.create_task(telegram.call("getUpdates", timeout=20))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(poll(telegram, timeout=20))
    refused = await asyncio.wait_for(first, 2)
    assert (refused["error_code"], refused["description"]) == (
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    )
    await telegram.say("yours")
    assert await second == ["yours"]


async def test_it_is_known_whether_a_bot_is_there(telegram: Telegram) -> None:
    assert not (await telegram.read("bot"))["online"]
    waiting = asyncio.create_task(poll(telegram, timeout=20))
    await asyncio.sleep(0.1)
    assert (await telegram.read("bot"))["online"]
    await telegram.say("wake up")
    await waiting


async def test_a_webhook_stops_polling(telegram: Telegram) -> None:
    await telegram.result("setWebhook", url="https://bot.example/hook")
    assert (await telegram.call("getUpdates"))["error_code"] == 409
    assert (await telegram.result("getWebhookInfo"))["url"] == "https://bot.example/hook"
    await telegram.result("deleteWebhook")
    assert await poll(telegram) == []


async def test_allowed_updates_stay_allowed(telegram: Telegram) -> None:
    await telegram.result("getUpdates", allowed_updates=["callback_query"])
    await telegram.say("unheard")
    assert await poll(telegram) == []
    await telegram.result("getUpdates", allowed_updates=[])
    await telegram.say("heard")
    assert await poll(telegram) == ["heard"]


async def test_an_album_is_one_update_per_item(telegram: Telegram) -> None:
    form = aiohttp.FormData({"user": "1001", "caption": "both", "as": "document"})
    for name in ("one.mp4", "two.mp4"):
        form.add_field("file", name.encode(), filename=name, content_type="video/mp4")
    async with telegram.http.post(f"{telegram.url}/control/telegram/message", data=form) as response:
        assert response.status == 200
    messages = [update["message"] for update in await telegram.result("getUpdates")]
    assert [m["document"]["file_name"] for m in messages] == ["one.mp4", "two.mp4"]
    assert len({m["media_group_id"] for m in messages}) == 1
    assert [m.get("caption") for m in messages] == ["both", None]


async def test_a_stale_button_can_be_pressed_on_purpose_only(telegram: Telegram) -> None:
    await telegram.say("/start")
    keyboard = {"inline_keyboard": [[{"text": "b", "callback_data": "now"}]]}
    sent = await telegram.result("sendMessage", chat_id=1001, text="x", reply_markup=keyboard)
    address = f"{telegram.url}/control/telegram/press"
    body = {"message_id": sent["message_id"], "callback_data": "long:gone"}
    async with telegram.http.post(address, json=body) as response:
        assert response.status == 400
    await telegram.control("press", **body, forge=True)
    assert (await telegram.result("getUpdates"))[-1]["callback_query"]["data"] == "long:gone"


async def start(state: Path) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", "--port", "0", "--state", str(state), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
    return process, line.split()[-1]


async def test_everything_survives_a_kill(tmp_path: Path) -> None:
    process, url = await start(tmp_path)
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{url}/control/telegram/message", json={"text": "remember"}) as response:
            assert response.status == 200
        body = {"chat_id": 1001, "text": "noted"}
        async with http.post(f"{url}/telegram/bot{BOT_TOKEN}/sendMessage", json=body) as response:
            assert response.status == 200
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        process, url = await start(tmp_path)
        try:
            async with http.get(f"{url}/telegram/bot{BOT_TOKEN}/getUpdates") as response:
                updates = (await response.json())["result"]
            async with http.get(f"{url}/control/telegram/chat?user=1001") as response:
                chat = await response.json()
        finally:
            process.terminate()
            await process.wait()
    assert [u["message"]["text"] for u in updates] == ["remember"]
    assert [m["text"] for m in chat["messages"]] == ["remember", "noted"]
