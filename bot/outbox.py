"""The sender: says what the outbox holds, in order per chat, at Telegram's pace, and never blindly twice.

A row is marked as being sent and rendered in one transaction; the request goes out with no transaction open; the
outcome is recorded in another one. What a crash or a lost answer leaves in between is `unknown`: cards and views are
sent again, for they are harmless twice; a sentence is not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from bot.errands import Errands
from bot.errors import (
    ChatClosedError,
    MessageGoneError,
    NotReachedError,
    OutcomeUnknownError,
    RefusedError,
    TelegramFaultError,
    TooFastError,
)
from bot.lanes import Lanes
from bot.pacing import Pace
from bot.renderer import ERRAND, REPEATABLE, VIEW, Outgoing, Renderer
from bot.screen import Screen
from bot.views.registry import MOVED
from storage.database import Database
from storage.errors import ConflictError, StorageError, UnavailableError
from storage.unit_of_work import UnitOfWork
from storage.values import OutboxMessage, OutboxState

log = logging.getLogger(__name__)

LANES_AT_ONCE = 50
LOOK_AGAIN_S = 1.0
"""How long the sender sleeps when nobody wakes it."""
BACKOFF_S = (1, 2, 5, 10, 30, 60)
"""Waits after the first, second, … attempt that did not reach Telegram; the last one repeats."""
RESEND_AFTER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Nothing was sent: the row waits until `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it was sent; the row is looked at again at `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It will never be sent."""

    why: str


Decision: TypeAlias = TryAgain | Unknown | GiveUp


def decide(error: TelegramFaultError, *, attempts: int, now: datetime) -> Decision:
    """What becomes of a row whose sending failed. `attempts` counts earlier attempts, so the first failure gives 0."""
    backoff = timedelta(seconds=BACKOFF_S[min(attempts, len(BACKOFF_S) - 1)])
    match error:
        case TooFastError(retry_after=retry_after):
            return TryAgain(now + retry_after)
        case NotReachedError():
            return TryAgain(now + backoff)
        case OutcomeUnknownError():
            return Unknown(now + max(backoff, RESEND_AFTER))
    return GiveUp(f"{type(error).__name__}: {error}")


class Mouth(Protocol):
    """Who can send, edit and delete messages."""

    async def send(self, chat_id: int, screen: Screen) -> int: ...

    async def edit(self, chat_id: int, message_id: int, screen: Screen) -> None: ...

    async def delete(self, chat_id: int, message_id: int) -> None: ...


