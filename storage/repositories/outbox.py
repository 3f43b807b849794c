"""What is to be said in chats: kept until it was said, and said in order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, select, update

from storage.errors import NotFoundError
from storage.tables import outbox
from storage.transaction import Record, Transaction, columns
from storage.values import JsonObject, OutboxMessage, OutboxState

UNSAID = (OutboxState.PENDING, OutboxState.SENDING, OutboxState.UNKNOWN)
SENDABLE = (OutboxState.PENDING, OutboxState.UNKNOWN)


class OutboxRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, *, chat_id: int, kind: str, payload: JsonObject, dedupe_key: str | None = None) -> int:
        """Queue a message; returns its id.

        A key that waits already is not queued again: the waiting message is rendered when it is sent, so it
        will say the newest. One that is being sent right now may have been rendered before this news, so it
        does not count.
        """
        now = self._tx.clock()
        values = {
            "chat_id": chat_id,
            "kind": kind,
            "payload": dict(payload),
            "dedupe_key": dedupe_key,
            "state": OutboxState.PENDING,
            "attempts": 0,
            "next_attempt_at": now,
            "created_at": now,
            "updated_at": now,
        }
        if dedupe_key is None:
            return await self._tx.insert(outbox, values)
        await self._tx.insert_if_new(outbox, values)
        found = await self._tx.scalar(select(outbox.c.id).where(outbox.c.dedupe_key == dedupe_key))
        if found is None:
            raise NotFoundError(f"no outbox row {dedupe_key}")
        return int(found)

    async def get(self, message_row_id: int) -> OutboxMessage:
        row = await self._tx.row(columns(outbox).where(outbox.c.id == message_row_id))
        if row is None:
            raise NotFoundError(f"no outbox row {message_row_id}", id=message_row_id)
        return _message(row)

    async def due(self, now: datetime, limit: int) -> tuple[OutboxMessage, ...]:
        """The first unsaid message of each chat, if it is due: a chat whose first one waits, waits."""
        statement = columns(outbox).where(outbox.c.next_attempt_at <= now).order_by(outbox.c.id).limit(limit)
        return tuple(map(_message, await self._tx.rows(_sendable_heads(statement))))

    async def next_due(self) -> datetime | None:
        moment: datetime | None = await self._tx.scalar(_sendable_heads(select(func.min(outbox.c.next_attempt_at))))
        return moment

    async def sending(self, message_row_id: int) -> None:
        """Written before the request: a crash after it means that the message may have arrived."""
        await self._set(message_row_id, state=OutboxState.SENDING, dedupe_key=None, attempts=outbox.c.attempts + 1)

    async def sent(self, message_row_id: int, message_id: int | None) -> None:
        """Said. Its content is forgotten: an errand's may hold a one-time code."""
        await self._set(message_row_id, state=OutboxState.SENT, message_id=message_id, dedupe_key=None, payload={})

    async def retry(self, message_row_id: int, at: datetime) -> None:
        await self._set(message_row_id, state=OutboxState.PENDING, next_attempt_at=at)

    async def unknown(self, message_row_id: int, at: datetime) -> None:
        """The request got no answer. It is due again at that moment, as unknown, and the sender decides."""
        await self._set(message_row_id, state=OutboxState.UNKNOWN, next_attempt_at=at)

    async def failed(self, message_row_id: int, error: str) -> None:
        """Given up; `error` says why, and the content is forgotten as for what was said."""
        await self._set(message_row_id, state=OutboxState.FAILED, error=error, dedupe_key=None, payload={})

    async def recover(self) -> int:
        """At start, when no sender runs: what was being sent has an unknown outcome. Returns how many."""
        values = {"state": OutboxState.UNKNOWN, "updated_at": self._tx.clock()}
        return await self._tx.change(update(outbox).where(outbox.c.state == OutboxState.SENDING).values(values))

    async def prune(self, before: datetime) -> int:
        """Remove what was sent or given up before that moment."""
        is_over = outbox.c.state.in_([OutboxState.SENT, OutboxState.FAILED]) & (outbox.c.updated_at < before)
        return await self._tx.change(delete(outbox).where(is_over))

    async def _set(self, message_row_id: int, **values: Any) -> None:
        values["updated_at"] = self._tx.clock()
        if not await self._tx.change(update(outbox).where(outbox.c.id == message_row_id).values(values)):
            raise NotFoundError(f"no outbox row {message_row_id}", id=message_row_id)


def _sendable_heads(statement: Select[Any]) -> Select[Any]:
    earlier = outbox.alias("earlier")
    heads = select(func.min(earlier.c.id)).where(earlier.c.state.in_(UNSAID)).group_by(earlier.c.chat_id)
    return statement.where(outbox.c.id.in_(heads), outbox.c.state.in_(SENDABLE))


def _message(row: Record) -> OutboxMessage:
    return OutboxMessage(
        id=row["id"],
        chat_id=row["chat_id"],
        kind=row["kind"],
        payload=row["payload"],
        state=OutboxState(row["state"]),
        attempts=row["attempts"],
        next_attempt_at=row["next_attempt_at"],
        message_id=row["message_id"],
    )
