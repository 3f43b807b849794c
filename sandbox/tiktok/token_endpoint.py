"""`/v2/oauth/token/` and `/v2/oauth/revoke/`: codes and refresh tokens become access tokens, and grants end."""

import hashlib
import hmac
import re
from typing import Any

from aiohttp import web

from sandbox.tiktok import settings
from sandbox.tiktok.directory import Directory
from sandbox.tiktok.errors import OAuthError
from sandbox.tiktok.grants import DeadTokenError, Grants
from sandbox.tiktok.posts import Posts
from sandbox.world import World

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
Form = dict[str, str]


class TokenEndpoint:
    """Errors in OAuth's flat shape; form bodies only."""

    def __init__(self, world: World, directory: Directory, grants: Grants, posts: Posts) -> None:
        self._world, self._directory, self._grants, self._posts = world, directory, grants, posts

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/api/v2/oauth/token/", self.token), web.post("/api/v2/oauth/revoke/", self.revoke)]

    async def token(self, request: web.Request) -> web.Response:
        """One of two grants."""
        try:
            form = await _form_of(request)
            reply = self._grant(self._client(form), form)
        except OAuthError as error:
            return self._refused(error)
        return web.json_response(reply, headers={"Cache-Control": "no-store"})

    async def revoke(self, request: web.Request) -> web.Response:
        """The whole grant ends; an empty body says so."""
        try:
            form = await _form_of(request)
            client = self._client(form)
            creator = self._revoke(client, form.get("token", ""))
        except OAuthError as error:
            return self._refused(error)
        self._posts.lose_permission(creator, client["key"])
        return web.Response()

    def _refused(self, error: OAuthError) -> web.Response:
        return error.response(self._world.clock.now(), settings.load(self._world.store).oauth_error_status)

    def _client(self, form: Form) -> dict[str, Any]:
        if not form.get("client_key"):
            raise OAuthError("invalid_request", "The client_key is missing in the request.")
        client = self._directory.client(form["client_key"])
        if client is None:
            raise OAuthError("invalid_client", "Client key or secret is incorrect.")
        if not hmac.compare_digest(client["secret"].encode(), form.get("client_secret", "").encode()):
            raise OAuthError("invalid_client", "Client key or secret is incorrect.")
        return client

    def _revoke(self, client: dict[str, Any], token: str) -> str:
        try:
            return self._grants.revoke_token(client["key"], token)
        except DeadTokenError as error:
            raise OAuthError("invalid_request", "The token is invalid or not found in the request.") from error

    def _grant(self, client: dict[str, Any], form: Form) -> dict[str, Any]:
        match form.get("grant_type"):
            case "authorization_code":
                return self._from_code(client, form)
            case "refresh_token":
                return self._from_refresh_token(client, form)
            case None | "":
                raise OAuthError("invalid_request", "The grant_type is missing in the request.")
            case _:
                raise OAuthError("unsupported_grant_type", "The grant_type is not supported.")

    def _from_code(self, client: dict[str, Any], form: Form) -> dict[str, Any]:
        record = self._grants.code(form.get("code", ""))
        if record is None or record["client_key"] != client["key"]:
            raise OAuthError("invalid_grant", "Authorization code is expired.")
        if form.get("redirect_uri") != record["redirect_uri"]:
            raise OAuthError("invalid_request", "Redirect_uri is not matched with the uri when requesting code.")
        if record["challenge"] is not None or client["type"] == "desktop":
            _check_verifier(record["challenge"] or "", form.get("code_verifier", ""))
        with self._world.store.transaction():
            self._grants.use_code(form["code"])
            return self._grants.issue(client["key"], record["creator"], record["scopes"])

    def _from_refresh_token(self, client: dict[str, Any], form: Form) -> dict[str, Any]:
        try:
            return self._grants.refresh(client["key"], form.get("refresh_token", ""))
        except DeadTokenError as error:
            raise OAuthError("invalid_grant", "Refresh token is invalid or expired.") from error


def _check_verifier(challenge: str, verifier: str) -> None:
    """The challenge is the SHA-256 of the verifier in lowercase hexadecimal digits, not in base64url."""
    computed = hashlib.sha256(verifier.encode()).hexdigest()
    if not _VERIFIER.fullmatch(verifier) or not hmac.compare_digest(computed.encode(), challenge.encode()):
        raise OAuthError("invalid_request", "Code verifier or code challenge is invalid.")


async def _form_of(request: web.Request) -> Form:
    if request.content_type != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "The body must be application/x-www-form-urlencoded.")
    return {name: str(value) for name, value in (await request.post()).items()}
