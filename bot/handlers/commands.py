"""The commands of the menu."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import Message

from bot.card import PANELS
from bot.handlers.settings import set_zone
from bot.turn import Turn
from storage.values import DraftState

MENU = ("start", "help", "queue", "accounts", "quota", "settings", "cancel")
"""Commands in the chat's menu; each has the sentence `command.<name>`."""
VIEW_COMMANDS = {
    "start": "start",
    "help": "help",
    "queue": "queue",
    "accounts": "accounts",
    "quota": "quota",
    "settings": "settings",
    "language": "settings",
}


async def on_timezone(_: Message, turn: Turn, command: CommandObject) -> None:
    """`/timezone Europe/Berlin` sets it, `/timezone` alone shows the settings."""
    if command.args:
        await set_zone(turn, command.args)
    else:
        await turn.replies.view("settings")


async def on_cancel(_: Message, turn: Turn) -> None:
    """Drop what is awaited; with nothing awaited, the newest draft."""
    asked = await turn.uow.conversations.get(turn.chat_id)
    await turn.uow.conversations.clear(turn.chat_id)
    if asked is not None and asked.draft_id is not None:
        await turn.replies.card(await turn.uow.drafts.get(asked.draft_id))
    if asked is not None and asked.question not in PANELS:
        await turn.replies.text(f"cancelled.{asked.question}")
        return
    drafts = await turn.uow.drafts.open_of(turn.operator.id)
    if not drafts:
        await turn.replies.text("cancelled.nothing")
        return
    draft = await turn.uow.drafts.close(drafts[-1].id, version=drafts[-1].version, state=DraftState.DISCARDED)
    await turn.replies.card(draft)
    await turn.replies.text("cancelled.draft", title=draft.title or turn.t.plain("card.untitled"))


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
        await turn.replies.view(view)

    return handler
