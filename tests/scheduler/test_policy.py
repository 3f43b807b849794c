"""What is decided after an error."""

from __future__ import annotations

import errno
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import FfmpegFailedError, MediaDiskFullError, NoAudioTrackError, NotAVideoError
from platforms import errors as site
from scheduler import errors as ours
from scheduler import policy
from scheduler.policy import (
    AskPerson,
    BackOff,
    Decision,
    Facts,
    GiveUp,
    Reconcile,
    RefreshToken,
    StartAnew,
    WaitUntil,
    backoff,
    decide,
)
from storage.values import Fault, Stage
from voice.errors import DiskFullError, JobTimeoutError, OutOfMemoryError, UnknownPresetError, WorkerDiedError

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
UNSENT, MAYBE = Facts(may_be_published=False), Facts(may_be_published=True)

ERRORS: list[Exception] = [
    site.TokenRejectedError(),
    site.RateLimitedError(retry_after=timedelta(seconds=60)),
    site.QuotaExhaustedError(bucket="b", until=NOW + timedelta(hours=3)),
    site.TransientError(),
    site.OutcomeUnknownError(),
    site.SessionGoneError(),
    site.ContentRejectedError(),
    site.NeedsReauthError(),
    site.NeedsOperatorError(),
    site.UnexpectedAnswerError(),
    ours.QuotaFullError(platform="p", bucket="b", until=NOW + timedelta(hours=3)),
    ours.TooLateError(scheduled_time="x"),
    ours.UnfitError(Fault("fake.rule")),
    ours.RenderMissingError(),
    ours.ClipMissingError(),
    ours.AccountUnavailableError(Fault("account.disabled")),
    NotAVideoError(),
    FfmpegFailedError("boom"),
    UnknownPresetError(name="x"),
    WorkerDiedError(),
    OSError(errno.ENOSPC, "full"),
    KeyError("bug"),
]
REFUSALS = (site.ContentRejectedError, ours.UnfitError)

errors = st.sampled_from(ERRORS)
stages = st.sampled_from(Stage)
attempts = st.integers(1, 100)
seeds = st.integers(0, 10_000)
facts = st.builds(Facts, may_be_published=st.booleans(), token_is_fresh=st.booleans())


def after(error: Exception, stage: Stage = Stage.OPEN, attempt: int = 1, known: Facts = UNSENT) -> Decision:
    return decide(error, stage, attempt, NOW, Random(1), known)


@given(errors, stages, attempts, seeds, facts)
def test_every_error_has_a_decision_and_none_looks_back(
    error: Exception, stage: Stage, attempt: int, seed: int, known: Facts
) -> None:
    decision = decide(error, stage, attempt, NOW, Random(seed), known)
    assert getattr(decision, "until", NOW) >= NOW


@given(errors, stages, attempts, seeds)
def test_what_may_be_published_is_never_begun_anew_nor_failed_unless_refused(
    error: Exception, stage: Stage, attempt: int, seed: int
) -> None:
    decision = decide(error, stage, attempt, NOW, Random(seed), MAYBE)
    assert not isinstance(decision, StartAnew)
    if stage in (Stage.TRANSFER, Stage.PUBLISH) and isinstance(error, REFUSALS):
        assert isinstance(decision, GiveUp)
    elif stage in (Stage.TRANSFER, Stage.PUBLISH, Stage.CONFIRM, Stage.RECONCILE):
        ends_before_sending = isinstance(error, NotAVideoError | UnknownPresetError | ours.ClipMissingError)
        assert not isinstance(decision, GiveUp) or ends_before_sending


@given(errors, attempts, seeds)
def test_a_video_whose_new_minute_is_refused_is_never_called_failed(error: Exception, attempt: int, seed: int) -> None:
    assert not isinstance(decide(error, Stage.RETIME, attempt, NOW, Random(seed), MAYBE), GiveUp | StartAnew)


@given(errors, seeds, facts)
def test_no_error_is_tried_for_ever(error: Exception, seed: int, known: Facts) -> None:
    for stage in Stage:
        often = Facts(known.may_be_published, token_is_fresh=True, begun_anew=10_000, in_a_row=1)
        decision = decide(error, stage, 10_000, NOW, Random(seed), often)
        assert not isinstance(decision, BackOff | StartAnew | RefreshToken)


@given(attempts, seeds)
def test_a_wait_is_bounded_and_less_than_a_quarter_below_the_curve(attempt: int, seed: int) -> None:
    whole = min(600.0, 2.0**attempt)
    assert 0.75 * whole <= backoff(attempt, Random(seed)).total_seconds() <= whole


def test_the_waits_grow_to_ten_minutes_as_the_docstring_says() -> None:
    class NoJitter(Random):
        def random(self) -> float:
            return 0.0

    waits = [backoff(attempt, NoJitter()).total_seconds() for attempt in range(1, 12)]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]
    assert all(earlier <= later for earlier, later in pairwise(waits))


def test_attempts_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        backoff(0, Random())


def test_a_rejected_token_is_renewed_once_and_then_the_operator_is_asked() -> None:
    fresh = Facts(may_be_published=False, token_is_fresh=True)
    assert after(site.TokenRejectedError()) == RefreshToken()
    assert isinstance(after(site.TokenRejectedError(), known=fresh), BackOff)
    decision = after(site.TokenRejectedError(), attempt=3, known=fresh)
    assert isinstance(decision, AskPerson)
    assert decision.fault.code == "account.needs_reauth"


