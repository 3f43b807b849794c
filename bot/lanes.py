"""Work in order per key, and side by side across keys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


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

    async def close(self) -> None:
        """Stop every lane and wait for it."""
        lanes = tuple(self._running.values())
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
