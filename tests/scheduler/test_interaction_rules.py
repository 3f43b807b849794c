"""The texts of comments, and what is decided after an error."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms import errors as site
from scheduler.errors import QuotaFullError
from scheduler.faults import fault_of
from scheduler.interaction_policy import Again, Case, LookUp, Stop, decide
from scheduler.interaction_texts import PLACEHOLDERS, comment_fault, filled, template_fault
from tests.support.fake_platform import FakePlatform, FakeSite

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
VALUES = {name: f"<{name}>" for name in PLACEHOLDERS}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Watch {link}", None),
        ("{{not a placeholder}}", None),
        ("{titel}", "interaction.unknown_placeholder"),
        ("{}", "interaction.unknown_placeholder"),
        ("{title.__class__}", "interaction.unknown_placeholder"),
        ("{title!r}", "interaction.unknown_placeholder"),
        ("{title:>9}", "interaction.unknown_placeholder"),
        ("Smile :{", "interaction.braces"),
        ("  ", "interaction.empty_comment"),
    ],
)
def test_a_template_is_judged_when_it_is_typed(text: str, code: str | None) -> None:
    fault = template_fault(text)
    assert (fault.code if fault else None) == code


@given(st.text(alphabet="ab{} :!", max_size=12))
def test_a_good_template_is_filled_and_a_bad_one_kept(text: str) -> None:
    result = filled(text, VALUES)
    assert isinstance(result, str)
    if template_fault(text) is not None:
        assert result == text


def test_a_comment_is_too_long_only_where_a_site_says_so() -> None:
    fake = FakePlatform(FakeSite(lambda: NOW))
    assert comment_fault("x" * 20_000, [fake]) is None
    from dataclasses import replace

    strict: Any = FakePlatform(FakeSite(lambda: NOW))
    strict.text_limits = replace(strict.text_limits, comment_max_characters=10)
    fault = comment_fault("{title}" + "x" * 11, [strict])
    assert fault is not None
    assert fault.params == {"platform": "Fake", "limit": 10, "actual": 11}


def case(error: Exception, **facts: Any) -> Case:
    known = {"attempts": 1, "age": timedelta(), "may_be_done": False, "is_hopeful": False}
    return Case(error=error, fault=fault_of(error), **(known | facts))


def decided(error: Exception, **facts: Any) -> object:
    return decide(case(error, **facts), NOW, Random(1))


@pytest.mark.parametrize(
    "error", [site.OutcomeUnknownError(), TimeoutError(), site.UnexpectedAnswerError(), KeyError()]
)
def test_what_may_have_been_done_is_looked_up(error: Exception) -> None:
    assert decided(error, may_be_done=True) == LookUp(NOW + timedelta(seconds=5))


@pytest.mark.parametrize("error", [site.ContentRejectedError(), site.NeedsOperatorError()])
def test_a_definite_no_is_an_answer(error: Exception) -> None:
    assert decided(error, may_be_done=True) == Stop()


def test_a_video_that_is_just_released_may_be_refused_for_a_moment() -> None:
    error = site.ContentRejectedError()
    assert decided(error, is_hopeful=True) == Again(NOW + timedelta(minutes=2))
    assert decided(error, is_hopeful=True, attempts=3) == Stop()


def test_a_full_allowance_is_waited_for_but_not_for_ever() -> None:
    until = NOW + timedelta(hours=5)
    full = QuotaFullError(platform="fake", bucket="units", until=until)
    assert decided(full, attempts=99) == Again(until)
    assert decided(full, age=timedelta(days=8)) == Stop()


def test_an_account_without_a_grant_is_waited_for() -> None:
    assert isinstance(decided(site.NeedsReauthError(), attempts=99), Again)


@pytest.mark.parametrize(("error", "most"), [(site.TransientError(), 12), (ValueError(), 3)])
def test_the_tries_are_bounded(error: Exception, most: int) -> None:
    assert isinstance(decided(error, attempts=most - 1), Again)
    assert decided(error, attempts=most) == Stop()
