"""A draft becomes a post with one task per account, and, while nothing was begun, a draft again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from platforms.base import Platform, VideoFile, VideoMeta
from scheduler.adoption import deletion_time, hand_over
from scheduler.desk import TaskDesk
from scheduler.errors import NotReadyError
from scheduler.faults import fault_of
from scheduler.options import site_options, with_defaults
from scheduler.outlook import Outlook, outlook
from scheduler.staging import is_undoable
from scheduler.transcripts import transcript_of
from scheduler.video_files import planned_file, planned_fit
from scheduler.voicing import Presets
from storage.errors import StaleVersionError
from storage.unit_of_work import UnitOfWork
from storage.values import (
    Account,
    AccountStatus,
    Clip,
    Draft,
    DraftState,
    Fault,
    Operator,
    Post,
    Stage,
    Task,
    TaskStatus,
)
from voice.errors import VoiceError

NOT_BEGUN = frozenset({TaskStatus.PENDING, TaskStatus.FAILED})


class Approval:
    """The gate between what an operator makes and what is published. The caller commits, then wakes the scheduler."""

    def __init__(
        self, platforms: Mapping[str, Platform], presets: Presets, clock: Callable[[], datetime], *, desk: TaskDesk
    ) -> None:
        self._platforms = platforms
        self._presets = presets
        self._clock = clock
        self._desk = desk

    def problems(self, draft: Draft, clip: Clip, accounts: Sequence[Account]) -> tuple[Fault, ...]:
        """Everything that stands in the way, all at once; empty means that it can be approved.

        Codes: draft.no_clip, draft.no_account, draft.account_inactive, draft.no_title, draft.no_voice, draft.no_time,
        voice.unknown_preset, voice.bad_preset, voice.no_transcript, voice.no_listener,
        media.no_audio_track, time.past, platform.unknown, and the rules of the platforms.
        """
        found = [*self._of_clip(clip), *self._of_voice(draft, clip), *self._of_accounts(accounts)]
        if not draft.title.strip():
            found.append(Fault("draft.no_title"))
        found.extend(self._of_time(draft))
        found.extend(self._of_rules(draft, clip, accounts))
        return _once(found)

    def _of_time(self, draft: Draft) -> list[Fault]:
        if draft.publish_now:
            return []
        if draft.scheduled_time is None:
            return [Fault("draft.no_time")]
        if draft.scheduled_time <= self._clock():
            return [Fault("time.past", {"text": draft.scheduled_time.isoformat()})]
        return []

    def _of_clip(self, clip: Clip) -> list[Fault]:
        if clip.facts is not None:
            return []
        return [clip.fault or Fault("draft.no_clip")]

    def _of_voice(self, draft: Draft, clip: Clip) -> list[Fault]:
        if draft.voice_preset is None:
            return [Fault("draft.no_voice")]
        if not draft.voice_preset:
            return []
        try:
            preset = self._presets.get(draft.voice_preset)
            if clip.facts is not None and clip.facts.audio_codec is None:
                return [Fault("media.no_audio_track")]
            preset.with_transcript(transcript_of(draft.options)).require_words()
        except VoiceError as error:
            return [fault_of(error)]
        return []

    def _of_accounts(self, accounts: Sequence[Account]) -> list[Fault]:
        if not accounts:
            return [Fault("draft.no_account")]
        inactive = [account for account in accounts if account.status is not AccountStatus.ACTIVE]
        return [
            Fault("draft.account_inactive", {"account": account.title, "status": account.status.value})
            for account in inactive
        ]

    def _of_rules(self, draft: Draft, clip: Clip, accounts: Sequence[Account]) -> list[Fault]:
        found = []
        names = {account.platform for account in accounts}
        options = with_defaults(_options(draft), self._platforms, names)
        for name in sorted(names):
            if name not in self._platforms:
                found.append(Fault("platform.unknown", {"platform": name}))
                continue
            site = self._platforms[name]
            violations = site.validate(_file(clip, site, draft), _meta(draft, site_options(options, name)))
            found.extend(Fault(each.code, {"platform": name, **each.params}) for each in violations)
        return found

    def outlooks(
        self,
        draft: Draft,
        clip: Clip,
        accounts: Sequence[Account],
        longest_s: Mapping[int, float] = MappingProxyType({}),
    ) -> tuple[Outlook, ...]:
        """What awaits the draft at each account, as far as the file decides it.

        `longest_s` tells by the account's id how long a video its site allows it, where that is known.
        """
        if clip.facts is None:
            return ()
        facts, options = clip.facts, _options(draft)
        found = [
            outlook(
                facts,
                self._platforms[account.platform],
                account,
                _meta(draft, site_options(options, account.platform)),
                longest_s=longest_s.get(account.id),
            )
            for account in accounts
            if account.platform in self._platforms
        ]
        return tuple(each for each in found if each is not None)

    async def approve(self, uow: UnitOfWork, draft: Draft, operator: Operator) -> Post:
        """Close the draft, add the post and its tasks. Raises NotReadyError, or StaleVersionError for a second tap."""
        clip = await uow.clips.get(draft.clip_id)
        accounts = [await uow.accounts.get(account_id) for account_id in draft.account_ids]
        if problems := self.problems(draft, clip, accounts):
            raise NotReadyError(problems)
        sites = {account.platform for account in accounts}
        post = await self._add_post(uow, draft, operator, with_defaults(_options(draft), self._platforms, sites))
        tasks = [await self._add_task(uow, post, account) for account in accounts]
        await hand_over(uow, draft.id, tasks, self._platforms, self._clock())
        await uow.drafts.close(draft.id, version=draft.version, state=DraftState.APPROVED, post_id=post.id)
        return post

    async def _add_post(self, uow: UnitOfWork, draft: Draft, operator: Operator, options: dict[str, Any]) -> Post:
        now = self._clock()
        return await uow.posts.add(
            operator_id=operator.id,
            clip_id=draft.clip_id,
            draft_id=draft.id,
            chat_id=draft.chat_id,
            title=draft.title,
            description=draft.description,
            keywords=draft.keywords,
            voice_preset=draft.voice_preset or "",
            scheduled_time=now if draft.publish_now else draft.scheduled_time or now,
            timezone=operator.timezone,
            options=options,
        )

    async def _add_task(self, uow: UnitOfWork, post: Post, account: Account) -> Task:
        return await uow.tasks.add(
            post_id=post.id,
            account_id=account.id,
            clip_id=post.clip_id,
            platform=account.platform,
            title=post.title,
            description=post.description,
            keywords=post.keywords,
            voice_preset=post.voice_preset,
            options=post.options,
            scheduled_time=post.scheduled_time,
            # At once, however late its time: the render can be made ahead.
            next_attempt_at=self._clock(),
        )

    async def reopen(self, uow: UnitOfWork, post_id: int) -> Draft:
        """Take the approval back: possible while every task only waits, is being prepared, was staged for a minute that
        is still to come, or failed before anything was sent, so that what made it fail can be changed.

        Raises StaleVersionError when something was published or is about to be; nothing is changed then.
        """
        post = await uow.posts.get(post_id)
        for task in await uow.tasks.of_post(post_id):
            await self._take_back(uow, task)
        if post.draft_id is None:
            raise StaleVersionError(f"post {post_id} was not made from a draft")
        return await uow.drafts.reopen(post.draft_id)

    async def _take_back(self, uow: UnitOfWork, task: Task) -> None:
        now = self._clock()
        if is_undoable(task, now):
            await self._desk.undo(uow, task, at=deletion_time(task, now))
            return
        is_early = task.status is TaskStatus.PROCESSING and now < task.scheduled_time
        expected = NOT_BEGUN | {TaskStatus.PROCESSING} if is_early else NOT_BEGUN
        # What a site holds of it lapses: it publishes nothing by itself.
        changed = await uow.tasks.request(
            task.id, expected_statuses=expected, status=TaskStatus.CANCELLED, next_attempt_at=None
        )
        is_begun = changed.stage not in (Stage.PREPARE, Stage.OPEN) or changed.opened_at is not None
        if changed.commit_started_at is not None or (is_begun and not is_early):
            raise StaleVersionError(f"task {task.id} has begun")

    async def cancel(self, uow: UnitOfWork, post_id: int) -> None:
        """Cancel every task that has not published; StaleVersionError when there is none such left."""
        cancelled = 0
        for task in await uow.tasks.of_post(post_id):
            try:
                await self._desk.cancel(uow, task.id)
                cancelled += 1
            except StaleVersionError:
                continue
        if not cancelled:
            raise StaleVersionError(f"nothing of post {post_id} can be cancelled any more")


def _once(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """Two accounts of one site break the same rule once."""
    return tuple(fault for number, fault in enumerate(faults) if fault not in faults[:number])


def _options(draft: Draft) -> dict[str, Any]:
    """The draft's switches; a changed voice is declared as synthetic media by itself."""
    options = {"privacy_status": "public", "made_for_kids": False, **draft.options}
    options["contains_synthetic_media"] = bool(draft.voice_preset) or bool(options.get("contains_synthetic_media"))
    return options


def _meta(draft: Draft, options: Mapping[str, Any]) -> VideoMeta:
    return VideoMeta(
        title=draft.title,
        description=draft.description,
        keywords=draft.keywords,
        privacy_status=str(options["privacy_status"]),
        made_for_kids=bool(options["made_for_kids"]),
        contains_synthetic_media=bool(draft.voice_preset) or bool(options["contains_synthetic_media"]),
        marker="",
        options=options,
    )


def _file(clip: Clip, site: Platform, draft: Draft) -> VideoFile | None:
    """The file as it will be sent: what the fitter mends stands in nobody's way."""
    if clip.facts is None or clip.path is None:
        return None
    return planned_file(Path(clip.path), clip.facts, planned_fit(clip.facts, site, draft.options))
