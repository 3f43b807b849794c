"""What the scheduler may say, and who may listen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from storage.unit_of_work import UnitOfWork
from storage.values import Fault

OUTCOME_UNKNOWN = "task.outcome_unknown"
"""The fault of a task that may be published, where only the operator can find out."""
TOO_LATE = "task.too_late"
"""The fault of a task that is so late that the operator is asked whether it should still go out."""


@dataclass(frozen=True, slots=True)
class ClipExamined:
    """A clip is ready, or cannot be used; its drafts should be shown anew."""

    clip_id: int


@dataclass(frozen=True, slots=True)
class TaskProgressed:
    """A task moved on; `fraction` is None where there is nothing to count, `left_s` where nobody knows how long yet."""

    post_id: int
    task_id: int
    step: str
    fraction: float | None
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class TaskCompleted:
    """A task's video is published; `left` names what only the operator can do now, in the site's own app."""

    post_id: int
    task_id: int
    video_url: str
    left: Fault | None = None


@dataclass(frozen=True, slots=True)
class TaskFailed:
    """A task will not go on by itself."""

    post_id: int
    task_id: int
    fault: Fault
    can_retry: bool


@dataclass(frozen=True, slots=True)
class TaskDeferred:
    """A task was moved to a later time: an allowance is used up, or the site is away."""

    post_id: int
    task_id: int
    fault: Fault
    until: datetime


@dataclass(frozen=True, slots=True)
class TaskNeedsAttention:
    """Only a person can say how a task goes on. `fault.code` tells which question it is."""

    post_id: int
    task_id: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class TaskCancelled:
    """A task was cancelled before it published anything."""

    post_id: int
    task_id: int


@dataclass(frozen=True, slots=True)
class UploadTended:
    """Something was done with a published video, or could not be (`fault`); `is_asked`: the operator waits to hear.

    `deed` is `comment`, `like`, `playlist`, `thumbnail`, `edit`, `delete` or `count`.
    """

    post_id: int
    task_id: int
    deed: str
    fault: Fault | None = None
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class InboxFollowed:
    """News of a video that waits in the creator's inbox: `remind`, `posted` or `lost`."""

    post_id: int
    task_id: int
    word: str
    video_url: str = ""
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class AccountNeedsReauth:
    """The grant of an account is gone; its tasks wait until the operator connects it again."""

    account_id: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class AccountConnected:
    """An account was connected, or connected again; `resumed_tasks` waited for it and go on now.

    `instead_of` is the account that was to be connected again, where another one came.
    """

    account_id: int
    operator_id: int
    chat_id: int
    resumed_tasks: int
    instead_of: int | None = None


@dataclass(frozen=True, slots=True)
class AccountToConfirm:
    """The site let us in; nothing is published on the account until the operator says that it is the one they meant."""

    account_id: int
    operator_id: int
    chat_id: int
    instead_of: int | None = None


@dataclass(frozen=True, slots=True)
class AccountNotConfirmed:
    """Nobody said yes to an account for so long that its permission was given back."""

    account_id: int


@dataclass(frozen=True, slots=True)
class AccountExpiring:
    """Only the operator can renew an account's permission, and it ends in so many days or less."""

    account_id: int
    ends_at: datetime
    days: int


@dataclass(frozen=True, slots=True)
class ConnectFailed:
    """The operator's consent did not become an account."""

    operator_id: int
    chat_id: int
    platform: str
    fault: Fault


Notice: TypeAlias = (
    ClipExamined
    | TaskProgressed
    | TaskCompleted
    | TaskFailed
    | TaskDeferred
    | TaskNeedsAttention
    | TaskCancelled
    | UploadTended
    | InboxFollowed
    | AccountNeedsReauth
    | AccountConnected
    | AccountToConfirm
    | AccountNotConfirmed
    | AccountExpiring
    | ConnectFailed
)


class NoticeListener(Protocol):
    """Hears notices inside the transaction that records their cause, so none is lost and none is premature."""

    async def hear(self, uow: UnitOfWork, notice: Notice) -> None: ...
