"""Who works on a task: leases, fencing tokens and the one upload slot of each account.

A worker claims a task with a lease and gets a fence number that no earlier claim had. Each later write names
that fence; if another claim or an operator came between, the write matches no row and FenceLostError stops the
worker. `running_account` equals the account while a leased task is in an upload stage, and is unique.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from storage.errors import DuplicateError, FenceLostError, SecretError
from storage.repositories.faults import fault_to_json
from storage.repositories.task_rows import columns_of_changes, has_unreadable_session, task_from_row
from storage.tables import tasks
from storage.transaction import Record, Transaction, columns
from storage.values import UPLOAD_STAGES, Fault, Stage, Task, TaskStatus

CLAIMABLE = (TaskStatus.PENDING, TaskStatus.PROCESSING)
NO_LEASE: dict[str, Any] = {"lease_owner": None, "lease_until": None, "running_account": None}
NEW_FENCE: dict[str, Any] = {"fence": tasks.c.fence + 1}


class TaskClaims:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def claim_due(
        self,
        now: datetime,
        *,
        owner: str,
        lease_until: datetime,
        stages: Collection[Stage],
        limit: int,
        exclude_busy_accounts: bool,
        only: int | None = None,
    ) -> tuple[Task, ...]:
        """Lease up to `limit` due tasks in these stages (`only`: this one task) to `owner`; no two get the same one.

        Tasks in upload stages are given one per account, and only while no other of the account is leased.
        A task whose session cannot be read is not given: it needs attention, and does not hold up the others.
        """
        statement = _due(now, stages, exclude_busy_accounts=exclude_busy_accounts)
        if only is not None:
            statement = statement.where(tasks.c.id == only)
        claimed: list[Task] = []
        taken: set[int] = set()
        # Read beyond the limit: an account's second task must not hide another account's first.
        for row in await self._tx.rows(statement.limit(limit * 20).with_for_update(skip_locked=True, of=tasks)):
            if len(claimed) == limit:
                break
            if row["stage"] in UPLOAD_STAGES and row["account_id"] in taken:
                continue
            if has_unreadable_session(task_from_row(row, self._tx.keyring)):
                await self._park(row)
            elif await self._lease(row, now, owner, lease_until):
                if row["stage"] in UPLOAD_STAGES:
                    taken.add(row["account_id"])
                claimed.append(await self._load(row["id"]))
        return tuple(claimed)

    async def extend_lease(self, task_id: int, *, fence: int, until: datetime) -> bool:
        """The heartbeat; False means that the lease is lost and the worker must stop."""
        is_mine = and_(tasks.c.id == task_id, tasks.c.fence == fence, tasks.c.lease_owner.is_not(None))
        return await self._tx.change(update(tasks).where(is_mine).values(lease_until=until)) == 1

    async def record(self, task_id: int, *, fence: int, release: bool = False, **changes: Any) -> Task:
        """A worker's write of any task fields; `release` gives the lease back, and so does a final status.

        Raises FenceLostError, with nothing changed, when the fence is not the task's any more.
        """
        row = await self._tx.row(columns(tasks).where(tasks.c.id == task_id, tasks.c.fence == fence))
        if row is None:
            raise FenceLostError(f"task {task_id} has left fence {fence}", task_id=task_id)
        values = columns_of_changes(changes, row, self._tx.keyring)
        if release or values.get("status", row["status"]) not in CLAIMABLE:
            values |= NO_LEASE
        elif "stage" in values and row["lease_owner"] is not None:
            values["running_account"] = row["account_id"] if values["stage"] in UPLOAD_STAGES else None
        values["updated_at"] = self._tx.clock()
        is_mine = (tasks.c.id == task_id) & (tasks.c.fence == fence)
        try:
            matched = await self._tx.change(update(tasks).where(is_mine).values(values))
        except IntegrityError:
            if values.get("running_account") is None:
                raise
            raise DuplicateError(f"account {row['account_id']} is busy with another upload") from None
        if not matched:
            raise FenceLostError(f"task {task_id} has left fence {fence}", task_id=task_id)
        return await self._load(task_id)

    async def release_all_leases(self) -> int:
        """At the start of a single process: whoever held a lease is dead. Returns how many there were."""
        values = {**NO_LEASE, **NEW_FENCE}
        return await self._tx.change(update(tasks).where(tasks.c.lease_owner.is_not(None)).values(values))

    async def next_due(self) -> datetime | None:
        """When the first claimable task can be claimed, if nothing else happens."""
        busy = tasks.alias("busy")
        waits_for_account = and_(
            busy.c.running_account == tasks.c.account_id, busy.c.id != tasks.c.id, tasks.c.stage.in_(UPLOAD_STAGES)
        )
        at = _later(_later(tasks.c.next_attempt_at, tasks.c.lease_until), busy.c.lease_until)
        statement = select(func.min(at)).select_from(tasks.outerjoin(busy, waits_for_account))
        is_claimable = (tasks.c.status.in_(CLAIMABLE), tasks.c.next_attempt_at.is_not(None))
        moment: datetime | None = await self._tx.scalar(statement.where(*is_claimable))
        return moment

    async def _lease(self, row: Record, now: datetime, owner: str, until: datetime) -> bool:
        uploads = row["stage"] in UPLOAD_STAGES
        if uploads:
            await self._displace_expired(row["account_id"], row["id"], now)
        values = {
            **NEW_FENCE,
            "lease_owner": owner,
            "lease_until": until,
            "running_account": row["account_id"] if uploads else None,
            "updated_at": now,
        }
        is_unchanged = (tasks.c.id == row["id"]) & (tasks.c.fence == row["fence"])
        try:
            return await self._tx.change(update(tasks).where(is_unchanged).values(values)) == 1
        except IntegrityError:
            # Another claimer took the account's slot in this very moment; its statement alone was undone.
            return False

    async def _park(self, row: Record) -> None:
        values = {
            **NO_LEASE,
            **NEW_FENCE,
            "status": TaskStatus.NEEDS_ATTENTION,
            "fault": fault_to_json(Fault(SecretError.code)),
            "updated_at": self._tx.clock(),
        }
        await self._tx.change(update(tasks).where(tasks.c.id == row["id"]).values(values))

    async def _displace_expired(self, account_id: int, task_id: int, now: datetime) -> None:
        # The fence grows too: the stalled worker must not wake up and go on beside the new one.
        is_expired = (
            tasks.c.running_account == account_id,
            tasks.c.id != task_id,
            tasks.c.lease_until <= now,
        )
        await self._tx.change(update(tasks).where(*is_expired).values({**NO_LEASE, **NEW_FENCE}))

    async def _load(self, task_id: int) -> Task:
        row = await self._tx.row(columns(tasks).where(tasks.c.id == task_id))
        if row is None:
            raise FenceLostError(f"no task {task_id}", task_id=task_id)
        return task_from_row(row, self._tx.keyring)


def _due(now: datetime, stages: Collection[Stage], *, exclude_busy_accounts: bool) -> Select[Any]:
    statement = columns(tasks).where(
        tasks.c.status.in_(CLAIMABLE),
        tasks.c.stage.in_(sorted(stages)),
        tasks.c.next_attempt_at <= now,
        or_(tasks.c.lease_until.is_(None), tasks.c.lease_until <= now),
    )
    if exclude_busy_accounts:
        busy = tasks.alias("busy")
        has_lease = and_(busy.c.running_account == tasks.c.account_id, busy.c.lease_until > now)
        statement = statement.where(~exists().where(has_lease))
    return statement.order_by(tasks.c.priority.desc(), tasks.c.next_attempt_at, tasks.c.id)


def _later(first: ColumnElement[Any], second: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((or_(second.is_(None), second <= first), first), else_=second)
