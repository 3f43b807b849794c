"""Publish: the separate step of sites where a complete upload is not yet public."""

from __future__ import annotations

from platforms.errors import (
    ContentRejectedError,
    NeedsOperatorError,
    NeedsReauthError,
    OutcomeUnknownError,
    QuotaExhaustedError,
    RateLimitedError,
    SessionGoneError,
    TokenRejectedError,
    TransientError,
)
from scheduler.job import Job
from scheduler.stages.transfer import arrived, before_commit

NOT_DONE = (
    TokenRejectedError,
    RateLimitedError,
    QuotaExhaustedError,
    TransientError,
    SessionGoneError,
    ContentRejectedError,
    NeedsReauthError,
    NeedsOperatorError,
)
"""Answers that promise that nothing was published."""


async def publish(job: Job) -> None:
    """Record the attempt, then make it, once. An attempt that is on record without a result is never repeated here."""
    if job.task.commit_started_at is not None:
        raise OutcomeUnknownError("an attempt was begun and its outcome was not written down", platform=job.site.name)
    token = await job.access_token()
    await job.spend("publish")
    await before_commit(job)
    try:
        publication = await job.site.publish(token, job.handle.session, job.meta())
    except NOT_DONE:
        await job.lease.record(commit_started_at=None)
        raise
    await arrived(job, publication)
