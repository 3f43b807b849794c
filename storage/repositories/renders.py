"""The cache of converted clips: one conversion serves every account that wants the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, or_, update

from storage.errors import NotFoundError
from storage.tables import renders, tasks
from storage.transaction import Record, Transaction, columns
from storage.values import JsonObject, Render, TaskStatus

LIVING = (TaskStatus.PENDING, TaskStatus.PROCESSING, TaskStatus.NEEDS_ATTENTION)


class RenderRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def find(self, clip_sha256: str, preset_digest: str, profile: str) -> Render | None:
        is_it = (
            renders.c.clip_sha256 == clip_sha256,
            renders.c.preset_digest == preset_digest,
            renders.c.profile == profile,
        )
        row = await self._tx.row(columns(renders).where(*is_it))
        return None if row is None else _render(row)

    async def add(
        self,
        *,
        clip_sha256: str,
        preset_digest: str,
        profile: str,
        path: str,
        sha256: str,
        size: int,
        duration_s: float,
        media: JsonObject | None = None,
        notes: Sequence[JsonObject] = (),
    ) -> Render:
        """Record a render. Two workers that made the same one at once share the row that came first."""
        values = {
            "clip_sha256": clip_sha256,
            "preset_digest": preset_digest,
            "profile": profile,
            "path": path,
            "sha256": sha256,
            "size": size,
            "duration_s": duration_s,
            "media": media,
            "notes": list(notes) or None,
            "created_at": self._tx.clock(),
        }
        await self._tx.insert_if_new(renders, values)
        render = await self.find(clip_sha256, preset_digest, profile)
        if render is None:
            raise NotFoundError(f"no render of {clip_sha256}")
        return render

    async def get(self, render_id: int) -> Render:
        row = await self._tx.row(columns(renders).where(renders.c.id == render_id))
        if row is None:
            raise NotFoundError(f"no render {render_id}", id=render_id)
        return _render(row)

    async def unused_since(self, before: datetime) -> tuple[Render, ...]:
        """Renders made before that moment that no living task needs and no task touched since."""
        is_wanted = exists().where(
            tasks.c.render_id == renders.c.id, or_(tasks.c.status.in_(LIVING), tasks.c.updated_at >= before)
        )
        statement = columns(renders).where(renders.c.created_at < before, ~is_wanted).order_by(renders.c.id)
        return tuple(_render(row) for row in await self._tx.rows(statement))

    async def remove(self, render_id: int) -> None:
        """Forget a render; finished tasks that used it forget which one it was."""
        await self._tx.change(update(tasks).where(tasks.c.render_id == render_id).values(render_id=None))
        await self._tx.change(delete(renders).where(renders.c.id == render_id))


def _render(row: Record) -> Render:
    return Render(**{**row, "notes": tuple(row["notes"] or ())})
