"""Refusals of the YouTube Data API in its JSON shape; texts and reasons as its error pages give them."""

from typing import Any

from aiohttp import web

_REALM = 'Bearer realm="https://accounts.google.com/"'


class ApiError(Exception):
    """Answered as {"error": {"code", "message", "errors": [{message, domain, reason, …}], "status"?}}."""

    def __init__(
        self,
        http: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        at: tuple[str, str] | None = None,
        status: str | None = None,
        inner: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """`at`: (location, locationType); `inner`: the message inside `errors`, where it is another one."""
        super().__init__(message)
        self.http, self.reason, self.message, self.domain = http, reason, message, domain
        self.at, self.status, self.inner, self.headers = at, status, inner, headers

    def response(self) -> web.Response:
        """The HTTP answer."""
        entry = {"message": self.inner or self.message, "domain": self.domain, "reason": self.reason}
        if self.at is not None:
            entry |= {"location": self.at[0], "locationType": self.at[1]}
        error: dict[str, Any] = {"code": self.http, "message": self.message, "errors": [entry]}
        if self.status is not None:
            error["status"] = self.status
        return web.json_response({"error": error}, status=self.http, headers=self.headers)


_AUTHORIZATION = ("Authorization", "header")


def login_required() -> ApiError:
    """No bearer token at all."""
    message = "Request is missing required authentication credential."
    return ApiError(
        401, "required", message, inner="Login Required.", at=_AUTHORIZATION, status="UNAUTHENTICATED",
        headers={"WWW-Authenticate": _REALM},
    )  # fmt: skip


def invalid_credentials() -> ApiError:
    """The access token has run out, was revoked, or never was one."""
    message = (
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid"
        " authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
    )
    return ApiError(
        401, "authError", message, inner="Invalid Credentials", at=_AUTHORIZATION, status="UNAUTHENTICATED",
        headers={"WWW-Authenticate": f'{_REALM}, error="invalid_token"'},
    )  # fmt: skip


def insufficient_scope(scopes: frozenset[str]) -> ApiError:
    """The token lives, but the person has not allowed this."""
    wanted = " ".join(sorted(scopes))
    return ApiError(
        403, "insufficientPermissions", "Request had insufficient authentication scopes.",
        inner="Insufficient Permission", status="PERMISSION_DENIED",
        headers={"WWW-Authenticate": f'{_REALM}, error="insufficient_scope", scope="{wanted}"'},
    )  # fmt: skip


def signup_required() -> ApiError:
    """The Google account has no channel."""
    return ApiError(401, "youtubeSignupRequired", "Unauthorized", domain="youtube.header", at=_AUTHORIZATION)


def account_suspended() -> ApiError:
    """The channel's account is suspended."""
    message = "The authenticated user's account is suspended."
    return ApiError(403, "authenticatedUserAccountSuspended", message, domain="youtube.common", at=_AUTHORIZATION)


def quota_exceeded() -> ApiError:
    """The pool of 10,000 units is empty until midnight in California."""
    message = (
        "The request cannot be completed because you have exceeded your"
        ' <a href="/youtube/v3/getting-started#quota">quota</a>.'
    )
    return ApiError(403, "quotaExceeded", message, domain="youtube.quota")


def bucket_exceeded(metric: str, project_number: str) -> ApiError:
    """A bucket of its own (uploads, searches) is empty until midnight in California: a daily limit under a 429."""
    message = (
        f"Quota exceeded for quota metric '{metric}' and limit '{metric} per day' of service 'youtube.googleapis.com'"
        f" for consumer 'project_number:{project_number}'."
    )
    return ApiError(429, "rateLimitExceeded", message, status="RESOURCE_EXHAUSTED")


def too_fast(http: int, project_number: str) -> ApiError:
    """The short limit: it is over within a minute."""
    message = (
        "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'youtube.googleapis.com'"
        f" for consumer 'project_number:{project_number}'."
    )
    return ApiError(http, "rateLimitExceeded", message, domain="usageLimits")


def upload_limit_exceeded() -> ApiError:
    """The channel's own cap over 24 rolling hours; it has nothing to do with the project's quota."""
    message = "The user has exceeded the number of videos they may upload."
    return ApiError(400, "uploadLimitExceeded", message, domain="youtube.video")


def bad_metadata(reason: str, message: str, where: str = "body.snippet") -> ApiError:
    """A field of a video that may not be so."""
    return ApiError(400, reason, message, domain="youtube.video", at=(where, "other"))


def bad_json(message: str) -> ApiError:
    """The body is not what the method takes."""
    return ApiError(400, "badRequest", message, status="INVALID_ARGUMENT")


def bad_request(reason: str, message: str, parameter: str) -> ApiError:
    """A query parameter that may not be so."""
    domain = "youtube.part" if parameter == "part" else "youtube.parameter"
    return ApiError(400, reason, message, domain=domain, at=(parameter, "parameter"))


def video_not_found() -> ApiError:
    """There is none, or it is not to be seen by this caller."""
    message = "The video that you are trying to access cannot be found."
    return ApiError(404, "videoNotFound", message, domain="youtube.video", at=("id", "parameter"))


def forbidden(message: str = "Forbidden", domain: str = "youtube.video") -> ApiError:
    """The video is somebody else's."""
    return ApiError(403, "forbidden", message, domain=domain)
