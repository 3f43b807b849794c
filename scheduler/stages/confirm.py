"""Confirm: poll with growing gaps until the site says published or rejected; between two polls nothing is held."""

from __future__ import annotations

from datetime import datetime

from platforms.base import NOT_LISTED, CheckResult, CheckState
from scheduler.job import Job
from scheduler.notices import TaskCompleted, TaskFailed
from scheduler.settings import Pace
from storage.values import Fault, TaskStatus


def next_poll(started: datetime, now: datetime, pace: Pace) -> datetime:
    """Half as long again as it has taken so far, at least `confirm_first` and at most `confirm_longest` away."""
    gap = (now - started) / 2
    return now + min(max(gap, pace.confirm_first), pace.confirm_longest)


async def confirm(job: Job) -> None:
    """Ask once. Without a name of the video there is nothing to ask about, which the policy turns into a question."""
    token = await job.access_token()
    await job.spend("check")
    result = await job.site.check(token, job.task.video_id or "")
    if result.state == CheckState.PUBLISHED:
        await complete(job)
    elif result.state == CheckState.FAILED:
        await _rejected(job, result)
    else:
        await _wait(job, result)


async def complete(job: Job) -> None:
    """The uploads row, the end of the task and the news of it, in one transaction. The session's secret goes."""
    task, handle = job.task, job.handle
    async with job.shop.db.begin() as uow:
        await uow.uploads.add(
            task_id=task.id,
            account_id=task.account_id,
            platform=task.platform,
            video_id=task.video_id or "",
            upload_id=handle.upload_id,
            video_url=handle.url,
            upload_time=job.now(),
        )
        changed = await job.lease.record(
            TaskCompleted(task.post_id, task.id, handle.url),
            uow=uow,
            release=True,
            status=TaskStatus.COMPLETED,
            session=None,
            fault=None,
            next_attempt_at=None,
        )
        await uow.commit()
    job.lease.adopt(changed, release=True)


async def _rejected(job: Job, result: CheckResult) -> None:
    fault = Fault(result.code or "task.rejected", {"platform": job.task.platform, "reason": result.reason})
    await job.lease.record(
        TaskFailed(job.task.post_id, job.task.id, fault, can_retry=True),
        release=True,
        status=TaskStatus.FAILED,
        fault=fault,
        next_attempt_at=None,
    )


async def _wait(job: Job, result: CheckResult) -> None:
    started = job.task.commit_started_at or job.task.updated_at
    is_missing = result.reason == NOT_LISTED
    patience = job.shop.pace.missing_patience if is_missing else job.shop.pace.confirm_patience
    if job.now() - started > patience:
        await job.ask("task.not_listed" if is_missing else "task.still_processing")
        return
    await job.lease.record(
        job.progressed(result.progress),
        release=True,
        retry_count=0,
        next_attempt_at=next_poll(started, job.now(), job.shop.pace),
    )
