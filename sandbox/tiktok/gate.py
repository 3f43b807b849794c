"""The way into every API method: token, creator, scope, calls per minute, then the body."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.tiktok import settings
from sandbox.tiktok.directory import Directory
from sandbox.tiktok.errors import ApiError, BadParameterError, envelope, token_invalid
from sandbox.tiktok.grants import Access, DeadTokenError, Grants
from sandbox.tiktok.settings import TiktokSettings
from sandbox.tiktok.windows import Windows
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Method:
    """One row of the API's table: any of the scopes opens it; `limit` names the setting of its calls per minute."""

    name: str
    scopes: frozenset[str]
    limit: str | None
    needs_body: bool = True


@dataclass(frozen=True, slots=True)
class Call:
    """A call that came through the gate."""

    request: web.Request
    access: Access
    creator: dict[str, Any]
    body: dict[str, Any]
    rules: TiktokSettings


Handler = Callable[[Call], Awaitable[dict[str, Any]]]


class Gate:
    """Wraps the methods' handlers, which give the envelope's data or raise."""

    def __init__(self, world: World, directory: Directory, grants: Grants) -> None:
        self._world, self._directory, self._grants = world, directory, grants
        self._windows = Windows(world)

    def guard(self, method: Method, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The handler of an API method behind all checks."""

        async def endpoint(request: web.Request) -> web.StreamResponse:
            now, rules = self._world.clock.now(), settings.load(self._world.store)
            try:
                data = await handler(await self._admit(method, request, rules))
            except BadParameterError as error:
                return ApiError(400, rules.parameter_code, str(error)).response(now)
            except ApiError as error:
                return error.response(now)
            return envelope(now, data)

        return endpoint

    async def _admit(self, method: Method, request: web.Request, rules: TiktokSettings) -> Call:
        access = self._authenticate(request)
        creator = self._directory.creator(access.creator)
        if creator is None:
            raise token_invalid()
        if not method.scopes & set(access.scopes):
            message = "The user did not authorize the scope required for completing this request."
            raise ApiError(401, rules.scope_code, message)
        if method.limit is not None:
            limit: int = getattr(rules, method.limit)
            self._windows.spend(method.name, f"{access.client_key}|{access.creator}", limit)
        return Call(request, access, creator, await _json_of(request, needed=method.needs_body), rules)

    def _authenticate(self, request: web.Request) -> Access:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            raise token_invalid()
        try:
            return self._grants.access(token.strip())
        except DeadTokenError as error:
            raise token_invalid() from error


async def _json_of(request: web.Request, *, needed: bool) -> dict[str, Any]:
    text = await request.read()
    if not text and not needed:
        return {}
    if request.content_type != "application/json":
        raise BadParameterError("Content-Type must be application/json; charset=UTF-8")
    try:
        body = json.loads(text)
    except ValueError as error:
        raise BadParameterError("The request body is not JSON") from error
    if not isinstance(body, dict):
        raise BadParameterError("The request body is not a JSON object")
    return body
