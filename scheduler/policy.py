"""What happens after an error: one pure function from the error to a decision; the lifecycle obeys it.

The waits of `backoff` before jitter, in seconds, by attempt 1, 2, 3, ...:

    2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600, ...

and jitter takes away up to a quarter, so that a hundred tasks do not come back in one instant. The site being away is
tried 30 times (about 3.5 hours), an error that nothing describes 3 times in a row. Before a task's minute the site
being away costs no tries: there is time. An upload is begun anew 3 times.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TypeAlias

from media.errors import FfmpegFailedError, MediaDiskFullError, MediaError, MediaTimeoutError, OutputTooLargeError
from platforms import errors as site
from scheduler import errors as ours
from scheduler.faults import fault_of
from scheduler.notices import OUTCOME_UNKNOWN
from scheduler.pausing import NEEDS_REAUTH
from storage.values import Fault, Stage
from voice.errors import (
    BadAudioError,
    BadPresetError,
    DiskFullError,
    JobTimeoutError,
    OutOfMemoryError,
    UnknownPresetError,
    WorkerDiedError,
)

BASE_S = 2.0
CAP_S = 600.0
JITTER = 0.25
TRANSIENT_ATTEMPTS = 30
UNKNOWN_ATTEMPTS = 3
"""In a row, and of one kind: other errors in between cost an error that nothing describes no tries."""
ANEW_AT_MOST = 3
"""What goes on for a while and then ends in the same way would be sent again for ever."""
BEGUN_ANEW = "task.begun_anew"
EARLY_ATTEMPTS = 9
"""Before the task's minute the tries are counted no further than this, at which the wait is near its longest."""
RECONCILE_AFTER = timedelta(seconds=5)
LOOK_AGAIN = timedelta(seconds=5)
BURST = timedelta(minutes=2)
"""A wait for our own allowances that is no longer is only pacing."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """Renew the access token and do the stage again."""


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Nothing was done, and nothing can be before `until`. `moves_the_task`: the task's own time becomes `until`."""

    until: datetime
    fault: Fault
    moves_the_task: bool


@dataclass(frozen=True, slots=True)
class LookAgain:
    """The site is still at work on it: the same stage at `until`, which is neither a failure nor news."""

    until: datetime


@dataclass(frozen=True, slots=True)
class BackOff:
    """Do the same stage again at `until`."""

    until: datetime
    fault: Fault


@dataclass(frozen=True, slots=True)
class StartAnew:
    """Throw the upload session away and enter `stage` at `until`; only where nothing can have been published."""

    stage: Stage
    until: datetime
    fault: Fault


@dataclass(frozen=True, slots=True)
class Reconcile:
    """The outcome is unknown: ask the site at `until` before anything is sent again."""

    until: datetime
    fault: Fault


@dataclass(frozen=True, slots=True)
class AskPerson:
    """Only a person can say how it goes on."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It will not go on by itself, and nothing was published."""

    fault: Fault
    can_retry: bool


_QUESTIONS = frozenset({Stage.CONFIRM, Stage.RECONCILE})
"""Stages that only ask: an error in them says nothing of what was published."""

Decision: TypeAlias = RefreshToken | WaitUntil | LookAgain | BackOff | StartAnew | Reconcile | AskPerson | GiveUp


@dataclass(frozen=True, slots=True)
class Facts:
    """What the decision may depend on besides the error.

    `may_be_published`: a request that may publish was begun and its outcome is not known to be "no".
    `token_is_fresh`: the access token was renewed in this very claim, so a rejected one will not be cured by it.
    `undo_until`: an upload that was taken back becomes public by itself then, so a try after it would be too late.
    `begun_anew`: how often the session was thrown away. `in_a_row`: how many tries up to this one ended in the same
    error; None: all of them.
    """

    may_be_published: bool
    token_is_fresh: bool = False
    undo_until: datetime | None = None
    begun_anew: int = 0
    in_a_row: int | None = None


