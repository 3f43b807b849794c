"""What each answer of YouTube and Google's OAuth means: one table of their words.

Sources: developers.google.com/youtube/v3/docs/errors and the error table of each method; for the 429 whose text says
"per day", google-api-python-client issue 2753; developers.google.com/identity/protocols/oauth2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

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
from platforms.http import retry_after, shorten
from platforms.youtube.limits import BATCH_STATS, BUCKETS, CHANNEL_UPLOADS, SEARCHES, UNITS, VIDEO_INSERTS
from platforms.youtube.settings import NAME

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word of the site means: which error, which sentence, and how long it lasts where the site does not say."""

    error: type[PlatformError]
    code: str | None = None
    bucket: str = ""
    wait: timedelta = MINUTE


def _content(code: str) -> Meaning:
    return Meaning(ContentRejectedError, f"youtube.{code}")


def _operator(code: str) -> Meaning:
    return Meaning(NeedsOperatorError, f"youtube.{code}")


REASONS: Mapping[str, Meaning] = {
    # the token
    "authError": Meaning(TokenRejectedError),
    "required": Meaning(TokenRejectedError),
    "authorizationRequired": Meaning(TokenRejectedError),
    "insufficientPermissions": Meaning(NeedsReauthError, "youtube.scope_missing"),
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": Meaning(NeedsReauthError, "youtube.scope_missing"),
    # allowances
    "quotaExceeded": Meaning(QuotaExhaustedError, bucket=UNITS),
    "dailyLimitExceeded": Meaning(QuotaExhaustedError, bucket=UNITS),
    "uploadLimitExceeded": Meaning(QuotaExhaustedError, "youtube.channel_upload_limit", bucket=CHANNEL_UPLOADS),
    "rateLimitExceeded": Meaning(RateLimitedError),
    "userRateLimitExceeded": Meaning(RateLimitedError),
    "RESOURCE_EXHAUSTED": Meaning(RateLimitedError),
    "uploadRateLimitExceeded": Meaning(RateLimitedError, wait=HOUR),
    # the site's own trouble
    "internalError": Meaning(TransientError),
    "backendError": Meaning(TransientError),
    "processingFailure": Meaning(TransientError),
    "SERVICE_UNAVAILABLE": Meaning(TransientError),  # with 409, when two additions to a playlist meet
    # the account and the app
    "youtubeSignupRequired": _operator("no_channel"),
    "authenticatedUserNotChannel": _operator("no_channel"),
    "authenticatedUserAccountClosed": _operator("account_closed"),
    "authenticatedUserAccountSuspended": _operator("account_suspended"),
    "accountClosed": _operator("account_closed"),
    "accountSuspended": _operator("account_suspended"),
    "channelClosed": _operator("account_closed"),
    "channelSuspended": _operator("account_suspended"),
    "ineligibleAccount": _operator("account_ineligible"),
    "emailNotVerified": _operator("email_not_verified"),
    "accessNotConfigured": _operator("api_not_enabled"),
    "SERVICE_DISABLED": _operator("api_not_enabled"),
    "forbidden": _operator("forbidden"),
    "commentsDisabled": _operator("comments_disabled"),
    "videoRatingDisabled": _operator("rating_disabled"),
    "videoPurchaseRequired": _operator("forbidden"),
    # the post
    "invalidTitle": _content("title_refused"),
    "invalidDescription": _content("description_refused"),
    "invalidTags": _content("keywords_refused"),
    "invalidCategoryId": _content("category_refused"),
    "invalidPublishAt": _content("publish_at_refused"),
    "invalidFilename": _content("file_name_refused"),
    "invalidRecordingDetails": _content("metadata_refused"),
    "invalidVideoGameRating": _content("metadata_refused"),
    "invalidVideoMetadata": _content("metadata_refused"),
    "defaultLanguageNotSet": _content("language_refused"),
    "mediaBodyRequired": _content("file_empty"),
    "forbiddenPrivacySetting": _content("privacy_refused"),
    "forbiddenLicenseSetting": _content("license_refused"),
    "invalidImage": _content("thumbnail_refused"),
    "commentTextRequired": _content("comment_refused"),
    "commentTextTooLong": _content("comment_refused"),
    "invalidCommentThreadMetadata": _content("comment_refused"),
    "channelOrVideoIdMissing": _content("comment_refused"),
    "videoNotFound": _content("video_not_found"),
    "channelNotFound": _content("channel_not_found"),
    "playlistNotFound": _content("playlist_not_found"),
    "playlistContainsMaximumNumberOfVideos": _content("playlist_full"),
    "playlistOperationUnsupported": _content("playlist_refused"),
    "playlistItemsNotAccessible": _content("playlist_refused"),
    # our own mistakes: nobody but a programmer can mend them
    "missingRequiredParameter": Meaning(UnexpectedAnswerError),
    "unexpectedParameter": Meaning(UnexpectedAnswerError),
    "incompatibleParameters": Meaning(UnexpectedAnswerError),
    "invalidPageToken": Meaning(UnexpectedAnswerError),
    "unknownPart": Meaning(UnexpectedAnswerError),
    "invalidCriteria": Meaning(UnexpectedAnswerError),
    "invalidRating": Meaning(UnexpectedAnswerError),
}

