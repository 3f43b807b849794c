"""Open: the site gives an upload session, and it is in the database before the first byte is sent."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from platforms.base import TellsChoices, VideoFile, VideoMeta
from platforms.errors import PlatformError
from scheduler.errors import AccountUnavailableError, TooLateError, UnfitError
from scheduler.handle import Handle
from scheduler.job import Job
from scheduler.pausing import DISABLED
from scheduler.staging import begins_at, is_unwanted, release_time
from storage.values import AccountStatus, Fault, Stage, TaskStatus

log = logging.getLogger(__name__)


async def open_session(job: Job) -> None:
    """Check all that can be checked here, pay, open. A lost answer leaves an empty session behind, never a video."""
    if (begins := await _begins(job)) > job.now():
        await job.lease.record(release=True, next_attempt_at=begins)
        return
    _require_in_time(job)
    await _require_account(job)
    file = await job.video_file()
    _require_fit(job, file)
    token = await job.access_token()
    await _learn_sizes(job, token)
    await _pay(job)
    release_at = release_time(job.task, job.site, job.shop.pace, job.now())
    session = await job.site.open_upload(token, file, _staged_meta(job, release_at))
    await job.lease.record(
        job.at(Stage.TRANSFER),
        stage=Stage.TRANSFER,
        session=replace(Handle.of(session), release_at=release_at).to_json(),
        opened_at=job.now(),
        bytes_confirmed=0,
        bytes_total=file.size,
        commit_started_at=None,
        video_id=None,
        fault=None,
    )


async def _begins(job: Job) -> datetime:
    """When to begin. While the same file is still being taken back from this account, a site may refuse a copy."""
    async with job.shop.db.read() as uow:
        others = await uow.tasks.of_account(job.task.account_id, {TaskStatus.PROCESSING})
    if any(other.render_id == job.task.render_id and is_unwanted(other) for other in others):
        return job.now() + job.shop.pace.confirm_first
    return begins_at(job.task, job.site, job.shop.pace)


def _staged_meta(job: Job, release_at: datetime | None) -> VideoMeta:
    meta = job.meta()
    if release_at is not None:
        return replace(meta, options={**meta.options, "publish_at": release_at.isoformat()})
    return replace(meta, is_held_back=job.now() < job.task.scheduled_time)


def _require_in_time(job: Job) -> None:
    if job.is_too_late:
        raise TooLateError(scheduled_time=job.task.scheduled_time.isoformat())


async def _require_account(job: Job) -> None:
    async with job.shop.db.read() as uow:
        account = await uow.accounts.get(job.task.account_id)
    if account.status is AccountStatus.DISABLED:
        raise AccountUnavailableError(Fault(DISABLED, {"account": account.title}))


def _require_fit(job: Job, file: VideoFile) -> None:
    violations = job.site.validate(file, job.meta())
    if violations:
        raise UnfitError(Fault(violations[0].code, dict(violations[0].params)))


async def _learn_sizes(job: Job, token: str) -> None:
    """Ask a site that tells how large this account's allowances are; without an answer the known sizes hold."""
    site = job.site
    if not site.capabilities.live_buckets or not isinstance(site, TellsChoices):
        return
    try:
        choices = await site.account_choices(token)
    except PlatformError as error:
        log.info("task %s: the account's allowances are not known: %s", job.task.id, error.code)
        return
    async with job.shop.db.begin() as uow:
        await job.shop.quota.learn(uow, job.task.platform, job.task.account_id, choices.get("buckets", {}))
        await uow.commit()


async def _pay(job: Job) -> None:
    """The cost is entered and the task becomes visible as processing in one transaction, before the call."""
    shop, task = job.shop, job.task
    async with shop.db.begin() as uow:
        await shop.quota.spend(uow, task.platform, "open_upload", task.account_id, job.now())
        changed = await job.lease.record(job.at(Stage.OPEN), uow=uow, status=TaskStatus.PROCESSING)
        await uow.commit()
    job.lease.adopt(changed)
