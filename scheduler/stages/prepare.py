"""Prepare: everything that can be done before the minute, which is the render."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from time import monotonic

from scheduler.job import Job
from scheduler.remaining import seconds_left
from scheduler.staging import begins_at
from scheduler.transcripts import transcript_of
from scheduler.wishes import choices_of, music_of
from storage.errors import StorageError
from storage.values import Stage

FITTING = "fit"
"""The name under which the fitting is told: it follows the voice within the same stage."""
log = logging.getLogger(__name__)


async def prepare(job: Job) -> None:
    """Make or find the render and let the task go until its time. The task stays `pending`: nothing was sent."""
    await job.lease.say(job.progressed(None, None if job.task.voice_preset else FITTING))
    _, facts, path = await job.clip()
    news = _News(job)
    try:
        render = await job.shop.renders.obtain(
            path,
            facts,
            job.task.voice_preset,
            job.site.render_profile,
            news.on_fraction,
            choices=choices_of(job.task.options),
            music=music_of(job.task.options),
            transcript=transcript_of(job.task.options),
            on_fit=news.on_fit,
        )
        await job.shop.renders.checked.compare(Path(render.path), render.sha256)
    finally:
        await news.end()
    await job.lease.record(
        job.at(Stage.OPEN),  # told with the release, so that a card stops showing the conversion while the task waits
        release=True,
        stage=Stage.OPEN,
        render_id=render.id,
        retry_count=0,
        fault=None,
        next_attempt_at=max(begins_at(job.task, job.site, job.shop.pace), job.now()),
    )


class _News:
    """Tells how far the work is, one write at a time; what comes while a write is under way is passed over."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._saying: asyncio.Task[None] | None = None
        self._began: dict[str | None, float] = {}

    def on_fraction(self, fraction: float) -> None:
        self._hear(None, fraction)

    def on_fit(self, fraction: float) -> None:
        self._hear(FITTING, fraction)

    def _hear(self, step: str | None, fraction: float) -> None:
        began = self._began.setdefault(step, monotonic())
        if (self._saying is None or self._saying.done()) and self._job.is_news(fraction):
            self._saying = asyncio.ensure_future(self._say(step, fraction, seconds_left(monotonic() - began, fraction)))

    async def _say(self, step: str | None, fraction: float, left_s: float | None) -> None:
        try:
            await self._job.lease.say(self._job.progressed(fraction, step, left_s))
        except StorageError as error:
            # News is not worth a conversion. A lost fence is found by the heartbeat, and by the record at the end.
            log.info("task %s: progress was not told: %s", self._job.task.id, error.code)

    async def end(self) -> None:
        if self._saying is not None:
            await asyncio.wait({self._saying})
