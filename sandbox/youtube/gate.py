"""The way into every API method: token, channel, scope, quota, then the parameters."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.google.directory import SCOPE_PREFIX, Directory
from sandbox.google.grants import Access, DeadTokenError, Grants
from sandbox.world import World
from sandbox.youtube import errors
from sandbox.youtube.errors import ApiError
from sandbox.youtube.quota import UNITS, Quota

_SYSTEM_PARAMETERS = frozenset({
    "$.xgafv", "access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint", "quotaUser",
    "uploadType", "upload_protocol", "upload_id",
})  # fmt: skip


def scopes(*names: str) -> frozenset[str]:
    """Full scope names of short ones."""
    return frozenset(SCOPE_PREFIX + name for name in names)


WRITE = scopes("youtube", "youtube.force-ssl", "youtubepartner")
READ = WRITE | scopes("youtube.readonly")
UPLOAD = WRITE | scopes("youtube.upload")
COMMENT = scopes("youtube.force-ssl")
# Not force-ssl.
REPORT = scopes(
    "youtube", "youtube.readonly", "youtubepartner", "yt-analytics.readonly", "yt-analytics-monetary.readonly"
)


@dataclass(frozen=True, slots=True)
class Method:
    """One row of the API's table of methods."""

    name: str
    scopes: frozenset[str]
    cost: int
    parameters: frozenset[str]
    bucket: str = UNITS
    parts: frozenset[str] | None = None  # None: the method takes no part
    needs_channel: bool = True


@dataclass(frozen=True, slots=True)
class Call:
    """A call that came through the gate."""

    request: web.Request
    access: Access
    parts: tuple[str, ...]

    @property
    def channel(self) -> str:
        """The caller's channel id."""
        return self.access.channel

    def query(self, name: str, default: str = "") -> str:
        """One query parameter."""
        return self.request.query.get(name, default)

    def listed(self, name: str) -> tuple[str, ...]:
        """A parameter that may be repeated or separated by commas."""
        return listed(self.request, name)


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


class Gate:
    """Knows tokens, channels and quota; wraps the methods' handlers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.directory, self.grants, self.quota = Directory(world), Grants(world), Quota(world)

    def guard(self, method: Method, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The handler of an API method behind all checks; an invalid call costs 1."""

        async def endpoint(request: web.Request) -> web.StreamResponse:
            try:
                access = self.authenticate(request)
                self.quota.spend(method.bucket, method.cost)
            except ApiError as error:
                return error.response()
            try:
                return await handler(self._admit(method, request, access))
            except ApiError as error:
                self.quota.give_back(method.bucket, method.cost - 1)
                return error.response()

        return endpoint

    def authenticate(self, request: web.Request) -> Access:
        """Raises ApiError 401."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else request.query.get("access_token", "")
        if not token:
            raise errors.login_required()
        try:
            return self.grants.access(token)
        except DeadTokenError as error:
            raise errors.invalid_credentials() from error

    def _admit(self, method: Method, request: web.Request, access: Access) -> Call:
        if not method.scopes & set(access.scopes):
            raise errors.insufficient_scope(method.scopes)
        channel = self.directory.channel(access.channel) or {"has_channel": False, "suspended": False}
        if channel["suspended"]:
            raise errors.account_suspended()
        if method.needs_channel and not channel["has_channel"]:
            raise errors.signup_required()
        for name in request.query:
            if name not in method.parameters and name not in _SYSTEM_PARAMETERS and name != "part":
                raise errors.bad_request("unexpectedParameter", f"Unexpected parameter: {name}", name)
        return Call(request, access, _parts(method, request))


def _parts(method: Method, request: web.Request) -> tuple[str, ...]:
    given = listed(request, "part")
    if method.parts is None:
        return given
    if not given:
        raise errors.bad_request("missingRequiredParameter", "No part selected.", "part")
    for part in given:
        if part not in method.parts:
            raise errors.bad_request("unknownPart", part, "part")
    return given


def listed(request: web.Request, name: str) -> tuple[str, ...]:
    """A parameter that may be repeated or separated by commas; each value once."""
    values = [value.strip() for text in request.query.getall(name, []) for value in text.split(",")]
    return tuple(dict.fromkeys(value for value in values if value))


async def json_of(request: web.Request) -> dict[str, Any]:
    """The JSON object in the body. Raises ApiError."""
    if request.content_type != "application/json":
        raise errors.bad_json(f"Media type '{request.content_type}' is not supported.")
    try:
        body = await request.json()
    except ValueError as error:
        raise ApiError(400, "parseError", "Parse Error") from error
    if not isinstance(body, dict):
        raise ApiError(400, "parseError", "Parse Error")
    return body
