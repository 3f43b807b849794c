"""Presses of inline buttons: asked by a person, answered once by the bot, stale after a while."""

import asyncio
from typing import Any

from sandbox.telegram.errors import QUERY_TOO_OLD, bad_request
from sandbox.telegram.people import People
from sandbox.telegram.updates import Updates
from sandbox.world import World

_KIND = "telegram.query"
ANSWER_LIMIT = 200


class Queries:
    """Callback queries by id, on disk."""

    def __init__(self, world: World, people: People, updates: Updates) -> None:
        self._world = world
        self._people = people
        self._updates = updates
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}

    def press(self, user_id: int, message: dict[str, Any], data: str) -> str:
        """Queue the callback query; gives its id."""
        query_id = f"{4_300_000_000_000_000_000 + self._world.store.next_id('telegram.query')}"
        query = {
            "id": query_id,
            "from": self._people.user(user_id),
            "message": message,
            "chat_instance": f"-{7_000_000_000_000_000_000 + user_id}",
            "data": data,
        }
        with self._world.store.transaction():
            asked = self._world.clock.now().timestamp()
            kept = {"id": query_id, "chat_id": user_id, "message_id": message["message_id"], "data": data}
            self._world.store.put(_KIND, query_id, {**kept, "asked": asked, "answer": None})
            self._updates.add("callback_query", query)
        self._updates.announce()
        return query_id

    def answer(self, query_id: str, answer: dict[str, Any], ttl_s: float) -> None:
        """The bot's answer goes to the person; a second or a late one is refused."""
        query = self._world.store.get(_KIND, query_id)
        if query is None or query["answer"] is not None:
            raise bad_request(QUERY_TOO_OLD)
        if self._world.clock.now().timestamp() - query["asked"] > ttl_s:
            raise bad_request(QUERY_TOO_OLD)
        if len(str(answer["text"] or "")) > ANSWER_LIMIT:
            raise bad_request("MESSAGE_TOO_LONG")
        self._world.store.put(_KIND, query_id, {**query, "answer": answer})
        waiter = self._waiting.get(query_id)
        if waiter is not None and not waiter.done():
            waiter.set_result(answer)
        news = {"callback_query_id": query_id, "chat_id": query["chat_id"], "message_id": query["message_id"]}
        self._world.events.publish("telegram.answer", {**news, "data": query["data"], **answer})

    async def wait(self, query_id: str, timeout_s: float) -> dict[str, Any] | None:
        """The answer, or None when none comes in that time."""
        query = self._world.store.get(_KIND, query_id)
        if query and query["answer"] is not None:
            return dict(query["answer"])
        waiter = self._waiting.setdefault(query_id, asyncio.get_running_loop().create_future())
        try:
            return await asyncio.wait_for(asyncio.shield(waiter), timeout_s)
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(query_id, None)
