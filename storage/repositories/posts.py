"""Approved posts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from storage.errors import NotFoundError
from storage.tables import posts
from storage.transaction import Transaction, columns
from storage.values import JsonObject, Post


class PostRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(
        self,
        *,
        operator_id: int,
        clip_id: int,
        draft_id: int | None,
        chat_id: int,
        title: str,
        description: str,
        keywords: Sequence[str],
        voice_preset: str,
        scheduled_time: datetime,
        timezone: str,
        options: JsonObject,
    ) -> Post:
        values = {
            "operator_id": operator_id,
            "clip_id": clip_id,
            "draft_id": draft_id,
            "chat_id": chat_id,
            "title": title,
            "description": description,
            "keywords": list(keywords),
            "voice_preset": voice_preset,
            "scheduled_time": scheduled_time,
            "timezone": timezone,
            "options": dict(options),
            "created_at": self._tx.clock(),
        }
        return await self.get(await self._tx.insert(posts, values))

    async def get(self, post_id: int) -> Post:
        row = await self._tx.row(columns(posts).where(posts.c.id == post_id))
        if row is None:
            raise NotFoundError(f"no post {post_id}", id=post_id)
        return Post(**{**row, "keywords": tuple(row["keywords"])})
