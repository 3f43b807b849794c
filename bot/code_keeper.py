"""Asks the sites after the codes that people were shown, each at the pace that its site wants."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.ports import Accounts, Wake
from storage.errors import StorageError

log = logging.getLogger(__name__)

LONGEST_S = 5.0
"""A code that was begun meanwhile is seen after so long at the latest: the shortest pause that sites ask for."""
SHORTEST_S = 0.2


class CodeKeeper:
    """Runs until it is stopped; what waits is in the database, so a restart goes on asking."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        wake_sender: Wake,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._accounts = accounts
        self._wake_sender = wake_sender
        self._clock = clock
        self._sleep = sleep

    async def run(self) -> None:
        """Ask what is due, for ever."""
        while True:
            await self._sleep(await self.ask())

    async def ask(self) -> float:
        """Ask once; how many seconds to wait before the next time."""
        try:
            due = await self._accounts.ask_codes()
        except StorageError as error:
            log.warning("codes were not asked after: %s", error)
            return LONGEST_S
        if due is None:
            return LONGEST_S
        self._wake_sender()
        return min(LONGEST_S, max(SHORTEST_S, (due - self._clock()).total_seconds()))
