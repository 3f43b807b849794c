"""A post that was taken back and got nothing but another time goes on with what its site has of it: no second upload.

For that the site keeps a while what it would make public by itself, always long enough before its minute to delete it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from platforms.base import Platform, TimedRelease
from scheduler.handle import Handle
from scheduler.job import marker_of
from scheduler.staging import TAKEN_BACK_UNTIL, is_unwanted
from storage.errors import ConflictError
from storage.unit_of_work import UnitOfWork
from storage.values import Stage, Task, TaskStatus

KEPT_FOR_EDIT = timedelta(minutes=30)
KEPT_BEFORE_MINUTE = timedelta(minutes=15)
CONTENT = ("account_id", "clip_id", "title", "description", "keywords", "voice_preset", "options")
"""What two tasks have in common of which one can go on with the other's upload."""
INHERITED = ("render_id", "opened_at", "bytes_confirmed", "bytes_total", "commit_started_at", "video_id")


def deletion_time(task: Task, now: datetime) -> datetime:
    """When an upload is deleted that was taken back to be edited, if nothing goes on with it before."""
    if task.stage not in (Stage.CONFIRM, Stage.RETIME) or not task.video_id:
        return now
    minute = Handle.from_json(task.session).release_at or task.scheduled_time
    return max(now, min(now + KEPT_FOR_EDIT, minute - KEPT_BEFORE_MINUTE))


async def hand_over(
    uow: UnitOfWork, draft_id: int, tasks: Collection[Task], platforms: Mapping[str, Platform], now: datetime
) -> None:
    """Let each new task go on with an upload that was made for an earlier approval of the same draft, if it can.

    What nothing goes on with is deleted now. Raises ConflictError where a worker is deleting it in this very moment.
    """
    earlier = [old for old in await uow.tasks.of_draft(draft_id) if old.id not in {task.id for task in tasks}]
    without = list(tasks)
    for old in reversed(earlier):  # of several that would do, the newest upload lives longest
        heir = next((task for task in without if can_inherit(old, task, platforms[task.platform], now)), None)
        if heir is not None:
            without.remove(heir)
            await _inherit(uow, old, heir, now)
        elif old.stage is Stage.UNDO and old.status is TaskStatus.PROCESSING and old.lease_owner is None:
            await uow.tasks.request(old.id, expected_statuses={TaskStatus.PROCESSING}, next_attempt_at=now)


def can_inherit(old: Task, new: Task, site: Platform, now: datetime) -> bool:
    """Whether the upload of `old`, which was taken back, serves `new` as it is."""
    is_same = all(getattr(old, name) == getattr(new, name) for name in CONTENT)
    if not is_same or old.lease_owner is not None or old.session is None:
        return False
    if old.status is TaskStatus.PROCESSING and old.stage is Stage.UNDO and old.video_id:
        release_at = Handle.from_json(old.session).release_at
        return isinstance(site, TimedRelease) and release_at is not None and now < release_at - TAKEN_BACK_UNTIL
    staging, is_waiting = site.capabilities.staging, old.status is TaskStatus.CANCELLED and old.stage is Stage.RELEASE
    if not is_waiting or is_unwanted(old) or staging is None or old.opened_at is None or old.commit_started_at:
        return False
    return new.scheduled_time <= old.opened_at + staging.at_most


async def _inherit(uow: UnitOfWork, old: Task, new: Task, now: datetime) -> None:
    """One transaction: there is always exactly one task that the upload belongs to."""
    given: dict[str, Any] = {"status": TaskStatus.CANCELLED, "session": None, "next_attempt_at": None}
    left = await uow.tasks.request(old.id, expected_statuses={old.status}, **given)
    if left.fence != old.fence + 1:
        raise ConflictError(f"task {old.id} moved on in this very moment")
    handle = Handle.from_json(old.session)
    await uow.tasks.request(
        new.id,
        expected_statuses={TaskStatus.PENDING},
        status=TaskStatus.PROCESSING,
        # Timed: the site hears of the other minute. Waiting here: it is looked at once, and rests again.
        stage=Stage.RETIME if old.stage is Stage.UNDO else Stage.RELEASE,
        session=replace(handle, is_unwanted=False, marker=handle.marker or marker_of(old)).to_json(),
        next_attempt_at=now,
        **{name: getattr(old, name) for name in INHERITED},
    )
