"""The tasks of an account stand still when it cannot publish, and go on where they stood when it can again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from scheduler.handle import Handle
from scheduler.notices import NoticeListener, TaskProgressed
from storage.unit_of_work import UnitOfWork
from storage.values import Account, Fault, Stage, Task, TaskStatus

NEEDS_REAUTH = "account.needs_reauth"
DISABLED = "account.disabled"
GOING_ON = frozenset({TaskStatus.PENDING, TaskStatus.PROCESSING})


def paused_fault(account: Account) -> Fault:
    """Why a task of a paused account waits."""
    return Fault(DISABLED, {"account": account.title})


async def pause(uow: UnitOfWork, listener: NoticeListener, account: Account, fault: Fault) -> None:
    """Stop every task of the account, also one that is being worked on. Their cards are shown anew."""
    tasks = await uow.tasks.of_account(account.id, GOING_ON)
    await uow.tasks.pause_account(account.id, fault)
    await _show(uow, listener, tasks)


async def resume(uow: UnitOfWork, listener: NoticeListener, account_id: int, now: datetime) -> int:
    """Let go what waited for the account, each task at its stage and not before its time; how many there were."""
    waiting = await uow.tasks.of_account(account_id, {TaskStatus.NEEDS_ATTENTION})
    disabled = [task for task in waiting if task.fault is not None and task.fault.code == DISABLED]
    for task in disabled:
        await _go_on(uow, task, now)
    unauthorised = [task for task in waiting if task.fault is not None and task.fault.code == NEEDS_REAUTH]
    resumed = await uow.tasks.resume_account(account_id, now)
    released = await _release(uow, account_id, now)
    await _show(uow, listener, [*disabled, *unauthorised, *released])
    return resumed + len(disabled)


async def _go_on(uow: UnitOfWork, task: Task, now: datetime) -> None:
    is_begun = task.opened_at is not None or task.stage not in (Stage.PREPARE, Stage.OPEN)
    await uow.tasks.request(
        task.id,
        expected_statuses={TaskStatus.NEEDS_ATTENTION},
        status=TaskStatus.PROCESSING if is_begun else TaskStatus.PENDING,
        next_attempt_at=max(task.next_attempt_at or now, now),
        fault=None,
    )


async def _release(uow: UnitOfWork, account_id: int, now: datetime) -> list[Task]:
    """What is held, or was to be, gets its minute again."""
    going_on = await uow.tasks.of_account(account_id, {TaskStatus.PROCESSING})
    held = [task for task in going_on if Handle.from_json(task.session).is_held]
    for task in held:
        session = replace(Handle.from_json(task.session), is_held=False).to_json()
        expected = {TaskStatus.PROCESSING}
        await uow.tasks.request(task.id, expected_statuses=expected, session=session, next_attempt_at=now)
    return held


async def _show(uow: UnitOfWork, listener: NoticeListener, tasks: Iterable[Task]) -> None:
    for task in tasks:
        await listener.hear(uow, TaskProgressed(task.post_id, task.id, task.stage.value, None))
