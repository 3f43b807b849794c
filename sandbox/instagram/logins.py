"""Codes become tokens, short-lived tokens long-lived ones, and those are refreshed: at three hosts, in three shapes."""

import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox.instagram import settings
from sandbox.instagram.call import token_of
from sandbox.instagram.directory import FACEBOOK, INSTAGRAM, Directory
from sandbox.instagram.errors import GraphError, OAuthRefusal, bad_parameter, no_permission, planned
from sandbox.instagram.grants import LONG, SHORT, Access, Grants
from sandbox.world import World

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_BAD_URI = (
    "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the"
    " OAuth dialog request"
)


class Logins:
    """The token endpoints."""

    def __init__(self, world: World, directory: Directory, grants: Grants) -> None:
        self._world, self._directory, self._grants = world, directory, grants

    async def instagram_code(self, request: web.Request) -> web.Response:
        """POST api.instagram.com/oauth/access_token: an hour's token; errors are flat here."""
        try:
            form = {name: str(value) for name, value in (await _form_of(request)).items()}
            return web.json_response(self._reply(self._instagram_token(form)))
        except OAuthRefusal as error:
            return error.response()

    def _instagram_token(self, form: Mapping[str, str]) -> Access:
        client = self._directory.client(form.get("client_id", ""), INSTAGRAM)
        if client is None:
            raise OAuthRefusal("Invalid platform app")
        if not hmac.compare_digest(client["secret"].encode(), form.get("client_secret", "").encode()):
            raise OAuthRefusal("Error validating client secret.")
        if form.get("grant_type") != "authorization_code":
            raise OAuthRefusal("Invalid grant_type")
        record = self._grants.code(form.get("code", ""), client["id"])
        if record is None or record["used"]:
            raise OAuthRefusal("Matching code was not found or was already used")
        if record["expired"]:
            raise OAuthRefusal("This authorization code has expired")
        if record["redirect_uri"] != form.get("redirect_uri"):
            raise OAuthRefusal(_BAD_URI)
        return self._grants.use_code(form["code"])

    def _reply(self, access: Access) -> dict[str, Any]:
        rules, account = settings.load(self._world.store), self._directory.account(access.accounts[0]) or {}
        user_id = account["id"] if rules.login_user_id == "professional" else account["app_scoped_id"]
        permissions = [name for name in access.asked if name in access.permissions]
        if rules.login_reply == "data":
            inner = {"access_token": access.token, "user_id": user_id, "permissions": ",".join(permissions)}
            return {"data": [inner]}
        return {"access_token": access.token, "user_id": int(user_id), "permissions": permissions}

    def exchange(self, request: web.Request, given: Mapping[str, str]) -> web.Response:
        """GET graph.instagram.com/access_token: an hour's token becomes one of sixty days."""
        if given.get("grant_type") != "ig_exchange_token":
            raise bad_parameter("Param grant_type must be one of {IG_EXCHANGE_TOKEN}")
        access = self._grants.access(token_of(request, given), INSTAGRAM)
        client = self._directory.client(access.client_id) or {"secret": ""}
        if not hmac.compare_digest(client["secret"].encode(), given.get("client_secret", "").encode()):
            raise GraphError(1, None, "Error validating client secret.", is_transient=False)
        if access.kind != SHORT:
            message = "Session key invalid. This could be because the session key has an incorrect format, or because"
            raise GraphError(452, None, f"{message} the user has revoked this session")
        return self._long_lived(self._grants.renew(access, LONG))

    def refresh(self, request: web.Request, given: Mapping[str, str]) -> web.Response:
        """GET graph.instagram.com/refresh_access_token: from a day of age on, and only before the end."""
        if given.get("grant_type") != "ig_refresh_token":
            raise bad_parameter("Param grant_type must be one of {IG_REFRESH_TOKEN}")
        access, rules = self._grants.access(token_of(request, given), INSTAGRAM), settings.load(self._world.store)
        if "instagram_business_basic" not in access.permissions:
            raise no_permission("instagram_business_basic")
        if access.kind != LONG:
            raise GraphError(452, None, "Session key invalid: only a long-lived token can be refreshed")
        if self._world.clock.now() - access.issued_at < timedelta(seconds=rules.refresh_from_s):
            raise planned(
                {"message": "(#100) The access token is too young to be refreshed", **rules.refresh_too_young}
            )
        return self._long_lived(self._grants.renew(access, LONG))

    def facebook(self, given: Mapping[str, str]) -> web.Response:
        """GET or POST graph.facebook.com/oauth/access_token: a code, or a short-lived token, becomes a token."""
        client = self._directory.client(given.get("client_id", ""), FACEBOOK)
        if client is None:
            raise GraphError(
                101, None, "Error validating application. Cannot get application info due to a system error."
            )
        if not hmac.compare_digest(client["secret"].encode(), given.get("client_secret", "").encode()):
            raise GraphError(1, None, "Error validating client secret.", is_transient=False)
        if given.get("grant_type") == "fb_exchange_token":
            access = self._grants.access(given.get("fb_exchange_token", ""), FACEBOOK)
            if access.client_id != client["id"]:
                raise GraphError(1, None, "The access token does not belong to application", is_transient=False)
            return self._long_lived(self._grants.renew(access, LONG))
        return self._long_lived(self._facebook_token(client, given))

    def _facebook_token(self, client: dict[str, Any], given: Mapping[str, str]) -> Access:
        record = self._grants.code(given.get("code", ""), client["id"])
        if record is None:
            raise GraphError(100, None, "Invalid verification code format.")
        if record["used"]:
            raise GraphError(100, 36009, "This authorization code has been used.")
        if record["expired"]:
            raise GraphError(100, 36007, "This authorization code has expired.")
        if record["redirect_uri"] != given.get("redirect_uri"):
            raise GraphError(100, 36008, _BAD_URI)
        return self._grants.use_code(given["code"])

    def _long_lived(self, access: Access) -> web.Response:
        left = (access.expires_at or access.issued_at) - self._world.clock.now()
        body = {"access_token": access.token, "token_type": "bearer", "expires_in": round(left.total_seconds())}
        return web.json_response(body)


async def _form_of(request: web.Request) -> Mapping[str, Any]:
    if request.content_type not in _FORMS:
        raise OAuthRefusal("Missing required field client_id")
    return await request.post()
