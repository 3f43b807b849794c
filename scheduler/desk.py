"""What an operator may say about a task, and which moments each word fits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from platforms.base import Platform
from scheduler.handle import Handle
from scheduler.interaction_plan import plan_aftercare
from scheduler.notices import (
    OUTCOME_UNKNOWN,
    TOO_LATE,
    NoticeListener,
    TaskCancelled,
    TaskCompleted,
    TaskProgressed,
)
from scheduler.pausing import NEEDS_REAUTH
from scheduler.staging import TakeBack, take_back, unwanted
from storage.errors import ConflictError, StaleVersionError
from storage.unit_of_work import UnitOfWork
from storage.values import Stage, Task, TaskStatus

Answer: TypeAlias = Literal["it_is_there", "publish_again", "drop", "publish_now"]

GOING_ON = frozenset({TaskStatus.PENDING, TaskStatus.PROCESSING, TaskStatus.NEEDS_ATTENTION})
FRESH: dict[str, Any] = {"session": None, "commit_started_at": None, "video_id": None, "bytes_confirmed": 0}


class TaskDesk:
    """Every word is a write that stops the worker at the task; StaleVersionError when its moment has passed.

    The caller commits, then wakes the scheduler.
    """

    def __init__(
        self, listener: NoticeListener, clock: Callable[[], datetime], platforms: Mapping[str, Platform]
    ) -> None:
        self._listener = listener
        self._clock = clock
        self._platforms = platforms

    async def retry(self, uow: UnitOfWork, task_id: int) -> Task:
        """Go on where it stopped: what was refused is sent anew, an unknown outcome is asked about again."""
        task = await uow.tasks.get(task_id)
        if task.fault is not None and task.fault.code in (NEEDS_REAUTH, TOO_LATE):
            raise StaleVersionError(f"task {task_id} waits for another answer")
        expected = {TaskStatus.FAILED, TaskStatus.NEEDS_ATTENTION}
        if task.status is TaskStatus.FAILED and task.stage is not Stage.PREPARE:
            return await self._go_on(uow, task, expected, stage=Stage.OPEN, **FRESH)
        return await self._go_on(uow, task, expected, stage=task.stage)

    async def cancel(self, uow: UnitOfWork, task_id: int) -> Task:
        """Never publish it; too late once the request that may publish was begun.

        What the site would publish by itself is deleted there first: the task ends, and is said to, when that is done.
        """
        task = await uow.tasks.get(task_id)
        way = take_back(task, self._clock())
        if way is TakeBack.TOO_LATE:
            raise StaleVersionError(f"task {task_id} may be published already")
        if way is TakeBack.UNDO:
            return await self.undo(uow, task)
        task = await self._end(uow, task_id, GOING_ON)
        # The write took the row: a worker that began to commit between our look and our write is seen here, and the
        # error takes the write back.
        if task.commit_started_at is not None:
            raise ConflictError(f"task {task_id} began to publish in this very moment")
        return task

    async def undo(self, uow: UnitOfWork, task: Task, at: datetime | None = None) -> Task:
        """Write down that an upload is unwanted; a worker deletes it, now or `at` that time.

        Raises ConflictError if it moved on meanwhile.
        """
        changes = unwanted(task, self._clock())
        changes["next_attempt_at"] = at or changes["next_attempt_at"]
        changed = await uow.tasks.request(task.id, expected_statuses=GOING_ON, **changes)
        if changed.fence != task.fence + 1:
            raise ConflictError(f"task {task.id} moved on in this very moment")
        await self._listener.hear(uow, TaskProgressed(task.post_id, task.id, Stage.UNDO.value, None))
        return changed

    async def resolve(self, uow: UnitOfWork, task_id: int, answer: Answer) -> Task:
        """The answer to a question that the task asked (see `TaskNeedsAttention`)."""
        task = await uow.tasks.get(task_id)
        code = task.fault.code if task.fault else ""
        if task.status is not TaskStatus.NEEDS_ATTENTION:
            raise StaleVersionError(f"task {task_id} asks nothing now")
        if answer == "drop":
            return await self._drop(uow, task)
        if answer == "publish_now" and code == TOO_LATE:
            return await self._go_on(uow, task, {TaskStatus.NEEDS_ATTENTION}, stage=task.stage)
        if answer == "publish_again" and code == OUTCOME_UNKNOWN:
            return await self._go_on(uow, task, {TaskStatus.NEEDS_ATTENTION}, stage=Stage.OPEN, **FRESH)
        if answer == "it_is_there" and code == OUTCOME_UNKNOWN:
            return await self._is_there(uow, task)
        raise StaleVersionError(f"task {task_id} asks something else now")

    async def _drop(self, uow: UnitOfWork, task: Task) -> Task:
        """What the site would publish by itself is deleted there first, if the account lets us in."""
        is_ours = task.fault is None or task.fault.code != NEEDS_REAUTH
        if is_ours and take_back(task, self._clock()) is TakeBack.UNDO:
            return await self.undo(uow, task)
        return await self._end(uow, task.id, {TaskStatus.NEEDS_ATTENTION})

    async def _go_on(self, uow: UnitOfWork, task: Task, expected: set[TaskStatus], **changes: Any) -> Task:
        now = self._clock()
        is_begun = changes["stage"] not in (Stage.PREPARE, Stage.OPEN)
        return await uow.tasks.request(
            task.id,
            expected_statuses=expected,
            status=TaskStatus.PROCESSING if is_begun else TaskStatus.PENDING,
            fault=None,
            retry_count=0,
            begun_anew=0,
            # The operator wants it now, so it is not late any more; the post keeps the time that was planned.
            scheduled_time=max(task.scheduled_time, now),
            next_attempt_at=now,
            **changes,
        )

    async def _end(self, uow: UnitOfWork, task_id: int, expected: Collection[TaskStatus]) -> Task:
        task = await uow.tasks.request(
            task_id, expected_statuses=expected, status=TaskStatus.CANCELLED, next_attempt_at=None
        )
        await self._listener.hear(uow, TaskCancelled(task.post_id, task.id))
        return task

    async def _is_there(self, uow: UnitOfWork, task: Task) -> Task:
        """Taken on the operator's word; the upload's row has what is known, perhaps no more than that it exists."""
        handle = Handle.from_json(task.session)
        upload = await uow.uploads.add(
            task_id=task.id,
            account_id=task.account_id,
            platform=task.platform,
            video_id=task.video_id or "",
            upload_id=handle.upload_id,
            video_url=handle.url,
            upload_time=task.commit_started_at or self._clock(),
        )
        if (site := self._platforms.get(task.platform)) is not None:
            await plan_aftercare(uow, site, task, upload, self._clock())
        done = await uow.tasks.request(
            task.id,
            expected_statuses={TaskStatus.NEEDS_ATTENTION},
            status=TaskStatus.COMPLETED,
            session=None,
            fault=None,
            next_attempt_at=None,
        )
        await self._listener.hear(uow, TaskCompleted(task.post_id, task.id, handle.url))
        return done
