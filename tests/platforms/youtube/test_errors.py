"""Every documented refusal has a meaning, and the meanings are the right ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from platforms.errors import (
    ContentRejectedError,
    NeedsOperatorError,
    NeedsReauthError,
    PlatformError,
    QuotaExhaustedError,
    RateLimitedError,
    TokenRejectedError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.youtube.errors import CHECK_CODES, OAUTH_ERRORS, REASONS, error_of, oauth_error_of

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PACIFIC_MIDNIGHT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def refusal(status: int, reason: str, message: str = "no", *, word: str = "", **headers: str) -> httpx.Response:
    error: dict[str, Any] = {"code": status, "message": message, "errors": [{"message": message, "reason": reason}]}
    if word:
        error["status"] = word
    return httpx.Response(status, json={"error": error}, headers=headers)


DOCUMENTED = [
    # allowances, the token, the account (developers.google.com/youtube/v3/docs/errors)
    (403, "quotaExceeded", QuotaExhaustedError),
    (403, "dailyLimitExceeded", QuotaExhaustedError),
    (400, "uploadLimitExceeded", QuotaExhaustedError),
    (403, "rateLimitExceeded", RateLimitedError),
    (429, "rateLimitExceeded", RateLimitedError),
    (403, "userRateLimitExceeded", RateLimitedError),
    (429, "userRateLimitExceeded", RateLimitedError),
    (429, "uploadRateLimitExceeded", RateLimitedError),
    (401, "authError", TokenRejectedError),
    (401, "authorizationRequired", TokenRejectedError),
    (403, "authorizationRequired", TokenRejectedError),
    (403, "insufficientPermissions", NeedsReauthError),
    (401, "youtubeSignupRequired", NeedsOperatorError),
    (403, "accessNotConfigured", NeedsOperatorError),
    (403, "authenticatedUserNotChannel", NeedsOperatorError),
    (403, "authenticatedUserAccountClosed", NeedsOperatorError),
    (403, "authenticatedUserAccountSuspended", NeedsOperatorError),
    (403, "accountSuspended", NeedsOperatorError),
    (403, "accountClosed", NeedsOperatorError),
    (403, "channelClosed", NeedsOperatorError),
    (403, "channelSuspended", NeedsOperatorError),
    (403, "forbidden", NeedsOperatorError),
    # the site's own trouble
    (400, "processingFailure", TransientError),
    (500, "internalError", TransientError),
    (503, "backendError", TransientError),
    (502, "", TransientError),
    (504, "", TransientError),
    (408, "", TransientError),
    # videos.insert
    (400, "invalidTitle", ContentRejectedError),
    (400, "invalidDescription", ContentRejectedError),
    (400, "invalidTags", ContentRejectedError),
    (400, "invalidCategoryId", ContentRejectedError),
    (400, "invalidPublishAt", ContentRejectedError),
    (400, "invalidFilename", ContentRejectedError),
    (400, "invalidRecordingDetails", ContentRejectedError),
    (400, "invalidVideoGameRating", ContentRejectedError),
    (400, "invalidVideoMetadata", ContentRejectedError),
    (400, "defaultLanguageNotSet", ContentRejectedError),
    (400, "mediaBodyRequired", ContentRejectedError),
    (403, "forbiddenPrivacySetting", ContentRejectedError),
    (403, "forbiddenLicenseSetting", ContentRejectedError),
    # the other methods
    (404, "videoNotFound", ContentRejectedError),
    (404, "channelNotFound", ContentRejectedError),
    (400, "invalidImage", ContentRejectedError),
    (400, "commentTextRequired", ContentRejectedError),
    (400, "commentTextTooLong", ContentRejectedError),
    (400, "channelOrVideoIdMissing", ContentRejectedError),
    (400, "invalidCommentThreadMetadata", ContentRejectedError),
    (403, "commentsDisabled", NeedsOperatorError),
    (403, "ineligibleAccount", NeedsOperatorError),
    (400, "emailNotVerified", NeedsOperatorError),
    (400, "videoPurchaseRequired", NeedsOperatorError),
    (403, "videoRatingDisabled", NeedsOperatorError),
    (400, "missingRequiredParameter", UnexpectedAnswerError),
    (400, "unexpectedParameter", UnexpectedAnswerError),
    (400, "incompatibleParameters", UnexpectedAnswerError),
    (400, "invalidPageToken", UnexpectedAnswerError),
    (400, "unknownPart", UnexpectedAnswerError),
    (400, "invalidCriteria", UnexpectedAnswerError),
    (400, "invalidRating", UnexpectedAnswerError),
    # playlistItems
    (404, "playlistNotFound", ContentRejectedError),
    (403, "playlistContainsMaximumNumberOfVideos", ContentRejectedError),
    (400, "playlistOperationUnsupported", ContentRejectedError),
    (403, "playlistItemsNotAccessible", ContentRejectedError),
    (409, "SERVICE_UNAVAILABLE", TransientError),
    # nothing that the documents describe
    (400, "somethingNew", UnexpectedAnswerError),
    (302, "", UnexpectedAnswerError),
    (401, "", TokenRejectedError),
    (429, "", RateLimitedError),
    (599, "somethingNew", TransientError),
]


@pytest.mark.parametrize(("status", "reason", "expected"), DOCUMENTED)
def test_a_documented_refusal_means(status: int, reason: str, expected: type[PlatformError]) -> None:
    error = error_of(refusal(status, reason), NOW)
    assert type(error) is expected
    assert error.platform == "youtube"
    assert error.reason == reason
    assert error.http_status == status


def test_every_row_of_the_table_is_walked_here() -> None:
    aliases = {"required", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "RESOURCE_EXHAUSTED", "SERVICE_DISABLED"}
    assert set(REASONS) - aliases <= {reason for _, reason, _ in DOCUMENTED}


@pytest.mark.parametrize(
    ("message", "bucket"),
    [
        (
            (
                "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day' of service "
                "'youtube.googleapis.com' for consumer 'project_number:1'."
            ),
            "video_inserts",
        ),
        ("Quota exceeded for quota metric 'Search Queries' and limit 'Search Queries per day'", "searches"),
        ("Quota exceeded for quota metric 'Queries' and limit 'Queries per day'", "units"),
    ],
)
@pytest.mark.parametrize("reason", ["rateLimitExceeded", ""])
def test_a_429_that_says_per_day_lasts_until_midnight_in_los_angeles(reason: str, message: str, bucket: str) -> None:
    error = error_of(refusal(429, reason, message, word="RESOURCE_EXHAUSTED"), NOW)
    assert isinstance(error, QuotaExhaustedError)
    assert (error.bucket, error.until) == (bucket, PACIFIC_MIDNIGHT)


def test_the_empty_pool_lasts_until_midnight_in_los_angeles() -> None:
    error = error_of(refusal(403, "quotaExceeded"), NOW)
    assert isinstance(error, QuotaExhaustedError)
    assert (error.bucket, error.until) == ("units", PACIFIC_MIDNIGHT)


def test_the_channels_own_cap_lasts_24_hours_and_has_its_own_sentence() -> None:
    error = error_of(refusal(400, "uploadLimitExceeded"), NOW)
    assert isinstance(error, QuotaExhaustedError)
    assert (error.bucket, error.until) == ("channel_uploads", NOW + timedelta(days=1))
    assert error.code == "youtube.channel_upload_limit"


def test_a_limit_per_minute_lasts_a_minute_unless_the_site_says_how_long() -> None:
    quick = error_of(refusal(429, "rateLimitExceeded", "Queries per minute", **{"Retry-After": "4"}), NOW)
    plain = error_of(refusal(403, "rateLimitExceeded", "Queries per minute"), NOW)
    assert isinstance(quick, RateLimitedError)
    assert quick.retry_after == timedelta(seconds=4)
    assert isinstance(plain, RateLimitedError)
    assert plain.retry_after == timedelta(minutes=1)


def test_the_status_word_counts_where_the_reason_is_unknown() -> None:
    assert type(error_of(refusal(403, "new", word="SERVICE_DISABLED"), NOW)) is NeedsOperatorError


@pytest.mark.parametrize("body", [b"<html>502</html>", b"", b"[]", b'{"error": "text"}', b'{"error": {"errors": [7]}}'])
def test_a_body_of_any_shape_is_survived(body: bytes) -> None:
    assert type(error_of(httpx.Response(503, content=body), NOW)) is TransientError
    assert type(oauth_error_of(httpx.Response(503, content=body), NOW)) is TransientError


def test_a_message_is_kept_without_its_secrets() -> None:
    error = error_of(refusal(400, "x", "Bearer canary at https://host/upload?upload_id=canary"), NOW)
    assert "canary" not in str(error) + repr(error) + str(error.params())


OAUTH_DOCUMENTED = [
    (400, "invalid_grant", NeedsReauthError),
    (403, "access_denied", NeedsReauthError),
    (401, "invalid_client", NeedsOperatorError),
    (400, "invalid_client", NeedsOperatorError),
    (401, "unauthorized_client", NeedsOperatorError),
    (401, "deleted_client", NeedsOperatorError),
    (403, "org_internal", NeedsOperatorError),
    (400, "admin_policy_enforced", NeedsOperatorError),
    (403, "disallowed_useragent", NeedsOperatorError),
    (400, "redirect_uri_mismatch", NeedsOperatorError),
    (400, "invalid_request", UnexpectedAnswerError),
    (400, "invalid_scope", UnexpectedAnswerError),
    (400, "unsupported_grant_type", UnexpectedAnswerError),
    (400, "internal_failure", TransientError),
    (500, "server_error", TransientError),
    (503, "temporarily_unavailable", TransientError),
    (408, "", TransientError),
    (504, "", TransientError),
    (429, "", RateLimitedError),
    (403, "rate_limit_exceeded", RateLimitedError),
    (401, "", NeedsOperatorError),
]


@pytest.mark.parametrize(("status", "word", "expected"), OAUTH_DOCUMENTED)
def test_a_documented_refusal_of_the_token_server_means(status: int, word: str, expected: type[PlatformError]) -> None:
    error = oauth_error_of(httpx.Response(status, json={"error": word, "error_description": "no"}), NOW)
    assert type(error) is expected


def test_every_word_of_the_oauth_table_is_walked_here() -> None:
    assert set(OAUTH_ERRORS) - {"invalid_rapt"} <= {word for _, word, _ in OAUTH_DOCUMENTED}


def test_a_workspace_that_wants_the_password_again_is_a_reauthorisation() -> None:
    body = {"error": "invalid_grant", "error_subtype": "invalid_rapt"}
    assert type(oauth_error_of(httpx.Response(400, json=body), NOW)) is NeedsReauthError


def test_every_documented_way_to_fail_has_its_sentence() -> None:
    documented = (
        "conversion invalidFile emptyFile tooSmall codec uploadAborted copyright inappropriate duplicate termsOfUse "
        "uploaderAccountSuspended length claim uploaderAccountClosed trademark legal uploadFailed transcodeFailed "
        "streamingFailed"
    )
    assert set(documented.split()) <= set(CHECK_CODES)