def backoff(attempt: int, rng: Random) -> timedelta:
    """How long to wait before try `attempt` + 1: capped exponential, less up to a quarter of jitter."""
    if attempt < 1:
        raise ValueError(f"attempts are counted from 1, got {attempt}")
    whole = min(CAP_S, BASE_S * 2.0 ** min(attempt - 1, 30))
    return timedelta(seconds=whole * (1.0 - JITTER * rng.random()))


def decide(error: Exception, stage: Stage, attempt: int, now: datetime, rng: Random, facts: Facts) -> Decision:
    """What to do after `error` ended try number `attempt` (from 1) of `stage`.

    Two rules stand above all others: what may have been published is never begun anew nor called failed, it is
    reconciled; and where reconciling itself cannot go on, a person is asked.
    """
    case = _Case(error, stage, attempt, now, rng, facts)
    decision = next((answer for kind, answer in _ANSWERS if isinstance(error, kind)), _unexpected)(case)
    if stage is Stage.UNDO:
        return _undone(case, decision)
    # The video is with the site: what was refused is its new minute, not the video.
    if stage is Stage.RETIME and isinstance(decision, StartAnew | Reconcile | GiveUp):
        return AskPerson(Fault(ours.NotRetimedError.code, {**case.fault.params, "why": case.fault.code}))
    if stage in _QUESTIONS and isinstance(decision, StartAnew | Reconcile | GiveUp):
        return _unexpected(case)
    return decision


@dataclass(frozen=True, slots=True)
class _Case:
    error: Exception
    stage: Stage
    attempt: int
    now: datetime
    rng: Random
    facts: Facts

    @property
    def fault(self) -> Fault:
        return fault_of(self.error)

    @property
    def is_tried_enough(self) -> bool:
        """Of an error that nothing describes. All tries together count too, else two such could take turns for ever."""
        in_a_row = self.attempt if self.facts.in_a_row is None else self.facts.in_a_row
        return in_a_row >= UNKNOWN_ATTEMPTS or self.attempt >= TRANSIENT_ATTEMPTS

    def soon(self, at_least: timedelta | None = None) -> datetime:
        return self.now + max(backoff(self.attempt, self.rng), at_least or timedelta())


def _undone(case: _Case, decision: Decision) -> Decision:
    """An upload that is taken back: whatever does not go on in time is said, for then the site publishes by itself."""
    if isinstance(decision, RefreshToken) or (isinstance(decision, AskPerson) and decision.fault.code == NEEDS_REAUTH):
        return decision
    is_in_time = isinstance(decision, WaitUntil | BackOff | LookAgain) and (
        case.facts.undo_until is None or decision.until < case.facts.undo_until
    )
    if is_in_time:
        return decision
    if isinstance(case.error, ours.NotTakenBackError):
        return AskPerson(case.fault)
    return AskPerson(Fault(ours.NotTakenBackError.code, {**case.fault.params, "why": case.fault.code}))


def _token_rejected(case: _Case) -> Decision:
    if not case.facts.token_is_fresh:
        return RefreshToken()
    if not case.is_tried_enough:
        return BackOff(case.soon(), case.fault)
    return AskPerson(Fault(NEEDS_REAUTH, case.fault.params))


def _quota(case: _Case) -> Decision:
    until = getattr(case.error, "until", case.now)
    if isinstance(case.error, ours.QuotaFullError) and until - case.now <= BURST:
        # A burst that a minute's allowance spreads out: neither a failure nor news, and the task keeps its time.
        return LookAgain(max(until, case.now + timedelta(seconds=1)))
    # A full bucket is never retried faster than every half minute, however wrong the site's or our clock is.
    until = max(until, case.now + timedelta(seconds=30))
    return WaitUntil(until, case.fault, moves_the_task=case.stage is Stage.OPEN)


def _not_ready(case: _Case) -> Decision:
    if case.stage is not Stage.PUBLISH:
        return _transient(case)
    return LookAgain(case.now + max(getattr(case.error, "retry_after", None) or LOOK_AGAIN, LOOK_AGAIN))


def _transient(case: _Case) -> Decision:
    if case.attempt >= TRANSIENT_ATTEMPTS:
        return _end(case)
    return BackOff(case.soon(getattr(case.error, "retry_after", None)), case.fault)


