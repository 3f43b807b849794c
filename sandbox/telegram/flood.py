"""How fast a bot may write into one chat: a bucket that holds a burst and fills at a steady rate."""

import math
from datetime import datetime

from sandbox.telegram.errors import too_many_requests
from sandbox.telegram.settings import Settings


class FloodGate:
    """One bucket per chat, in memory: a restart forgives."""

    def __init__(self) -> None:
        self._levels: dict[int, tuple[float, datetime]] = {}

    def pass_through(self, chat_id: int, now: datetime, settings: Settings) -> None:
        """Take one drop, or refuse with 429 and the whole seconds until there is one."""
        if not settings.flood:
            return
        level, since = self._levels.get(chat_id, (settings.flood_burst, now))
        elapsed_s = max(0.0, (now - since).total_seconds())
        level = min(settings.flood_burst, level + elapsed_s * settings.flood_rate_per_s)
        if level < 1:
            self._levels[chat_id] = (level, now)
            raise too_many_requests(max(1, math.ceil((1 - level) / settings.flood_rate_per_s)))
        self._levels[chat_id] = (level - 1, now)
