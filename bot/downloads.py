"""Clips that are being received: fetched, looked into, and then ready or failed with a sentence.

The work list is the table of clips: whatever is still `receiving` at start is taken up again.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import re
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path, PurePath
from typing import Protocol

from bot.errors import FileTooBigError, NotReachedError, OutcomeUnknownError, TelegramFaultError, TooFastError
from bot.ports import Intake, Wake
from scheduler.errors import IntakeError
from scheduler.faults import fault_of
from scheduler.notices import ClipExamined, NoticeListener
from storage.database import Database
from storage.errors import StorageError
from storage.unit_of_work import UnitOfWork
from storage.values import Clip, ClipFacts, ClipState, Fault

log = logging.getLogger(__name__)

AT_ONCE = 2
LOOK_AGAIN_S = 15.0
BACKOFF_S = (1.0, 3.0, 10.0, 30.0)
"""Waits between the attempts to fetch a file: five attempts, then the operator is asked."""
MB = 1024 * 1024
PLAIN_SUFFIX = re.compile(r"\.[a-z0-9]{1,9}")


class Files(Protocol):
    """Where the files come from; `limit` is the largest size in bytes, None: any."""

    @property
    def limit(self) -> int | None: ...

    async def fetch(self, file_id: str, target: Path) -> None: ...


class Downloads:
    """Runs until it is stopped. `wake` tells it that a clip came in."""

    def __init__(
        self,
        *,
        db: Database,
        files: Files,
        intake: Intake,
        listener: NoticeListener,
        folder: Path,
        wake_sender: Wake,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db = db
        self._files = files
        self._intake = intake
        self._listener = listener
        self._folder = folder
        self._wake_sender = wake_sender
        self._sleep = sleep
        self._awake = asyncio.Event()
        self._running: dict[int, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """There may be a clip to fetch."""
        self._awake.set()

    async def run(self) -> None:
        """Receive clips for ever."""
        try:
            while True:
                self._awake.clear()
                await self._start_some()
                await self._doze()
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _start_some(self) -> None:
        try:
            async with self._db.read() as uow:
                waiting = [clip for clip in await uow.clips.receiving() if clip.id not in self._running]
        except StorageError as error:
            log.warning("the clips cannot be read: %s", error)
            return
        for clip in waiting[: AT_ONCE - len(self._running)]:
            task = asyncio.create_task(self._safely(clip), name=f"clip {clip.id}")
            self._running[clip.id] = task
            task.add_done_callback(partial(self._over, clip.id))

    def _over(self, clip_id: int, _: asyncio.Task[None]) -> None:
        self._running.pop(clip_id, None)
        self.wake()

    async def _doze(self) -> None:
        try:
            async with asyncio.timeout(LOOK_AGAIN_S):
                await self._awake.wait()
        except TimeoutError:
            return

    async def _safely(self, clip: Clip) -> None:
        try:
            await self.receive(clip)
        except StorageError as error:
            log.warning("clip %s waits for the database: %s", clip.id, error)
            await self._sleep(LOOK_AGAIN_S)
        except Exception as error:
            # The border: a clip that breaks the program gets a sentence, and the others go on.
            log.exception("clip %s failed", clip.id)
            await self._record(clip, fault_of(error))

    async def receive(self, clip: Clip) -> None:
        """Fetch one clip, look into it, and record what came of it."""
        await self._record(clip, await self._outcome(clip))
        self._wake_sender()

    async def _outcome(self, clip: Clip) -> tuple[Path, ClipFacts] | Fault:
        limit = self._files.limit
        if limit is not None and (clip.declared_size or 0) > limit:
            return _too_big(clip, limit)
        path = self._folder / f"clip-{clip.id}{_suffix(clip)}"
        if not path.exists() and (fault := await self._fetch(clip, path)) is not None:
            return fault
        try:
            return path, await self._intake.examine(path)
        except IntakeError as error:
            # What is no video stays on the disk under no name of ours.
            path.unlink(missing_ok=True)
            return error.fault

    async def _fetch(self, clip: Clip, path: Path) -> Fault | None:
        for wait_s in (*BACKOFF_S, None):
            try:
                await self._files.fetch(clip.file_id, path)
            except FileTooBigError:
                return _too_big(clip, self._files.limit or 0)
            except (NotReachedError, OutcomeUnknownError, TooFastError) as error:
                log.warning("clip %s: %s", clip.id, error)
                if wait_s is None:
                    return Fault("clip.download_failed")
                await self._sleep(max(wait_s, _asked_wait_s(error)))
            except TelegramFaultError as error:
                log.warning("clip %s: %s", clip.id, error)
                return Fault("clip.gone")
            except OSError as error:
                log.warning("clip %s cannot be written: %s", clip.id, error)
                return Fault("clip.disk_full" if error.errno == errno.ENOSPC else "clip.download_failed")
            else:
                return None
        return Fault("clip.download_failed")

    async def _record(self, clip: Clip, outcome: tuple[Path, ClipFacts] | Fault) -> None:
        await self._db.run(lambda uow: self._write(uow, clip, outcome))

    async def _write(self, uow: UnitOfWork, clip: Clip, outcome: tuple[Path, ClipFacts] | Fault) -> None:
        if (await uow.clips.get(clip.id)).state is not ClipState.RECEIVING:
            return
        if isinstance(outcome, Fault):
            await uow.clips.fail(clip.id, outcome)
        else:
            await uow.clips.ready(clip.id, str(outcome[0]), outcome[1])
        await self._listener.hear(uow, ClipExamined(clip.id))


def _suffix(clip: Clip) -> str:
    """All that a name of ours takes from the sender's: a plain suffix."""
    suffix = PurePath(clip.file_name or "").suffix.lower()
    return suffix if PLAIN_SUFFIX.fullmatch(suffix) else ".mp4"


def _too_big(clip: Clip, limit: int) -> Fault:
    size_mb = round((clip.declared_size or 0) / MB)
    return Fault("clip.too_big_for_bot_api", {"size_mb": size_mb or f"> {limit // MB}", "limit_mb": limit // MB})


def _asked_wait_s(error: TelegramFaultError) -> float:
    return error.retry_after.total_seconds() if isinstance(error, TooFastError) else 0.0
