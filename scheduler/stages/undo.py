"""Undo: an upload that its site would make public by itself is deleted there, because the operator took it back.

What is public already is not deleted unasked: once the minute has passed, the operator is told, and may say "again".
"""

from __future__ import annotations

from scheduler.errors import NotTakenBackError
from scheduler.job import Job
from scheduler.notices import TaskCancelled
from scheduler.staging import is_public
from storage.values import TaskStatus


async def undo(job: Job) -> None:
    """Delete it. A deletion that is repeated does no harm, so nothing is recorded before it."""
    token = await job.access_token()
    if job.now() >= job.task.scheduled_time + job.shop.pace.release_grace and await _is_public(job, token):
        raise NotTakenBackError(platform=job.task.platform, why="task.minute_passed")
    await job.spend("delete_video")
    await job.site.delete_video(token, job.task.video_id or "")
    await taken_back(job)


async def _is_public(job: Job, token: str) -> bool:
    """What was held for a paused account is not, whatever its minute."""
    await job.spend("check")
    return is_public(await job.site.check(token, job.task.video_id or ""))


async def taken_back(job: Job) -> None:
    """Nothing of it is with the site, and nothing will be."""
    await job.lease.record(
        TaskCancelled(job.task.post_id, job.task.id),
        release=True,
        status=TaskStatus.CANCELLED,
        session=None,
        fault=None,
        next_attempt_at=None,
    )
