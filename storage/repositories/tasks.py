"""One post on one account, with its own time and fate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, select, update

from storage.errors import NotFoundError, StaleVersionError
from storage.repositories.faults import fault_to_json
from storage.repositories.task_claims import CLAIMABLE, NEW_FENCE, NO_LEASE, TaskClaims
from storage.repositories.task_rows import columns_of_changes, task_from_row
from storage.tables import posts, tasks
from storage.transaction import columns
from storage.values import Fault, JsonObject, Stage, Task, TaskStatus

QUEUED = (TaskStatus.PENDING, TaskStatus.PROCESSING, TaskStatus.NEEDS_ATTENTION)
NEEDS_REAUTH = "account.needs_reauth"


class TaskRepository(TaskClaims):
    """What a worker does is in TaskClaims; here is what everybody else does."""

    async def add(
        self,
        *,
        post_id: int,
        account_id: int,
        clip_id: int,
        platform: str,
        title: str,
        description: str,
        keywords: Sequence[str],
        voice_preset: str,
        options: JsonObject,
        scheduled_time: datetime,
        next_attempt_at: datetime,
        priority: int = 0,
    ) -> Task:
        """A new task, pending at its first stage."""
        now = self._tx.clock()
        values = {
            "post_id": post_id,
            "account_id": account_id,
            "clip_id": clip_id,
            "platform": platform,
            "title": title,
            "description": description,
            "keywords": list(keywords),
            "voice_preset": voice_preset,
            "options": dict(options),
            "scheduled_time": scheduled_time,
            "status": TaskStatus.PENDING,
            "stage": Stage.PREPARE,
            "priority": priority,
            "retry_count": 0,
            "begun_anew": 0,
            "same_error_count": 0,
            "next_attempt_at": next_attempt_at,
            "fence": 0,
            "bytes_confirmed": 0,
            "bytes_total": 0,
            "created_at": now,
            "updated_at": now,
        }
        return await self.get(await self._tx.insert(tasks, values))

    async def get(self, task_id: int) -> Task:
        found = await self._select(columns(tasks).where(tasks.c.id == task_id))
        if not found:
            raise NotFoundError(f"no task {task_id}", id=task_id)
        return found[0]

    async def of_post(self, post_id: int) -> tuple[Task, ...]:
        return await self._select(columns(tasks).where(tasks.c.post_id == post_id).order_by(tasks.c.id))

    async def of_draft(self, draft_id: int) -> tuple[Task, ...]:
        """The tasks of every post that was made of a draft, by id."""
        made = select(posts.c.id).where(posts.c.draft_id == draft_id)
        return await self._select(columns(tasks).where(tasks.c.post_id.in_(made)).order_by(tasks.c.id))

    async def of_account(self, account_id: int, statuses: Collection[TaskStatus]) -> tuple[Task, ...]:
        is_wanted = (tasks.c.account_id == account_id) & tasks.c.status.in_(sorted(statuses))
        return await self._select(columns(tasks).where(is_wanted).order_by(tasks.c.id))

    async def queue(self, *, limit: int = 20) -> tuple[Task, ...]:
        """What is still to come or asks for somebody, the soonest first."""
        statement = columns(tasks).where(tasks.c.status.in_(QUEUED))
        return await self._select(statement.order_by(tasks.c.scheduled_time, tasks.c.id).limit(limit))

    async def request(self, task_id: int, *, expected_statuses: Collection[TaskStatus], **changes: Any) -> Task:
        """An operator's write: a worker that is at it loses its fence and stops.

        Raises StaleVersionError when the task is in another status by now.
        """
        row = await self._tx.row(columns(tasks).where(tasks.c.id == task_id))
        if row is None:
            raise NotFoundError(f"no task {task_id}", id=task_id)
        values = columns_of_changes(changes, row, self._tx.keyring)
        values |= {**NO_LEASE, **NEW_FENCE, "updated_at": self._tx.clock()}
        is_expected = (tasks.c.id == task_id) & tasks.c.status.in_(sorted(expected_statuses))
        if not await self._tx.change(update(tasks).where(is_expected).values(values)):
            raise StaleVersionError(f"task {task_id} is {row['status']} by now", task_id=task_id)
        return await self.get(task_id)

    async def pause_account(self, account_id: int, fault: Fault) -> int:
        """Nothing of this account goes on until somebody acts; workers at it lose their fence. Returns how many."""
        is_going_on = (tasks.c.account_id == account_id) & tasks.c.status.in_(CLAIMABLE)
        values = {
            **NO_LEASE,
            **NEW_FENCE,
            "status": TaskStatus.NEEDS_ATTENTION,
            "fault": fault_to_json(fault),
            "updated_at": self._tx.clock(),
        }
        return await self._tx.change(update(tasks).where(is_going_on).values(values))

    async def resume_account(self, account_id: int, now: datetime) -> int:
        """Tasks that waited for re-authorisation go on at their stage, now at the earliest. Returns how many."""
        waiting = await self.of_account(account_id, {TaskStatus.NEEDS_ATTENTION})
        ids = [task.id for task in waiting if task.fault is not None and task.fault.code == NEEDS_REAUTH]
        is_begun = tasks.c.opened_at.is_not(None) | tasks.c.stage.not_in([Stage.PREPARE, Stage.OPEN])
        is_later = tasks.c.next_attempt_at > now
        values = {
            **NEW_FENCE,
            "status": case((is_begun, TaskStatus.PROCESSING.value), else_=TaskStatus.PENDING.value),
            "next_attempt_at": case((is_later, tasks.c.next_attempt_at), else_=now),
            "fault": None,
            "updated_at": self._tx.clock(),
        }
        is_waiting = tasks.c.id.in_(ids) & (tasks.c.status == TaskStatus.NEEDS_ATTENTION)
        return await self._tx.change(update(tasks).where(is_waiting).values(values)) if ids else 0

    async def _select(self, statement: Select[Any]) -> tuple[Task, ...]:
        return tuple(task_from_row(row, self._tx.keyring) for row in await self._tx.rows(statement))