OAUTH_ERRORS: Mapping[str, Meaning] = {
    "invalid_grant": Meaning(NeedsReauthError, "youtube.grant_gone"),
    "invalid_rapt": Meaning(NeedsReauthError, "youtube.grant_gone"),
    "access_denied": Meaning(NeedsReauthError, "youtube.consent_refused"),
    "invalid_client": _operator("client_refused"),
    "unauthorized_client": _operator("client_refused"),
    "deleted_client": _operator("client_refused"),
    "redirect_uri_mismatch": _operator("redirect_refused"),
    "disallowed_useragent": _operator("forbidden"),
    "org_internal": _operator("blocked_by_admin"),
    "admin_policy_enforced": _operator("blocked_by_admin"),
    "invalid_request": Meaning(UnexpectedAnswerError),
    "invalid_scope": Meaning(UnexpectedAnswerError),
    "unsupported_grant_type": Meaning(UnexpectedAnswerError),
    "internal_failure": Meaning(TransientError),
    "server_error": Meaning(TransientError),
    "temporarily_unavailable": Meaning(TransientError),
    "rate_limit_exceeded": Meaning(RateLimitedError),
}

STATUSES: Mapping[int, Meaning] = {
    401: Meaning(TokenRejectedError),
    408: Meaning(TransientError),
    429: Meaning(RateLimitedError),
}
"""What a status means whose body says nothing that we know; 5xx is TransientError, the rest UnexpectedAnswerError."""

CHECK_CODES: Mapping[str, str] = {
    # status.failureReason
    "conversion": "youtube.failed_conversion",
    "invalidFile": "youtube.failed_invalid_file",
    "emptyFile": "youtube.failed_empty_file",
    "tooSmall": "youtube.failed_too_small",
    "codec": "youtube.failed_codec",
    "uploadAborted": "youtube.failed_upload_aborted",
    # status.rejectionReason
    "copyright": "youtube.rejected_copyright",
    "inappropriate": "youtube.rejected_inappropriate",
    "duplicate": "youtube.rejected_duplicate",
    "termsOfUse": "youtube.rejected_terms_of_use",
    "uploaderAccountSuspended": "youtube.account_suspended",
    "length": "youtube.rejected_length",
    "claim": "youtube.rejected_claim",
    "uploaderAccountClosed": "youtube.account_closed",
    "trademark": "youtube.rejected_trademark",
    "legal": "youtube.rejected_legal",
    # processingDetails.processingFailureReason
    "uploadFailed": "youtube.failed_upload_aborted",
    "transcodeFailed": "youtube.failed_conversion",
    "streamingFailed": "youtube.failed_conversion",
    # status.uploadStatus
    "deleted": "youtube.video_deleted",
}
FAILED_OTHERWISE = "youtube.failed_otherwise"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal as the site worded it: its first reason, its message, and the status word of newer bodies."""

    reason: str
    message: str
    status: str

    @property
    def is_daily(self) -> bool:
        """Whether it is a day's allowance: such a 429 looks like any other but for its text."""
        return "per day" in self.message.lower()

    @property
    def daily_bucket(self) -> str:
        if "video uploads" in self.message.lower():
            return VIDEO_INSERTS
        if "batch" in self.message.lower():
            return BATCH_STATS
        return SEARCHES if "search queries" in self.message.lower() else UNITS


