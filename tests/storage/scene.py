"""A small world to test in: one operator, one account, one clip, one post, and a clock that is moved by hand."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Select, text

from storage.database import Database
from storage.tables import metadata
from storage.transaction import Record, Transaction
from storage.values import Account, Clip, ClipFacts, Draft, Operator, Post, Stage, Task, Tokens

NOON = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
EVERY_STAGE = tuple(Stage)

FACTS = ClipFacts(
    sha256="ab" * 32,
    size=1_000_000,
    duration_s=20.021,
    width=1080,
    height=1920,
    fps=29.97,
    video_codec="h264",
    audio_codec="aac",
    rotation=90,
    container="mp4",
)


class Clock:
    """Says the moment that it was set to."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def after(self, **delta: float) -> datetime:
        return self.now + timedelta(**delta)

    def advance(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now


def tokens(access: str = "access-1", refresh: str | None = "refresh-1", **changes: Any) -> Tokens:
    values: dict[str, Any] = {"expires_at": NOON + timedelta(hours=1), "scopes": frozenset({"upload"})}
    return Tokens(access_token=access, refresh_token=refresh, **{**values, **changes})


@dataclass
class Scene:
    db: Database
    clock: Clock
    operator: Operator
    account: Account
    clip: Clip
    draft: Draft
    post: Post
    numbers: Any = field(default_factory=lambda: itertools.count(2))

    @classmethod
    async def build(cls, db: Database, clock: Clock) -> Scene:
        async with db.begin() as uow:
            operator = await uow.operators.ensure(1001, locale="en", timezone="Europe/Berlin")
            account = await uow.accounts.connect(
                platform="youtube",
                external_id="UC-1",
                title="Кухня 🍳",
                handle="@kitchen",
                scopes={"upload"},
                operator_id=operator.id,
            )
            clip = await uow.clips.add(
                operator_id=operator.id, chat_id=500, message_id=1, file_id="file", file_unique_id="unique"
            )
            draft = await uow.drafts.add(operator_id=operator.id, clip_id=clip.id, chat_id=500)
            post = await uow.posts.add(
                operator_id=operator.id,
                clip_id=clip.id,
                draft_id=draft.id,
                chat_id=500,
                title="Soup",
                description="Borscht",
                keywords=("soup", "борщ"),
                voice_preset="deeper",
                scheduled_time=clock.after(hours=1),
                timezone="Europe/Berlin",
                options={"privacy": "private"},
            )
            await uow.commit()
        return cls(db, clock, operator, account, clip, draft, post)

    async def add_account(self) -> Account:
        async with self.db.begin() as uow:
            account = await uow.accounts.connect(
                platform="youtube",
                external_id=f"UC-{next(self.numbers)}",
                title="Another",
                handle="@another",
                scopes={"upload"},
                operator_id=self.operator.id,
            )
            await uow.commit()
        return account

    async def add_task(self, account: Account | None = None, **changes: Any) -> Task:
        """A pending task that is due now; `stage` and other recordable fields may be given."""
        created = {
            name: changes.pop(name) for name in ("priority", "scheduled_time", "next_attempt_at") if name in changes
        }
        async with self.db.begin() as uow:
            task = await uow.tasks.add(
                **{
                    "post_id": self.post.id,
                    "account_id": (account or self.account).id,
                    "clip_id": self.clip.id,
                    "platform": "youtube",
                    "title": "Soup",
                    "description": "Borscht",
                    "keywords": ("soup",),
                    "voice_preset": "deeper",
                    "options": {"privacy": "private"},
                    "scheduled_time": self.clock(),
                    "next_attempt_at": self.clock(),
                    **created,
                }
            )
            if changes:
                task = await uow.tasks.record(task.id, fence=0, **changes)
            await uow.commit()
        return task

    async def claim(self, owner: str = "worker", limit: int = 10, **options: Any) -> tuple[Task, ...]:
        """Claim what is due by the scene's clock, for a minute."""
        values: dict[str, Any] = {
            "lease_until": self.clock.after(seconds=60),
            "stages": EVERY_STAGE,
            "exclude_busy_accounts": True,
        }
        async with self.db.begin() as uow:
            tasks = await uow.tasks.claim_due(self.clock(), owner=owner, limit=limit, **{**values, **options})
            await uow.commit()
        return tasks

    async def record(self, task: Task, **changes: Any) -> Task:
        async with self.db.begin() as uow:
            task = await uow.tasks.record(task.id, fence=task.fence, **changes)
            await uow.commit()
        return task

    async def task(self, task_id: int) -> Task:
        async with self.db.read() as uow:
            return await uow.tasks.get(task_id)


def after_next_read(monkeypatch: pytest.MonkeyPatch, interfere: Callable[[], Awaitable[object]]) -> None:
    """Let somebody else do something right after a repository has read a row."""
    read_row = Transaction.row

    async def read_and_stall(tx: Transaction, statement: Select[Any]) -> Record | None:
        monkeypatch.setattr(Transaction, "row", read_row)
        row = await read_row(tx, statement)
        await interfere()
        return row

    monkeypatch.setattr(Transaction, "row", read_and_stall)


async def empty(db: Database) -> None:
    """Remove every row of a database that other tests use too."""
    async with db.begin() as uow:
        connection = uow.transaction.connection
        await connection.execute(text("SET SESSION foreign_key_checks=0"))
        for table in metadata.tables.values():
            await connection.execute(table.delete())
        await uow.commit()
