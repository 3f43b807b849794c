"""What each answer of TikTok means: one table of its words.

Sources: the error tables of the pages in `limits`, developers.tiktok.com/doc/tiktok-api-v2-error-handling and
developers.tiktok.com/doc/oauth-error-handling. Errors come in three shapes: `{"error": {"code": ...}}` with a 4xx, the
same with HTTP 200 (creator_info, where the account cannot post), and OAuth's flat `{"error": "..."}`, also with 200.
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
    SessionGoneError,
    TokenRejectedError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.http import retry_after, shorten
from platforms.tiktok.limits import ACTIVE_USERS, BUCKETS, PENDING_INBOX, POSTS
from platforms.tiktok.settings import NAME

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word of the site means: which error, which sentence, which allowance."""

    error: type[PlatformError]
    code: str | None = None
    bucket: str = ""


def _content(code: str) -> Meaning:
    return Meaning(ContentRejectedError, f"tiktok.{code}")


def _operator(code: str) -> Meaning:
    return Meaning(NeedsOperatorError, f"tiktok.{code}")


REASONS: Mapping[str, Meaning] = {
    # the token
    "access_token_invalid": Meaning(TokenRejectedError),
    "scope_not_authorized": Meaning(NeedsReauthError, "tiktok.scope_missing"),
    "scope_permission_missed": Meaning(NeedsReauthError, "tiktok.scope_missing"),
    # allowances
    "rate_limit_exceeded": Meaning(RateLimitedError),
    "spam_risk_too_many_posts": Meaning(QuotaExhaustedError, "tiktok.too_many_posts", bucket=POSTS),
    "spam_risk_too_many_pending_share": Meaning(QuotaExhaustedError, "tiktok.inbox_full", bucket=PENDING_INBOX),
    "reached_active_user_cap": Meaning(QuotaExhaustedError, "tiktok.user_cap", bucket=ACTIVE_USERS),
    # the site's own trouble
    "internal_error": Meaning(TransientError),
    # the account and the app
    "spam_risk": _operator("spam_risk"),
    "spam_risk_user_banned_from_posting": _operator("banned"),
    "unaudited_client_can_only_post_to_private_accounts": _operator("app_unaudited"),
    "url_ownership_unverified": _operator("url_unverified"),
    # the post. Posting and Display API word the first one differently.
    "invalid_param": _content("request_refused"),
    "invalid_params": _content("request_refused"),
    "spam_risk_text": _content("text_refused"),
    "privacy_level_option_mismatch": _content("privacy_refused"),
    "token_not_authorized_for_specified_publish_id": _content("upload_of_another"),
    # the upload
    "invalid_publish_id": Meaning(SessionGoneError),
}

