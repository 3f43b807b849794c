"""Every code that Meta documents has its meaning, by code and subcode and never by the HTTP status."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from platforms.errors import (
    ContentRejectedError,
    NeedsOperatorError,
    NeedsReauthError,
    NotReadyError,
    OutcomeUnknownError,
    PlatformError,
    QuotaExhaustedError,
    RateLimitedError,
    SessionGoneError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.instagram.errors import CODES, as_answer_to_commit, error_of, oauth_error_of, status_error
from tests.platforms.instagram.stage import NOW, refusal

DOCUMENTED: list[tuple[int, int | None, type[PlatformError]]] = [
    (-1, 2207001, TransientError),
    (-1, 2207032, SessionGoneError),
    (-1, 2207053, SessionGoneError),
    (-2, 2207003, TransientError),
    (-2, 2207020, SessionGoneError),
    (4, 2207051, NeedsOperatorError),
    (9, 2207042, QuotaExhaustedError),
    (24, 2207006, ContentRejectedError),
    (24, 2207008, TransientError),
    (25, 2207050, NeedsOperatorError),
    (100, 2207023, ContentRejectedError),
    (100, 2207028, ContentRejectedError),
    (100, 2207035, ContentRejectedError),
    (100, 2207036, ContentRejectedError),
    (100, 2207037, ContentRejectedError),
    (100, 2207040, ContentRejectedError),
    (1, 2207057, ContentRejectedError),
    (352, 2207026, ContentRejectedError),
    (9004, 2207052, SessionGoneError),
    (9007, 2207027, NotReadyError),
    (36000, 2207004, ContentRejectedError),
    (36001, 2207005, ContentRejectedError),
    (36003, 2207009, ContentRejectedError),
    (36004, 2207010, ContentRejectedError),
    (100, 2207073, ContentRejectedError),
    (1, None, TransientError),
    (2, None, TransientError),
    (4, None, RateLimitedError),
    (17, None, RateLimitedError),
    (32, None, RateLimitedError),
    (341, None, RateLimitedError),
    (613, None, RateLimitedError),
    (80002, None, RateLimitedError),
    (10, None, NeedsReauthError),
    (200, None, NeedsReauthError),
    (299, None, NeedsReauthError),
    (100, None, ContentRejectedError),
    (100, 33, ContentRejectedError),
    (102, None, NeedsReauthError),
    (190, None, NeedsReauthError),
    *[(190, subcode, NeedsReauthError) for subcode in (458, 459, 460, 463, 464, 467, 492)],
    (368, None, NeedsOperatorError),
    (506, None, ContentRejectedError),
    (12345, None, UnexpectedAnswerError),
]


def answer(status: int, body: Any, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, str):
        return httpx.Response(status, text=body, headers=names)
    return httpx.Response(status, json=body, headers=names)


@pytest.mark.parametrize(("code", "subcode", "error"), DOCUMENTED)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_documented_code_has_its_meaning_under_any_status(
    code: int, subcode: int | None, error: type[PlatformError], status: int
) -> None:
    meant = error_of(answer(status, refusal(code, subcode)), NOW)
    assert type(meant) is error
    assert meant.reason == (f"{code}/{subcode}" if subcode else str(code))


def test_no_row_of_the_table_goes_untested() -> None:
    assert set(CODES) - {(code, subcode) for code, subcode, _ in DOCUMENTED} == {(-1, None), (-2, None), (352, None)}


@pytest.mark.parametrize("code", [100, 12345])
def test_a_refusal_that_calls_itself_transient_is(code: int) -> None:
    assert type(error_of(answer(400, refusal(code, transient=True)), NOW)) is TransientError


def test_a_transient_token_error_is_still_about_the_token() -> None:
    assert type(error_of(answer(400, refusal(190, 463, transient=True)), NOW)) is NeedsReauthError


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, TransientError), (502, TransientError), (429, TransientError), (404, UnexpectedAnswerError)],
)
def test_a_page_in_place_of_json_is_read_by_its_status(status: int, error: type[PlatformError]) -> None:
    assert type(error_of(answer(status, "<html>bad gateway</html>"), NOW)) is error


def test_the_publish_limit_frees_within_a_day() -> None:
    error = error_of(answer(400, refusal(9, 2207042)), NOW)
    assert isinstance(error, QuotaExhaustedError)
    assert (error.bucket, error.until) == ("publishes", NOW + timedelta(days=1))


def test_a_throttle_waits_for_the_minutes_that_the_header_names() -> None:
    usage = '{"17": [{"type": "instagram", "call_count": 100, "estimated_time_to_regain_access": 37}]}'
    error = error_of(answer(400, refusal(80002), X_Business_Use_Case_Usage=usage), NOW)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == timedelta(minutes=37)


def test_a_throttle_without_a_header_waits_a_quarter_of_its_hour() -> None:
    error = error_of(answer(400, refusal(4)), NOW)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("Error: Media upload has failed with error code 2207082", "instagram.processing_failed"),
        ("Error: Media upload has failed with error code 2207085", "instagram.processing_failed"),
        ("Error: 2207052", "instagram.fetch_failed"),
        ("Error: 2207003", "instagram.fetch_timeout"),
        ("Error", "instagram.processing_failed"),
    ],
)
def test_a_failed_container_makes_place_for_a_new_one(status: str, code: str) -> None:
    error = status_error(status)
    assert (type(error), error.code) == (SessionGoneError, code)


def test_a_video_of_the_wrong_format_stays_refused() -> None:
    assert type(status_error("Error: failed with error code 2207026")) is ContentRejectedError


@pytest.mark.parametrize("code", [(1, None), (2, None), (4, 2207051), (506, None), (-1, 2207001), (12345, None)])
def test_a_doubtful_answer_to_a_commit_is_an_unknown_outcome(code: tuple[int, int | None]) -> None:
    doubtful = as_answer_to_commit(error_of(answer(400, refusal(*code)), NOW))
    assert type(doubtful) is OutcomeUnknownError


@pytest.mark.parametrize("code", [(9007, 2207027), (9, 2207042), (190, 463), (17, None), (36004, 2207010)])
def test_a_plain_answer_to_a_commit_keeps_its_meaning(code: tuple[int, int | None]) -> None:
    plain = error_of(answer(400, refusal(*code)), NOW)
    assert as_answer_to_commit(plain) is plain


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error_type": "OAuthException", "code": 400, "error_message": "Invalid platform app"}, "client_refused"),
        ({"error_type": "OAuthException", "code": 400, "error_message": "Invalid redirect_uri"}, "redirect_refused"),
        (
            {
                "error_type": "OAuthException",
                "code": 400,
                "error_message": "Matching code was not found or was already used",
            },
            "code_refused",
        ),
        (refusal(1, message="Error validating client secret."), "client_refused"),
        (refusal(101, message="Error validating application."), "client_refused"),
        (refusal(100, 36009, message="This authorization code has been used."), "code_refused"),
        (refusal(190, 463, message="Session has expired"), "grant_expired"),
    ],
)
def test_a_token_server_says_what_is_wrong_in_words(body: dict[str, Any], code: str) -> None:
    assert oauth_error_of(answer(400, body), NOW).code == f"instagram.{code}"


def test_a_token_server_that_is_away_is_transient() -> None:
    assert type(oauth_error_of(answer(503, "<html>"), NOW)) is TransientError
    assert type(oauth_error_of(answer(400, refusal(2)), NOW)) is TransientError


def test_a_token_in_a_message_is_taken_out() -> None:
    token = "EAAGcanaryAccessTokenThatNobodyMayRead0123456789"
    error = error_of(answer(400, refusal(190, message=f"Malformed access token {token}")), NOW)
    assert token not in str(error)
    assert "Malformed" in str(error)
