"""The life of one claimed task: stage after stage until it rests, and after an error whatever the policy decides.

This is one of the two borders where every exception is caught: here it becomes a stored decision. Nothing is caught
that is not an Exception, so a dying process writes nothing on its way out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import Any

from platforms.errors import QuotaExhaustedError
from scheduler import policy
from scheduler.faults import fault_of
from scheduler.handle import Handle
from scheduler.job import Job, Workshop
from scheduler.lease import Lease
from scheduler.notices import Notice, TaskDeferred, TaskFailed, TaskNeedsAttention
from scheduler.pausing import NEEDS_REAUTH
from scheduler.policy import (
    AskPerson,
    BackOff,
    Decision,
    GiveUp,
    LookAgain,
    Reconcile,
    RefreshToken,
    StartAnew,
    WaitUntil,
)
from scheduler.stages import STAGES
from storage.errors import FenceLostError
from storage.values import Fault, Stage, Task, TaskStatus

log = logging.getLogger(__name__)

WORTH_SAYING = timedelta(seconds=30)
"""A shorter wait passes unsaid."""

OLD_NEWS = timedelta(minutes=15)
"""A wait longer than any back-off is said again: it is another day's allowance."""

_NOTHING_SENT: Mapping[str, Any] = MappingProxyType(
    {"session": None, "commit_started_at": None, "bytes_confirmed": 0, "video_id": None}
)


class Lifecycle:
    """Runs claimed tasks."""

    def __init__(self, shop: Workshop, rng: Random) -> None:
        self._shop = shop
        self._rng = rng

    async def run(self, task: Task) -> None:
        """Work on `task` until it rests, ends, or is lost to another worker."""
        lease = Lease(task, self._shop.db, self._shop.listener, self._shop.clock, self._shop.pace)
        job = Job(self._shop, lease)
        try:
            async with lease.kept():
                await self._run(job)
        except FenceLostError:
            log.info("task %s: another worker or the operator has it now", task.id)
        except asyncio.CancelledError:
            await self._let_go(job)
            raise

    async def _run(self, job: Job) -> None:
        token_is_fresh = False
        while job.lease.held:
            stage = job.task.stage
            try:
                await job.lease.guard(STAGES[stage](job))
            except FenceLostError:
                raise
            except Exception as error:  # noqa: BLE001 - the border: any error becomes a stored decision
                await self._learn(job, error)
                decision: Decision | None = self._decide(job, error, token_is_fresh)
                if isinstance(decision, RefreshToken):
                    token_is_fresh = True
                    decision = await self._refresh(job)
                if decision is not None:
                    await self._obey(job, decision)

    async def _learn(self, job: Job, error: Exception) -> None:
        """A bucket that the site calls full is full for every task, and in the report."""
        if isinstance(error, QuotaExhaustedError):
            task = job.task
            async with self._shop.db.begin() as uow:
                await self._shop.quota.fill(
                    uow, task.platform, error.bucket, task.account_id, until=error.until, now=self._shop.clock()
                )
                await uow.commit()

    def _decide(self, job: Job, error: Exception, token_is_fresh: bool) -> Decision:
        task, now = job.task, self._shop.clock()
        facts = policy.Facts(
            may_be_published=task.commit_started_at is not None,
            token_is_fresh=token_is_fresh,
            undo_until=task.scheduled_time if task.stage is Stage.UNDO and not job.handle.is_held else None,
            begun_anew=task.begun_anew,
            in_a_row=in_a_row(task, fault_of(error).code, now),
        )
        decision = policy.decide(error, _stage(job), tries(task, now) + 1, now, self._rng, facts)
        known = type(decision) is not BackOff or "unexpected" not in decision.fault.code
        log.log(
            logging.INFO if known else logging.WARNING,
            "task %s: %s at %s, try %s: %s",
            task.id, type(error).__name__, task.stage.value, task.retry_count + 1, type(decision).__name__,
            exc_info=None if known else error,
        )  # fmt: skip
        return decision

    async def _refresh(self, job: Job) -> Decision | None:
        """None: the stage can be done again at once."""
        try:
            await self._shop.tokens.replace(job.task.account_id, job.spent_token or "")
        except Exception as error:  # noqa: BLE001 - the same border, for the same stage
            return self._decide(job, error, token_is_fresh=True)
        return None

    async def _obey(self, job: Job, decision: Decision) -> None:
        if isinstance(decision, AskPerson) and decision.fault.code == NEEDS_REAUTH:
            await self._shop.tokens.suspend(job.task.account_id, decision.fault)
        changes, notices = _writes(job.task, decision, self._shop.clock())
        await job.lease.record(*notices, release=True, **changes)

    async def _let_go(self, job: Job) -> None:
        """A worker that is stopped in good order leaves no lease behind."""
        if job.lease.held:
            with suppress(FenceLostError):
                await asyncio.shield(job.lease.record(release=True))


