"""Nobody but an owner, in a private chat, reaches any handler: whatever kind of update it is, now and later."""

from __future__ import annotations

from typing import Any

import pytest
from aiogram import Bot, Router
from aiogram.types import Update

from bot.allowlist import AllowList
from bot.replies import Replies
from bot.service import build_dispatcher
from tests.bot.chat import OPERATOR, STRANGER, TEXTS, Chat

CHANNEL, GROUP = {"id": -1001, "type": "channel", "title": "c"}, {"id": -1002, "type": "supergroup", "title": "g"}
ANONYMOUS_ADMIN = {"id": 1087968824, "is_bot": True, "first_name": "Group"}


def person(telegram_id: int) -> dict[str, Any]:
    return {"id": telegram_id, "is_bot": False, "first_name": "Ann"}


def private(telegram_id: int) -> dict[str, Any]:
    return {"id": telegram_id, "type": "private", "first_name": "Ann"}


def said(sender: dict[str, Any] | None, chat: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"message_id": 1, "date": 1, "chat": chat, "text": "/start", **({"from": sender} if sender else {}), **more}


def pressed(sender: dict[str, Any], chat: dict[str, Any]) -> dict[str, Any]:
    message = {"message_id": 1, "date": 1, "chat": chat, "text": "x"}
    return {"id": "1", "from": sender, "chat_instance": "1", "data": "d:1:1:ok:", "message": message}


def membership(sender: dict[str, Any], chat: dict[str, Any]) -> dict[str, Any]:
    member = {"status": "member", "user": sender}
    return {"chat": chat, "from": sender, "date": 1, "old_chat_member": member, "new_chat_member": member}


STRANGE, OWNER = person(STRANGER), person(OPERATOR)
FORWARD = {"type": "user", "sender_user": OWNER, "date": 1}
TURNED_AWAY = {
    "a stranger's words": {"message": said(STRANGE, private(STRANGER))},
    "an owner's words, forwarded by a stranger": {"message": said(STRANGE, private(STRANGER), forward_origin=FORWARD)},
    "a stranger's correction": {"edited_message": said(STRANGE, private(STRANGER))},
    "a stranger's press": {"callback_query": pressed(STRANGE, private(STRANGER))},
    "a stranger's business message": {"business_message": said(STRANGE, private(STRANGER))},
    "a stranger's inline query": {"inline_query": {"id": "1", "from": STRANGE, "query": "", "offset": ""}},
    "a stranger who blocks the bot": {"my_chat_member": membership(STRANGE, private(STRANGER))},
    "an owner in a group": {"message": said(OWNER, GROUP)},
    "an owner's press in a group": {"callback_query": pressed(OWNER, GROUP)},
    "an owner who adds the bot to a group": {"my_chat_member": membership(OWNER, GROUP)},
    "an anonymous admin": {"message": said(ANONYMOUS_ADMIN, GROUP, sender_chat=GROUP)},
    "a channel's post": {"channel_post": said(None, CHANNEL, sender_chat=CHANNEL)},
    "a channel that speaks in a group": {"message": said(None, GROUP, sender_chat=CHANNEL)},
}


async def reached(chat: Chat, update: dict[str, Any]) -> list[str]:
    """The kinds of update that got past the gate to a router which takes everything, asked before all others."""
    gate = AllowList(
        admins=frozenset({OPERATOR}), texts=TEXTS, services=chat.services, clock=chat.clock, timezone="UTC"
    )
    dispatcher = build_dispatcher(gate)
    passed: list[str] = []
    greedy = Router()
    for name, observer in greedy.observers.items():

        async def take(_: object, name: str = name) -> None:
            passed.append(name)

        if name not in ("update", "error"):
            observer.register(take)
    dispatcher.sub_routers.insert(0, greedy)
    bot = Bot("42:secret")
    parsed = Update.model_validate({"update_id": 1} | update, context={"bot": bot})
    async with chat.db.begin() as uow:
        await dispatcher.feed_update(bot, parsed, uow=uow, replies=Replies(uow, OPERATOR))
    return passed


@pytest.mark.parametrize("update", TURNED_AWAY.values(), ids=TURNED_AWAY)
async def test_no_handler_of_any_kind_hears(chat: Chat, update: dict[str, Any]) -> None:
    assert await reached(chat, update) == []


@pytest.mark.parametrize(
    "update",
    [
        {"message": said(OWNER, private(OPERATOR))},
        {"callback_query": pressed(OWNER, private(OPERATOR))},
        {"edited_message": said(OWNER, private(OPERATOR))},
    ],
    ids=lambda update: next(iter(update)),
)
async def test_an_owner_is_heard_in_private(chat: Chat, update: dict[str, Any]) -> None:
    assert await reached(chat, update) == list(update)
