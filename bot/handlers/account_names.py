"""Connecting an account by its name: the person types it, or forwards a post from it."""

from __future__ import annotations

from aiogram import Router
from aiogram.types import Message, MessageOriginChannel

from bot.handlers.questions import close_question
from bot.ports import PlatformChoice
from bot.turn import Turn

QUESTION = "account_name"


async def ask_for_name(turn: Turn, choice: PlatformChoice) -> None:
    """Have the next text, or a forwarded post, say which account of the site is meant."""
    await close_question(turn)
    await turn.uow.conversations.ask(turn.chat_id, QUESTION, None, {"platform": choice.name})
    closer = f"connect.name_it.{choice.name}"
    key = closer if turn.t.knows(closer) else "connect.name_it"
    await turn.replies.ask(QUESTION, key, platform=choice.display_name)


async def on_forwarded_post(_: Message, turn: Turn, platform: str, named: str) -> None:
    """Connect the channel that the post came from; its video is no clip."""
    await connect(turn, platform, named)


async def connect(turn: Turn, platform: str, named: str) -> None:
    """Have the site asked about the account after the commit, for it needs the network."""
    await turn.uow.conversations.clear(turn.chat_id)
    await turn.replies.errand("connect_named", platform=platform, named=named[:200])


async def names_channel(message: Message, turn: Turn) -> bool | dict[str, str]:
    """Filter: a name is asked for, and the message was forwarded from a channel."""
    origin = message.forward_origin
    if not isinstance(origin, MessageOriginChannel):
        return False
    asked = await turn.uow.conversations.get(turn.chat_id)
    if asked is None or asked.question != QUESTION:
        return False
    return {"platform": str(asked.params["platform"]), "named": str(origin.chat.id)}


def build() -> Router:
    """The router of forwarded posts; before that of clips, for a post may be a video."""
    router = Router(name="account_names")
    router.message.register(on_forwarded_post, names_channel)
    return router
