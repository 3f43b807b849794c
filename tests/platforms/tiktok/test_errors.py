"""Every documented refusal has a meaning, and the meanings are the right ones."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from platforms.errors import (
    ContentRejectedError,
    NeedsOperatorError,
    NeedsReauthError,
    PlatformError,
    QuotaExhaustedError,
    RateLimitedError,
    SessionGoneError,
    TokenRejectedError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.tiktok.errors import (
    FAIL_REASONS,
    OAUTH_ERRORS,
    REASONS,
    UPLOAD_STATUSES,
    error_of,
    oauth_error_of,
    upload_error_of,
)
from tests.platforms.tiktok.stage import NOW


def refusal(status: int, code: str, message: str = "no", **headers: str) -> httpx.Response:
    body = {"data": {}, "error": {"code": code, "message": message, "log_id": "2026"}}
    return httpx.Response(status, json=body, headers=headers)


DOCUMENTED = [
    (400, "invalid_param", ContentRejectedError),
    (400, "invalid_params", ContentRejectedError),
    (400, "invalid_publish_id", SessionGoneError),
    (400, "token_not_authorized_for_specified_publish_id", ContentRejectedError),
    (400, "scope_permission_missed", NeedsReauthError),
    (401, "scope_not_authorized", NeedsReauthError),
    (401, "access_token_invalid", TokenRejectedError),
    (403, "spam_risk_too_many_posts", QuotaExhaustedError),
    (200, "spam_risk_too_many_posts", QuotaExhaustedError),
    (403, "spam_risk_too_many_pending_share", QuotaExhaustedError),
    (403, "reached_active_user_cap", QuotaExhaustedError),
    (200, "reached_active_user_cap", QuotaExhaustedError),
    (403, "spam_risk_user_banned_from_posting", NeedsOperatorError),
    (200, "spam_risk_user_banned_from_posting", NeedsOperatorError),
    (403, "spam_risk", NeedsOperatorError),
    (403, "spam_risk_text", ContentRejectedError),
    (403, "unaudited_client_can_only_post_to_private_accounts", NeedsOperatorError),
    (403, "url_ownership_unverified", NeedsOperatorError),
    (403, "privacy_level_option_mismatch", ContentRejectedError),
    (429, "rate_limit_exceeded", RateLimitedError),
    (500, "internal_error", TransientError),
    (503, "internal_error", TransientError),
    # nothing that the documents describe
    (502, "", TransientError),
    (504, "something_new", TransientError),
    (408, "", TransientError),
    (429, "", RateLimitedError),
    (401, "", TokenRejectedError),
    (400, "something_new", UnexpectedAnswerError),
    (302, "", UnexpectedAnswerError),
]


@pytest.mark.parametrize(("status", "code", "expected"), DOCUMENTED)
def test_a_documented_refusal_means(status: int, code: str, expected: type[PlatformError]) -> None:
    error = error_of(refusal(status, code), NOW)
    assert type(error) is expected
    assert (error.platform, error.reason, error.http_status) == ("tiktok", code, status)


def test_every_row_of_the_table_is_walked_here() -> None:
    assert set(REASONS) <= {code for _, code, _ in DOCUMENTED}


@pytest.mark.parametrize(
    ("code", "bucket"),
    [
        ("spam_risk_too_many_posts", "posts"),
        ("spam_risk_too_many_pending_share", "pending_inbox"),
        ("reached_active_user_cap", "active_users"),
    ],
)
def test_a_full_allowance_names_itself_and_lasts_a_day(code: str, bucket: str) -> None:
    error = error_of(refusal(403, code), NOW)
    assert isinstance(error, QuotaExhaustedError)
    assert (error.bucket, error.until) == (bucket, NOW + timedelta(days=1))


def test_the_window_of_the_rate_limit_is_a_minute_unless_tiktok_says_how_long() -> None:
    plain = error_of(refusal(429, "rate_limit_exceeded"), NOW)
    quick = error_of(refusal(429, "rate_limit_exceeded", **{"Retry-After": "7"}), NOW)
    assert isinstance(plain, RateLimitedError)
    assert isinstance(quick, RateLimitedError)
    assert (plain.retry_after, quick.retry_after) == (timedelta(minutes=1), timedelta(seconds=7))


def test_the_detail_holds_what_support_asks_for() -> None:
    assert error_of(refusal(403, "spam_risk", "Risky."), NOW).detail == "Risky. (log_id 2026)"


@pytest.mark.parametrize("body", [b"<html>502</html>", b"", b"[]", b'{"error": 7}', b'{"error": {"code": []}}'])
def test_a_body_of_any_shape_is_survived(body: bytes) -> None:
    assert type(error_of(httpx.Response(503, content=body), NOW)) is TransientError
    assert type(oauth_error_of(httpx.Response(503, content=body), NOW)) is TransientError


def test_a_message_is_kept_without_its_secrets() -> None:
    words = "token act.canary!1 or rft.canary*2 at https://host/up?upload_token=canary refused"
    error = error_of(refusal(400, "x", words), NOW)
    assert "canary" not in str(error) + repr(error) + str(error.params())


OAUTH_DOCUMENTED = [
    ("access_denied", NeedsReauthError),
    ("invalid_client", NeedsOperatorError),
    ("invalid_grant", NeedsReauthError),
    ("invalid_request", UnexpectedAnswerError),
    ("invalid_scope", NeedsOperatorError),
    ("unauthorized_client", NeedsOperatorError),
    ("unsupported_grant_type", UnexpectedAnswerError),
    ("server_error", TransientError),
    ("temporarily_unavailable", TransientError),
    ("rate_limit_exceeded", RateLimitedError),
]


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize(("word", "expected"), OAUTH_DOCUMENTED)
def test_a_flat_refusal_of_the_token_server_means(word: str, expected: type[PlatformError], status: int) -> None:
    body = {"error": word, "error_description": "no", "log_id": "2026"}
    error = oauth_error_of(httpx.Response(status, json=body), NOW)
    assert type(error) is expected
    assert error.reason == word


def test_every_word_of_the_oauth_table_is_walked_here() -> None:
    assert set(OAUTH_ERRORS) <= {word for word, _ in OAUTH_DOCUMENTED}


def test_a_401_of_the_token_server_without_a_known_word_refuses_the_app() -> None:
    assert type(oauth_error_of(httpx.Response(401, content=b""), NOW)) is NeedsOperatorError


UPLOAD_DOCUMENTED = [
    (400, UnexpectedAnswerError),
    (403, SessionGoneError),
    (404, SessionGoneError),
    (408, TransientError),
    (429, RateLimitedError),
    (500, TransientError),
    (503, TransientError),
]


@pytest.mark.parametrize(("status", "expected"), UPLOAD_DOCUMENTED)
def test_a_refusal_of_bytes_means(status: int, expected: type[PlatformError]) -> None:
    assert type(upload_error_of(httpx.Response(status), NOW)) is expected


def test_every_status_of_the_upload_table_is_walked_here() -> None:
    assert set(UPLOAD_STATUSES) <= {status for status, _ in UPLOAD_DOCUMENTED}


def test_every_documented_way_to_fail_has_its_sentence() -> None:
    documented = (
        "file_format_check_failed duration_check_failed frame_rate_check_failed picture_size_check_failed internal "
        "video_pull_failed photo_pull_failed publish_cancelled auth_removed spam_risk spam_risk_text "
        "spam_risk_too_many_posts spam_risk_user_banned_from_posting"
    )
    assert set(documented.split()) == set(FAIL_REASONS)
    assert all(code.startswith("tiktok.") for code in FAIL_REASONS.values())
