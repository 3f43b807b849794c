"""`python -m app upload`: one file to one account, now, by the same stages and records as a post from the chat.

Where the home is in use by a running fabric it is refused: on SQLite one process works on the database. A command that
is stopped half-way loses nothing: the task is recorded, and the next start of the fabric goes on with it.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.compose import pace
from app.settings import Settings
from app.sites import platform_settings
from app.upkeep import open_database, utc_now
from app.voice_pool import open_pool
from bot.formats import fault_toast
from bot.texts import Texts
from media.ffmpeg import Ffmpeg
from platforms.base import Platform
from platforms.errors import PlatformSettingsError
from platforms.registry import load_platforms
from scheduler.approval import Approval
from scheduler.desk import TaskDesk
from scheduler.errors import IntakeError, NotReadyError
from scheduler.intake import Intake
from scheduler.notices import Notice
from scheduler.service import Scheduler
from scheduler.transcripts import SUFFIXES, TRANSCRIPT, beside, examine_transcript
from storage.database import Database
from storage.errors import AlreadyRunningError, StorageError
from storage.home import Home
from storage.unit_of_work import UnitOfWork
from storage.values import Account, ClipFacts, Fault, Task, TaskStatus
from voice.presets import BUILT_IN, PresetCatalogue

LOOK_AGAIN_S = 1.0
ENDS = frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.NEEDS_ATTENTION})


class UploadRefusedError(Exception):
    """Nothing was uploaded, and the message says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for. `account` is an id, title, handle or the site's id; `options` are the site's."""

    file: Path
    account: str
    title: str
    description: str = ""
    keywords: tuple[str, ...] = ()
    voice: str = ""
    privacy: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


def run(settings: Settings, wish: Wish, *, as_json: bool) -> int:
    """Publish and print; the process exit code."""
    try:
        result = asyncio.run(upload(settings, wish))
    except (UploadRefusedError, StorageError, PlatformSettingsError, FileNotFoundError) as error:
        said = str(error)
        if isinstance(error, AlreadyRunningError):
            said = f"Content Fabric is running ({said}). Send the file in its chat, or stop it first."
        result = {"success": False, "status": "refused", "error": said}
    if as_json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
    elif result["success"]:
        print(f"Published on {result['platform']}: {result['video_url'] or result['video_id']}")
    if not result["success"]:
        print(result["error"] or f"It ended as {result['status']}.", file=sys.stderr)
    return 0 if result["success"] else 1


class Silence:
    """Nobody is told: the result is what the command prints."""

    async def hear(self, uow: UnitOfWork, notice: Notice) -> None:  # noqa: ARG002 - the protocol's signature
        return None


async def upload(settings: Settings, wish: Wish) -> dict[str, Any]:
    """Publish, and return what is to be printed. Raises UploadRefusedError, StorageError, PlatformSettingsError."""
    began = time.monotonic()
    if not wish.file.is_file():
        raise UploadRefusedError(f"There is no file {wish.file}.")
    with ExitStack() as stack:
        home = Home(settings.home_path)
        if settings.resolved_database_url.startswith("sqlite"):
            stack.enter_context(home.lock())
        database = await open_database(settings)
        platforms = load_platforms(platform_settings(settings), clock=utc_now)
        try:
            errand = _Errand(settings, home, database, platforms)
            return await errand.run(wish, began)
        finally:
            for platform in platforms.values():
                await platform.close()
            await database.dispose()


class _Errand:
    def __init__(self, settings: Settings, home: Home, database: Database, platforms: Mapping[str, Platform]) -> None:
        self._settings, self._home = settings, home
        self._db, self._platforms = database, platforms
        self._presets = PresetCatalogue([BUILT_IN, home.voices], models=home.models)

    async def run(self, wish: Wish, began: float) -> dict[str, Any]:
        account = await self._account(wish.account)
        if account.platform not in self._platforms:
            raise UploadRefusedError(f"{account.title} is on {account.platform}, which has no app in the settings.")
        try:
            facts = await Intake().examine(wish.file)
        except IntakeError as error:
            raise UploadRefusedError(sentence(error.fault)) from error
        number = time.time_ns() // 1000
        # Ours to delete one day; the file that was named is not.
        kept = self._home.media / f"command-{number}{wish.file.suffix.lower()}"
        await asyncio.to_thread(keep, wish.file, kept)
        try:
            words = await self._subtitles(wish, kept)
            task = await self._approve(wish, account, facts, kept, number, words)
        except (IntakeError, NotReadyError) as error:
            for path in (kept, *beside(kept)):
                path.unlink()
            problems = error.problems if isinstance(error, NotReadyError) else (error.fault,)
            raise UploadRefusedError(" ".join(sentence(fault) for fault in problems)) from error
        return await self._report(await self._work(task), account, facts, time.monotonic() - began)

    async def _account(self, name: str) -> Account:
        async with self._db.read() as uow:
            return find_account(await uow.accounts.list(), name)

    async def _subtitles(self, wish: Wish, kept: Path) -> dict[str, Any]:
        """The option that holds what lies beside the file, `FILE.srt` or `.json`, for a voice that says the words anew.

        Raises IntakeError.
        """
        given = next((place for place in map(wish.file.with_suffix, SUFFIXES) if place.is_file()), None)
        if (
            given is None
            or wish.voice not in self._presets.names()
            or not self._presets.get(wish.voice).takes_transcript
        ):
            return {}
        found = await examine_transcript(given)
        copy = kept.with_name(f"{kept.stem}.{secrets.token_hex(8)}{given.suffix}")
        await asyncio.to_thread(shutil.copyfile, given, copy)
        return {TRANSCRIPT: {"file": str(copy), "name": given.name, "phrases": found.phrases}}

    async def _approve(
        self, wish: Wish, account: Account, facts: ClipFacts, kept: Path, number: int, words: Mapping[str, Any]
    ) -> Task:
        approval = Approval(self._platforms, self._presets, utc_now, desk=TaskDesk(Silence(), utc_now, self._platforms))
        async with self._db.begin() as uow:
            operator = await uow.operators.get(account.operator_id)
            clip = await uow.clips.add(
                operator_id=operator.id,
                chat_id=0,  # no chat
                message_id=number,
                file_id="",
                file_unique_id="",
                file_name=wish.file.name,
                declared_size=facts.size,
            )
            await uow.clips.ready(clip.id, str(kept), facts)
            draft = await uow.drafts.add(operator_id=operator.id, clip_id=clip.id, chat_id=clip.chat_id)
            draft = await uow.drafts.change(
                draft.id,
                version=draft.version,
                title=wish.title,
                description=wish.description,
                keywords=list(wish.keywords),
                voice_preset=wish.voice,
                account_ids=[account.id],
                publish_now=True,
                options={account.platform: _options(wish, self._platforms[account.platform]), **words},
            )
            post = await approval.approve(uow, draft, operator)
            (task,) = await uow.tasks.of_post(post.id)
            await uow.commit()
        return task

    async def _work(self, task: Task) -> Task:
        """This task alone; what else is due is the fabric's."""
        pool = open_pool(self._settings, self._home)
        scheduler = Scheduler(
            self._db,
            self._platforms,
            Silence(),
            ffmpeg=Ffmpeg.locate(),
            runner=pool,
            presets=self._presets,
            renders=self._home.renders,
            models=self._home.models,
            clock=utc_now,
            pace=pace(self._settings, role="worker"),
            only=task.id,
        )
        try:
            await scheduler.recover()
            return await self._until_over(scheduler, task)
        finally:
            await scheduler.stop()
            pool.close()

    async def _until_over(self, scheduler: Scheduler, task: Task) -> Task:
        while True:
            await scheduler.run_due()
            async with self._db.read() as uow:
                task = await uow.tasks.get(task.id)
            if task.status in ENDS:
                return task
            wait = (task.next_attempt_at or utc_now()) - utc_now()
            await asyncio.sleep(min(max(wait, timedelta()).total_seconds() + 0.05, LOOK_AGAIN_S))

    async def _report(self, task: Task, account: Account, facts: ClipFacts, took_s: float) -> dict[str, Any]:
        async with self._db.read() as uow:
            uploaded = await uow.uploads.by_task(task.id)
        error = None if uploaded is not None or task.fault is None else sentence(task.fault)
        return {
            "success": uploaded is not None,
            "platform": task.platform,
            "video_id": uploaded.video_id if uploaded else task.video_id,
            "publish_id": uploaded.upload_id if uploaded else None,
            "status": task.status.value,
            "upload_time_seconds": round(took_s, 3),
            "video_url": uploaded.video_url if uploaded else None,
            "metadata": {
                "task": task.id,
                "account": account.title,
                "title": task.title,
                "description": task.description,
                "size": task.bytes_total or facts.size,
                "duration_s": facts.duration_s,
                "sha256": facts.sha256,
            },
            "error": error,
        }


