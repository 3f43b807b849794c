"""Raw updates from Telegram, kept before they are confirmed and until they are handled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from storage.errors import NotFoundError
from storage.tables import inbox
from storage.transaction import Record, Transaction, columns
from storage.values import InboxState, InboxUpdate


class InboxRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, bot_id: int, rows: Iterable[tuple[int, str, str]]) -> int:
        """Keep (update id, user key, payload) rows; a known one is left as it is. Returns how many are new."""
        updates = {update_id: (user_key, payload) for update_id, user_key, payload in rows}
        if not updates:
            return 0
        is_known = (inbox.c.bot_id == bot_id) & inbox.c.update_id.in_(list(updates))
        known = {row["update_id"] for row in await self._tx.rows(select(inbox.c.update_id).where(is_known))}
        for update_id in sorted(updates.keys() - known):
            user_key, payload = updates[update_id]
            values = {
                "bot_id": bot_id,
                "update_id": update_id,
                "user_key": user_key,
                "payload": payload,
                "attempts": 0,
                "state": InboxState.NEW,
                "received_at": self._tx.clock(),
            }
            await self._tx.insert_if_new(inbox, values)
        return len(updates.keys() - known)

    async def pending(self, limit: int) -> tuple[InboxUpdate, ...]:
        """What was not handled yet, in the order in which Telegram numbered it."""
        is_new = inbox.c.state == InboxState.NEW
        statement = columns(inbox).where(is_new).order_by(inbox.c.update_id, inbox.c.id).limit(limit)
        return tuple(map(_update, await self._tx.rows(statement)))

    async def attempt(self, row_id: int) -> int:
        """Count one more attempt to handle it; returns the new count."""
        await self._set(row_id, attempts=inbox.c.attempts + 1)
        return int(await self._tx.scalar(select(inbox.c.attempts).where(inbox.c.id == row_id)))

    async def done(self, row_id: int) -> None:
        """Handled: its number stays, so that a second delivery is known, but not what somebody wrote.

        It may have been an address with a one-time code in it, or a stranger's flood.
        """
        await self._set(row_id, state=InboxState.DONE, payload="")

    async def failed(self, row_id: int, error: str) -> None:
        await self._set(row_id, state=InboxState.FAILED, error=error)

    async def prune(self, before: datetime) -> int:
        """Remove what was received before that moment and is handled; returns how many."""
        is_over = (inbox.c.state != InboxState.NEW) & (inbox.c.received_at < before)
        return await self._tx.change(delete(inbox).where(is_over))

    async def _set(self, row_id: int, **values: Any) -> None:
        if not await self._tx.change(update(inbox).where(inbox.c.id == row_id).values(values)):
            raise NotFoundError(f"no inbox row {row_id}", id=row_id)


def _update(row: Record) -> InboxUpdate:
    return InboxUpdate(
        id=row["id"],
        bot_id=row["bot_id"],
        update_id=row["update_id"],
        user_key=row["user_key"],
        payload=row["payload"],
        attempts=row["attempts"],
        state=InboxState(row["state"]),
    )
