"""How fast we may speak: about one message a second per chat with short bursts, and thirty a second in all.

Source: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

CHAT_BURST = 3
CHAT_PER_S = 1.0
OVERALL_BURST = 30
OVERALL_PER_S = 30.0
REMEMBERED_CHATS = 1000


@dataclass(slots=True)
class _Allowance:
    """Tokens that refill with time; it may go below zero: that is a reservation of the future."""

    capacity: float
    per_s: float
    left: float
    counted_at: float

    def take(self, now: float) -> float:
        """Take one token; answers how many seconds to wait until it is really there."""
        self.left = min(self.capacity, self.left + (now - self.counted_at) * self.per_s) - 1
        self.counted_at = now
        return max(0.0, -self.left / self.per_s)


class Pace:
    """Hands out turns. `clock` gives monotonic seconds."""

    def __init__(self, *, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._overall = _Allowance(OVERALL_BURST, OVERALL_PER_S, OVERALL_BURST, clock())
        self._chats: dict[int, _Allowance] = {}

    async def turn(self, chat_id: int) -> None:
        """Wait until this chat, and all chats together, may get one more message."""
        wait = max(self._chat(chat_id).take(self._clock()), self._overall.take(self._clock()))
        if wait > 0:
            await self._sleep(wait)

    def _chat(self, chat_id: int) -> _Allowance:
        if chat_id not in self._chats:
            if len(self._chats) >= REMEMBERED_CHATS:
                del self._chats[next(iter(self._chats))]
            self._chats[chat_id] = _Allowance(CHAT_BURST, CHAT_PER_S, CHAT_BURST, self._clock())
        return self._chats[chat_id]
