"""`python -m app batch FILE`: many posts at once, approved by the same rules as the chat's button.

Every file is looked into first, several at a time. A file is taken for all its accounts or for none, in one
transaction, and what was taken before is not taken again. The fabric publishes them when it runs next; each has its
card in the chat of the operator who connected its first account. On SQLite one process works on the database, so
beside a running fabric this is refused.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from app.batch_file import BatchFileError, Entry, read_batch
from app.settings import Settings
from app.sites import platform_settings
from app.upkeep import open_database, utc_now
from app.upload import Silence, UploadRefusedError, find_account, keep, sentence
from bot.formats import fault_toast
from bot.replies import queue_card
from bot.texts import Texts
from bot.verdict_lines import MARKS, plain_notes
from platforms.base import Platform
from platforms.errors import PlatformSettingsError
from platforms.registry import load_platforms
from scheduler.approval import Approval
from scheduler.desk import TaskDesk
from scheduler.errors import IntakeError, NotReadyError, TimeError
from scheduler.faults import fault_of
from scheduler.intake import Intake
from scheduler.outlook import Mark, Outlook
from scheduler.walltime import parse_time
from storage.database import Database
from storage.errors import AlreadyRunningError, StorageError
from storage.home import Home
from storage.unit_of_work import UnitOfWork
from storage.values import Account, ClipFacts, Draft, Fault, Operator
from voice.presets import BUILT_IN, PresetCatalogue

FITS, TAKEN, KNOWN, REFUSED = "fits", "taken", "taken before", "refused"
NO_CHAT = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an entry; `lines` say it of each account, or why nothing could be said."""

    entry: Entry
    state: str
    lines: tuple[str, ...]

    def text(self) -> str:
        return "\n".join([f"{self.entry.number}. {self.entry.name}: {self.state}", *(f"   {x}" for x in self.lines)])


