"""Refusals in the shapes of the Instagram servers; classify them by code and subcode, never by HTTP status."""

import json
from typing import Any

from aiohttp import web

SUBCODES: dict[int, str] = {
    2207001: "Instagram server error. Try again.",
    2207003: "It takes too long to download the media.",
    2207006: "The media with the given ID was not found.",
    2207008: "The media builder does not exist or has been expired.",
    2207010: "The caption was too long: at most 2200 characters, 30 hashtags and 20 tags.",
    2207020: "The media you are trying to access has expired. Please try to upload again.",
    2207023: "The media type is unknown.",
    2207026: "The video format is not supported. Please check spec for supported format.",
    2207027: "The media is not ready for publishing, please wait for a moment.",
    2207032: "Create media fail, please try to re-create media.",
    2207040: "Cannot use more than 20 tags per created media.",
    2207042: "You reached maximum number of posts that is allowed to be published by Content Publishing API.",
    2207050: "The Instagram account is restricted.",
    2207051: "This action was blocked: we restrict certain activity to protect our community.",
    2207052: "The media could not be fetched from this URI.",
    2207053: "Unknown upload error.",
    2207057: "Thumbnail offset must be greater than or equal to 0 and less than video duration.",
    2207073: "This media cannot be deleted.",
    2207082: "Media upload has failed.",
    2207085: "Media upload has failed.",
}
_MESSAGES: dict[int, str] = {
    1: "An unknown error occurred", 2: "An unexpected error has occurred. Please retry your request later.",
    4: "Application request limit reached", 9: "Application request limit reached", 10: "Permission denied",
    17: "User request limit reached", 24: "The requested resource does not exist", 32: "Page request limit reached",
    100: "Invalid parameter", 352: "The video file you selected is in a format that we don't support.",
    368: "The action attempted has been deemed abusive or is otherwise disallowed",
    506: "Duplicate status message", 613: "Calls to this api have exceeded the rate limit.",
    9004: "Only photo or video can be accepted as media type.", 9007: "Media ID is not available",
    36004: "The caption is too long", 80002: "There have been too many calls to this Instagram account.",
}  # fmt: skip
_TRANSIENT = frozenset({-1, 1, 2, 4, 17, 32, 613, 80002})


class GraphError(Exception):
    """Answered as {"error": {message, type, code, error_subcode?, is_transient, …, fbtrace_id}}."""

    def __init__(
        self,
        code: int,
        subcode: int | None = None,
        message: str | None = None,
        *,
        is_transient: bool | None = None,
        kind: str = "OAuthException",
        http: int = 400,
    ) -> None:
        self.code, self.subcode, self.kind, self.http = code, subcode, kind, http
        self.message = message or f"(#{code}) {_MESSAGES.get(code, 'Error')}"
        self.is_transient = code in _TRANSIENT if is_transient is None else is_transient
        super().__init__(self.message)

    def response(self, trace: str) -> web.Response:
        """The HTTP answer with its trace id."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        error["is_transient"] = self.is_transient
        if self.subcode in SUBCODES:
            error["error_user_title"] = self.message
            error["error_user_msg"] = SUBCODES[self.subcode]
        return web.json_response({"error": {**error, "fbtrace_id": trace}}, status=self.http)


def planned(refusal: dict[str, Any]) -> GraphError:
    """A refusal out of the settings."""
    return GraphError(
        int(refusal["code"]), refusal.get("subcode"), refusal.get("message"), is_transient=refusal.get("is_transient")
    )


def bad_parameter(message: str, subcode: int | None = None) -> GraphError:
    """(#100), with a sentence."""
    return GraphError(100, subcode, f"(#100) {message}")


def no_such_object(verb: str, node: str) -> GraphError:
    """100/33: there is none, or the token may not see it, or it has no such edge. Nobody is told which."""
    message = (
        f"Unsupported {verb.lower()} request. Object with ID '{node}' does not exist, cannot be loaded due to missing"
        " permissions, or does not support this operation. Please read the Graph API documentation at"
        " https://developers.facebook.com/docs/graph-api"
    )
    return GraphError(100, 33, message, kind="GraphMethodException")


def unknown_path(path: str) -> GraphError:
    """2500: a version or a path that the API has not."""
    return GraphError(2500, None, f"Unknown path components: /{path}")


def no_token() -> GraphError:
    """104: the call carries no access token."""
    return GraphError(104, None, "An access token is required to request this resource.")


def no_permission(wanted: str) -> GraphError:
    """10: the person has not allowed this."""
    return GraphError(10, None, f"(#10) Application does not have permission for this action: {wanted}")


class OAuthRefusal(Exception):  # noqa: N818 - an answer of the token endpoint, in its own flat shape
    """api.instagram.com's flat shape: {"error_type", "code", "error_message"}."""

    def response(self) -> web.Response:
        """The HTTP answer."""
        body = {"error_type": "OAuthException", "code": 400, "error_message": str(self)}
        return web.json_response(body, status=400)


class UploadError(Exception):
    """rupload.facebook.com's shape: {"debug_info": {"retriable", "type", "message"}}."""

    def __init__(self, kind: str, message: str, *, retriable: bool = False) -> None:
        super().__init__(message)
        self.kind, self.message, self.retriable = kind, message, retriable

    def response(self) -> web.Response:
        """The HTTP answer."""
        told = {"retriable": self.retriable, "type": self.kind, "message": self.message}
        return web.json_response({"debug_info": told}, status=400)


def unauthorized_upload() -> UploadError:
    """The token is none, or not this container's owner's."""
    inner = json.dumps({"success": False, "error": {"message": "unauthorized user request"}})
    return UploadError("ProcessingFailedError", inner)
