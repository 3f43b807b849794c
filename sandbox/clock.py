"""The sandbox's own time: real time plus an offset that can be moved and survives a restart."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sandbox.store import Store


class Clock:
    """Virtual clock. It always runs; `set` and `advance` move it for every server at once."""

    def __init__(self, store: Store, real: Callable[[], datetime]) -> None:
        self._store = store
        self._real = real
        stored = store.get("world", "clock")
        self._offset = timedelta(microseconds=stored["offset_us"] if stored else 0)

    @property
    def offset(self) -> timedelta:
        """How far the virtual time is ahead of the real one."""
        return self._offset

    def now(self) -> datetime:
        """Aware UTC."""
        return self._real() + self._offset

    def advance(self, by: timedelta) -> None:
        """Move the time by that much (negative: back)."""
        self._move_to(self._offset + by)

    def set(self, moment: datetime) -> None:
        """From now on it is that moment, and time runs on."""
        if moment.tzinfo is None:
            raise ValueError("the clock takes aware times only")
        self._move_to(moment.astimezone(UTC) - self._real())

    def reset(self) -> None:
        """Back to the real time."""
        self._move_to(timedelta(0))

    def _move_to(self, offset: timedelta) -> None:
        self._offset = offset
        self._store.put("world", "clock", {"offset_us": offset // timedelta(microseconds=1)})
