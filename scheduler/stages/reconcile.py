"""Reconcile: the outcome of a request that may have published is unknown, so the site is asked before anything else.

"It is not there" is believed only some time after the last such request and when said twice with a gap: sites show a
new video late. "Cannot tell" is a question to the operator, never a reason to send again.
"""

from __future__ import annotations

from dataclasses import replace

from platforms.base import CannotTell, Found
from scheduler.job import Job
from scheduler.stages.transfer import arrived
from storage.values import Stage


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
        await _absent(job)


async def _absent(job: Job) -> None:
    pace, now = job.shop.pace, job.now()
    settled = (job.task.commit_started_at or now) + pace.settle
    first = job.handle.absent_since
    if now < settled:
        await job.lease.record(release=True, retry_count=0, next_attempt_at=settled)
    elif first is None or now - first < pace.absent_gap:
        seen = replace(job.handle, absent_since=first or now)
        again = (first or now) + pace.absent_gap
        await job.lease.record(release=True, retry_count=0, session=seen.to_json(), next_attempt_at=again)
    else:
        await job.lease.record(stage=Stage.OPEN, session=None, commit_started_at=None, retry_count=0, fault=None)
