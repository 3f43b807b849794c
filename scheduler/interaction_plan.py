"""What is to happen after a publication, written down in the transaction that completes the task."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from platforms.base import IN_INBOX, Capabilities, CheckResult, Platform
from scheduler.account_powers import powers
from scheduler.interaction_texts import filled, values_of
from scheduler.wishes import cover_ms
from storage.unit_of_work import UnitOfWork
from storage.values import Task, Upload

OPTION = "interactions"
"""The draft's option: `{"comment": template, "like": bool}`, for every site that can."""


async def plan_aftercare(
    uow: UnitOfWork, site: Platform, task: Task, upload: Upload, now: datetime, result: CheckResult | None = None
) -> None:
    """Add the rows that the post asks for; a video that waits in an inbox is followed instead, until it is posted."""
    if not upload.video_id:
        return
    if result is not None and result.reason == IN_INBOX:
        await uow.interactions.add(upload.id, "follow", at=now)
        return
    # A video may be there before its minute, unseen: nobody can comment until then.
    at = max(now, task.scheduled_time)
    asked = _mapping(task.options.get(OPTION))
    account = await uow.accounts.get(task.account_id)
    able = powers(site, account.scopes)
    if able.comment and asked.get("comment"):
        post = await uow.posts.get(task.post_id)
        text = filled(str(asked["comment"]), values_of(post, upload, account, at))
        await uow.interactions.add(upload.id, "comment", text, at=at)
    if able.like and asked.get("like"):
        await uow.interactions.add(upload.id, "like", at=at)
    await _extras(uow, able, upload, _mapping(task.options.get(task.platform)), cover_ms(task.options), now)


async def _extras(
    uow: UnitOfWork, able: Capabilities, upload: Upload, own: Mapping[str, Any], at_ms: int | None, now: datetime
) -> None:
    """What the options of this very site ask for; sites that take a cover with the upload have it already."""
    if able.playlists and own.get("playlist_id"):
        await uow.interactions.add(upload.id, "playlist", str(own["playlist_id"]), at=now)
    if able.thumbnail and at_ms is not None:
        await uow.interactions.add(upload.id, "thumbnail", str(at_ms), at=now)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
