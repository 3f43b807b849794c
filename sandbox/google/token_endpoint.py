"""oauth2.googleapis.com: codes and refresh tokens become access tokens, and tokens are revoked."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from aiohttp import BasicAuth, web

from sandbox.google.device import DeviceFlow
from sandbox.google.directory import Directory
from sandbox.google.errors import OAuthError
from sandbox.google.grants import DeadTokenError, Grants
from sandbox.world import World

_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class TokenEndpoint:
    """`POST /token` and `POST /revoke`."""

    def __init__(self, world: World, directory: Directory, grants: Grants, device: DeviceFlow) -> None:
        self._world, self._directory, self._grants, self._device = world, directory, grants, device

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/oauth/token", self.token), web.post("/oauth/revoke", self.revoke)]

    async def token(self, request: web.Request) -> web.Response:
        """One of three grants; errors in OAuth's flat shape."""
        try:
            form = await form_of(request)
            client = self._client(request, form)
            reply = self._grant(client, form)
        except OAuthError as error:
            return error.response()
        return web.json_response(reply, headers={"Cache-Control": "no-cache, no-store, max-age=0, must-revalidate"})

    async def revoke(self, request: web.Request) -> web.Response:
        """`token` in the form or in the query; an access or a refresh token."""
        form = await request.post() if request.content_type == "application/x-www-form-urlencoded" else {}
        token = str(form.get("token") or request.query.get("token") or "")
        if not self._grants.revoke_token(token):
            return OAuthError(400, "invalid_token", "Token expired or revoked").response()
        return web.json_response({})

    def _client(self, request: web.Request, form: Mapping[str, str]) -> dict[str, Any]:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        if header := request.headers.get("Authorization"):
            try:
                basic = BasicAuth.decode(header)
            except ValueError as error:
                raise OAuthError(401, "invalid_client", "Unauthorized") from error
            client_id, secret = basic.login, basic.password
        if not client_id:
            raise OAuthError(400, "invalid_request", "Could not determine client ID from request.")
        client = self._directory.client(client_id)
        if client is None:
            raise OAuthError(401, "invalid_client", "The OAuth client was not found.")
        if not hmac.compare_digest(client["secret"].encode(), secret.encode()):
            raise OAuthError(401, "invalid_client", "Unauthorized")
        return client

    def _grant(self, client: dict[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
        match form.get("grant_type"):
            case "authorization_code":
                return self._from_code(client, form)
            case "refresh_token":
                return self._from_refresh_token(client, form)
            case kind if kind == _DEVICE_GRANT:
                return self._device.poll(client, form.get("device_code", ""))
            case None | "":
                raise OAuthError(400, "invalid_request", "Missing required parameter: grant_type")
            case kind:
                raise OAuthError(400, "unsupported_grant_type", f"Invalid grant_type: {kind}")

    def _from_code(self, client: dict[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
        if not form.get("code"):
            raise OAuthError(400, "invalid_request", "Missing required parameter: code")
        record = self._grants.code(form["code"])
        if record is None or record["client_id"] != client["id"]:
            raise OAuthError(400, "invalid_grant", "Bad Request")
        if form.get("redirect_uri") != record["redirect_uri"]:
            raise OAuthError(400, "redirect_uri_mismatch", "Bad Request")
        _check_verifier(record, form.get("code_verifier"))
        with self._world.store.transaction():
            self._grants.use_code(form["code"])
            return self._grants.issue(
                client_id=client["id"], channel=record["channel"], scopes=record["scopes"], refresh=record["refresh"]
            )

    def _from_refresh_token(self, client: dict[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
        if not form.get("refresh_token"):
            raise OAuthError(400, "invalid_request", "Missing required parameter: refresh_token")
        try:
            return self._grants.refresh(client["id"], form["refresh_token"])
        except DeadTokenError as error:
            raise OAuthError(400, "invalid_grant", "Token has been expired or revoked.") from error


def _check_verifier(record: dict[str, Any], verifier: str | None) -> None:
    if record["challenge"] is None:
        return
    if not verifier:
        raise OAuthError(400, "invalid_grant", "Missing code verifier.")
    computed = verifier
    if record["challenge_method"] == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        computed = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if not 43 <= len(verifier) <= 128 or not hmac.compare_digest(computed.encode(), record["challenge"].encode()):
        raise OAuthError(400, "invalid_grant", "Invalid code verifier.")


async def form_of(request: web.Request) -> dict[str, str]:
    """The urlencoded form. Raises OAuthError for another body."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise OAuthError(400, "invalid_request", "The body must be application/x-www-form-urlencoded.")
    return {name: str(value) for name, value in (await request.post()).items()}
