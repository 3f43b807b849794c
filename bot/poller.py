"""Takes updates from Telegram into the inbox, and confirms them only when they are on disk.

Raw `getUpdates`: aiogram's own polling confirms updates while their handlers still run, and stops for good at one that
it cannot read. Here a crash at any line leaves each update either unconfirmed at Telegram or stored by us, or both, and
a second delivery of a stored one changes nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import aiohttp

from bot.ports import Wake
from storage.database import Database
from storage.errors import StorageError

log = logging.getLogger(__name__)

LONG_POLL_S = 30
"""How long the server may keep a request open; at most 50: https://core.telegram.org/bots/api#getupdates"""
ANSWER_MARGIN_S = 15
ALLOWED_UPDATES = ("message", "callback_query")
BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
CONFLICT_WAIT_S = 5.0

Row: TypeAlias = tuple[int, str, str]


class PollError(Exception):
    """This poll brought nothing; `wait_s` is what Telegram or good manners ask for, None: back off."""

    def __init__(self, message: str, *, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class Poller:
    """Runs until it is stopped. The token is in the address that is asked, and never in a log."""

    def __init__(
        self,
        *,
        db: Database,
        http: aiohttp.ClientSession,
        token: str,
        api_url: str,
        wake_feed: Wake,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db = db
        self._http = http
        self._token = token
        self._url = f"{api_url.rstrip('/')}/bot{token}/getUpdates"
        self._bot_id = int(token.split(":", maxsplit=1)[0])
        self._wake_feed = wake_feed
        self._sleep = sleep
        self._offset: int | None = None

    async def run(self) -> None:
        """Poll for ever; whatever goes wrong is waited out."""
        failures = 0
        while True:
            try:
                await self.poll()
            except (PollError, StorageError) as error:
                wait_s = getattr(error, "wait_s", None) or BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]
                log.warning("no updates: %s; asking again in %g s", error, wait_s)
                failures += 1
                await self._sleep(wait_s)
            else:
                failures = 0

    async def poll(self) -> None:
        """One request: its updates are stored, then the next request confirms them."""
        updates = await self._ask()
        if not updates:
            return
        rows = [row for update in updates if (row := inbox_row(update)) is not None]
        if not rows:
            raise PollError("Telegram sent updates without ids")
        await self._db.run(lambda uow: uow.inbox.add(self._bot_id, rows))
        # Only now: what was not stored is delivered again.
        self._offset = max(row[0] for row in rows) + 1
        self._wake_feed()

    async def _ask(self) -> Sequence[Any]:
        body: dict[str, Any] = {"timeout": LONG_POLL_S, "allowed_updates": list(ALLOWED_UPDATES)}
        if self._offset is not None:
            body["offset"] = self._offset
        limit = aiohttp.ClientTimeout(total=LONG_POLL_S + ANSWER_MARGIN_S, connect=10)
        try:
            async with self._http.post(self._url, json=body, timeout=limit, allow_redirects=False) as response:
                return _updates(await response.read(), response.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # Not the error's own text: it may hold the address, and so the token.
            raise PollError(f"Telegram cannot be reached ({type(error).__name__})") from None


def _updates(body: bytes, status: int) -> Sequence[Any]:
    """The updates of an answer. Raises PollError for any other answer."""
    try:
        answer = json.loads(body)
    except ValueError:
        raise PollError(f"Telegram answered {status} with something that is not JSON") from None
    if not isinstance(answer, dict):
        raise PollError(f"Telegram answered {status} with something unexpected")
    if answer.get("ok") is True and isinstance(answer.get("result"), list):
        result: list[Any] = answer["result"]
        return result
    said = str(answer.get("description", ""))[:200]
    retry_after = (answer.get("parameters") or {}).get("retry_after")
    if retry_after:
        raise PollError(f"Telegram asks to wait: {said}", wait_s=float(retry_after))
    if status == 409:
        raise PollError(f"another program polls for this bot, or a webhook is set: {said}", wait_s=CONFLICT_WAIT_S)
    raise PollError(f"Telegram answered {status}: {said}")


def inbox_row(update: Any) -> Row | None:
    """(update id, key of the person whose updates are handled in order, JSON); None without an id: nothing to keep."""
    if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
        log.error("an update without an id was dropped")
        return None
    return update["update_id"], _user_key(update), json.dumps(update, ensure_ascii=False)


def _user_key(update: Mapping[str, Any]) -> str:
    for value in update.values():
        if isinstance(value, dict) and isinstance(value.get("from"), dict) and isinstance(value["from"].get("id"), int):
            return f"user {value['from']['id']}"
    return "nobody"