def _stage(job: Job) -> Stage:
    """The stage as the policy knows it: a release is what its site makes of it."""
    if job.task.stage is not Stage.RELEASE:
        return job.task.stage
    return Stage.PUBLISH if job.site.capabilities.separate_publish else Stage.TRANSFER


def tries(task: Task, now: datetime) -> int:
    """How many tries count. Before the minute the site may be away for as long as it likes."""
    return min(task.retry_count, policy.EARLY_ATTEMPTS - 1) if now < task.scheduled_time else task.retry_count


def in_a_row(task: Task, code: str, now: datetime) -> int:
    """How many tries in a row, with the one that failed just now, ended in the error of this code."""
    is_the_same = task.fault is not None and task.fault.code == code
    # Whatever went on since has set the tries to nothing, and the fault may have stayed.
    return min(task.same_error_count, tries(task, now)) + 1 if is_the_same else 1


def _writes(task: Task, decision: Decision, now: datetime) -> tuple[Mapping[str, Any], tuple[Notice, ...]]:
    """What a decision changes in the row, and what is said about it."""
    ids = (task.post_id, task.id)
    match decision:
        case WaitUntil(until, fault, moves):
            named, said = _postponed(task, fault, until, now)
            moved: dict[str, Any] = {"scheduled_time": max(task.scheduled_time, until)} if moves else {}
            if task.stage is Stage.OPEN:
                moved["status"] = TaskStatus.PENDING  # nothing was sent: it waits, and can still be edited
            return {"next_attempt_at": until, "fault": named} | moved, said
        case LookAgain(until):
            return {"next_attempt_at": until, "fault": None}, ()
        case BackOff(until, fault):
            named, said = _postponed(task, fault, until, now)
            counted = {"retry_count": tries(task, now) + 1, "same_error_count": in_a_row(task, fault.code, now)}
            return {"next_attempt_at": until, "fault": named, **counted}, said
        case StartAnew(stage, until, fault):
            again = {"next_attempt_at": until, "fault": fault, "retry_count": task.retry_count + 1}
            return {**_NOTHING_SENT} | {"stage": stage, "begun_anew": task.begun_anew + 1} | again, ()
        case Reconcile(until, fault):
            asking = {"stage": Stage.RECONCILE, "next_attempt_at": until, "fault": fault, "retry_count": 0}
            return {**asking, **_in_doubt(task, fault)}, ()
        case AskPerson(fault):
            asked = {"status": TaskStatus.NEEDS_ATTENTION, "fault": fault, "next_attempt_at": None}
            return asked, (TaskNeedsAttention(*ids, fault),)
        case GiveUp(fault, can_retry):
            # Nothing was published and nothing will be in this session: a retry opens its own.
            stage = Stage.PREPARE if task.stage is Stage.PREPARE else Stage.OPEN
            ended = {"status": TaskStatus.FAILED, "fault": fault, "next_attempt_at": None}
            return {**_NOTHING_SENT} | {"stage": stage} | ended, (TaskFailed(*ids, fault, can_retry),)
        case RefreshToken():
            raise ValueError("a token is refreshed, not recorded")


def _in_doubt(task: Task, fault: Fault) -> Mapping[str, Any]:
    """The session keeps the site's word in the answer that left the outcome open: other faults come over this one."""
    if task.session is None:
        return {}
    handle = replace(Handle.from_json(task.session), absent_since=None, reason=str(fault.params.get("reason", "")))
    return {"session": handle.to_json()}


def _postponed(task: Task, fault: Fault, until: datetime, now: datetime) -> tuple[Fault, tuple[Notice, ...]]:
    """The fault with its `until`, and the news of it: a long wait is said once per cause, not at every try."""
    is_known = task.fault is not None and task.fault.code == fault.code and "until" in task.fault.params
    if until - now < WORTH_SAYING:
        return (task.fault if is_known and task.fault is not None else fault), ()
    named = Fault(fault.code, {**fault.params, "until": until.isoformat()})
    # What is tried again before the task's own minute postpones nothing.
    is_old_news = (is_known and until - now < OLD_NEWS) or until <= task.scheduled_time
    return named, () if is_old_news else (TaskDeferred(task.post_id, task.id, named, until),)
