"""Inbox rows are handled: in order per person, side by side across people, each in one transaction.

What a handler changed, what it says and the row's `done` are committed together, so a crash anywhere loses nothing and
repeats nothing. A press is answered with a toast after the commit, as well as it goes.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from aiogram import Bot, Dispatcher
from aiogram.types import Update
from pydantic import ValidationError

from bot.errors import TelegramFaultError
from bot.lanes import Lanes
from bot.ports import Hurry, Wake
from bot.replies import Replies
from bot.turn import RefusedError
from storage.database import Database
from storage.errors import ConflictError, StorageError, UnavailableError
from storage.unit_of_work import UnitOfWork
from storage.values import InboxUpdate

log = logging.getLogger(__name__)

T = TypeVar("T")

ATTEMPTS = 3
BACKOFF_S = (0.5, 2.0)
"""Waits before the second and the third attempt at an update whose handler failed."""
ROWS_AT_ONCE = 200
LOOK_AGAIN_S = 5.0
KEEP_HANDLED = timedelta(days=2)


class Answerer(Protocol):
    """Who can stop the spinner of a pressed button."""

    async def answer(self, callback_id: str, text: str, *, alert: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Wakes:
    """Who is told after a commit that there is work."""

    sender: Hurry
    scheduler: Wake
    downloads: Wake


class Feed:
    """Runs until it is stopped. `wake` tells it that rows were committed."""

    def __init__(
        self,
        *,
        db: Database,
        bot: Bot,
        dispatcher: Dispatcher,
        answerer: Answerer,
        wakes: Wakes,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db = db
        self._bot = bot
        self._dispatcher = dispatcher
        self._answerer = answerer
        self._wakes = wakes
        self._clock = clock
        self._sleep = sleep
        self._awake = asyncio.Event()
        self._lanes: Lanes[InboxUpdate] = Lanes(self._handle_all, when_free=self.wake)

    def wake(self) -> None:
        """There may be updates to handle."""
        self._awake.set()

    async def run(self) -> None:
        """Handle what is pending, for ever."""
        try:
            while True:
                self._awake.clear()
                await self._offer_pending()
                await self._doze()
        finally:
            await self._lanes.close()

    async def _offer_pending(self) -> None:
        try:
            async with self._db.read() as uow:
                pending = await uow.inbox.pending(ROWS_AT_ONCE)
        except StorageError as error:
            log.warning("the inbox cannot be read: %s", error)
            return
        by_user: dict[str, list[InboxUpdate]] = {}
        for row in pending:
            by_user.setdefault(row.user_key, []).append(row)
        for user_key, rows in by_user.items():
            self._lanes.offer(user_key, rows)

    async def _doze(self) -> None:
        try:
            async with asyncio.timeout(LOOK_AGAIN_S):
                await self._awake.wait()
        except TimeoutError:
            return

    async def _handle_all(self, rows: Sequence[InboxUpdate]) -> None:
        for row in rows:
            await self.handle(row)

    async def handle(self, row: InboxUpdate) -> None:
        """Handle one update to its end: done, or failed after three attempts."""
        try:
            update = Update.model_validate(json.loads(row.payload), context={"bot": self._bot})
        except (ValidationError, ValueError) as error:
            log.warning("update %s cannot be read: %s", row.update_id, type(error).__name__)
            await self._patiently(lambda uow: uow.inbox.failed(row.id, "not a readable update"))
            return
        attempt: int | None = row.attempts
        while attempt is not None:
            attempt = await self._try(row, update, attempt)

    async def _try(self, row: InboxUpdate, update: Update, attempt: int) -> int | None:
        """One attempt; None when the row is over (handled, refused or given up), else the next attempt's number."""
        try:
            replies = await self._db.run(lambda uow: self._dispatch(uow, row, update))
        except RefusedError as refusal:
            replies = await self._patiently(partial(self._refuse, row=row, update=update, refusal=refusal))
        except (ConflictError, UnavailableError) as error:
            # The database's trouble, not the update's: it costs no attempt.
            log.warning("update %s waits for the database: %s", row.update_id, error)
            await self._sleep(LOOK_AGAIN_S)
            return attempt if await self._is_pending(row) else None
        except Exception:
            # The border: whatever a handler does wrong must not stop the updates behind it.
            log.exception("update %s failed, attempt %s", row.update_id, attempt + 1)
            if attempt + 1 < ATTEMPTS:
                await self._patiently(lambda uow: uow.inbox.attempt(row.id))
                await self._sleep(BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)])
                return attempt + 1
            replies = await self._patiently(lambda uow: self._give_up(uow, row, update))
        await self._after_commit(update, replies)
        return None

    async def _dispatch(self, uow: UnitOfWork, row: InboxUpdate, update: Update) -> Replies:
        replies = Replies(uow, _chat_of(update))
        await self._dispatcher.feed_update(self._bot, update, uow=uow, replies=replies)
        await uow.inbox.done(row.id)
        return replies

    async def _refuse(self, uow: UnitOfWork, *, row: InboxUpdate, update: Update, refusal: RefusedError) -> Replies:
        """A fresh transaction: what the refused handler wrote was rolled back with its own."""
        replies = Replies(uow, _chat_of(update))
        if refusal.draft is not None:
            # The card is the message that was pressed: `refusal.draft` names it, but that write was rolled back.
            await uow.drafts.set_card(refusal.draft.id, refusal.draft.card_message_id)
            await replies.card(refusal.draft)
        replies.toast(refusal.toast, alert=refusal.is_alert)
        await uow.inbox.done(row.id)
        return replies

    async def _give_up(self, uow: UnitOfWork, row: InboxUpdate, update: Update) -> Replies:
        replies = Replies(uow, _chat_of(update))
        await replies.text("error.internal")
        await uow.inbox.failed(row.id, "the handler failed three times")
        return replies

    async def _is_pending(self, row: InboxUpdate) -> bool:
        """A commit whose answer was lost may have been one."""
        try:
            async with self._db.read() as uow:
                return any(pending.id == row.id for pending in await uow.inbox.pending(ROWS_AT_ONCE))
        except StorageError:
            return True

    async def _patiently(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """Write what must be written, however long the database is away."""
        while True:
            try:
                return await self._db.run(work)
            except (ConflictError, UnavailableError) as error:
                log.warning("the inbox waits for the database: %s", error)
                await self._sleep(LOOK_AGAIN_S)

    async def _after_commit(self, update: Update, replies: Replies) -> None:
        self._wakes.sender(replies.chat_id)
        if replies.wakes_scheduler:
            self._wakes.scheduler()
        if replies.wakes_downloads:
            self._wakes.downloads()
        if update.callback_query is None:
            return
        try:
            await self._answerer.answer(update.callback_query.id, replies.toast_text, alert=replies.toast_is_alert)
        except TelegramFaultError as error:
            # Too old after a backlog, or the network is away: the card shows the outcome all the same.
            log.info("a press was not answered: %s", error)


def _chat_of(update: Update) -> int:
    """The private chat of the update: its id is the person's."""
    if update.message is not None:
        return update.message.chat.id
    if update.callback_query is not None:
        return update.callback_query.from_user.id
    return 0