OAUTH_ERRORS: Mapping[str, Meaning] = {
    "invalid_grant": Meaning(NeedsReauthError, "tiktok.grant_gone"),
    "access_denied": Meaning(NeedsReauthError, "tiktok.consent_refused"),
    "invalid_client": _operator("client_refused"),
    "unauthorized_client": _operator("client_refused"),
    "invalid_scope": _operator("scope_refused"),
    "invalid_request": Meaning(UnexpectedAnswerError),
    "unsupported_grant_type": Meaning(UnexpectedAnswerError),
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

UPLOAD_STATUSES: Mapping[int, Meaning] = {
    403: Meaning(SessionGoneError),  # the address has expired
    404: Meaning(SessionGoneError),  # TikTok knows no such upload
    408: Meaning(TransientError),
    429: Meaning(RateLimitedError),
}
"""The same for the upload address, whose answers have no body to speak of (MEDIA_PAGE)."""

FAIL_REASONS: Mapping[str, str] = {
    # the file has to be made anew
    "file_format_check_failed": "tiktok.failed_format",
    "duration_check_failed": "tiktok.failed_duration",
    "frame_rate_check_failed": "tiktok.failed_frame_rate",
    "picture_size_check_failed": "tiktok.failed_picture_size",
    # worth another try
    "internal": "tiktok.failed_internal",
    "video_pull_failed": "tiktok.failed_pull",
    "photo_pull_failed": "tiktok.failed_pull",
    # its owner's doing
    "publish_cancelled": "tiktok.failed_cancelled",
    "auth_removed": "tiktok.failed_auth_removed",
    # TikTok's judgement
    "spam_risk": "tiktok.spam_risk",
    "spam_risk_text": "tiktok.text_refused",
    "spam_risk_too_many_posts": "tiktok.too_many_posts",
    "spam_risk_user_banned_from_posting": "tiktok.banned",
}
"""Sentences for `fail_reason` of status/fetch. Each is the end of that upload: nothing was published."""
FAILED_OTHERWISE = "tiktok.failed_otherwise"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal as the site worded it. `log_id` is what TikTok's support asks for."""

    code: str
    message: str
    log_id: str

    @property
    def detail(self) -> str:
        log_id = f"(log_id {self.log_id})" if self.log_id else ""
        return shorten(f"{self.message} {log_id}".strip())


def error_of(response: httpx.Response, now: datetime) -> PlatformError:
    """Say what a refusal by the API means. `now` is aware UTC; the error's times count from it."""
    refusal = refusal_of(body_of(response))
    return _build(_meaning(REASONS, refusal.code, response.status_code), refusal, response, now)


def oauth_error_of(response: httpx.Response, now: datetime) -> PlatformError:
    """Say what a refusal by the token endpoint means."""
    refusal = refusal_of(body_of(response))
    meaning = _meaning({**REASONS, **OAUTH_ERRORS}, refusal.code, response.status_code)
    if refusal.code not in REASONS and meaning.error is TokenRejectedError:
        # A token endpoint that answers 401 without a word that we know refuses the app, not an access token.
        meaning = _operator("client_refused")
    return _build(meaning, refusal, response, now)


def upload_error_of(response: httpx.Response, now: datetime) -> PlatformError:
    """Say what a refusal of bytes means."""
    status = response.status_code
    meaning = UPLOAD_STATUSES.get(status, Meaning(TransientError if status >= 500 else UnexpectedAnswerError))
    return _build(meaning, Refusal(code=f"http{status}", message="", log_id=""), response, now)


def refusal_of(body: Mapping[str, Any]) -> Refusal:
    """Read an error of either shape; the code of a success is "ok", and "" where there is no error at all."""
    error = body.get("error")
    if isinstance(error, dict):
        return Refusal(_text(error, "code"), _text(error, "message"), _text(error, "log_id"))
    return Refusal(_text(body, "error"), _text(body, "error_description"), _text(body, "log_id"))


def body_of(response: httpx.Response) -> Mapping[str, Any]:
    """Read an answer's JSON object; what is none (a proxy's HTML, nothing at all) reads as empty."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _meaning(table: Mapping[str, Meaning], code: str, status: int) -> Meaning:
    if code in table:
        return table[code]
    return Meaning(TransientError) if status >= 500 else STATUSES.get(status, Meaning(UnexpectedAnswerError))


def _build(meaning: Meaning, refusal: Refusal, response: httpx.Response, now: datetime) -> PlatformError:
    detail = refusal.detail or f"HTTP {response.status_code}"
    facts: dict[str, Any] = {
        "platform": NAME,
        "reason": shorten(refusal.code),
        "http_status": response.status_code,
        "code": meaning.code,
    }
    wait = retry_after(response, now)
    if meaning.error is QuotaExhaustedError:
        window = next(bucket.window for bucket in BUCKETS if bucket.name == meaning.bucket)
        return QuotaExhaustedError(detail, bucket=meaning.bucket, until=window.refill(now), **facts)
    if meaning.error is RateLimitedError:
        return RateLimitedError(detail, retry_after=wait if wait is not None else MINUTE, **facts)
    if meaning.error is TransientError:
        return TransientError(detail, retry_after=wait, **facts)
    return meaning.error(detail, **facts)


def _text(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""
