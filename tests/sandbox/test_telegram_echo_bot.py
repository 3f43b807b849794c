"""aiogram, an outside judge, works against the server with no change but the address."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)

from sandbox.telegram.settings import BOT_TOKEN
from tests.sandbox.telegram_server import Telegram, telegram_server


class Echo:
    """The throwaway bot: greets, echoes, edits on a press, returns the video it got."""

    def __init__(self) -> None:
        self.downloaded = b""

    def dispatcher(self) -> Dispatcher:
        dispatcher = Dispatcher()
        dispatcher.message(CommandStart())(self.start)
        dispatcher.message(F.video)(self.video)
        dispatcher.message()(self.echo)
        dispatcher.callback_query()(self.pressed)
        return dispatcher

    async def start(self, message: Message) -> None:
        button = InlineKeyboardButton(text="Press me", callback_data="press:1")
        await message.answer("<b>Hello</b>", reply_markup=InlineKeyboardMarkup(inline_keyboard=[[button]]))

    async def echo(self, message: Message) -> None:
        await message.reply(f"You said {message.text}")

    async def video(self, message: Message, bot: Bot) -> None:
        assert message.video is not None
        stream = await bot.download(message.video)
        assert stream is not None
        self.downloaded = stream.read()
        await message.answer_document(BufferedInputFile(self.downloaded, "back.mp4"), caption="Yours, <i>back</i>")

    async def pressed(self, query: CallbackQuery) -> None:
        await query.answer("Done!", show_alert=True)
        assert isinstance(query.message, Message)
        await query.message.edit_text("Pressed")


@pytest.fixture
async def telegram(tmp_path: Path) -> AsyncIterator[Telegram]:
    async with telegram_server(tmp_path) as running:
        yield running


@pytest.fixture
async def echo(telegram: Telegram) -> AsyncIterator[Echo]:
    from aiogram.client.default import DefaultBotProperties

    session = AiohttpSession(api=TelegramAPIServer.from_base(f"{telegram.url}/telegram"))
    bot = Bot(BOT_TOKEN, session=session, default=DefaultBotProperties(parse_mode="HTML"))
    await bot.set_my_commands([BotCommand(command="start", description="Begin")])
    made = Echo()
    dispatcher = made.dispatcher()
    polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False, polling_timeout=2))
    yield made
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    await bot.session.close()


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    for _ in range(250):
        if found := await look():
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("it never came")


async def bot_messages(telegram: Telegram) -> list[dict[str, Any]]:
    return [m for m in (await telegram.read("chat?user=1001"))["messages"] if m["from_bot"]]


async def test_a_command_is_answered_with_a_keyboard(telegram: Telegram, echo: Echo) -> None:
    await telegram.say("/start")
    greeting = (await until(lambda: bot_messages(telegram)))[0]
    assert greeting["html"] == "<b>Hello</b>"
    assert greeting["keyboard"] == [[{"text": "Press me", "callback_data": "press:1"}]]


async def test_a_press_is_answered_and_edits_the_message(telegram: Telegram, echo: Echo) -> None:
    await telegram.say("/start")
    greeting = (await until(lambda: bot_messages(telegram)))[0]
    pressed = await telegram.control("press", message_id=greeting["message_id"], text="Press me", wait_s=5)
    assert pressed["answer"]["text"] == "Done!"
    assert pressed["answer"]["show_alert"] is True

    async def edited() -> Any:
        return [m for m in await bot_messages(telegram) if m["edited"]]

    assert [(m["text"], m["keyboard"]) for m in await until(edited)] == [("Pressed", [])]


async def test_a_reply_quotes_what_it_answers(telegram: Telegram, echo: Echo) -> None:
    said = await telegram.say("cheese")
    answer = (await until(lambda: bot_messages(telegram)))[0]
    assert answer["text"] == "You said cheese"
    assert answer["reply_to"] == {"message_id": said, "text": "cheese"}


async def test_a_video_goes_through_the_bot_and_back_byte_for_byte(telegram: Telegram, echo: Echo) -> None:
    clip = bytes(range(256)) * 2000
    await telegram.send_file(clip, "clip.mp4", "video/mp4", **{"as": "video", "duration": 3, "width": 9, "height": 16})
    answer = (await until(lambda: bot_messages(telegram)))[0]
    assert echo.downloaded == clip
    assert answer["media"]["name"] == "back.mp4"
    assert answer["html"] == "Yours, <i>back</i>"
    async with telegram.http.get(telegram.url + answer["media"]["url"]) as response:
        assert await response.read() == clip


async def test_the_command_menu_is_seen_in_the_chat(telegram: Telegram, echo: Echo) -> None:
    assert (await telegram.read("chat"))["commands"] == [{"command": "start", "description": "Begin"}]
