"""News of the sandbox for whoever watches now: the web page's live stream."""

import asyncio
from types import TracebackType
from typing import Any, NamedTuple, Self

_BACKLOG = 1000  # events kept for one slow watcher before the oldest is dropped


class Event(NamedTuple):
    """One piece of news: a topic like "telegram.message" and JSON-able data."""

    topic: str
    data: dict[str, Any]


class Subscription:
    """Async iterator over what is published from its making until it or the broadcaster is closed."""

    def __init__(self, events: "Events") -> None:
        self._events = events
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        event = await self._queue.get()
        if event is None:
            raise StopAsyncIteration
        return event

    def offer(self, event: Event | None) -> None:
        """Called by the broadcaster; None ends the iteration."""
        if self._queue.qsize() >= _BACKLOG:
            self._queue.get_nowait()
        self._queue.put_nowait(event)

    def close(self) -> None:
        """Hear nothing more."""
        self._events.forget(self)
        self.offer(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Events:
    """Broadcaster: `publish` never waits and never fails because of a watcher."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    @property
    def watched(self) -> bool:
        """Whether anybody listens now."""
        return bool(self._subscriptions)

    def publish(self, topic: str, data: dict[str, Any]) -> None:
        """Tell everyone who watches now."""
        for subscription in tuple(self._subscriptions):
            subscription.offer(Event(topic, data))

    def subscribe(self) -> Subscription:
        """Begin to listen at once: `with world.events.subscribe() as news: async for topic, data in news: …`."""
        subscription = Subscription(self)
        self._subscriptions.add(subscription)
        return subscription

    def forget(self, subscription: Subscription) -> None:
        """Stop offering events to this one."""
        self._subscriptions.discard(subscription)

    def close(self) -> None:
        """End every subscription (the server goes down)."""
        for subscription in tuple(self._subscriptions):
            subscription.close()
