"""Calls per minute and user token, in a window that slides with the virtual clock."""

from datetime import datetime, timedelta

from sandbox.tiktok.errors import rate_limited
from sandbox.world import World

_MINUTE = timedelta(minutes=1)


class Windows:
    """Durable: a restart frees nothing."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store

    def spend(self, name: str, key: str, limit: int) -> None:
        """Raises ApiError 429 where it would be too much; a refused call counts for nothing."""
        now = self._world.clock.now()
        recent = self.recent(name, key)
        if len(recent) >= limit:
            raise rate_limited()
        moments = [*recent, now.isoformat()]
        self._store.put("tiktok_window", f"{name}|{key}", {"name": name, "key": key, "moments": moments})

    def recent(self, name: str, key: str) -> list[str]:
        """The calls of the last minute."""
        now, record = self._world.clock.now(), self._store.get("tiktok_window", f"{name}|{key}")
        moments = record["moments"] if record is not None else []
        return [m for m in moments if timedelta(0) <= now - datetime.fromisoformat(m) < _MINUTE]

    def clear(self) -> None:
        """No calls in the last minute."""
        for record in self._store.list("tiktok_window"):
            self._store.delete("tiktok_window", f"{record['name']}|{record['key']}")