def _too_early(case: _Case) -> Decision:
    return LookAgain(getattr(case.error, "until", case.now + LOOK_AGAIN))


def _outcome_unknown(case: _Case) -> Decision:
    # The session knows best: asking where it stands replays the lost answer. Publishing apart has no such replay.
    if case.stage is Stage.PUBLISH:
        return Reconcile(case.now + RECONCILE_AFTER, case.fault)
    return _transient(case)


def _session_gone(case: _Case) -> Decision:
    if case.facts.may_be_published:
        return Reconcile(case.now + RECONCILE_AFTER, case.fault)
    if case.facts.begun_anew >= ANEW_AT_MOST:
        return GiveUp(begun_anew_often(case.fault), can_retry=True)
    return StartAnew(Stage.OPEN, case.soon(), case.fault)


def begun_anew_often(fault: Fault) -> Fault:
    """What is said when the upload was begun anew often enough; `fault` is what ended the last one."""
    return Fault(BEGUN_ANEW, {**fault.params, "times": ANEW_AT_MOST + 1})


def _render_missing(case: _Case) -> Decision:
    if case.facts.may_be_published:
        return Reconcile(case.now + RECONCILE_AFTER, case.fault)
    if case.facts.begun_anew >= ANEW_AT_MOST:
        return GiveUp(case.fault, can_retry=True)
    return StartAnew(Stage.PREPARE, case.now, case.fault)


def _rejected(case: _Case) -> Decision:
    # A definite no from the site is an answer, also after the last byte: nothing was published.
    return GiveUp(case.fault, can_retry=False)


def _reauth(case: _Case) -> Decision:
    return AskPerson(Fault(NEEDS_REAUTH, case.fault.params))


def _ask(case: _Case) -> Decision:
    return AskPerson(case.fault)


def _broken_input(case: _Case) -> Decision:
    return GiveUp(case.fault, can_retry=isinstance(case.error, UnknownPresetError | BadPresetError))


def _unexpected(case: _Case) -> Decision:
    is_full = isinstance(case.error, OSError) and case.error.errno == errno.ENOSPC
    if is_full or isinstance(case.error, DiskFullError | MediaDiskFullError):
        full = Fault("system.disk_full")
        return BackOff(case.soon(), full) if case.attempt < TRANSIENT_ATTEMPTS else AskPerson(full)
    if case.stage is Stage.PUBLISH and case.facts.may_be_published:
        return Reconcile(case.now + RECONCILE_AFTER, case.fault)
    if not case.is_tried_enough:
        return BackOff(case.soon(), case.fault)
    return _end(case)


def _end(case: _Case) -> Decision:
    """The tries are used up: nothing published means failed; anything else is a question."""
    if case.stage in _QUESTIONS:
        return AskPerson(Fault(OUTCOME_UNKNOWN, {"why": case.fault.code}))
    if case.facts.may_be_published:
        return Reconcile(case.soon(), case.fault)
    return GiveUp(case.fault, can_retry=True)


_ANSWERS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Callable[[_Case], Decision]], ...] = (
    (site.TokenRejectedError, _token_rejected),
    ((site.QuotaExhaustedError, ours.QuotaFullError), _quota),
    (ours.TooEarlyError, _too_early),
    (site.NotReadyError, _not_ready),
    ((site.TransientError, site.RateLimitedError), _transient),
    (site.OutcomeUnknownError, _outcome_unknown),
    (site.SessionGoneError, _session_gone),
    ((site.ContentRejectedError, ours.UnfitError), _rejected),
    (site.NeedsReauthError, _reauth),
    ((site.NeedsOperatorError, ours.TooLateError, ours.AccountUnavailableError), _ask),
    (ours.RenderMissingError, _render_missing),
    # The job runner has tried these again already, or knows that it need not.
    ((WorkerDiedError, JobTimeoutError, OutOfMemoryError), _end),
    ((MediaTimeoutError, OutputTooLargeError, MediaDiskFullError, FfmpegFailedError), _unexpected),
    ((MediaError, UnknownPresetError, BadPresetError, BadAudioError, ours.ClipMissingError), _broken_input),
)