class Sender:
    """Runs until it is stopped. `wake` tells it that a row was committed."""

    def __init__(
        self,
        *,
        db: Database,
        mouth: Mouth,
        renderer: Renderer,
        errands: Errands,
        pace: Pace,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._mouth = mouth
        self._renderer = renderer
        self._errands = errands
        self._pace = pace
        self._clock = clock
        self._awake = asyncio.Event()
        self._lanes: Lanes[OutboxMessage] = Lanes(self._deliver_all, when_free=self.wake)

    def wake(self) -> None:
        """There may be something to say."""
        self._awake.set()

    def hurry(self, chat_id: int) -> None:
        """There is something to say to a person who waits for it."""
        self._pace.hurry(chat_id)
        self.wake()

    async def run(self) -> None:
        """Say what is due, for ever."""
        await self._db.run(lambda uow: uow.outbox.recover())
        try:
            while True:
                self._awake.clear()
                await self._offer_due()
                await self._doze()
        finally:
            await self._lanes.close()

    async def _offer_due(self) -> None:
        try:
            async with self._db.read() as uow:
                due = await uow.outbox.due(self._clock(), LANES_AT_ONCE)
        except StorageError as error:
            log.warning("the outbox cannot be read: %s", error)
            return
        for message in due:
            self._lanes.offer(str(message.chat_id), (message,))

    async def _doze(self) -> None:
        try:
            async with asyncio.timeout(LOOK_AGAIN_S):
                await self._awake.wait()
        except TimeoutError:
            return

    async def _deliver_all(self, messages: Sequence[OutboxMessage]) -> None:
        for message in messages:
            try:
                await self.deliver(message)
            except (ConflictError, UnavailableError) as error:
                # The row stays as it is and is taken up again; a wait keeps a broken disk from being hammered.
                log.warning("outbox row %s cannot be recorded: %s", message.id, error)
                await asyncio.sleep(LOOK_AGAIN_S)
            except Exception:
                # The border: a row that cannot be rendered must not silence the rows behind it.
                log.exception("outbox row %s failed", message.id)
                await self._give_up(message, "it could not be rendered")

    async def deliver(self, message: OutboxMessage) -> None:
        """Send one row and record what came of it."""
        if message.state is OutboxState.UNKNOWN and message.kind not in REPEATABLE:
            await self._give_up(message, "nobody knows whether it was sent")
            return
        if message.payload.get("is_progress"):
            await self._pace.progress_turn(message.chat_id)
        else:
            await self._pace.turn(message.chat_id)
        outgoing = await self._db.run(lambda uow: self._take(uow, message))
        if message.kind == ERRAND:
            outgoing = await self._run_errand(message)
        await self._say(message, outgoing)

    async def _give_up(self, message: OutboxMessage, why: str) -> None:
        await self._db.run(lambda uow: uow.outbox.failed(message.id, why))

    async def _take(self, uow: UnitOfWork, message: OutboxMessage) -> Outgoing | None:
        # In this order: news that comes after this commit queues the card once more.
        await uow.outbox.sending(message.id)
        return await self._renderer.render(uow, message)

    async def _run_errand(self, message: OutboxMessage) -> Outgoing | None:
        async with self._db.read() as uow:
            operator = await uow.operators.by_telegram(message.chat_id)
        if operator is None:
            return None
        return await self._errands.run(operator, message.chat_id, message.payload)

    async def _say(self, message: OutboxMessage, outgoing: Outgoing | None) -> None:
        if outgoing is None:
            await self._db.run(lambda uow: uow.outbox.sent(message.id, None))
            return
        try:
            message_id = await self._send_or_edit(message.chat_id, outgoing)
        except TelegramFaultError as error:
            await self._record_failure(message, error)
        else:
            await self._db.run(lambda uow: self._record(uow, message, outgoing, message_id))

    async def _send_or_edit(self, chat_id: int, outgoing: Outgoing) -> int:
        if outgoing.message_id is not None:
            if outgoing.is_removal and await self._is_removed(chat_id, outgoing.message_id):
                return outgoing.message_id
            try:
                await self._mouth.edit(chat_id, outgoing.message_id, outgoing.screen)
            except MessageGoneError:
                if outgoing.is_edit_only:
                    return outgoing.message_id
                log.info("a message to edit is gone, sending it anew")
            else:
                return outgoing.message_id
        return await self._mouth.send(chat_id, outgoing.screen)

    async def _is_removed(self, chat_id: int, message_id: int) -> bool:
        """Telegram lets a bot delete what it said within 48 hours."""
        try:
            await self._mouth.delete(chat_id, message_id)
        except (RefusedError, MessageGoneError):
            return False
        return True

    async def _record(self, uow: UnitOfWork, message: OutboxMessage, outgoing: Outgoing, message_id: int) -> None:
        await uow.outbox.sent(message.id, message_id)
        if outgoing.draft_id is not None:
            await uow.drafts.set_card(outgoing.draft_id, message_id)
        if outgoing.consent_state is not None:
            await uow.consents.shown(outgoing.consent_state, message_id)
        if outgoing.code_key is not None:
            await uow.code_consents.shown(outgoing.code_key, message_id)
        if outgoing.replaced_id is not None:
            await uow.outbox.add(
                chat_id=message.chat_id, kind=VIEW, payload={"view": MOVED, "message_id": outgoing.replaced_id}
            )

    async def _record_failure(self, message: OutboxMessage, error: TelegramFaultError) -> None:
        if isinstance(error, ChatClosedError):
            log.warning("chat %s cannot be written to: %s", message.chat_id, error)
        decision = decide(error, attempts=message.attempts, now=self._clock())
        await self._db.run(lambda uow: _obey(uow, message.id, decision))


async def _obey(uow: UnitOfWork, row_id: int, decision: Decision) -> None:
    match decision:
        case TryAgain(at):
            await uow.outbox.retry(row_id, at)
        case Unknown(at):
            await uow.outbox.unknown(row_id, at)
        case GiveUp(why):
            await uow.outbox.failed(row_id, why)
