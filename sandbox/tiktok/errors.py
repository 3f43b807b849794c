"""Refusals in TikTok's two shapes: the API's envelope and OAuth's flat one. Each carries a log_id."""

import secrets
from datetime import datetime
from typing import Any

from aiohttp import web


def log_id(now: datetime) -> str:
    """As TikTok's support asks for it: the time and twenty hexadecimal digits."""
    return f"{now:%Y%m%d%H%M%S}{secrets.token_hex(10).upper()}"


def envelope(
    now: datetime, data: dict[str, Any], code: str = "ok", message: str = "", *, status: int = 200
) -> web.Response:
    """{"data", "error": {"code", "message", "log_id"}}; success if and only if the code is "ok"."""
    error = {"code": code, "message": message, "log_id": log_id(now)}
    return web.json_response({"data": data, "error": error}, status=status)


class ApiError(Exception):
    """Answered as an envelope with no data."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def response(self, now: datetime) -> web.Response:
        """The HTTP answer."""
        return envelope(now, {}, self.code, self.message, status=self.status)


class OAuthError(Exception):
    """Answered as {"error", "error_description", "log_id"}, possibly under HTTP 200."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code, self.description = code, description

    def response(self, now: datetime, status: int) -> web.Response:
        """The HTTP answer."""
        body = {"error": self.code, "error_description": self.description, "log_id": log_id(now)}
        return web.json_response(body, status=status)


class BadParameterError(Exception):
    """A request that is not well formed; settings say under which of two codes it is refused."""


_BLOCKED = {
    "spam_risk_too_many_posts": "The daily post cap from the API is reached for the current user.",
    "spam_risk_user_banned_from_posting": "The user is banned from making new posts.",
    "spam_risk": "The publish attempt is considered as spam.",
    "reached_active_user_cap": "The daily quota for active publishing users from your client is reached.",
}
BLOCKS = frozenset(_BLOCKED)


def blocked(code: str, status: int) -> ApiError:
    """The creator cannot post now: creator_info says so under 200, an init under 403."""
    return ApiError(status, code, _BLOCKED[code])


def token_invalid() -> ApiError:
    """None, an unknown one, a revoked one or one that ran out."""
    return ApiError(401, "access_token_invalid", "The access token is invalid or not found in the request.")


def rate_limited() -> ApiError:
    """Too many calls within one minute; no header says when it is over."""
    return ApiError(429, "rate_limit_exceeded", "The API rate limit was exceeded. Please try again later.")


def unaudited() -> ApiError:
    """A client that has not been audited posts SELF_ONLY to private accounts, or not at all."""
    message = (
        "Unaudited clients can only post to a private account. The publish attempt will be blocked when calling"
        " /publish/video/init/ or /publish/content/init/ and the requested privacy_level is not SELF_ONLY."
    )
    return ApiError(403, "unaudited_client_can_only_post_to_private_accounts", message)


def privacy_mismatch() -> ApiError:
    """The level is none of what creator_info offers."""
    message = "The privacy_level is not specified or does not match the privacy_level_options of this creator."
    return ApiError(403, "privacy_level_option_mismatch", message)


def too_many_pending() -> ApiError:
    """Five drafts wait in the creator's inbox."""
    message = "There may be at most 5 pending shares within any 24-hour period."
    return ApiError(403, "spam_risk_too_many_pending_share", message)


def url_unverified() -> ApiError:
    """PULL_FROM_URL from a domain that was not verified."""
    message = "The developer hasn't verified the ownership of the URL, or it can't be verified."
    return ApiError(403, "url_ownership_unverified", message)
