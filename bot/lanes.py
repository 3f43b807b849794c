"""Work in order per key, and side by side across keys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")

PATIENCE_S = 5.0
"""How long a stop waits: a request that is out should get its answer, for without it nobody knows what it did."""


class Lanes(Generic[Item]):
    """One lane per key. A lane that is at work takes nothing new: its next items are offered again when it is free."""

    def __init__(self, work: Callable[[Sequence[Item]], Awaitable[None]], *, when_free: Callable[[], None]) -> None:
        self._work = work
        self._when_free = when_free
        self._running: dict[str, asyncio.Task[None]] = {}

    def offer(self, key: str, items: Sequence[Item]) -> None:
        """Start a lane with these items, unless it is at work."""
        if key in self._running or not items:
            return
        lane = asyncio.create_task(self._run(items), name=f"lane {key}")
        self._running[key] = lane
        lane.add_done_callback(lambda _: self._free(key))

    async def close(self, *, patience_s: float = PATIENCE_S) -> None:
        """Let every lane end what it is at; stop those that take longer than `patience_s`."""
        lanes = tuple(self._running.values())
        if lanes:
            await asyncio.wait(lanes, timeout=patience_s)
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)

    async def _run(self, items: Sequence[Item]) -> None:
        await self._work(items)

    def _free(self, key: str) -> None:
        lane = self._running.pop(key)
        if not lane.cancelled() and (error := lane.exception()) is not None:
            asyncio.get_running_loop().call_exception_handler({"message": "a lane failed", "exception": error})
        self._when_free()
