"""What the Bot API's refusals mean. Telegram tells most of them apart by words alone; this is the only place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from platforms.errors import (
    ContentRejectedError,
    NeedsOperatorError,
    NeedsReauthError,
    OutcomeUnknownError,
    PlatformError,
    RateLimitedError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.http import shorten
from platforms.telegram_channel.settings import NAME

_NOT_ADMIN = (
    "need administrator rights",
    "not enough rights",
    "have no rights",
    "chat not found",
    "chat_admin_required",
    "chat_write_forbidden",
    "channel_private",
)
_CONTENT = ("caption is too long", "file is too big", "wrong file", "file must be non-empty", "video_")
NOT_FOUND = "not found"
NOT_MODIFIED = "message is not modified"
DEFAULT_WAIT_S = 5


def error_of(status: int, body: Mapping[str, Any] | None, *, commits: bool) -> PlatformError:
    """The error that an answer other than `ok` means; `commits`: the request might have posted something."""
    said = shorten(str((body or {}).get("description", "")))
    facts: dict[str, Any] = {"platform": NAME, "reason": said, "http_status": status}
    if status == 429:
        return RateLimitedError(said, retry_after=_wait(body), **facts)
    if status >= 500 or body is None:
        if commits:
            # The server may have posted before it, or what stands before it, failed.
            return OutcomeUnknownError(said or "The server failed.", **facts)
        return TransientError(said or "The server failed.", **facts) if status >= 500 else _unexpected(said, facts)
    if status in (401, 404):
        return NeedsOperatorError(said, code="telegram_channel.bot_refused", **facts)
    if status == 403 or any(word in said.lower() for word in _NOT_ADMIN):
        return NeedsReauthError(said, code="telegram_channel.not_admin", **facts)
    if status == 413 or any(word in said.lower() for word in _CONTENT):
        return ContentRejectedError(said, code="telegram_channel.refused", **facts)
    return _unexpected(said, facts)


def _unexpected(said: str, facts: dict[str, Any]) -> PlatformError:
    return UnexpectedAnswerError(said or "The answer is none of the Bot API's.", **facts)


def _wait(body: Mapping[str, Any] | None) -> timedelta:
    parameters = (body or {}).get("parameters")
    seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
    return timedelta(seconds=seconds if isinstance(seconds, int) and 0 < seconds <= 86_400 else DEFAULT_WAIT_S)
