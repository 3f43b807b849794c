"""Who may speak to the bot: the owners by their Telegram ids, in a private chat; everybody else is turned away.

The list is asked at every update and every press, so somebody who was taken off it can do nothing with old buttons.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from aiogram import BaseMiddleware
from aiogram.types import Chat, TelegramObject, User

from bot.ports import Services
from bot.replies import Replies
from bot.texts import Texts
from bot.turn import Turn
from storage.unit_of_work import UnitOfWork

TELL_AGAIN_AFTER = timedelta(hours=24)
STRANGERS_PER_DAY = 50
"""So many strangers a day get an answer; the bot cannot be made to write to the whole world."""


class StrangerLedger:
    """Who was turned away lately."""

    def __init__(self) -> None:
        self._told: dict[int, datetime] = {}

    def may_tell(self, telegram_id: int, now: datetime) -> bool:
        """Whether this stranger may get the sentence now; counts it as told."""
        self._told = {who: when for who, when in self._told.items() if now - when < TELL_AGAIN_AFTER}
        if telegram_id in self._told or len(self._told) >= STRANGERS_PER_DAY:
            return False
        self._told[telegram_id] = now
        return True


class AllowList(BaseMiddleware):
    """Lets the owners through with a `Turn`, and nobody else."""

    def __init__(
        self,
        *,
        admins: frozenset[int],
        texts: Texts,
        services: Services,
        clock: Callable[[], datetime],
        timezone: str,
    ) -> None:
        self._admins = admins
        self._texts = texts
        self._services = services
        self._clock = clock
        self._timezone = timezone
        self._strangers = StrangerLedger()

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        user: User | None = data.get("event_from_user")
        chat: Chat | None = data.get("event_chat")
        if user is None or user.is_bot or chat is None or chat.type != "private":
            return None
        uow: UnitOfWork = data["uow"]
        replies: Replies = data["replies"]
        if user.id not in self._admins:
            await self._turn_away(replies, user)
            return None
        locale = self._texts.of(user.language_code).locale
        operator = await uow.operators.ensure(user.id, locale=locale, timezone=self._timezone)
        speech = self._texts.of(operator.locale)
        data["turn"] = Turn(uow, operator, speech, replies, self._services, self._clock())
        return await handler(event, data)

    async def _turn_away(self, replies: Replies, user: User) -> None:
        if self._strangers.may_tell(user.id, self._clock()):
            await replies.to_stranger("stranger.sentence", locale=user.language_code, id=user.id)
