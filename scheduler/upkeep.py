"""What is thrown away, and when: see `CleanUp`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from scheduler.renders import COVER_PREFIX
from scheduler.settings import Pace
from scheduler.transcripts import beside
from scheduler.voicing import STEM_PREFIX
from storage.database import Database

log = logging.getLogger(__name__)


class CleanUp:
    """Once an hour (`Pace.cleanup`):

    - renders that no unfinished task needs and that are older than `keep_renders` (2 days), row and file; a clip's own
      file, which is the render of an unchanged voice, stays with its clip; pictures for covers and voices that
      were taken out of their music go likewise;
    - files of clips older than `keep_clips` (30 days) that no open draft and no living task needs, and the subtitles
      beside them; their rows stay;
    - quota entries older than `keep_ledger` (3 days: the longest window is one);
    - consents that ran out more than `keep_consents` (7 days) ago.

    The inbox and the outbox are the bot's own to tidy.
    """

    def __init__(self, db: Database, renders: Path, clock: Callable[[], datetime], pace: Pace) -> None:
        self._db = db
        self._renders = renders
        self._clock = clock
        self._pace = pace

    async def run(self) -> None:
        now = self._clock()
        async with self._db.begin() as uow:
            await uow.quota.prune(now - self._pace.keep_ledger)
            await uow.consents.prune(now - self._pace.keep_consents)
            await uow.code_consents.prune(now - self._pace.keep_consents)
            unused = await uow.renders.unused_since(now - self._pace.keep_renders)
            for render in unused:
                await uow.renders.remove(render.id)
            old = await uow.clips.unused_since(now - self._pace.keep_clips)
            forgotten = [await uow.clips.forget_file(clip.id) for clip in old]
            await uow.commit()
        # The rows first: a file without a row is only litter, a row without a file would be a promise.
        for render in unused:
            path = Path(render.path)
            if path.is_relative_to(self._renders):
                path.unlink(missing_ok=True)
        for name in filter(None, forgotten):
            for path in (Path(name), *beside(Path(name))):
                path.unlink(missing_ok=True)
        for pattern in (f"{COVER_PREFIX}*.jpg", f"{STEM_PREFIX}*.wav"):
            for made in self._renders.glob(pattern):
                if made.stat().st_mtime < (now - self._pace.keep_renders).timestamp():
                    made.unlink(missing_ok=True)
        if unused or old:
            log.info("clean-up: %s renders and the files of %s clips removed", len(unused), len(old))
