"""A whole fabric without a bot: a real database, a site that outlives the process, a clock set by hand."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from scheduler.approval import Approval
from scheduler.desk import TaskDesk
from scheduler.service import Scheduler
from scheduler.settings import Pace
from storage.database import Database
from storage.keyring import Keyring
from storage.values import Account, Clip, ClipFacts, Operator, Post, Task, TaskStatus, Tokens
from tests.support.crash import Executioner, MortalDatabase
from tests.support.fake_platform import FakePlatform, FakeSite
from tests.support.listeners import Recorder
from tests.support.voices import CopyingRunner, FakePresets

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KEY = bytes(range(32))
CLIP_SIZE = 100_000  # two pieces of the fake platform
FINAL = frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.NEEDS_ATTENTION})


class HandClock:
    """Stands still until it is set."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


class MachineClock:
    """The machine's own time."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


class World:
    """What is outside the process, and the means to start a process and to look at the result."""

    def __init__(self, folder: Path, template: Path | None, url: str = "") -> None:
        self.folder = folder
        self.url = url or f"sqlite+aiosqlite:///{folder / 'fabric.db'}"
        if template is not None:
            shutil.copyfile(template, folder / "fabric.db")
        self.clip_path = folder / "clip.mp4"
        self.clip_path.write_bytes(Random(1).randbytes(CLIP_SIZE))
        self.renders = folder / "renders"
        self.renders.mkdir(exist_ok=True)
        self.clock = HandClock()
        self.site = FakeSite(self.clock)
        self.recorder = Recorder()
        self.runner = CopyingRunner()
        self.presets = FakePresets()
        self.pace = Pace()
        self.ffmpeg: Any = None
        self.platform_options: dict[str, Any] = {}
        self.make_platform: Callable[..., FakePlatform] = FakePlatform
        self._shared: MortalDatabase | None = None
        self._messages = 0

    def begin_anew(self) -> None:
        """Another site, another day, the same database."""
        self.clock.now = START + timedelta(days=7 * (self._messages + 1))
        self.site = FakeSite(self.clock)
        self.recorder = Recorder()

    def database(self, executioner: Executioner | None = None) -> Database:
        """As a process sees it; all share one pool of connections, for making one takes longer than a task's life."""
        if self._shared is None:
            self._shared = MortalDatabase(self.url, Keyring([KEY]), clock=self.clock)
        return self._shared.in_process_of(executioner or Executioner())

    def platform(self, executioner: Executioner | None = None) -> FakePlatform:
        return self.make_platform(self.site, point=executioner or (lambda _: None), **self.platform_options)

    def scheduler(self, executioner: Executioner | None = None, *, seed: int = 1, **changes: Any) -> Scheduler:
        """A new process over the same world."""
        parts: dict[str, Any] = {
            "ffmpeg": self.ffmpeg,
            "runner": self.runner,
            "presets": self.presets,
            "renders": self.renders,
            "clock": self.clock,
            "pace": self.pace,
            "rng": Random(seed),
        }
        db = self.database(executioner)
        return Scheduler(db, self.platforms(executioner), self.recorder, **(parts | changes))

    def platforms(self, executioner: Executioner | None = None) -> dict[str, Any]:
        """The sites, as a process sees them."""
        return {"fake": self.platform(executioner)}

    async def dispose(self) -> None:
        if self._shared is not None:
            await self._shared.dispose()

    async def approve(
        self,
        *,
        voice: str = "",
        at: datetime | None = None,
        accounts: int = 1,
        title: str = "A title",
        **options: Any,
    ) -> Post:
        """An operator approves a draft of the clip for that many accounts."""
        db = self.database()
        approval = Approval(self.platforms(), self.presets, self.clock, desk=self.desk())
        async with db.begin() as uow:
            operator = await uow.operators.ensure(1001, locale="en", timezone="Europe/Berlin")
            self._messages += 1
            clip = await self.add_clip(uow, operator, self._messages)
            made = [await self.add_account(uow, operator, number) for number in range(1, accounts + 1)]
            draft = await uow.drafts.add(operator_id=operator.id, clip_id=clip.id, chat_id=7)
            draft = await uow.drafts.change(
                draft.id,
                version=draft.version,
                title=title,
                voice_preset=voice,
                account_ids=[account.id for account in made],
                scheduled_time=at,
                publish_now=at is None,
                options=options,
            )
            post = await approval.approve(uow, draft, operator)
            await uow.commit()
        return post

    async def add_clip(self, uow: Any, operator: Operator, message_id: int = 1) -> Clip:
        clip = await uow.clips.add(
            operator_id=operator.id,
            chat_id=7,
            message_id=message_id,
            file_id="f",
            file_unique_id="u",
            file_name="clip.mp4",
            mime_type="video/mp4",
            declared_size=CLIP_SIZE,
        )
        return await uow.clips.ready(clip.id, str(self.clip_path), self.facts())

    def facts(self) -> ClipFacts:
        import hashlib

        data = self.clip_path.read_bytes()
        return ClipFacts(
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            duration_s=3.0,
            width=1080,
            height=1920,
            fps=30.0,
            video_codec="h264",
            audio_codec="aac",
            rotation=0,
            container="mp4",
        )

    async def add_account(self, uow: Any, operator: Operator, number: int = 1) -> Account:
        account = await uow.accounts.connect(
            platform="fake",
            external_id=f"channel-{number}",
            title=f"Channel {number}",
            handle=f"@{number}",
            scopes={"upload"},
            operator_id=operator.id,
        )
        expires = self.clock() + timedelta(days=365)
        await uow.credentials.store(account.id, Tokens("t0", "r0", expires, frozenset({"upload"})))
        return account

    def desk(self) -> TaskDesk:
        return TaskDesk(self.recorder, self.clock, self.platforms())

    async def tasks(self) -> tuple[Task, ...]:
        """All tasks of all posts, by id."""
        db = self.database()
        found: list[Task] = []
        async with db.read() as uow:
            for account in await uow.accounts.list():
                found.extend(await uow.tasks.of_account(account.id, frozenset(TaskStatus)))
        return tuple(sorted(found, key=lambda task: task.id))

    async def task(self) -> Task:
        """The only task."""
        (task,) = await self.tasks()
        return task

    async def live(self, scheduler: Scheduler, *, until: timedelta = timedelta(days=2)) -> None:
        """Let a process work, the clock jumping to whatever comes next, until nothing comes or `until` has passed."""
        end = self.clock() + until
        while True:
            await scheduler.run_due()
            due = await scheduler.next_due()
            if due is None or due > end:
                return
            self.clock.now = max(self.clock.now, due)


@contextmanager
def without(owner: type, name: str, replacement: Any) -> Iterator[None]:
    """Break one thing, to see that a test notices."""
    kept = getattr(owner, name)
    setattr(owner, name, replacement)
    try:
        yield
    finally:
        setattr(owner, name, kept)


__all__ = ["CLIP_SIZE", "FINAL", "KEY", "START", "HandClock", "MachineClock", "World", "without"]
