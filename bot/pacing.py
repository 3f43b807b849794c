"""How fast we speak: about one message a second per chat with short bursts, and thirty a second in all.

Answers may use up a chat's burst. Progress keeps to one edit a second and leaves a part of the burst for answers, and
when the person does something, what waits goes out at once.
Source: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

CHAT_BURST = 10
CHAT_PER_S = 1.0
KEPT_FOR_ANSWERS = 5
PROGRESS_EVERY_S = 1.0
HURRY_S = 1.0
"""For so long after a person did something, nothing of their chat lingers."""
OVERALL_BURST = 30
OVERALL_PER_S = 30.0
REMEMBERED_CHATS = 1000
LONG_AGO = float("-inf")


@dataclass(slots=True)
class _Allowance:
    """Tokens that refill with time; it may go below zero: that is a reservation of the future."""

    capacity: float
    per_s: float
    left: float
    counted_at: float

    def take(self, now: float) -> float:
        """Take one token; answers how many seconds to wait until it is really there."""
        self.left = self._level(now) - 1
        self.counted_at = now
        return max(0.0, -self.left / self.per_s)

    def wait_for(self, tokens: float, now: float) -> float:
        """How many seconds until there are so many tokens, if nobody takes any."""
        return max(0.0, (tokens - self._level(now)) / self.per_s)

    def _level(self, now: float) -> float:
        return min(self.capacity, self.left + (now - self.counted_at) * self.per_s)


@dataclass(slots=True)
class _Chat:
    allowance: _Allowance
    progressed_at: float = LONG_AGO
    hurried_at: float = LONG_AGO
    hurry: asyncio.Event = field(default_factory=asyncio.Event)


class Pace:
    """Hands out turns. `clock` gives monotonic seconds."""

    def __init__(self, *, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._overall = _Allowance(OVERALL_BURST, OVERALL_PER_S, OVERALL_BURST, clock())
        self._chats: dict[int, _Chat] = {}

    async def turn(self, chat_id: int) -> None:
        """Wait until this chat, and all chats together, may get one more message."""
        wait = max(self._chat(chat_id).allowance.take(self._clock()), self._overall.take(self._clock()))
        if wait > 0:
            await self._sleep(wait)

    async def progress_turn(self, chat_id: int) -> None:
        """Wait until this chat may get one more edit that nobody asked for."""
        chat = self._chat(chat_id)
        wait = self._progress_wait(chat)
        if wait > 0:
            await self._linger(chat, wait)
        chat.progressed_at = self._clock()
        await self.turn(chat_id)

    def hurry(self, chat_id: int) -> None:
        """The person has done something and looks at the chat."""
        chat = self._chat(chat_id)
        chat.hurried_at = self._clock()
        chat.hurry.set()

    def _progress_wait(self, chat: _Chat) -> float:
        now = self._clock()
        if now - chat.hurried_at < HURRY_S:
            return 0.0
        since_last = chat.progressed_at + PROGRESS_EVERY_S - now
        return max(since_last, chat.allowance.wait_for(KEPT_FOR_ANSWERS + 1, now))

    async def _linger(self, chat: _Chat, wait_s: float) -> None:
        """Sleep, unless the person does something in the meantime."""
        chat.hurry.clear()
        sleeping, hurried = asyncio.ensure_future(self._sleep(wait_s)), asyncio.ensure_future(chat.hurry.wait())
        try:
            await asyncio.wait((sleeping, hurried), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            hurried.cancel()

    def _chat(self, chat_id: int) -> _Chat:
        if chat_id not in self._chats:
            if len(self._chats) >= REMEMBERED_CHATS:
                del self._chats[next(iter(self._chats))]
            self._chats[chat_id] = _Chat(_Allowance(CHAT_BURST, CHAT_PER_S, CHAT_BURST, self._clock()))
        return self._chats[chat_id]
