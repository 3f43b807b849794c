"""What tasks became on the platforms."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update

from storage.errors import DuplicateError, NotFoundError
from storage.tables import posts, tasks, uploads
from storage.transaction import Transaction, columns
from storage.values import Upload


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

    async def get(self, upload_id: int) -> Upload:
        row = await self._tx.row(columns(uploads).where(uploads.c.id == upload_id))
        if row is None:
            raise NotFoundError(f"no upload {upload_id}", id=upload_id)
        return Upload(**row)

    async def of_operator(self, operator_id: int, *, limit: int, offset: int = 0) -> tuple[Upload, ...]:
        """What this operator's posts became, the newest first, past the first `offset`."""
        joined = uploads.join(tasks, tasks.c.id == uploads.c.task_id).join(posts, posts.c.id == tasks.c.post_id)
        statement = columns(uploads).select_from(joined).where(posts.c.operator_id == operator_id)
        newest = statement.order_by(uploads.c.upload_time.desc(), uploads.c.id.desc()).limit(limit).offset(offset)
        return tuple(Upload(**row) for row in await self._tx.rows(newest))

    async def since(self, moment: datetime, platforms: Collection[str]) -> tuple[Upload, ...]:
        """What was uploaded to these sites after `moment` and has a name there, the newest first."""
        is_wanted = (
            uploads.c.upload_time >= moment,
            uploads.c.platform.in_(sorted(platforms)),
            uploads.c.video_id != "",
        )
        statement = columns(uploads).where(*is_wanted).order_by(uploads.c.upload_time.desc(), uploads.c.id.desc())
        return tuple(Upload(**row) for row in await self._tx.rows(statement))

    async def rename(self, upload_id: int, *, video_id: str, video_url: str) -> Upload:
        """The site told the video's own id and address only after the upload was recorded."""
        values = {"video_id": video_id, "video_url": video_url}
        await self._tx.change(update(uploads).where(uploads.c.id == upload_id).values(values))
        return await self.get(upload_id)
