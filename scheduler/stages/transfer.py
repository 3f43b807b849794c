"""Transfer: the bytes go out, from where the site says it stands; the last of them may publish."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from platforms.base import Publication, UploadSession, VideoFile
from scheduler.errors import AccountUnavailableError, HeldError, TakenBackError, TooEarlyError, TooLateError
from scheduler.job import Job
from scheduler.pausing import paused_fault
from scheduler.stages.undo import taken_back
from scheduler.staging import STAGED, next_look
from storage.values import AccountStatus, Stage, TaskStatus


async def transfer(job: Job) -> None:
    """Send what is missing. Entering again after any break is safe: the session itself says what it has."""
    file = await job.video_file()
    token = await job.access_token()
    await job.spend("transfer")
    try:
        publication = await _send(job, token, file)
    except TooEarlyError:
        await _rest(job)
    except (TakenBackError, HeldError):
        await _given_up(job)
    else:
        await _sent(job, file, publication)


async def _send(job: Job, token: str, file: VideoFile) -> Publication | None:
    return await job.site.transfer(
        token,
        job.handle.session,
        file,
        on_progress=lambda confirmed: _progress(job, confirmed),
        before_commit=lambda: before_commit(job),
        on_session=lambda session: _moved(job, session),
    )


async def _sent(job: Job, file: VideoFile, publication: Publication | None) -> None:
    if publication is not None or not job.site.capabilities.separate_publish:
        await arrived(job, publication)
    elif job.now() < job.task.scheduled_time:
        await _rest(job, bytes_confirmed=file.size)
    else:
        await job.lease.record(job.at(Stage.PUBLISH), stage=Stage.PUBLISH, retry_count=0, bytes_confirmed=file.size)


async def _rest(job: Job, **changes: Any) -> None:
    """What can be done before the minute is done: let go of the account until then."""
    await job.lease.record(
        job.progressed(None, STAGED),
        release=True,
        stage=Stage.RELEASE,
        retry_count=0,
        fault=None,
        next_attempt_at=next_look(job.task, job.shop.pace, job.now()),
        **changes,
    )


async def _given_up(job: Job) -> None:
    """The last bytes did not arrive, and none will be sent. One attempt may still be on its way: it gets its time."""
    settled = (job.task.commit_started_at or job.now()) + job.shop.pace.settle
    if job.now() < settled:
        await job.lease.record(release=True, retry_count=0, next_attempt_at=settled)
    elif job.handle.is_held:
        await _wait_for_account(job)
    else:
        await taken_back(job)


async def _wait_for_account(job: Job) -> None:
    """Nothing is with the site that it could publish: the rest is sent when the account is resumed."""
    async with job.shop.db.read() as uow:
        account = await uow.accounts.get(job.task.account_id)
    await job.lease.record(
        job.at(Stage.TRANSFER),
        release=True,
        status=TaskStatus.NEEDS_ATTENTION,
        session=replace(job.handle, is_held=False).to_json(),
        commit_started_at=None,
        fault=paused_fault(account),
        retry_count=0,
    )


async def before_commit(job: Job) -> None:
    """Write down that the outcome may be unknown from here on, under the fence, with enough of the lease left.

    Raises TooEarlyError where the post would be public before its minute, AccountUnavailableError where a task that is
    tried again belongs to an account that was paused meanwhile.
    """
    task, handle = job.task, job.handle
    if handle.is_unwanted:
        raise TakenBackError
    if handle.is_held:
        raise HeldError
    if handle.release_at is None and job.now() < task.scheduled_time:
        raise TooEarlyError(task.scheduled_time)
    if handle.release_at is not None and job.is_too_late and task.commit_started_at is None:
        raise TooLateError(scheduled_time=task.scheduled_time.isoformat())
    await _require_account(job)
    await job.lease.extend(at_least=job.shop.pace.commit_margin, commit_started_at=job.now())


async def _require_account(job: Job) -> None:
    # A pause after this look takes the fence, so the write that follows fails.
    async with job.shop.db.read() as uow:
        account = await uow.accounts.get(job.task.account_id)
    if account.status is AccountStatus.DISABLED:
        raise AccountUnavailableError(paused_fault(account))


async def arrived(job: Job, publication: Publication | None) -> None:
    """The site has everything: let go of the account, and come back to ask how it goes, to take it back, to hold it."""
    stage = Stage.UNDO if job.handle.is_unwanted else Stage.RETIME if job.handle.is_held else Stage.CONFIRM
    handle = job.handle if publication is None else job.handle.published(publication)
    video_id = publication.video_id if publication else (job.task.video_id or handle.upload_id)
    await job.lease.record(
        job.at(stage),
        release=True,
        stage=stage,
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
    await job.lease.record(session=job.handle.moved(session).to_json())


async def _progress(job: Job, confirmed: int) -> None:
    total = job.task.bytes_total
    fraction = confirmed / total if total else 1.0
    if confirmed == job.task.bytes_confirmed or not job.is_news(fraction):
        return
    # Bytes that arrived show that the site is there: the tries begin to count anew.
    tries = 0 if confirmed > job.task.bytes_confirmed else job.task.retry_count
    await job.lease.record(job.progressed(fraction), bytes_confirmed=confirmed, retry_count=tries)
