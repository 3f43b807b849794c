"""Whether a bot is there: one polls now, or did a moment ago."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

_MOMENT_S = 4.0  # a bot between two polls is busy, not away


class Presence:
    """Polls in progress, and when the last one ended. `monotonic` gives seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._polls: dict[int, web.Request] = {}  # by identity
        self._ended: float | None = None

    @contextmanager
    def polling(self, request: web.Request) -> Iterator[None]:
        self._polls[id(request)] = request
        try:
            yield
        finally:
            del self._polls[id(request)]
            self._ended = self._monotonic()

    @property
    def online(self) -> bool:
        # A bot that was killed leaves its poll behind, on a connection that is closed.
        if any(poll.transport is not None and not poll.transport.is_closing() for poll in self._polls.values()):
            return True
        return self._ended is not None and self._monotonic() - self._ended < _MOMENT_S
