"""Publish: the separate step of sites where a complete upload is not yet public."""

from __future__ import annotations

from scheduler.job import Job
from scheduler.stages.transfer import arrived, before_commit


async def publish(job: Job) -> None:
    """Record the attempt, then make it. No answer means unknown, and the policy sends the task to reconcile."""
    token = await job.access_token()
    await job.spend("publish")
    await before_commit(job)
    await arrived(job, await job.site.publish(token, job.handle.session, job.meta()))
