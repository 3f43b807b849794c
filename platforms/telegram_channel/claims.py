"""Which channel an operator means, and whether the bot may post there for them."""

from __future__ import annotations

import re
from typing import Any

from platforms.base import Grant, Identity
from platforms.errors import ContentRejectedError, NeedsOperatorError, NeedsReauthError, PlatformError
from platforms.telegram_channel.api import BotApi
from platforms.telegram_channel.errors import NOT_FOUND
from platforms.telegram_channel.settings import NAME

_NAMES = (
    re.compile(r"^(?:https?://)?(?:t|telegram)\.(?:me|dog)/(?P<private>c/\d+)(?:/\d+)?/?$", re.IGNORECASE),
    re.compile(r"^(?:https?://)?(?:t|telegram)\.(?:me|dog)/(?:s/)?(?P<name>[a-z]\w{3,31})(?:/\d+)?/?$", re.IGNORECASE),
    re.compile(r"^@?(?P<name>[a-z]\w{3,31})$", re.IGNORECASE),
    re.compile(r"^(?P<id>-100\d{5,})$"),
)
OWNERS = ("creator", "administrator")


def chat_of(named: str) -> str | None:
    """The chat id that a name, a link or a forwarded post's number means; None for what means none."""
    for pattern in _NAMES:
        if match := pattern.match(named.strip()):
            kind, text = next((kind, text) for kind, text in match.groupdict().items() if text)
            return {"private": "-100" + text.partition("/")[2], "name": f"@{text}"}.get(kind, text)
    return None


class Claims:
    """Asks Telegram about channels."""

    def __init__(self, api: BotApi, bot_id: int) -> None:
        self._api = api
        self._bot_id = bot_id

    async def claim(self, named: str, asked_by: str) -> tuple[Grant, Identity]:
        """Find the channel. What stands for our right is its id: the bot's token is a setting, its rights Telegram's.

        Raises NeedsOperatorError with what has to be done first, ContentRejectedError for a name that is none.
        """
        chat_id = chat_of(named)
        if chat_id is None:
            raise ContentRejectedError(platform=NAME, reason="noName", code="telegram_channel.no_name")
        chat = await self._chat(chat_id)
        if chat.get("type") != "channel":
            raise _refusal("notChannel", "telegram_channel.not_a_channel")
        number = str(chat["id"])
        if not await self._may_post(number):
            raise _refusal("mayNotPost", "telegram_channel.may_not_post")
        if await self._status(number, asked_by) not in OWNERS:
            raise _refusal("notYours", "telegram_channel.not_yours")
        handle = f"@{chat['username']}" if chat.get("username") else ""
        return Grant(number, None, None, frozenset()), Identity(number, str(chat.get("title") or number), handle)

    async def _chat(self, chat_id: str) -> dict[str, Any]:
        try:
            chat: dict[str, Any] = await self._api.call("getChat", {"chat_id": chat_id})
        except NeedsReauthError:
            # Unknown, or private and without us: Telegram tells no difference.
            raise _refusal("notFound", "telegram_channel.not_found") from None
        return chat

    async def _may_post(self, chat_id: str) -> bool:
        try:
            member = await self._api.call("getChatMember", {"chat_id": chat_id, "user_id": str(self._bot_id)})
        except PlatformError as error:
            if error.http_status in (400, 403):
                return False
            raise
        return member.get("status") == "administrator" and member.get("can_post_messages") is True

    async def _status(self, chat_id: str, user_id: str) -> str:
        try:
            member = await self._api.call("getChatMember", {"chat_id": chat_id, "user_id": user_id})
        except PlatformError as error:
            if error.http_status == 400 and NOT_FOUND in error.reason:
                return "left"
            raise
        return str(member.get("status"))


def _refusal(reason: str, code: str) -> NeedsOperatorError:
    return NeedsOperatorError(platform=NAME, reason=reason, code=code)
