"""Confirm: poll with growing gaps until the site says published or rejected; between two polls nothing is held."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from platforms.base import NOT_LISTED, CheckResult, CheckState, Publication, TimedRelease
from scheduler.interaction_plan import plan_aftercare
from scheduler.job import Job
from scheduler.notices import TaskCompleted, TaskFailed
from scheduler.settings import Pace
from scheduler.staging import STAGED, STILL_PRIVATE, WAS_MISSED, ReleaseStep, release_step
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
    if result.state == CheckState.FAILED:
        await _rejected(job, result)
    elif job.handle.release_at is not None:
        await _timed(job, job.handle.release_at, token, result)
    elif result.state == CheckState.PUBLISHED:
        await complete(job, result)
    else:
        await _wait(job, result)


async def _timed(job: Job, due: datetime, token: str, result: CheckResult) -> None:
    """The site is to make it public by itself at `due`; completed is what has become public."""
    step = release_step(result, job.handle, job.task.commit_started_at or due, job.now(), job.shop.pace)
    if step is ReleaseStep.DONE:
        await complete(job, result)
    elif step is ReleaseStep.LEAVE:
        await complete(job, replace(result, code=STILL_PRIVATE))
    elif step is ReleaseStep.REST:
        await job.lease.record(
            job.progressed(None, STAGED), release=True, retry_count=0, fault=None, next_attempt_at=due
        )
    elif step is ReleaseStep.SHOW:
        await _show(job, token)
    else:
        await _wait(job, result, since=due if job.now() >= due else None)


async def _show(job: Job, token: str) -> None:
    """The minute passed while the bytes were on their way, or the site did not keep it."""
    if isinstance(job.site, TimedRelease):
        await job.spend("set_release")
        await job.site.set_release(token, job.task.video_id or "", None)
    await job.lease.record(release=True, retry_count=0, next_attempt_at=job.now() + job.shop.pace.confirm_first)


async def complete(job: Job, result: CheckResult) -> None:
    """The uploads row, the end of the task and the news of it, in one transaction. The session's secret goes.

    A `result.code` says what is left for the operator to do: it stays with the task as its fault.
    """
    task, handle, video = job.task, job.handle, _video(job, result)
    code = result.code or (WAS_MISSED if handle.was_missed else "")
    left = Fault(code, {"platform": task.platform}) if code else None
    async with job.shop.db.begin() as uow:
        upload = await uow.uploads.add(
            task_id=task.id,
            account_id=task.account_id,
            platform=task.platform,
            video_id=video.video_id,
            upload_id=handle.upload_id,
            video_url=video.url,
            upload_time=job.now(),
        )
        await plan_aftercare(uow, job.site, task, upload, job.now(), result)
        changed = await job.lease.record(
            TaskCompleted(task.post_id, task.id, video.url, left),
            uow=uow,
            release=True,
            status=TaskStatus.COMPLETED,
            session=None,
            fault=left,
            video_id=video.video_id,
            next_attempt_at=None,
        )
        await uow.commit()
    job.lease.adopt(changed, release=True)


def _video(job: Job, result: CheckResult) -> Publication:
    """The video by its newest name: a site may tell id and address only when it is published."""
    told, known = result.publication, job.task.video_id or ""
    if told is None:
        return Publication(known, job.handle.url)
    return Publication(told.video_id or known, told.url or job.handle.url)


async def _rejected(job: Job, result: CheckResult) -> None:
    final = {"final": True} if result.repeats else {}
    fault = Fault(result.code or "task.rejected", {"platform": job.task.platform, "reason": result.reason} | final)
    await job.lease.record(
        TaskFailed(job.task.post_id, job.task.id, fault, can_retry=not result.repeats),
        release=True,
        status=TaskStatus.FAILED,
        fault=fault,
        next_attempt_at=None,
    )


async def _wait(job: Job, result: CheckResult, since: datetime | None = None) -> None:
    started = since or job.task.commit_started_at or job.task.updated_at
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