def run(settings: Settings, file: Path, *, dry_run: bool) -> int:
    """Take the batch and print what became of each entry; the process exit code."""
    try:
        outcomes = asyncio.run(batch(settings, file, dry_run=dry_run))
    except AlreadyRunningError as error:
        print(f"Content Fabric is running ({error}). Stop it first, or send the files in its chat.", file=sys.stderr)
        return 1
    except (BatchFileError, StorageError, PlatformSettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    for outcome in outcomes:
        print(outcome.text())
    return int(any(outcome.state == REFUSED for outcome in outcomes))


async def batch(settings: Settings, file: Path, *, dry_run: bool) -> list[Outcome]:
    """Raises BatchFileError, StorageError, PlatformSettingsError; with `dry_run` nothing is changed."""
    entries = await asyncio.to_thread(read_batch, file)
    with ExitStack() as stack:
        home = Home(settings.home_path)
        if settings.resolved_database_url.startswith("sqlite"):
            stack.enter_context(home.lock())
        database = await open_database(settings)
        platforms = load_platforms(platform_settings(settings), clock=utc_now)
        try:
            found = await _examined(entries)
            clerk = _Clerk(home, database, platforms, dry_run=dry_run)
            return [await clerk.take(entry, found[entry.path]) for entry in entries]
        finally:
            for platform in platforms.values():
                await platform.close()
            await database.dispose()


async def _examined(entries: Sequence[Entry]) -> Mapping[Path, ClipFacts | str]:
    """What each file is, or the sentence that says why it is none; several are looked into at a time."""
    intake, paths = Intake(), list(dict.fromkeys(entry.path for entry in entries))

    async def look(path: Path) -> ClipFacts | str:
        if not path.is_file():
            return "There is no such file."
        try:
            return await intake.examine(path)
        except IntakeError as error:
            return sentence(error.fault)

    return dict(zip(paths, await asyncio.gather(*map(look, paths)), strict=True))


class _RefusedError(Exception):
    """The entry is not taken; `lines` say why, of each account."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


@dataclass(frozen=True, slots=True)
class _Judged:
    """An entry with the draft that it would become. `kept`: where our copy of its file lies then."""

    outcome: Outcome
    kept: Path
    draft: Draft
    operator: Operator


class _Clerk:
    """Takes entries one after the other."""

    def __init__(self, home: Home, database: Database, platforms: Mapping[str, Platform], *, dry_run: bool) -> None:
        self._home, self._db, self._platforms, self._dry_run = home, database, platforms, dry_run
        presets = PresetCatalogue([BUILT_IN, home.voices], models=home.models)
        self._approval = Approval(platforms, presets, utc_now, desk=TaskDesk(Silence(), utc_now, platforms))

    async def take(self, entry: Entry, facts: ClipFacts | str) -> Outcome:
        """Judge it, and approve it where nothing stands in the way. The file is copied while no transaction is open."""
        if isinstance(facts, str):
            return Outcome(entry, REFUSED, (facts,))
        try:
            async with self._db.begin() as uow:
                judged = await self._judge(uow, entry, facts)
            if self._dry_run or judged.outcome.state != FITS:
                return judged.outcome
            judged.kept.unlink(missing_ok=True)
            await asyncio.to_thread(keep, entry.path, judged.kept)
            async with self._db.begin() as uow:
                return await self._approve(uow, await self._judge(uow, entry, facts))
        except _RefusedError as error:
            return Outcome(entry, REFUSED, error.lines)

    async def _judge(self, uow: UnitOfWork, entry: Entry, facts: ClipFacts) -> _Judged:
        """The draft of the entry, written but not committed. Raises _RefusedError."""
        accounts = await self._accounts(uow, entry)
        operator = await uow.operators.get(accounts[0].operator_id)
        identity = entry.identity(facts.sha256, [account.id for account in accounts])
        kept = self._home.media / f"batch-{identity[:24]}{entry.path.suffix.lower()}"
        clip = await uow.clips.add(
            operator_id=operator.id,
            chat_id=NO_CHAT,
            # Unique, so no two runs take the same entry; the numbers of the command `upload` are positive.
            message_id=-(int(identity[:15], 16) + 1),
            file_id="",
            file_unique_id="",
            file_name=entry.path.name,
            declared_size=facts.size,
        )
        if (before := await uow.drafts.by_clip(clip.id)) is not None:
            said = "This file was taken for these accounts and this time before."
            return _Judged(Outcome(entry, KNOWN, (said,)), kept, before, operator)
        clip = await uow.clips.ready(clip.id, str(kept), facts)
        draft = await uow.drafts.add(operator_id=operator.id, clip_id=clip.id, chat_id=operator.telegram_id)
        draft = await self._filled(uow, draft, entry, accounts, operator)
        outlooks = {each.account.id: each for each in self._approval.outlooks(draft, clip, accounts)}
        problems = {each.id: self._approval.problems(draft, clip, [each]) for each in accounts}
        lines = tuple(_line(each, problems[each.id], outlooks.get(each.id), operator) for each in accounts)
        if any(problems.values()):
            raise _RefusedError(*lines)
        return _Judged(Outcome(entry, FITS, lines), kept, draft, operator)

    async def _approve(self, uow: UnitOfWork, judged: _Judged) -> Outcome:
        """For all its accounts, or, where its time has passed in this very moment, for none."""
        if judged.outcome.state != FITS:
            return judged.outcome
        try:
            await self._approval.approve(uow, judged.draft, judged.operator)
        except NotReadyError as error:
            raise _RefusedError(*map(sentence, error.problems)) from error
        await queue_card(uow, judged.draft)
        await uow.commit()
        return replace(judged.outcome, state=TAKEN)

    async def _accounts(self, uow: UnitOfWork, entry: Entry) -> list[Account]:
        known, found, unknown = await uow.accounts.list(), dict[int, Account](), list[str]()
        for name in entry.accounts:
            try:
                account = find_account(known, name)
                found[account.id] = account
            except UploadRefusedError as error:
                unknown.append(str(error))
        if unknown:
            raise _RefusedError(*unknown)
        return list(found.values())

    async def _filled(
        self, uow: UnitOfWork, draft: Draft, entry: Entry, accounts: Sequence[Account], operator: Operator
    ) -> Draft:
        return await uow.drafts.change(
            draft.id,
            version=draft.version,
            title=entry.title,
            description=entry.description,
            keywords=list(entry.keywords),
            voice_preset=entry.voice,
            account_ids=[account.id for account in accounts],
            scheduled_time=_moment(entry.time, operator),
            publish_now=not entry.time,
            options={site: dict(chosen) for site, chosen in entry.options.items()},
        )


def _moment(time: str, operator: Operator) -> datetime | None:
    """The time on the operator's clock, or with an offset of its own. Raises _RefusedError."""
    if not time:
        return None
    try:
        exact = datetime.fromisoformat(time)
        if exact.tzinfo is not None:
            return exact
    except ValueError:
        pass  # a time as people write it in the chat
    try:
        return parse_time(time, now=utc_now(), timezone=operator.timezone)
    except TimeError as error:
        raise _RefusedError(sentence(fault_of(error))) from error


def _line(account: Account, problems: Sequence[Fault], outlook: Outlook | None, operator: Operator) -> str:
    """How things stand for one account: what stands in the way, or else what will be done to the file."""
    t, now = Texts().of("en"), utc_now()
    if problems:
        why = " ".join(fault_toast(problem, t, zone=operator.timezone, now=now) for problem in problems)
        return f"{MARKS[Mark.IMPOSSIBLE]} {account.title} ({account.platform}): {why}"
    mark = outlook.mark if outlook else Mark.FINE
    notes = plain_notes(outlook, t, zone=operator.timezone, now=now) if outlook else ""
    return f"{MARKS[mark]} {account.title} ({account.platform}){': ' if notes else ''}{notes}"
