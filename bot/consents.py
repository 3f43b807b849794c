"""Consents in the chat: answers are listened for while one is open, and a link that is over loses its button."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from bot.ports import Wake
from storage.database import Database
from storage.errors import StorageError
from storage.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)

LOOK_EVERY_S = 15.0


class ConsentWindow(Protocol):
    """Listens for the page that comes back, until a consent expires."""

    async def open_until(self, expires_at: datetime) -> None: ...


async def queue_settled(uow: UnitOfWork, now: datetime) -> bool:
    """Have the message of every consent that is over say so; whether there was one."""
    settled = (*await uow.consents.settle(now), *await uow.code_consents.settle())
    for consent in settled:
        args = {"platform": consent.platform, "is_used": consent.is_used}
        payload = {"view": "consent_over", "message_id": consent.message_id, "args": args}
        await uow.outbox.add(chat_id=consent.chat_id, kind="view", payload=payload)
    return bool(settled)


class ConsentKeeper:
    """Runs until it is stopped. A consent that was begun before a restart can be answered after it."""

    def __init__(
        self,
        *,
        db: Database,
        window: ConsentWindow,
        wake_sender: Wake,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db = db
        self._window = window
        self._wake_sender = wake_sender
        self._clock = clock
        self._sleep = sleep

    async def run(self) -> None:
        """Open the window for what is open already, then tidy up after consents, for ever."""
        await self.reopen()
        while True:
            try:
                await self.tidy()
            except StorageError as error:
                log.warning("consents were not tidied: %s", error)
            await self._sleep(LOOK_EVERY_S)

    async def reopen(self) -> None:
        """Listen for answers to consents that were begun before this start."""
        async with self._db.read() as uow:
            until = await uow.consents.open_until(self._clock())
        if until is not None:
            await self._window.open_until(until)

    async def tidy(self) -> None:
        """Take back the links of consents that are over."""
        if await self._db.run(lambda uow: queue_settled(uow, self._clock())):
            self._wake_sender()
