"""What a draft's card shows: everything read in one transaction, then rendered by pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.option_panels import SiteCard, site_cards
from bot.ports import Services
from bot.progress import ProgressBoard, Step
from bot.title_limit import FALLBACK, title_limit
from bot.voice_notes import Notes, notes_of
from scheduler.outlook import Outlook
from storage.errors import NotFoundError
from storage.repositories.interactions import Interaction
from storage.unit_of_work import UnitOfWork
from storage.values import Account, AccountStatus, Clip, Draft, Fault, Operator, Task, Upload

STEPS = ("draft.no_clip", "draft.no_account", "draft.no_title", "draft.no_voice", "draft.no_time")
"""What may be missing, in the order in which it is asked for."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice as the card shows it; the empty name is the original voice. `takes_words`: it says the words anew."""

    name: str
    title: str
    takes_words: bool = False


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One task of an approved post."""

    task: Task
    account: Account
    upload: Upload | None
    step: Step | None
    tended: tuple[Interaction, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """All that a card is made of; `panel` is the part that is open, or the question that waits for an answer."""

    draft: Draft
    clip: Clip
    accounts: tuple[Account, ...]
    platforms: tuple[tuple[str, str], ...]
    voices: tuple[Voice, ...]
    problems: tuple[Fault, ...]
    tasks: tuple[TaskLine, ...]
    panel: str | None
    timezone: str
    now: datetime
    has_chosen_timezone: bool = True
    sites: tuple[SiteCard, ...] = ()
    outlooks: tuple[Outlook, ...] = ()
    title_limit: int = FALLBACK
    separates_roughly: bool = False
    """Whether music is told from the voice without a model, which is heard."""
    abilities: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What each site offers after a publication, by the deeds' names."""
    notes: Notes = ()
    """What is worth knowing of how the voice was changed."""
    lacking: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """What a chosen account's own permission does not cover, by its id."""

    @property
    def chosen(self) -> tuple[Account, ...]:
        return tuple(account for account in self.accounts if account.id in self.draft.account_ids)

    def platform_title(self, name: str) -> str:
        return dict(self.platforms).get(name, name)


async def load_card(
    uow: UnitOfWork, draft_id: int, *, operator: Operator, services: Services, board: ProgressBoard, now: datetime
) -> Card:
    """Read a card. Raises NotFoundError for an unknown draft."""
    draft = await uow.drafts.get(draft_id)
    clip = await uow.clips.get(draft.clip_id)
    # One that was chosen and then disconnected stays in sight, so that it can be taken off.
    accounts = tuple(
        account
        for account in await uow.accounts.list()
        if account.status is not AccountStatus.DISCONNECTED or account.id in draft.account_ids
    )
    chosen = tuple(account for account in accounts if account.id in draft.account_ids)
    asked = await uow.conversations.get(draft.chat_id)
    tasks = await _task_lines(uow, draft, board)
    return Card(
        draft=draft,
        clip=clip,
        accounts=accounts,
        platforms=tuple((choice.name, choice.display_name) for choice in services.accounts.platforms()),
        voices=tuple(Voice(option.name, option.title, option.takes_words) for option in services.voices()),
        problems=draft_problems(services, draft, clip, chosen),
        tasks=tasks,
        notes=await notes_of(uow, [line.task for line in tasks]),
        panel=asked.question if asked is not None and asked.draft_id == draft.id else None,
        timezone=operator.timezone,
        now=now,
        has_chosen_timezone=operator.has_chosen_timezone,
        sites=site_cards(services, draft, chosen, asked),
        title_limit=title_limit(services, accounts, draft.account_ids),
        outlooks=draft_outlooks(services, draft, clip, chosen),
        separates_roughly=services.separates_roughly(),
        lacking={account.id: frozenset(services.accounts.lacking(account)) for account in chosen},
        abilities={choice.name: services.uploads.abilities(choice.name) for choice in services.accounts.platforms()},
    )


def draft_problems(services: Services, draft: Draft, clip: Clip, accounts: tuple[Account, ...]) -> tuple[Fault, ...]:
    """Everything that stands between a draft and its approval."""
    found = services.approval.problems(draft, clip, accounts)
    of_accounts = [fault for each in draft_outlooks(services, draft, clip, accounts) for fault in each.told]
    return tuple(sorted((*found, *(fault for fault in of_accounts if fault not in found)), key=_order))


def draft_outlooks(services: Services, draft: Draft, clip: Clip, accounts: tuple[Account, ...]) -> tuple[Outlook, ...]:
    """What awaits a draft at each account, as far as the sites have told."""
    return services.approval.outlooks(draft, clip, accounts, services.options.longest_s())


def _order(problem: Fault) -> int:
    """In the order in which a person fills the card; what the sites' rules say comes last."""
    return STEPS.index(problem.code) if problem.code in STEPS else len(STEPS)


async def _task_lines(uow: UnitOfWork, draft: Draft, board: ProgressBoard) -> tuple[TaskLine, ...]:
    if draft.post_id is None:
        return ()
    lines = []
    for task in await uow.tasks.of_post(draft.post_id):
        account = await uow.accounts.get(task.account_id)
        upload = await _upload_of(uow, task)
        tended = await uow.interactions.of_upload(upload.id) if upload is not None else ()
        lines.append(TaskLine(task, account, upload, board.of(task.id), tended))
    return tuple(lines)


async def _upload_of(uow: UnitOfWork, task: Task) -> Upload | None:
    try:
        return await uow.uploads.by_task(task.id)
    except NotFoundError:
        return None
