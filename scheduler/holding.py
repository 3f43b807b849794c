"""An account that its operator pauses: its tasks wait; what its site would publish by itself is held there first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from scheduler.handle import Handle
from scheduler.notices import NoticeListener
from scheduler.pausing import pause, paused_fault
from scheduler.staging import is_timed, is_unwanted
from storage.unit_of_work import UnitOfWork
from storage.values import Account, Stage, Task, TaskStatus


async def switch_off(uow: UnitOfWork, listener: NoticeListener, account: Account, now: datetime) -> None:
    """Pause the account by its operator's word: the grant is good, so what its site would publish is held there."""
    fault = paused_fault(account)
    await pause(uow, listener, account, fault)
    # Read after the write that stopped every worker: nothing of it moves any more.
    for task in await uow.tasks.of_account(account.id, {TaskStatus.NEEDS_ATTENTION}):
        if task.fault == fault and (changes := _still_to_do(task, now)):
            await uow.tasks.request(task.id, expected_statuses={TaskStatus.NEEDS_ATTENTION}, **changes)


def _still_to_do(task: Task, now: datetime) -> dict[str, Any]:
    """What goes on although the account is paused, as a change of its row: taking back, and holding back."""
    going_on: dict[str, Any] = {"status": TaskStatus.PROCESSING, "fault": None}
    if is_unwanted(task):
        # What is kept a while for an edit is deleted at once: whoever disconnects waits for it.
        return going_on | {"next_attempt_at": now}
    if not is_timed(task, now):
        return {}
    is_named = task.stage in (Stage.CONFIRM, Stage.RETIME) and bool(task.video_id)
    return going_on | {
        "stage": Stage.RETIME if is_named else task.stage,
        "session": replace(Handle.from_json(task.session), is_held=True).to_json(),
        "retry_count": 0,
        "next_attempt_at": now,
    }


async def not_yet_held(uow: UnitOfWork, account_id: int, now: datetime) -> tuple[Task, ...]:
    """What the account's site may still make public by itself, whatever is done here."""
    tasks = await uow.tasks.of_account(account_id, {TaskStatus.PROCESSING, TaskStatus.NEEDS_ATTENTION})
    return tuple(task for task in tasks if is_timed(task, now) or is_being_deleted(task, now))


def is_being_deleted(task: Task, now: datetime) -> bool:
    """Whether it was taken back and the site may have it still."""
    release_at = Handle.from_json(task.session).release_at
    return is_unwanted(task) and release_at is not None and now < release_at
