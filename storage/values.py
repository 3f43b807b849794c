"""The frozen values that leave the database; rows never do."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

JsonObject: TypeAlias = Mapping[str, Any]


class TaskStatus(StrEnum):
    """What people see of a task's life."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NEEDS_ATTENTION = "needs_attention"


class Stage(StrEnum):
    """Where in its life a pending or processing task stands; the worker re-enters at this stage."""

    PREPARE = "prepare"
    OPEN = "open"
    TRANSFER = "transfer"
    PUBLISH = "publish"
    RELEASE = "release"
    CONFIRM = "confirm"
    RECONCILE = "reconcile"
    UNDO = "undo"
    RETIME = "retime"


UPLOAD_STAGES = frozenset({Stage.OPEN, Stage.TRANSFER, Stage.PUBLISH, Stage.RECONCILE})
"""Stages that occupy the account: one upload at a time per account.

Not RELEASE: the small request at the minute must not wait behind another upload. Not UNDO and RETIME: they have a
deadline.
"""


class AccountStatus(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"
    NEEDS_REAUTH = "needs_reauth"
    DISCONNECTED = "disconnected"
    UNCONFIRMED = "unconfirmed"
    """The site let us in; the operator has not said yet that this is the account they meant."""


class ClipState(StrEnum):
    RECEIVING = "receiving"
    READY = "ready"
    FAILED = "failed"


class DraftState(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    DISCARDED = "discarded"


class OutboxState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"


class InboxState(StrEnum):
    NEW = "new"
    DONE = "done"
    FAILED = "failed"


def _require_aware(**moments: datetime | None) -> None:
    for name, moment in moments.items():
        if moment is not None and (moment.tzinfo is None or moment.utcoffset() != timedelta(0)):
            raise ValueError(f"{name} must be an aware UTC datetime, got {moment!r}")


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as data: a dotted key of a sentence in `locales/`, and what the sentence names."""

    code: str
    params: JsonObject = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", self.code):
            raise ValueError(f"not a dotted fault code: {self.code!r}")


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who is allowed to drive the fabric; `timezone` is an IANA name, the server's own until they choose."""

    id: int
    telegram_id: int
    locale: str
    timezone: str
    has_chosen_timezone: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """One channel or user on one platform. `external_id` is the platform's own id of it."""

    id: int
    platform: str
    external_id: str
    title: str
    handle: str
    status: AccountStatus
    scopes: frozenset[str]
    operator_id: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """What an OAuth grant gives. Its repr keeps the secrets out of logs."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime | None
    scopes: frozenset[str]
    refresh_expires_at: datetime | None = None

    def __post_init__(self) -> None:
        _require_aware(expires_at=self.expires_at, refresh_expires_at=self.refresh_expires_at)


@dataclass(frozen=True, slots=True)
class Consent:
    """One attempt to connect an account: single use, bound to the operator who began it."""

    state: str = field(repr=False)
    operator_id: int
    chat_id: int
    platform: str
    code_verifier: str = field(repr=False)
    redirect_uri: str
    expires_at: datetime
    account_id: int | None = None
    """The account that is to be connected again; None: whichever the person chooses."""


@dataclass(frozen=True, slots=True)
class CodeConsent:
    """A consent that is given elsewhere, by typing `user_code`; we ask after it no sooner than `next_poll_at`."""

    operator_id: int
    chat_id: int
    platform: str
    device_code: str = field(repr=False)
    user_code: str
    verification_url: str
    interval: timedelta
    next_poll_at: datetime
    expires_at: datetime
    account_id: int | None = None

    @property
    def key(self) -> str:
        """Names it without giving the secret away."""
        return hashlib.sha256(self.device_code.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SettledConsent:
    """A consent that is over: used, or expired. `message_id` is the message that shows its link."""

    chat_id: int
    message_id: int
    platform: str
    is_used: bool


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What the probe found in a video file. `duration_s` in seconds, sizes in pixels after rotation.

    `media` is all that the probe found, as its own package writes it; None for clips from before that was kept.
    """

    sha256: str
    size: int
    duration_s: float
    width: int
    height: int
    fps: float
    video_codec: str
    audio_codec: str | None
    rotation: int
    container: str
    variable_fps: bool = False
    media: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class Clip:
    """A video file that came in. `path` is set once the file is on disk, `facts` once it was probed."""

    id: int
    operator_id: int
    chat_id: int
    message_id: int
    file_id: str
    file_unique_id: str
    file_name: str | None
    mime_type: str | None
    declared_size: int | None
    state: ClipState
    path: str | None
    facts: ClipFacts | None
    fault: Fault | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """A post in the making; every button carries (id, version), so a stale tap is known by its version.

    `scheduled_time` None means "now, when approved". `voice_preset` None means "not chosen yet";
    the empty string means the original voice. `card_message_id` is the Telegram message that shows it.
    """

    id: int
    operator_id: int
    clip_id: int
    chat_id: int
    card_message_id: int | None
    state: DraftState
    version: int
    account_ids: tuple[int, ...]
    title: str
    description: str
    keywords: tuple[str, ...]
    voice_preset: str | None
    scheduled_time: datetime | None
    publish_now: bool
    options: JsonObject
    post_id: int | None
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        _require_aware(scheduled_time=self.scheduled_time)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the next plain text from this chat answers: a field of a draft, or another named question."""

    chat_id: int
    question: str
    draft_id: int | None
    params: JsonObject


@dataclass(frozen=True, slots=True)
class Post:
    """What the operator made of a clip and approved."""

    id: int
    operator_id: int
    clip_id: int
    draft_id: int | None
    chat_id: int
    title: str
    description: str
    keywords: tuple[str, ...]
    voice_preset: str
    scheduled_time: datetime
    timezone: str
    options: JsonObject
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Task:
    """One post on one account, with its own time and fate.

    `next_attempt_at` is when a worker should next look at it; `fence` grows at each claim, and every
    write of a worker carries the fence it was given. `session` is the platform's upload session: it is
    stored before the first byte is sent, and is a secret. `commit_started_at` is written before the
    request that may publish, so a crash after it means "unknown", never "failed". `retry_count` is the tries since
    something went on, the last `same_error_count` of them (never more) ended in the error that is the fault now;
    `begun_anew` is how often the upload was thrown away and begun again since the operator last said how it goes on.
    """

    id: int
    post_id: int
    account_id: int
    clip_id: int
    platform: str
    title: str
    description: str
    keywords: tuple[str, ...]
    voice_preset: str
    options: JsonObject
    scheduled_time: datetime
    status: TaskStatus
    stage: Stage
    priority: int
    retry_count: int
    next_attempt_at: datetime | None
    fence: int
    lease_owner: str | None
    lease_until: datetime | None
    render_id: int | None
    session: JsonObject | None = field(repr=False)
    opened_at: datetime | None
    bytes_confirmed: int
    bytes_total: int
    commit_started_at: datetime | None
    video_id: str | None
    fault: Fault | None
    created_at: datetime
    updated_at: datetime
    begun_anew: int = 0
    same_error_count: int = 0

    def __post_init__(self) -> None:
        _require_aware(
            scheduled_time=self.scheduled_time, next_attempt_at=self.next_attempt_at, lease_until=self.lease_until
        )


@dataclass(frozen=True, slots=True)
class Render:
    """A clip converted and fitted, cached by (clip, preset, profile); `profile` names what was done to the picture.

    `media` is what the probe found in the file; None where the file was not looked into. `notes` are what the operator
    should know of how it came about, each with a `code`.
    """

    id: int
    clip_sha256: str
    preset_digest: str
    profile: str
    path: str
    sha256: str
    size: int
    duration_s: float
    created_at: datetime
    media: JsonObject | None = None
    notes: tuple[JsonObject, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """The published result of a task. `upload_id` is the platform's handle of the upload session, if it names one."""

    id: int
    task_id: int
    account_id: int
    platform: str
    video_id: str
    upload_id: str | None
    video_url: str
    upload_time: datetime


@dataclass(frozen=True, slots=True)
class QuotaSpend:
    """Calls of a bucket that were made; `account_id` None means the bucket belongs to the app."""

    platform: str
    bucket: str
    account_id: int | None
    cost: int
    spent_at: datetime


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """Something to say in a chat. `payload` is rendered when it is sent, so it is always current."""

    id: int
    chat_id: int
    kind: str
    payload: JsonObject
    state: OutboxState
    attempts: int
    next_attempt_at: datetime
    message_id: int | None


@dataclass(frozen=True, slots=True)
class InboxUpdate:
    """A raw Telegram update, kept until it was handled."""

    id: int
    bot_id: int
    update_id: int
    user_key: str
    payload: str
    attempts: int
    state: InboxState
