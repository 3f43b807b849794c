"""What can go wrong in deciding what happens when.

SchedulerError
├── NotReadyError           a draft cannot become a post yet; `problems` says why, all at once
├── IntakeError             a clip cannot be used
├── TimeError               a typed time that is not understood or not possible
│   ├── TimeFormatError
│   ├── TimeInPastError
│   └── TimeGapError
├── UnknownPlatformError    no such publishing site is configured
├── AccountUnavailableError the account of a task was switched off
├── QuotaFullError          our own ledger says an allowance is used up until `until`
├── TooLateError            the time of a task has passed by more than its policy
├── TooEarlyError           the request that publishes has to wait for its minute
├── TakenBackError          the operator took the post back while it was being sent
├── HeldError               the account was paused while the post was being sent
├── NotTakenBackError       what the operator took back is still with the site
├── NotRetimedError         the site has not heard of a post's new time
├── UnfitError              the site's rules forbid the file or a text; nothing was sent
├── NotOfferedError         the site's API has no such thing
├── RenderMissingError      the prepared file is gone from the disk
└── ClipMissingError        the clip is not on the disk

A consent that did not become an account (all of them are `storage.errors.ConsentError`):
ConsentDeniedError, ScopesMissingError, NoRefreshTokenError, CodeExpiredError
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from storage.errors import ConsentError
from storage.values import Fault


class SchedulerError(Exception):
    """The scheduler could not do what was asked."""

    code: ClassVar[str] = "task.error"

    def __init__(self, message: str | None = None, **params: Any) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())
        self.params: Mapping[str, Any] = params


class FaultError(SchedulerError):
    """Something that already has its sentence."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code, **fault.params)
        self.fault = fault


class NotReadyError(SchedulerError):
    """The draft cannot become a post yet."""

    code = "draft.not_ready"

    def __init__(self, problems: tuple[Fault, ...]) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = problems


class IntakeError(FaultError):
    """The clip cannot be used."""


class TimeError(SchedulerError):
    """The typed time cannot be used."""

    code = "time.error"


class TimeFormatError(TimeError):
    """The typed time is not understood."""

    code = "time.format"


class TimeInPastError(TimeError):
    """The typed time has passed already."""

    code = "time.past"


class TimeGapError(TimeError):
    """The clocks are put forward over this time, so it does not exist on that day."""

    code = "time.gap"


class UnknownPlatformError(SchedulerError):
    """No such publishing site is configured."""

    code = "platform.unknown"


class AccountUnavailableError(FaultError):
    """The account of this task was switched off or disconnected."""


class QuotaFullError(SchedulerError):
    """An allowance of the site is used up, as our own ledger has it."""

    code = "platform.quota_exhausted"

    def __init__(self, *, platform: str, bucket: str, until: datetime) -> None:
        super().__init__(platform=platform, bucket=bucket, until=until.isoformat(), reason="", detail="")
        self.until = until


class TooLateError(SchedulerError):
    """The time of this task has passed by more than its policy allows."""

    code = "task.too_late"


class TooEarlyError(SchedulerError):
    """The request that publishes has to wait for its minute, `until`."""

    code = "task.too_early"

    def __init__(self, until: datetime) -> None:
        super().__init__(until=until.isoformat())
        self.until = until


class TakenBackError(SchedulerError):
    """The operator took this post back."""

    code = "task.taken_back"


class HeldError(SchedulerError):
    """The account was paused while the post was being sent."""

    code = "task.held"


class NotRetimedError(SchedulerError):
    """The site has not heard of a post's new time."""

    code = "task.not_retimed"


class NotTakenBackError(SchedulerError):
    """What the operator took back is still with the site."""

    code = "task.not_taken_back"


class UnfitError(FaultError):
    """The site's rules forbid this file or text."""


class NotOfferedError(SchedulerError):
    """The site's API does not offer this."""

    code = "interaction.not_offered"


class RenderMissingError(SchedulerError):
    """The prepared file is gone from the disk."""

    code = "task.render_missing"


class ClipMissingError(SchedulerError):
    """The clip is not on the disk."""

    code = "task.clip_missing"


class ConsentDeniedError(ConsentError):
    """The operator, or the site, said no."""

    code = "consent.denied"


class ScopesMissingError(ConsentError):
    """The operator left out a permission that publishing needs."""

    code = "consent.missing_scopes"


class NoRefreshTokenError(ConsentError):
    """The site gave no refresh token, so the account would stop working within the hour."""

    code = "consent.no_refresh_token"


class CodeExpiredError(ConsentError):
    """Nobody typed the code while it was good."""

    code = "consent.code_expired"
