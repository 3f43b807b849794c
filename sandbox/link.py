"""A slow line: a token bucket that every body on it draws from, so that all of them together keep to its rate."""

import asyncio
import time
from collections.abc import Awaitable, Callable

TICK_S = 0.05
"""A slow line lets bytes through this often, and this much of its rate may be made up for after a late wake-up."""


class Link:
    """Gives each piece its turn in the order of asking; `bytes_per_s` is for all together.

    `now` is a clock in seconds that never goes back.
    """

    def __init__(
        self,
        bytes_per_s: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bytes_per_s = bytes_per_s
        self._now, self._sleep = now, sleep
        self._free_at = now()

    async def allow(self, wanted: int) -> int:
        """Wait until so many of the wanted bytes (at least one) have passed; how many those are."""
        allowed = min(wanted, max(1, int(self._bytes_per_s * TICK_S)))
        await self.carry(allowed)
        return allowed

    async def carry(self, size: int) -> None:
        """Wait until `size` bytes have passed."""
        now = self._now()
        # Without the tick's worth of credit every late wake-up would lower the rate.
        self._free_at = max(self._free_at, now - TICK_S) + size / self._bytes_per_s
        await self._sleep(max(0.0, self._free_at - now))
