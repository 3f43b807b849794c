"""What happens after an error in an interaction: one pure function from the error to a decision.

A site that is away is asked 12 times (the waits add up to some 50 minutes), an error that nothing describes 3 times,
a full allowance is waited for, and so is an account that has to be connected again, for a week.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TypeAlias

from platforms import errors as site
from scheduler import errors as ours
from scheduler.policy import RECONCILE_AFTER, UNKNOWN_ATTEMPTS, backoff
from storage.values import Fault

SITE_ATTEMPTS = 12
HOPEFUL_ATTEMPTS = 3
HOPEFUL_GAP = timedelta(minutes=2)
QUOTA_GAP = timedelta(seconds=30)
REAUTH_GAP = timedelta(minutes=10)
LONGEST_WAIT = timedelta(days=7)

NOT_DONE = (
    site.TokenRejectedError,
    site.RateLimitedError,
    site.QuotaExhaustedError,
    site.TransientError,
    site.ContentRejectedError,
    site.NeedsReauthError,
    site.NeedsOperatorError,
)
"""Answers that promise that nothing was done."""
_REFUSALS = (site.ContentRejectedError, site.NeedsOperatorError, ours.SchedulerError)


@dataclass(frozen=True, slots=True)
class Again:
    """The same at `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class LookUp:
    """It may have been done: ask the site at `until`, before it is done again."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Stop:
    """It will not be done by itself."""


Decision: TypeAlias = Again | LookUp | Stop


@dataclass(frozen=True, slots=True)
class Case:
    """One error. `attempts` counts the calls that were begun; `may_be_done`: the last of them, where twice is wrong.

    `is_hopeful`: the site may refuse now what it takes in a minute, such as a comment on a video that is just released.
    """

    error: BaseException
    attempts: int
    age: timedelta
    may_be_done: bool
    is_hopeful: bool
    fault: Fault


def decide(case: Case, now: datetime, rng: Random) -> Decision:
    """What to do next."""
    error = case.error
    if case.may_be_done and not isinstance(error, NOT_DONE):
        return LookUp(now + RECONCILE_AFTER)
    if isinstance(error, site.QuotaExhaustedError | ours.QuotaFullError):
        return _waiting(case, max(error.until, now + QUOTA_GAP))
    if isinstance(error, site.NeedsReauthError | ours.AccountUnavailableError):
        return _waiting(case, now + REAUTH_GAP)
    if isinstance(error, _REFUSALS):
        is_worth_it = case.is_hopeful and case.attempts < HOPEFUL_ATTEMPTS
        return Again(now + HOPEFUL_GAP) if is_worth_it else Stop()
    most = SITE_ATTEMPTS if _is_passing(error) else UNKNOWN_ATTEMPTS
    if case.attempts >= most:
        return Stop()
    wait = max(backoff(max(case.attempts, 1), rng), getattr(error, "retry_after", None) or timedelta())
    return Again(now + wait)


def _waiting(case: Case, until: datetime) -> Decision:
    return Again(until) if case.age < LONGEST_WAIT else Stop()


def _is_passing(error: BaseException) -> bool:
    passing = (site.TransientError, site.RateLimitedError, site.OutcomeUnknownError, site.TokenRejectedError)
    return isinstance(error, (*passing, TimeoutError))
