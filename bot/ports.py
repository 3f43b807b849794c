"""What the bot asks of the scheduler, as the smallest shapes that serve it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from scheduler.options import PostOptions
from scheduler.outlook import Outlook
from storage.unit_of_work import UnitOfWork
from storage.values import Account, Clip, ClipFacts, CodeConsent, Draft, Fault, Operator, Post, Task, Upload

Answer: TypeAlias = Literal["it_is_there", "publish_again", "drop", "publish_now"]


class PlatformChoice(Protocol):
    """A site that accounts can be connected on."""

    @property
    def name(self) -> str: ...

    @property
    def display_name(self) -> str: ...

    @property
    def by_name(self) -> bool: ...

    @property
    def by_code(self) -> bool: ...


class ConsentRequest(Protocol):
    """Where the operator gives consent, until when, and the name that the answer will give it."""

    @property
    def url(self) -> str: ...

    @property
    def expires_at(self) -> datetime: ...

    @property
    def state(self) -> str: ...


class VoiceOption(Protocol):
    """A voice that can be chosen."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def takes_words(self) -> bool: ...


class TranscriptFacts(Protocol):
    """What is in a file of subtitles."""

    @property
    def phrases(self) -> int: ...

    @property
    def begins_s(self) -> float: ...


class ReadsTranscripts(Protocol):
    """Looks into a file of subtitles; raises IntakeError for one that cannot be used."""

    async def __call__(self, path: Path) -> TranscriptFacts: ...


class BucketReport(Protocol):
    """An allowance and how much of it is used; `account` None means it belongs to the app."""

    @property
    def platform(self) -> str: ...

    @property
    def bucket(self) -> str: ...

    @property
    def account(self) -> Account | None: ...

    @property
    def size(self) -> int: ...

    @property
    def used(self) -> int: ...

    @property
    def resets_at(self) -> datetime | None: ...


class Approval(Protocol):
    """Turns a draft into a post, and back while that is possible."""

    def problems(self, draft: Draft, clip: Clip, accounts: Sequence[Account]) -> tuple[Fault, ...]: ...

    def outlooks(
        self, draft: Draft, clip: Clip, accounts: Sequence[Account], longest_s: Mapping[int, float]
    ) -> tuple[Outlook, ...]: ...

    async def approve(self, uow: UnitOfWork, draft: Draft, operator: Operator) -> Post: ...

    async def reopen(self, uow: UnitOfWork, post_id: int) -> Draft: ...

    async def cancel(self, uow: UnitOfWork, post_id: int) -> None: ...


class Accounts(Protocol):
    """Connects and disconnects accounts. What takes no `uow` speaks over the network in its own transactions."""

    def platforms(self) -> Sequence[PlatformChoice]: ...

    def parse_callback(self, text: str) -> Mapping[str, str] | None: ...

    async def begin_connect(
        self, operator: Operator, chat_id: int, platform: str, account_id: int | None = None
    ) -> ConsentRequest: ...

    async def begin_code(
        self, operator: Operator, chat_id: int, platform: str, account_id: int | None = None
    ) -> CodeConsent: ...

    async def ask_codes(self) -> datetime | None: ...

    async def connect_named(self, operator: Operator, chat_id: int, platform: str, named: str) -> Account: ...

    async def complete_connect(self, *, params: Mapping[str, str], operator_id: int | None) -> Account: ...

    async def confirm(self, uow: UnitOfWork, account_id: int, operator: Operator, chat_id: int) -> None: ...

    async def reject(self, account_id: int) -> Account: ...

    def lacking(self, account: Account) -> Sequence[str]: ...

    async def disable(self, uow: UnitOfWork, account_id: int) -> None: ...

    async def enable(self, uow: UnitOfWork, account_id: int) -> None: ...

    async def disconnect(self, account_id: int, *, anyway: bool = False) -> Sequence[Task]: ...


class OptionDesk(Protocol):
    """What can be chosen for a post on a site. `choices` speaks over the network in its own transactions."""

    def of(self, site: str) -> PostOptions: ...

    def title_limit(self, sites: Iterable[str]) -> int | None: ...

    def longest_s(self) -> Mapping[int, float]: ...

    async def choices(self, account_id: int) -> Mapping[str, Any]: ...


class Quotas(Protocol):
    """Knows the allowances."""

    async def report(self, uow: UnitOfWork, now: datetime) -> Sequence[BucketReport]: ...


class Intake(Protocol):
    """Looks into a file that came in."""

    async def examine(self, path: Path) -> ClipFacts: ...


class Desk(Protocol):
    """The operator's words about a task."""

    async def retry(self, uow: UnitOfWork, task_id: int) -> object: ...

    async def cancel(self, uow: UnitOfWork, task_id: int) -> object: ...

    async def resolve(self, uow: UnitOfWork, task_id: int, answer: Answer) -> object: ...


class Uploads(Protocol):
    """What can be done with a published video, and what follows a publication."""

    def abilities(self, platform: str) -> frozenset[str]: ...

    def comment_fault(self, text: str, platforms: Collection[str]) -> Fault | None: ...

    async def ask(self, uow: UnitOfWork, upload_id: int, deed: str, content: str = "") -> None: ...

    async def comment(self, uow: UnitOfWork, upload_id: int, template: str) -> None: ...

    async def edit(self, uow: UnitOfWork, upload_id: int, texts: Mapping[str, str]) -> None: ...

    async def texts(self, uow: UnitOfWork, upload: Upload) -> tuple[str, str]: ...


class PlaylistChoice(Protocol):
    """A list that a video can be put into."""

    @property
    def playlist_id(self) -> str: ...

    @property
    def title(self) -> str: ...


class UploadQuestions(Protocol):
    """What only the site knows of a published video; it speaks over the network in its own transactions."""

    async def playlists(self, upload_id: int) -> Sequence[PlaylistChoice]: ...

    async def report(self, upload_id: int) -> Mapping[str, int]: ...


class TimeReader(Protocol):
    """Reads a time that a person typed; raises an error with a `code`."""

    def __call__(self, text: str, *, now: datetime, timezone: str) -> datetime: ...


class VoiceList(Protocol):
    """The voices that can be chosen now."""

    def __call__(self) -> Sequence[VoiceOption]: ...


class SeparationWord(Protocol):
    """Whether music is told from the voice without a model, which is heard."""

    def __call__(self) -> bool: ...


class Wake(Protocol):
    """Told that there is work."""

    def __call__(self) -> None: ...


class Hurry(Protocol):
    """Told that there is something to say in a chat whose person waits for it."""

    def __call__(self, chat_id: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything of the scheduler that the chat uses."""

    approval: Approval
    accounts: Accounts
    options: OptionDesk
    quotas: Quotas
    intake: Intake
    transcripts: ReadsTranscripts
    desk: Desk
    uploads: Uploads
    upload_questions: UploadQuestions
    parse_time: TimeReader
    voices: VoiceList
    separates_roughly: SeparationWord
    wake_scheduler: Wake