def test_a_rate_limit_waits_at_least_as_long_as_the_site_says() -> None:
    decision = after(site.RateLimitedError(retry_after=timedelta(seconds=90)))
    assert isinstance(decision, BackOff)
    assert decision.until >= NOW + timedelta(seconds=90)


def test_a_full_bucket_moves_the_task_to_when_it_frees() -> None:
    until = NOW + timedelta(hours=3)
    decision = after(site.QuotaExhaustedError(bucket="b", until=until))
    assert isinstance(decision, WaitUntil)
    assert (decision.until, decision.moves_the_task) == (until, True)
    assert decision.fault.params["until"] == until.isoformat()


def test_a_full_bucket_that_should_be_free_already_is_not_hammered() -> None:
    decision = after(site.QuotaExhaustedError(bucket="b", until=NOW - timedelta(hours=1)))
    assert isinstance(decision, WaitUntil)
    assert decision.until == NOW + timedelta(seconds=30)


def test_a_full_bucket_of_polls_does_not_move_the_task() -> None:
    decision = after(site.QuotaExhaustedError(bucket="b", until=NOW), Stage.CONFIRM)
    assert isinstance(decision, WaitUntil)
    assert not decision.moves_the_task


@pytest.mark.parametrize("error", [KeyError("bug"), site.UnexpectedAnswerError(), FfmpegFailedError("boom")])
def test_an_error_that_nothing_describes_is_tried_three_times(error: Exception) -> None:
    assert [type(after(error, attempt=attempt)) for attempt in (1, 2, 3)] == [BackOff, BackOff, GiveUp]


@pytest.mark.parametrize("error", [WorkerDiedError(), JobTimeoutError(), OutOfMemoryError()])
def test_what_the_job_runner_has_tried_often_enough_is_told_at_once(error: Exception) -> None:
    assert after(error, Stage.PREPARE) == GiveUp(Fault(error.code), can_retry=True)


@given(st.integers(1, policy.TRANSIENT_ATTEMPTS - 1), st.integers(1, 2), seeds)
def test_what_nothing_describes_is_counted_by_itself(attempt: int, in_a_row: int, seed: int) -> None:
    for error in (KeyError("bug"), site.UnexpectedAnswerError(), site.TokenRejectedError()):
        known = Facts(may_be_published=False, token_is_fresh=True, in_a_row=in_a_row)
        assert isinstance(decide(error, Stage.OPEN, attempt, NOW, Random(seed), known), BackOff)
        third = replace(known, in_a_row=3)
        assert isinstance(decide(error, Stage.OPEN, max(attempt, 3), NOW, Random(seed), third), GiveUp | AskPerson)


@given(st.integers(1, policy.TRANSIENT_ATTEMPTS - 1), st.integers(1, 100), seeds)
def test_a_site_that_is_away_has_its_own_bound(attempt: int, in_a_row: int, seed: int) -> None:
    known = Facts(may_be_published=False, in_a_row=in_a_row)
    assert isinstance(decide(site.TransientError(), Stage.OPEN, attempt, NOW, Random(seed), known), BackOff)


@given(attempts, st.integers(0, 10), seeds)
def test_a_session_is_begun_anew_three_times_whatever_went_on_in_it(attempt: int, times: int, seed: int) -> None:
    known = Facts(may_be_published=False, begun_anew=times)
    for error in (site.SessionGoneError(), ours.RenderMissingError()):
        decision = decide(error, Stage.TRANSFER, attempt, NOW, Random(seed), known)
        assert isinstance(decision, StartAnew if times < policy.ANEW_AT_MOST else GiveUp)


def test_an_unexpected_answer_to_a_publication_is_an_unknown_outcome_at_once() -> None:
    assert isinstance(after(site.UnexpectedAnswerError(), Stage.PUBLISH, known=MAYBE), Reconcile)


def test_a_lost_answer_is_asked_of_the_session_and_of_the_site_where_there_is_none() -> None:
    assert isinstance(after(site.OutcomeUnknownError(), Stage.TRANSFER, known=MAYBE), BackOff)
    assert isinstance(after(site.OutcomeUnknownError(), Stage.PUBLISH, known=MAYBE), Reconcile)


def test_a_dead_session_is_replaced_only_if_nothing_can_be_published() -> None:
    assert isinstance(after(site.SessionGoneError(), Stage.TRANSFER), StartAnew)
    assert isinstance(after(site.SessionGoneError(), Stage.TRANSFER, known=MAYBE), Reconcile)


def test_a_missing_render_is_made_again() -> None:
    decision = after(ours.RenderMissingError(), Stage.TRANSFER)
    assert isinstance(decision, StartAnew)
    assert decision.stage is Stage.PREPARE


@pytest.mark.parametrize("error", [NoAudioTrackError(), NotAVideoError(), site.ContentRejectedError()])
def test_what_cannot_become_right_by_itself_is_not_tried_again(error: Exception) -> None:
    decision = after(error, Stage.PREPARE)
    assert isinstance(decision, GiveUp)
    assert not decision.can_retry


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), DiskFullError(), MediaDiskFullError()])
def test_a_full_disk_is_waited_for(error: Exception) -> None:
    decision = after(error, Stage.PREPARE, attempt=10)
    assert isinstance(decision, BackOff)
    assert decision.fault.code == "system.disk_full"


@pytest.mark.parametrize("stage", [Stage.CONFIRM, Stage.RECONCILE])
def test_asking_that_never_succeeds_becomes_a_question(stage: Stage) -> None:
    decision = after(site.TransientError(), stage, attempt=policy.TRANSIENT_ATTEMPTS, known=MAYBE)
    assert isinstance(decision, AskPerson)
    assert decision.fault.code == "task.outcome_unknown"