def error_of(response: httpx.Response, now: datetime) -> PlatformError:
    """Say what a refusal by the Data API means. `now` is aware UTC; the error's times count from it."""
    refusal = _api_refusal(_body(response))
    meaning = _meaning(REASONS, (refusal.reason, refusal.status), response.status_code)
    if meaning.error is RateLimitedError and refusal.is_daily:
        meaning = Meaning(QuotaExhaustedError, bucket=refusal.daily_bucket)
    return _build(meaning, refusal, response, now)


def oauth_error_of(response: httpx.Response, now: datetime) -> PlatformError:
    """Say what a refusal by the OAuth server means: `{"error": "...", "error_description": "..."}`."""
    body = _body(response)
    refusal = Refusal(
        reason=oauth_word(response), message=_text(body, "error_description"), status=_text(body, "error_subtype")
    )
    meaning = _meaning(OAUTH_ERRORS, (refusal.reason, refusal.status), response.status_code)
    if meaning.error is TokenRejectedError:
        # An OAuth server that answers 401 without a word that we know refuses the app, not an access token.
        meaning = _operator("client_refused")
    return _build(meaning, refusal, response, now)


def oauth_word(response: httpx.Response) -> str:
    """Return the OAuth server's own word for a refusal."""
    body = _body(response)
    return _text(body, "error") or _text(body, "error_code")


def reason_error(reason: str, detail: str) -> PlatformError:
    """Build the error for a reason that was found without the site saying it: `youtubeSignupRequired`."""
    meaning = REASONS[reason]
    return meaning.error(detail, platform=NAME, reason=reason, code=meaning.code)


def _meaning(table: Mapping[str, Meaning], words: tuple[str, ...], status: int) -> Meaning:
    for word in words:
        if word in table:
            return table[word]
    if status >= 500:
        return Meaning(TransientError)
    return STATUSES.get(status, Meaning(UnexpectedAnswerError))


def _build(meaning: Meaning, refusal: Refusal, response: httpx.Response, now: datetime) -> PlatformError:
    detail = shorten(refusal.message) or f"HTTP {response.status_code}"
    facts: dict[str, Any] = {
        "platform": NAME,
        "reason": shorten(refusal.reason or refusal.status),
        "http_status": response.status_code,
        "code": meaning.code,
    }
    wait = retry_after(response, now)
    if meaning.error is QuotaExhaustedError:
        window = next(bucket.window for bucket in BUCKETS if bucket.name == meaning.bucket)
        return QuotaExhaustedError(detail, bucket=meaning.bucket, until=window.refill(now), **facts)
    if meaning.error is RateLimitedError:
        return RateLimitedError(detail, retry_after=wait if wait is not None else meaning.wait, **facts)
    if meaning.error is TransientError:
        return TransientError(detail, retry_after=wait, **facts)
    return meaning.error(detail, **facts)


def _api_refusal(body: Mapping[str, Any]) -> Refusal:
    error = body.get("error")
    if not isinstance(error, dict):
        return Refusal(reason="", message="", status="")
    errors = error.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    return Refusal(
        reason=_text(first, "reason"),
        message=_text(error, "message") or _text(first, "message"),
        status=_text(error, "status"),
    )


def _body(response: httpx.Response) -> Mapping[str, Any]:
    """Read an error's body, which may be HTML from a proxy or nothing at all."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _text(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""
