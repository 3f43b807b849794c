"""What a stage works with: its task under a lease, the site it goes to, and the means to move it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import monotonic

from platforms.base import Evidence, Platform, VideoFile, VideoMeta
from scheduler.errors import ClipMissingError, RenderMissingError, UnknownPlatformError
from scheduler.file_links import FileLinks
from scheduler.handle import Handle
from scheduler.lease import Lease
from scheduler.notices import OUTCOME_UNKNOWN, NoticeListener, TaskNeedsAttention, TaskProgressed
from scheduler.options import site_options
from scheduler.quota import QuotaBook
from scheduler.renders import RenderBook
from scheduler.settings import Pace
from scheduler.tokens import TokenKeeper
from scheduler.video_files import rendered_file
from storage.database import Database
from storage.values import Clip, ClipFacts, Fault, Render, Stage, Task, TaskStatus


@dataclass(frozen=True, slots=True)
class Workshop:
    """Everything the stages share; built once by the Scheduler."""

    db: Database
    platforms: Mapping[str, Platform]
    listener: NoticeListener
    tokens: TokenKeeper
    quota: QuotaBook
    renders: RenderBook
    clock: Callable[[], datetime]
    pace: Pace
    links: FileLinks | None = None
    """None: no server of ours can be reached by a site that fetches the file."""


class Job:
    """One claimed task at work. `spent_token` is the access token of the last call, for the case that it is refused."""

    def __init__(self, shop: Workshop, lease: Lease) -> None:
        self.shop = shop
        self.lease = lease
        self.spent_token: str | None = None
        self._told_at = -shop.pace.progress_gap_s
        self._told_fraction = 0.0

    @property
    def task(self) -> Task:
        return self.lease.task

    @property
    def site(self) -> Platform:
        try:
            return self.shop.platforms[self.task.platform]
        except KeyError:
            raise UnknownPlatformError(platform=self.task.platform) from None

    @property
    def handle(self) -> Handle:
        return Handle.from_json(self.task.session)

    def now(self) -> datetime:
        return self.shop.clock()

    async def access_token(self) -> str:
        self.spent_token = await self.shop.tokens.access_token(self.task.account_id)
        return self.spent_token

    async def spend(self, step: str) -> None:
        """Enter the cost of a call before it is made; QuotaFullError says when it can be."""
        if not self.site.costs.get(step):
            return
        async with self.shop.db.begin() as uow:
            await self.shop.quota.spend(uow, self.task.platform, step, self.task.account_id, self.now())
            await uow.commit()

    async def clip(self) -> tuple[Clip, ClipFacts, Path]:
        """The clip, what the probe found, and where the file lies."""
        async with self.shop.db.read() as uow:
            clip = await uow.clips.get(self.task.clip_id)
        if clip.facts is None or clip.path is None or not Path(clip.path).is_file():
            raise ClipMissingError(clip=clip.id)
        return clip, clip.facts, Path(clip.path)

    async def render(self) -> Render:
        """The prepared file; RenderMissingError if it is not on the disk as it was made."""
        if self.task.render_id is None:
            raise RenderMissingError(task=self.task.id)
        async with self.shop.db.read() as uow:
            render = await uow.renders.get(self.task.render_id)
        path = Path(render.path)
        if not path.is_file() or path.stat().st_size != render.size:
            raise RenderMissingError(task=self.task.id)
        return render

    async def video_file(self) -> VideoFile:
        render = await self.render()
        async with self.shop.db.read() as uow:
            facts = (await uow.clips.get(self.task.clip_id)).facts
        if facts is None:
            raise ClipMissingError(clip=self.task.clip_id)
        file = rendered_file(render, facts)
        checked = self.shop.renders.checked.stamp(file.path, file.sha256)
        return replace(file, url=self._link(render, file.mime_type), checked=checked)

    def _link(self, render: Render, mime_type: str) -> str:
        """Where the site may fetch the file, if it does that; made anew for each use, so it is never an old one."""
        if self.shop.links is None or not self.site.capabilities.fetches_file:
            return ""
        return self.shop.links.url(render.id, mime_type)

    @property
    def is_too_late(self) -> bool:
        return self.now() - self.task.scheduled_time > self.shop.pace.late_policy

    def meta(self) -> VideoMeta:
        return video_meta(self.task)

    def evidence(self, *, duration_s: float) -> Evidence:
        """What `find_published` may know of an upload whose outcome is unknown."""
        handle = self.handle
        return Evidence(
            marker=handle.marker or marker_of(self.task),
            title=self.task.title,
            size=self.task.bytes_total,
            duration_s=duration_s,
            since=self.task.opened_at or self.task.created_at,
            session=handle.session if self.task.session is not None else None,
            meta=self.meta(),
            reason=handle.reason,
        )

    def is_news(self, fraction: float) -> bool:
        """Whether progress is worth a write: a second has passed, or another twentieth is done."""
        pace = self.shop.pace
        due = monotonic() - self._told_at >= pace.progress_gap_s
        if not due and abs(fraction - self._told_fraction) < pace.progress_step:
            return False
        self._told_at, self._told_fraction = monotonic(), fraction
        return True

    def progressed(
        self, fraction: float | None, step: str | None = None, left_s: float | None = None
    ) -> TaskProgressed:
        return TaskProgressed(self.task.post_id, self.task.id, step or self.task.stage.value, fraction, left_s)

    async def ask(self, why: str) -> None:
        """Rest until the operator says what became of it: the site cannot, and `why` names the reason."""
        fault = Fault(OUTCOME_UNKNOWN, {"why": why})
        await self.lease.record(
            TaskNeedsAttention(self.task.post_id, self.task.id, fault),
            release=True,
            status=TaskStatus.NEEDS_ATTENTION,
            fault=fault,
            next_attempt_at=None,
        )

    def at(self, stage: Stage) -> TaskProgressed:
        """The news that `stage` begins."""
        return TaskProgressed(self.task.post_id, self.task.id, stage.value, None)


def marker_of(task: Task) -> str:
    """Unique to the task, also among fabrics that share a channel; it travels where viewers do not see it."""
    return f"fabric-{task.id}-{int(task.created_at.timestamp() * 1000):x}"


def video_meta(task: Task) -> VideoMeta:
    """The texts and switches of a task as a site wants them. A changed voice is synthetic media and is declared so."""
    options = site_options(task.options, task.platform)
    return VideoMeta(
        title=task.title,
        description=task.description,
        keywords=task.keywords,
        privacy_status=str(options.get("privacy_status", "public")),
        made_for_kids=bool(options.get("made_for_kids", False)),
        contains_synthetic_media=bool(task.voice_preset) or bool(options.get("contains_synthetic_media", False)),
        marker=marker_of(task),
        options=options,
    )
