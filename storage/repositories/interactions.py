"""What is to be done with an upload after its publication, and who is at it.

A worker claims a row with a lease and a fence, as it claims a task; each later write names that fence.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select, update

from storage.errors import FenceLostError, NotFoundError
from storage.repositories.faults import fault_from_json, fault_to_json
from storage.tables import post_interactions
from storage.transaction import Record, Transaction, columns
from storage.values import Fault

ROWS = post_interactions
NO_LEASE: dict[str, Any] = {"lease_owner": None, "lease_until": None}
NEW_FENCE: dict[str, Any] = {"fence": ROWS.c.fence + 1}


class InteractionState(StrEnum):
    """DOING is written before the call: found again without a result, its outcome is unknown."""

    PENDING = "pending"
    DOING = "doing"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


OPEN_STATES = (InteractionState.PENDING, InteractionState.DOING, InteractionState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Interaction:
    """A deed upon an upload: `interaction_type` is `comment`, `like`, ...; `content` is what it needs to be told.

    `is_asked`: the operator asked for this very deed, and is told how it ended. `attempted_at` is when the last call
    that may have taken effect was begun, `absent_since` when the site first said after it that nothing is there.
    `next_attempt_at` None: nobody will work on it.
    """

    id: int
    upload_id: int
    interaction_type: str
    content: str
    created_at: datetime
    state: InteractionState
    is_asked: bool
    next_attempt_at: datetime | None
    attempts: int
    attempted_at: datetime | None
    absent_since: datetime | None
    remote_id: str | None
    fault: Fault | None
    fence: int
    lease_owner: str | None
    lease_until: datetime | None


class InteractionRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(
        self,
        upload_id: int,
        interaction_type: str,
        content: str = "",
        *,
        at: datetime | None = None,
        is_asked: bool = False,
        fault: Fault | None = None,
    ) -> int:
        """To be done at `at` (now, if None); with a `fault` it is on record as not possible."""
        now = self._tx.clock()
        values = {
            "upload_id": upload_id,
            "interaction_type": interaction_type,
            "content": content,
            "created_at": now,
            "state": InteractionState.FAILED if fault else InteractionState.PENDING,
            "is_asked": is_asked,
            "next_attempt_at": None if fault else at or now,
            "attempts": 0,
            "fault": fault_to_json(fault),
            "fence": 0,
        }
        return await self._tx.insert(ROWS, values)

    async def get(self, row_id: int) -> Interaction:
        row = await self._tx.row(columns(ROWS).where(ROWS.c.id == row_id))
        if row is None:
            raise NotFoundError(f"no interaction {row_id}", id=row_id)
        return _interaction(row)

    async def of_upload(self, upload_id: int) -> tuple[Interaction, ...]:
        """In the order in which they were asked for."""
        statement = columns(ROWS).where(ROWS.c.upload_id == upload_id).order_by(ROWS.c.id)
        return tuple(map(_interaction, await self._tx.rows(statement)))

    async def deleted(self, upload_ids: Collection[int]) -> frozenset[int]:
        """Which of these uploads were deleted from here."""
        is_deletion = (ROWS.c.interaction_type == "delete") & (ROWS.c.state == InteractionState.DONE)
        statement = select(ROWS.c.upload_id.label("upload_id")).where(is_deletion, ROWS.c.upload_id.in_(upload_ids))
        return frozenset(row["upload_id"] for row in await self._tx.rows(statement))

    async def claim_due(
        self, now: datetime, *, owner: str, lease_until: datetime, limit: int
    ) -> tuple[Interaction, ...]:
        """Lease up to `limit` due rows, one per upload: what was asked for first is done first."""
        busy = ROWS.alias("busy")
        has_lease = (busy.c.upload_id == ROWS.c.upload_id) & (busy.c.lease_until > now)
        statement = (
            columns(ROWS)
            .where(ROWS.c.state.in_(OPEN_STATES), ROWS.c.next_attempt_at <= now)
            .where(or_(ROWS.c.lease_until.is_(None), ROWS.c.lease_until <= now))
            .where(~select(busy.c.id).where(has_lease).exists())
            .order_by(ROWS.c.next_attempt_at, ROWS.c.id)
            .limit(limit * 10)
        )
        claimed: dict[int, Interaction] = {}
        for row in await self._tx.rows(statement):
            if len(claimed) < limit and row["upload_id"] not in claimed:
                values = {**NEW_FENCE, "lease_owner": owner, "lease_until": lease_until}
                if await self._tx.change(update(ROWS).where(_is_unchanged(row)).values(values)):
                    claimed[row["upload_id"]] = await self.get(row["id"])
        return tuple(claimed.values())

    async def record(self, row_id: int, *, fence: int, release: bool = False, **changes: Any) -> Interaction:
        """A worker's write of any fields. Raises FenceLostError, with nothing changed, when it has lost the row."""
        if "fault" in changes:
            changes["fault"] = fault_to_json(changes["fault"])
        if release:
            changes |= NO_LEASE
        is_mine = (ROWS.c.id == row_id) & (ROWS.c.fence == fence) & ROWS.c.lease_owner.is_not(None)
        if not await self._tx.change(update(ROWS).where(is_mine).values(changes)):
            raise FenceLostError(f"interaction {row_id} has left fence {fence}")
        return await self.get(row_id)

    async def withdraw(self, upload_id: int, types: Collection[str]) -> int:
        """What has not been begun will not be; how many there were."""
        is_waiting = (
            (ROWS.c.upload_id == upload_id)
            & ROWS.c.interaction_type.in_(sorted(types))
            & (ROWS.c.state == InteractionState.PENDING)
            & ROWS.c.lease_owner.is_(None)
        )
        values = {**NEW_FENCE, "next_attempt_at": None, "state": InteractionState.FAILED}
        return await self._tx.change(update(ROWS).where(is_waiting).values(values))

    async def release_all_leases(self) -> int:
        """At the start of a single process: whoever held a lease is dead. Returns how many there were."""
        values = {**NO_LEASE, **NEW_FENCE}
        return await self._tx.change(update(ROWS).where(ROWS.c.lease_owner.is_not(None)).values(values))

    async def next_due(self) -> datetime | None:
        """When the first row can be claimed, if nothing else happens."""
        leased = ROWS.c.lease_until.is_not(None) & (ROWS.c.lease_until > ROWS.c.next_attempt_at)
        at = case((leased, ROWS.c.lease_until), else_=ROWS.c.next_attempt_at)
        is_open = ROWS.c.state.in_(OPEN_STATES) & ROWS.c.next_attempt_at.is_not(None)
        moment: datetime | None = await self._tx.scalar(select(func.min(at)).where(is_open))
        return moment


def _is_unchanged(row: Record) -> ColumnElement[bool]:
    is_it: ColumnElement[bool] = (ROWS.c.id == row["id"]) & (ROWS.c.fence == row["fence"])
    return is_it


def _interaction(row: Record) -> Interaction:
    fields = {**row, "state": InteractionState(row["state"]), "fault": fault_from_json(row["fault"])}
    return Interaction(**fields)
