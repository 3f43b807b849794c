"""Video files that came in."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, or_, select, update

from storage.errors import NotFoundError
from storage.repositories.faults import fault_from_json, fault_to_json
from storage.repositories.renders import LIVING
from storage.tables import clips, drafts, tasks
from storage.transaction import Record, Transaction, columns
from storage.values import Clip, ClipFacts, ClipState, DraftState, Fault


class ClipRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(
        self,
        *,
        operator_id: int,
        chat_id: int,
        message_id: int,
        file_id: str,
        file_unique_id: str,
        file_name: str | None = None,
        mime_type: str | None = None,
        declared_size: int | None = None,
    ) -> Clip:
        """The clip of this message; the same message handled twice is the same clip."""
        now = self._tx.clock()
        values = {
            "operator_id": operator_id,
            "chat_id": chat_id,
            "message_id": message_id,
            "file_id": file_id,
            "file_unique_id": file_unique_id,
            "file_name": file_name,
            "mime_type": mime_type,
            "declared_size": declared_size,
            "state": ClipState.RECEIVING,
            "created_at": now,
            "updated_at": now,
        }
        await self._tx.insert_if_new(clips, values)
        is_it = (clips.c.chat_id == chat_id) & (clips.c.message_id == message_id)
        row = await self._tx.row(columns(clips).where(is_it))
        if row is None:
            raise NotFoundError(f"no clip of message {message_id}")
        return _clip(row)

    async def get(self, clip_id: int) -> Clip:
        row = await self._tx.row(columns(clips).where(clips.c.id == clip_id))
        if row is None:
            raise NotFoundError(f"no clip {clip_id}", id=clip_id)
        return _clip(row)

    async def receiving(self) -> tuple[Clip, ...]:
        """Clips whose file is not here yet, the oldest first."""
        statement = columns(clips).where(clips.c.state == ClipState.RECEIVING).order_by(clips.c.id)
        return tuple(map(_clip, await self._tx.rows(statement)))

    async def ready(self, clip_id: int, path: str, facts: ClipFacts) -> Clip:
        return await self._set(clip_id, state=ClipState.READY, path=path, facts=asdict(facts), fault=None)

    async def fail(self, clip_id: int, fault: Fault) -> Clip:
        return await self._set(clip_id, state=ClipState.FAILED, fault=fault_to_json(fault))

    async def retry(self, clip_id: int) -> Clip:
        return await self._set(clip_id, state=ClipState.RECEIVING, path=None, facts=None, fault=None)

    async def unused_since(self, before: datetime) -> tuple[Clip, ...]:
        """Clips with a file that came in before that moment and that nothing needs: no open draft, no living task, and
        no task that was touched since."""
        is_wanted = exists().where(
            tasks.c.clip_id == clips.c.id, or_(tasks.c.status.in_(LIVING), tasks.c.updated_at >= before)
        )
        is_drafted = exists().where(drafts.c.clip_id == clips.c.id, drafts.c.state == DraftState.OPEN)
        statement = columns(clips).where(
            clips.c.path.is_not(None), clips.c.created_at < before, ~is_wanted, ~is_drafted
        )
        return tuple(map(_clip, await self._tx.rows(statement.order_by(clips.c.id))))

    async def forget_file(self, clip_id: int) -> str | None:
        """The clip has no file from now on. Its path, if no other clip of the same bytes shares the file."""
        path = (await self.get(clip_id)).path
        await self._set(clip_id, path=None)
        sharers = select(func.count()).select_from(clips).where(clips.c.path == path)
        return None if path is None or await self._tx.scalar(sharers) else path

    async def _set(self, clip_id: int, **values: Any) -> Clip:
        values["updated_at"] = self._tx.clock()
        await self._tx.change(update(clips).where(clips.c.id == clip_id).values(values))
        return await self.get(clip_id)


def _clip(row: Record) -> Clip:
    fields = {key: value for key, value in row.items() if key != "updated_at"}
    fields["state"] = ClipState(row["state"])
    fields["facts"] = None if row["facts"] is None else ClipFacts(**row["facts"])
    fields["fault"] = fault_from_json(row["fault"])
    return Clip(**fields)