def _options(wish: Wish, site: Platform) -> dict[str, str]:
    """The site's section of the options; who may see it has another name on each site."""
    names = [option.key for option in site.post_options.options if option.key.startswith("privacy")]
    privacy = {} if wish.privacy is None else {(names or ["privacy_status"])[0]: wish.privacy}
    return {**privacy, **wish.options}


def sentence(fault: Fault) -> str:
    """What went wrong, in English."""
    return fault_toast(fault, Texts().of("en"), zone="UTC", now=utc_now())


def find_account(accounts: Sequence[Account], name: str) -> Account:
    """The account of that number, title, handle or site's id. Raises UploadRefusedError."""
    wanted = name.casefold().removeprefix("@")
    found = [each for each in accounts if wanted in _names(each)]
    if len(found) == 1:
        return found[0]
    if found:
        many = ", ".join(f"{each.id} ({each.platform})" for each in found)
        raise UploadRefusedError(f"Several accounts are called {name}; say which by its number: {many}.")
    raise UploadRefusedError(f"No account is called {name}; `python -m app accounts` lists them.")


def _names(account: Account) -> tuple[str, ...]:
    handle = account.handle.casefold().removeprefix("@")
    return (str(account.id), account.external_id.casefold(), account.title.casefold(), handle)


def keep(file: Path, kept: Path) -> None:
    """A copy of ours, which costs no room where the disk allows that."""
    try:
        os.link(file, kept)
    except OSError:
        shutil.copyfile(file, kept)
