"""What tasks became on the platforms, and the comments and likes upon it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from storage.errors import DuplicateError, NotFoundError
from storage.tables import post_interactions, uploads
from storage.transaction import Transaction, columns
from storage.values import Upload

InteractionType: TypeAlias = Literal["comment", "like"]


@dataclass(frozen=True, slots=True)
class Interaction:
    """A comment or like of ours on an upload."""

    id: int
    upload_id: int
    interaction_type: InteractionType
    content: str
    created_at: datetime


class UploadRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(
        self,
        *,
        task_id: int,
        account_id: int,
        platform: str,
        video_id: str,
        upload_id: str | None,
        video_url: str,
        upload_time: datetime,
    ) -> Upload:
        """Record the result of a task. The same video again is the same upload; another one is a DuplicateError."""
        values = {
            "task_id": task_id,
            "account_id": account_id,
            "platform": platform,
            "video_id": video_id,
            "upload_id": upload_id,
            "video_url": video_url,
            "upload_time": upload_time,
        }
        await self._tx.insert_if_new(uploads, values)
        stored = await self.by_task(task_id)
        if stored is None:
            raise NotFoundError(f"no upload of task {task_id}")
        if stored.video_id != video_id:
            raise DuplicateError(f"task {task_id} became {stored.video_id}, and cannot become {video_id} too")
        return stored

    async def by_task(self, task_id: int) -> Upload | None:
        row = await self._tx.row(columns(uploads).where(uploads.c.task_id == task_id))
        return None if row is None else Upload(**row)

    async def recent(self, limit: int) -> tuple[Upload, ...]:
        """The newest first."""
        statement = columns(uploads).order_by(uploads.c.upload_time.desc(), uploads.c.id.desc()).limit(limit)
        return tuple(Upload(**row) for row in await self._tx.rows(statement))


class InteractionRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, upload_id: int, interaction_type: InteractionType, content: str = "") -> int:
        values = {
            "upload_id": upload_id,
            "interaction_type": interaction_type,
            "content": content,
            "created_at": self._tx.clock(),
        }
        return await self._tx.insert(post_interactions, values)

    async def of_upload(self, upload_id: int) -> tuple[Interaction, ...]:
        is_on_it = post_interactions.c.upload_id == upload_id
        statement = columns(post_interactions).where(is_on_it).order_by(post_interactions.c.id)
        return tuple(Interaction(**row) for row in await self._tx.rows(statement))
