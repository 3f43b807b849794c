"""Release: what was staged waits here and occupies no account; at its minute the one request that is left is made.

It looks once before the minute whether the site still has what was staged: then there is time to begin anew.
"""

from __future__ import annotations

from scheduler.errors import TooLateError
from scheduler.job import Job
from scheduler.stages.publish import publish
from scheduler.stages.transfer import transfer


async def release(job: Job) -> None:
    """Before the minute look, and rest again; at the minute publish."""
    if job.now() < job.task.scheduled_time:
        await transfer(job)
        return
    if job.task.commit_started_at is None and job.is_too_late:
        raise TooLateError(scheduled_time=job.task.scheduled_time.isoformat())
    await (publish if job.site.capabilities.separate_publish else transfer)(job)
