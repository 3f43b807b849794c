"""The queue of updates: durable, confirmed only by a higher offset, handed to one poller at a time."""

import asyncio
from typing import Any

from sandbox.telegram.errors import OTHER_POLLER, WEBHOOK_ACTIVE, bad_request, conflict
from sandbox.world import World

_QUEUE = "telegram.update"
_STATE = "telegram.polling"
_NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
MAX_TIMEOUT_S = 50


class Updates:
    """getUpdates and what fills it. The allowed kinds and the webhook are kept on disk."""

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._arrival = asyncio.Event()
        self._poll: asyncio.Future[None] | None = None
        self._closed = False

    def add(self, kind: str, payload: dict[str, Any]) -> int | None:
        """Queue an update; None when the bot has said that it doesn't want this kind."""
        allowed = self._state().get("allowed_updates") or []
        if (allowed and kind not in allowed) or (not allowed and kind in _NOT_BY_DEFAULT):
            return None
        update_id = 500_000_000 + self._store.next_id("telegram.update")
        self._store.put(_QUEUE, update_id, {"update_id": update_id, kind: payload})
        return update_id

    def announce(self) -> None:
        """Wake the poller; called once what was added is committed."""
        self._arrival.set()
        self._arrival = asyncio.Event()

    def close(self) -> None:
        """End the poll that waits: the server goes down, and would wait for it in turn."""
        self._closed = True
        self.announce()

    def pending(self) -> list[dict[str, Any]]:
        """Unconfirmed updates, oldest first."""
        return self._store.list(_QUEUE)

    def drop_all(self) -> None:
        with self._store.transaction():
            for update in self.pending():
                self._store.delete(_QUEUE, update["update_id"])

    async def poll(self, offset: int, limit: int, timeout_s: int, allowed: list[str] | None) -> list[dict[str, Any]]:
        """Confirm what lies below the offset, then wait for at least one update, at most `timeout_s`.

        A poll that waits already is ended with 409, and this one takes its place: as Telegram does it.
        """
        if self.webhook().get("url"):
            raise conflict(WEBHOOK_ACTIVE)
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
        if allowed is not None:
            self._store.put(_STATE, "polling", {**self._state(), "allowed_updates": allowed})
        self._confirm(offset)
        mine = self._poll = asyncio.get_running_loop().create_future()
        try:
            return await self._wait(mine, limit, min(max(timeout_s, 0), MAX_TIMEOUT_S))
        finally:
            if self._poll is mine:
                self._poll = None

    async def _wait(self, superseded: asyncio.Future[None], limit: int, timeout_s: int) -> list[dict[str, Any]]:
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            arrival = self._arrival
            if superseded.done():
                raise conflict(OTHER_POLLER)
            if waiting := self.pending()[:limit]:
                return waiting
            left_s = deadline - asyncio.get_running_loop().time()
            if left_s <= 0 or self._closed:
                return []
            news = asyncio.ensure_future(arrival.wait())
            either: set[asyncio.Future[Any]] = {news, superseded}
            await asyncio.wait(either, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
            news.cancel()

    def _confirm(self, offset: int) -> None:
        waiting = self.pending()
        below = [update for update in waiting if update["update_id"] < offset]
        # A negative offset keeps the last -offset updates; all earlier ones are forgotten.
        forgotten = waiting[:offset] if offset < 0 else below
        with self._store.transaction():
            for update in forgotten:
                self._store.delete(_QUEUE, update["update_id"])

    def webhook(self) -> dict[str, Any]:
        return self._store.get(_STATE, "webhook") or {}

    def set_webhook(self, url: str, *, local: bool, options: dict[str, Any]) -> None:
        """Stored and reported, and it stops polling; the sandbox delivers nothing to it."""
        if url and not url.startswith("https://") and not (local and url.startswith("http://")):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        self._store.put(_STATE, "webhook", {"url": url, **options} if url else {})
        if url and self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
        if isinstance(options.get("allowed_updates"), list):
            self._store.put(_STATE, "polling", {**self._state(), "allowed_updates": options["allowed_updates"]})

    def allowed(self) -> list[str]:
        return list(self._state().get("allowed_updates") or [])

    def _state(self) -> dict[str, Any]:
        return self._store.get(_STATE, "polling") or {}
