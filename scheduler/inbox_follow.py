"""A video in the creator's inbox: reminded of once, looked for at growing gaps, and completed when it is posted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from platforms.base import IN_INBOX, NOT_LISTED, CheckState, Evidence, Found, Publication
from scheduler.interaction_deeds import Work
from scheduler.job import marker_of, video_meta
from scheduler.notices import InboxFollowed, NoticeListener
from scheduler.settings import Pace
from storage.repositories.interactions import InteractionState
from storage.unit_of_work import UnitOfWork
from storage.values import Fault, TaskStatus

REMINDED = "reminded"
"""The row's content once the reminder is out."""
FOLLOWING_ENDED = "interaction.inbox_given_up"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look brought: it waits, it was `posted` (the publication where the site named it), or it `failed`."""

    publication: Publication | None = None
    is_posted: bool = False
    fault: Fault | None = None


def next_look(delivered: datetime, now: datetime, pace: Pace) -> datetime:
    """A third as long again as it has waited so far, within the bounds of `pace`."""
    return now + min(max((now - delivered) / 3, pace.inbox_first), pace.inbox_longest)


async def look(work: Work) -> Finding:
    """Ask the site once."""
    result = await work.site.check(work.token, work.video_id)
    if result.state == CheckState.FAILED:
        params = {"platform": work.site.display_name, "reason": result.reason}
        return Finding(fault=Fault(result.code or "task.rejected", params))
    if result.state == CheckState.PUBLISHED and result.reason != IN_INBOX:
        return Finding(result.publication, is_posted=True)
    if result.reason == NOT_LISTED:
        return await _search(work)
    return Finding()


async def _search(work: Work) -> Finding:
    """The site has forgotten the upload's name: perhaps the post is among the public ones."""
    async with work.db.read() as uow:
        clip = await uow.clips.get(work.task.clip_id)
    task = work.task
    evidence = Evidence(
        marker=marker_of(task),
        title=task.title,
        size=task.bytes_total,
        duration_s=clip.facts.duration_s if clip.facts else 0.0,
        since=task.opened_at or task.created_at,
        meta=video_meta(task),
    )
    answer = await work.site.find_published(work.token, evidence)
    return Finding(answer.publication, is_posted=True) if isinstance(answer, Found) else Finding()


async def conclude(
    uow: UnitOfWork, work: Work, finding: Finding, now: datetime, pace: Pace, listener: NoticeListener
) -> dict[str, Any]:
    """Write what the finding means, and answer the changes of the row itself."""
    row, delivered = work.row, work.upload.upload_time
    if finding.fault is not None:
        await listener.hear(uow, _news(work, "lost", fault=finding.fault))
        return _over(InteractionState.FAILED, finding.fault)
    if finding.is_posted:
        return await _posted(uow, work, finding.publication, now, pace, listener)
    if now - delivered >= pace.inbox_give_up:
        return _over(InteractionState.FAILED, Fault(FOLLOWING_ENDED))
    waiting: dict[str, Any] = {"state": InteractionState.PENDING, "attempts": 0, "fault": None}
    if row.content != REMINDED and now - delivered >= pace.inbox_remind:
        await listener.hear(uow, _news(work, "remind"))
        waiting["content"] = REMINDED
    return waiting | {"next_attempt_at": _before_reminder(row.content, delivered, now, pace)}


def _before_reminder(content: str, delivered: datetime, now: datetime, pace: Pace) -> datetime:
    """The next look, no later than the reminder is due."""
    reminder = delivered + pace.inbox_remind
    at = next_look(delivered, now, pace)
    return min(at, reminder) if content != REMINDED and reminder > now else at


async def _posted(
    uow: UnitOfWork, work: Work, publication: Publication | None, now: datetime, pace: Pace, listener: NoticeListener
) -> dict[str, Any]:
    """The id and address come only after moderation, and never for a post that is not public: worth a short wait."""
    first_seen = work.row.absent_since or now
    if publication is None and now - first_seen < pace.inbox_link_patience:
        again = now + max(pace.inbox_first, timedelta(seconds=1))
        return {"state": InteractionState.PENDING, "absent_since": first_seen, "next_attempt_at": again}
    url = publication.url if publication is not None else ""
    changes: dict[str, Any] = {"fault": None}
    if publication is not None and publication.video_id:
        await uow.uploads.rename(work.upload.id, video_id=publication.video_id, video_url=url)
        changes["video_id"] = publication.video_id
    await uow.tasks.request(work.task.id, expected_statuses={TaskStatus.COMPLETED}, **changes)
    await listener.hear(uow, _news(work, "posted", url=url))
    return _over(InteractionState.DONE, None)


def _over(state: InteractionState, fault: Fault | None) -> dict[str, Any]:
    return {"state": state, "fault": fault, "next_attempt_at": None}


def _news(work: Work, word: str, *, url: str = "", fault: Fault | None = None) -> InboxFollowed:
    return InboxFollowed(work.task.post_id, work.task.id, word, url, fault)
