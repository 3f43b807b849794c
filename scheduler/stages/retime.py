"""Retime: a video that the site makes public by itself gets another minute, or none while its account is paused."""

from __future__ import annotations

from dataclasses import replace

from platforms.base import CheckState, TimedRelease
from scheduler.errors import NotOfferedError, TooLateError
from scheduler.handle import Handle
from scheduler.job import Job
from scheduler.pausing import paused_fault
from scheduler.staging import is_public
from storage.values import Stage, TaskStatus


async def retime(job: Job) -> None:
    """Look first: what is public already stays so. Saying a time twice does no harm, so nothing is recorded before."""
    token = await job.access_token()
    await job.spend("check")
    result = await job.site.check(token, job.task.video_id or "")
    if result.state == CheckState.FAILED or is_public(result):
        await _was_missed(job)
    elif job.handle.is_held:
        await _hold(job, token)
    else:
        await _move(job, token)


async def _was_missed(job: Job) -> None:
    is_early = job.handle.is_held or job.now() < job.task.scheduled_time
    await _then_confirm(job, replace(job.handle, is_held=False, was_missed=is_early))


async def _hold(job: Job, token: str) -> None:
    await job.spend("hold_release")
    await _site(job).hold_release(token, job.task.video_id or "")
    async with job.shop.db.read() as uow:
        account = await uow.accounts.get(job.task.account_id)
    await job.lease.record(
        job.at(Stage.RETIME),
        release=True,
        status=TaskStatus.NEEDS_ATTENTION,
        session=replace(job.handle, release_at=None).to_json(),
        fault=paused_fault(account),
        retry_count=0,
        next_attempt_at=job.task.scheduled_time,
    )


async def _move(job: Job, token: str) -> None:
    """To the task's own minute; where that has passed, public now."""
    if job.is_too_late:
        raise TooLateError(scheduled_time=job.task.scheduled_time.isoformat())
    due = job.task.scheduled_time if job.now() < job.task.scheduled_time else None
    await job.spend("set_release")
    await _site(job).set_release(token, job.task.video_id or "", due)
    await _then_confirm(job, replace(job.handle, release_at=due))


async def _then_confirm(job: Job, handle: Handle) -> None:
    await job.lease.record(
        job.at(Stage.CONFIRM),
        release=True,
        stage=Stage.CONFIRM,
        session=handle.to_json(),
        fault=None,
        retry_count=0,
        next_attempt_at=job.now(),
    )


def _site(job: Job) -> TimedRelease:
    if not isinstance(job.site, TimedRelease):
        raise NotOfferedError(platform=job.task.platform)
    return job.site
