"""Transfer: the bytes go out, from where the site says it stands; the last of them may publish."""

from __future__ import annotations

from platforms.base import Publication, UploadSession
from scheduler.handle import Handle
from scheduler.job import Job
from storage.values import Stage


async def transfer(job: Job) -> None:
    """Send what is missing. Entering again after any break is safe: the session itself says what it has."""
    file = await job.video_file()
    token = await job.access_token()
    await job.spend("transfer")
    publication = await job.site.transfer(
        token,
        job.handle.session,
        file,
        on_progress=lambda confirmed: _progress(job, confirmed),
        before_commit=lambda: before_commit(job),
        on_session=lambda session: _moved(job, session),
    )
    if publication is None and job.site.capabilities.separate_publish:
        await job.lease.record(job.at(Stage.PUBLISH), stage=Stage.PUBLISH, retry_count=0, bytes_confirmed=file.size)
    else:
        await arrived(job, publication)


async def before_commit(job: Job) -> None:
    """Write down that the outcome may be unknown from here on, under the fence, with enough of the lease left."""
    await job.lease.extend(at_least=job.shop.pace.commit_margin, commit_started_at=job.now())


async def arrived(job: Job, publication: Publication | None) -> None:
    """The site has everything: let go of the account and come back to ask how it goes."""
    handle = job.handle if publication is None else job.handle.published(publication)
    video_id = publication.video_id if publication else (job.task.video_id or handle.upload_id)
    await job.lease.record(
        job.at(Stage.CONFIRM),
        release=True,
        stage=Stage.CONFIRM,
        session=handle.to_json(),
        video_id=video_id,
        bytes_confirmed=job.task.bytes_total,
        commit_started_at=job.task.commit_started_at or job.now(),
        retry_count=0,
        fault=None,
        next_attempt_at=job.now(),
    )


async def _moved(job: Job, session: UploadSession) -> None:
    """The site wants the rest at another address; it is stored before a byte goes there."""
    await job.lease.record(session=Handle.of(session).to_json())


async def _progress(job: Job, confirmed: int) -> None:
    total = job.task.bytes_total
    fraction = confirmed / total if total else 1.0
    if confirmed == job.task.bytes_confirmed or not job.is_news(fraction):
        return
    # Bytes that arrived show that the site is there: the tries begin to count anew.
    tries = 0 if confirmed > job.task.bytes_confirmed else job.task.retry_count
    await job.lease.record(job.progressed(fraction), bytes_confirmed=confirmed, retry_count=tries)
