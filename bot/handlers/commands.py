"""The commands of the menu."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import Message

from bot.draft_card import DISCARD
from bot.handlers.questions import TYPED, close_question, close_typed_question
from bot.handlers.settings import set_zone
from bot.turn import Turn

MENU = ("start", "help", "queue", "posts", "stats", "accounts", "quota", "settings", "cancel")
"""Commands in the chat's menu; each has the sentence `command.<name>`."""
VIEW_COMMANDS = {
    "start": "start",
    "help": "help",
    "queue": "queue",
    "posts": "posts",
    "stats": "stats",
    "accounts": "accounts",
    "quota": "quota",
    "settings": "settings",
    "language": "settings",
}


async def on_timezone(_: Message, turn: Turn, command: CommandObject) -> None:
    """`/timezone Europe/Berlin` sets it, `/timezone` alone shows the settings."""
    await close_typed_question(turn)
    if command.args:
        await set_zone(turn, command.args)
    else:
        await turn.replies.view("settings")


async def on_cancel(_: Message, turn: Turn) -> None:
    """Close what is open; with nothing open, ask whether the newest draft is to be discarded."""
    asked = await close_question(turn)
    if asked is not None:
        await turn.replies.text(f"cancelled.{asked.question}" if asked.question in TYPED else "cancelled.panel")
        return
    drafts = await turn.uow.drafts.open_of(turn.operator.id)
    if not drafts:
        await turn.replies.text("cancelled.nothing")
        return
    await turn.uow.conversations.ask(turn.chat_id, DISCARD, drafts[-1].id)
    await turn.replies.new_card(drafts[-1])


def build() -> Router:
    """The router of the commands; an unknown one gets a sentence."""
    router = Router(name="commands")
    for command, view in VIEW_COMMANDS.items():
        router.message.register(_shows(view), Command(command))
    router.message.register(on_timezone, Command("timezone"))
    router.message.register(on_cancel, Command("cancel"))
    return router


def _shows(view: str) -> Callable[[Message, Turn], Awaitable[None]]:
    """A handler that answers with a view."""

    async def handler(_: Message, turn: Turn) -> None:
        await close_typed_question(turn)
        await turn.replies.view(view)

    return handler
