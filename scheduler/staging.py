"""When an upload may begin before its minute, what then waits for the minute, and until when it can be taken back.

Three ways, by what the site offers (`platforms.staging.Staging`): the site makes the complete upload public by its own
clock; the complete upload waits for `publish`; or the last bytes wait, for they publish.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from platforms.base import CheckResult, CheckState, Platform, TimedRelease, Visibility
from platforms.staging import Staging
from scheduler.handle import Handle
from scheduler.options import site_options
from scheduler.settings import Pace
from storage.values import Stage, Task, TaskStatus

STAGED = "staged"
"""The step of `TaskProgressed` that says: what can be done before the minute is done."""
STILL_PRIVATE = "task.still_private"
"""What is left to the operator where a video was made private by somebody else."""
WAS_MISSED = "task.was_missed"
"""The site made a video public that it was to keep, for it could not be told in time."""
TAKEN_BACK_UNTIL = timedelta(minutes=1)
"""Before the minute: how long a site needs at most to delete what it would make public by itself."""


def begins_at(task: Task, site: Platform, pace: Pace) -> datetime:
    """When the upload may begin: some time before the task's own where the site allows it."""
    staging = _staging(site, pace)
    return task.scheduled_time - staging.ahead(pace.stage_ahead) if staging else task.scheduled_time


def release_time(task: Task, site: Platform, pace: Pace, now: datetime) -> datetime | None:
    """When the site is to make the upload public by itself; None: that stays with us.

    A time that is very near stays with us too: what a site does with one that passes during the upload is not promised.
    """
    staging = _staging(site, pace)
    if staging is None or not isinstance(site, TimedRelease):
        return None
    privacy = str(site_options(task.options, task.platform).get("privacy_status", "public"))
    is_far = task.scheduled_time - now >= pace.timed_margin
    return task.scheduled_time if is_far and privacy in staging.timed else None


def _staging(site: Platform, pace: Pace) -> Staging | None:
    return site.capabilities.staging if pace.staging else None


def next_look(task: Task, pace: Pace, now: datetime) -> datetime:
    """When to return to what waits: once shortly before the minute, to see that the site still has it, then at it."""
    before = task.scheduled_time - pace.verify_ahead
    return before if now < before else task.scheduled_time


def is_staged(task: Task, now: datetime) -> bool:
    """Whether all that can be done before the task's minute is done."""
    return (
        task.status is TaskStatus.PROCESSING
        and now < task.scheduled_time
        and task.lease_owner is None
        and (task.stage is Stage.RELEASE or (task.stage is Stage.CONFIRM and _waits_for_release(task)))
    )


def _waits_for_release(task: Task) -> bool:
    return task.next_attempt_at is not None and task.next_attempt_at >= task.scheduled_time


class TakeBack(Enum):
    """What it takes to stop a task for good."""

    NOTHING = auto()
    """Nothing that could become public by itself is with the site; what is there lapses."""
    UNDO = auto()
    """The site would make the upload public by itself: it has to be deleted there."""
    TOO_LATE = auto()
    """The request that publishes was begun, or the site is about to publish."""


def take_back(task: Task, now: datetime) -> TakeBack:
    """What a cancel at this moment has to do."""
    if task.commit_started_at is None:
        return TakeBack.NOTHING
    handle = Handle.from_json(task.session)
    if is_unwanted(task):
        return TakeBack.TOO_LATE
    if handle.is_held or task.stage is Stage.RETIME:
        return TakeBack.UNDO
    if handle.release_at is None or now >= handle.release_at - TAKEN_BACK_UNTIL:
        return TakeBack.TOO_LATE
    return TakeBack.UNDO


def is_timed(task: Task, now: datetime) -> bool:
    """Whether the site may have it and make it public by itself, later than now."""
    if task.commit_started_at is None or is_unwanted(task):
        return False
    handle = Handle.from_json(task.session)
    if task.stage is Stage.RETIME:
        is_held = handle.is_held and handle.release_at is None and task.status is TaskStatus.NEEDS_ATTENTION
        return not is_held
    return handle.release_at is not None and now < handle.release_at


def is_undoable(task: Task, now: datetime) -> bool:
    """Whether it is with the site, to become public by itself, and can still be deleted there."""
    return take_back(task, now) is TakeBack.UNDO and task.status is TaskStatus.PROCESSING


def can_reopen(task: Task, now: datetime) -> bool:
    """Whether a post with this task can become a draft again: nothing was published, nothing is about to be."""
    if task.status in (TaskStatus.PENDING, TaskStatus.FAILED):
        return task.stage in (Stage.PREPARE, Stage.OPEN) and task.opened_at is None
    is_early = task.status is TaskStatus.PROCESSING and now < task.scheduled_time
    return is_early and take_back(task, now) is not TakeBack.TOO_LATE


def is_unwanted(task: Task) -> bool:
    """Whether the operator took it back, and the site may still have it."""
    return task.stage is Stage.UNDO or Handle.from_json(task.session).is_unwanted


def unwanted(task: Task, now: datetime) -> dict[str, Any]:
    """The intention to take an upload back, as a change of its row. What is not known yet is found out first."""
    is_named = task.stage in (Stage.CONFIRM, Stage.RETIME) and bool(task.video_id)
    return {
        "status": TaskStatus.PROCESSING,
        "stage": Stage.UNDO if is_named else task.stage,
        "session": replace(Handle.from_json(task.session), is_unwanted=True).to_json(),
        "fault": None,
        "retry_count": 0,
        "next_attempt_at": now,
    }


def is_public(result: CheckResult) -> bool:
    """Whether there is nothing left that the site would do at a minute."""
    return result.state == CheckState.PUBLISHED and result.visibility not in (Visibility.TIMED, Visibility.PRIVATE)


class ReleaseStep(Enum):
    """What is next for an upload that the site is to make public."""

    WAIT = auto()
    """The site is at work on it; ask again by and by."""
    REST = auto()
    """All is done; nothing to ask before the minute."""
    SHOW = auto()
    """Its minute has passed and the site did not do it: make it public."""
    LEAVE = auto()
    """Somebody made it private; that is their word."""
    DONE = auto()
    """It is as public as it should be."""


def release_step(result: CheckResult, handle: Handle, committed: datetime, now: datetime, pace: Pace) -> ReleaseStep:
    """Read the site's answer against the clock; `committed` is when the last bytes went out."""
    due = handle.release_at or now
    if result.state != CheckState.PUBLISHED:
        return ReleaseStep.WAIT
    if result.visibility not in (Visibility.TIMED, Visibility.PRIVATE):
        return ReleaseStep.DONE
    if now < due:
        return ReleaseStep.REST
    if result.visibility == Visibility.PRIVATE and committed < due:
        return ReleaseStep.LEAVE
    return ReleaseStep.SHOW if now >= due + pace.release_grace else ReleaseStep.WAIT
