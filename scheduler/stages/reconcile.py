"""Reconcile: the outcome of a request that may have published is unknown, so the site is asked before anything else.

"It is not there" is believed only some time after the last such request and when said twice with a gap: sites show a
new video late. The same goes for "it is here and not public", after which the very same session is published again.
"Cannot tell" is a question to the operator, never a reason to send again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from platforms.base import Absent, CannotTell, Found, Unpublished
from scheduler.job import Job
from scheduler.notices import TaskFailed
from scheduler.policy import ANEW_AT_MOST, BEGUN_ANEW, begun_anew_often
from scheduler.stages.transfer import arrived
from scheduler.stages.undo import taken_back
from storage.values import Fault, Stage, TaskStatus

REPUBLISHED_AT_MOST = 3
"""How often a session whose publication the site forgot is published again before a person is asked."""


async def reconcile(job: Job) -> None:
    """Ask once and do what the answer says."""
    token = await job.access_token()
    await job.spend("find_published")
    async with job.shop.db.read() as uow:
        facts = (await uow.clips.get(job.task.clip_id)).facts
    answer = await job.site.find_published(token, job.evidence(duration_s=facts.duration_s if facts else 0.0))
    if isinstance(answer, Found):
        await arrived(job, answer.publication)
    elif isinstance(answer, CannotTell):
        await job.ask(answer.why)
    else:
        await _absent(job, answer)


async def _absent(job: Job, answer: Absent) -> None:
    pace, now = job.shop.pace, job.now()
    settled = (job.task.commit_started_at or now) + pace.settle
    first = job.handle.absent_since
    if now < settled:
        await job.lease.record(release=True, retry_count=0, next_attempt_at=settled)
    elif first is None or now - first < pace.absent_gap:
        seen = replace(job.handle, absent_since=first or now)
        again = (first or now) + pace.absent_gap
        await job.lease.record(release=True, retry_count=0, session=seen.to_json(), next_attempt_at=again)
    elif job.handle.is_unwanted:
        await taken_back(job)
    elif isinstance(answer, Unpublished):
        await _publish_again(job)
    elif job.task.begun_anew >= ANEW_AT_MOST:
        await _given_up(job)
    else:
        await _again(job, stage=Stage.OPEN, session=None, begun_anew=job.task.begun_anew + 1)


async def _given_up(job: Job) -> None:
    """Every upload came to its end, and the site had nothing of it each time."""
    fault = begun_anew_often(Fault(BEGUN_ANEW, {"platform": job.task.platform, "reason": job.handle.reason}))
    await job.lease.record(
        TaskFailed(job.task.post_id, job.task.id, fault, can_retry=True),
        release=True,
        status=TaskStatus.FAILED,
        stage=Stage.OPEN,
        session=None,
        commit_started_at=None,
        bytes_confirmed=0,
        video_id=None,
        fault=fault,
        next_attempt_at=None,
    )


async def _publish_again(job: Job) -> None:
    """The site holds every byte, and a new session could double the video: the old one is published once more."""
    times = job.handle.republished + 1
    if times > REPUBLISHED_AT_MOST:
        await job.ask("still_not_public")
        return
    stage = Stage.PUBLISH if job.site.capabilities.separate_publish else Stage.TRANSFER
    kept = replace(job.handle, absent_since=None, reason="", republished=times)
    await _again(job, stage=stage, session=kept.to_json())


async def _again(job: Job, **changes: Any) -> None:
    await job.lease.record(commit_started_at=None, retry_count=0, fault=None, **changes)
