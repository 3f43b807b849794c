"""`/control/google`: act as the person at Google, and change the servers' rules."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from sandbox.control.bodies import json_object, missing, refusal
from sandbox.google import directory as known
from sandbox.google import settings
from sandbox.google.consent import Consent, RefusedError, asked_scopes
from sandbox.google.device import DeviceFlow
from sandbox.google.directory import Directory
from sandbox.google.grants import Grants
from sandbox.world import World


def info(world: World) -> dict[str, Any]:
    """What a client of the sandbox has to know."""
    return {
        "oauth_client_id": known.CLIENT_ID,
        "oauth_client_secret": known.CLIENT_SECRET,
        "oauth_tv_client_id": known.TV_CLIENT_ID,
        "oauth_tv_client_secret": known.TV_CLIENT_SECRET,
        "google_accounts_url": f"{world.base_url}/google/accounts",
        "google_oauth_url": f"{world.base_url}/google/oauth",
        "channels": Directory(world).channels(),
    }


def routes(world: World) -> list[web.RouteDef]:
    """Relative to `/control`."""
    control = _GoogleControl(world)
    return [
        web.post("/google/consent", control.consent),
        web.post("/google/device", control.device),
        web.post("/google/revoke", control.revoke),
        web.post("/google/expire", control.expire),
        web.get("/google/channels", control.channels),
        web.post("/google/channels", control.put_channel),
        web.post("/google/clients", control.put_client),
        web.get("/google/settings", control.settings),
        web.post("/google/settings", control.change_settings),
    ]


class _GoogleControl:
    def __init__(self, world: World) -> None:
        self._world = world
        self._directory, self._grants = Directory(world), Grants(world)
        self._consent = Consent(world, self._directory, self._grants)
        self._device = DeviceFlow(world, self._directory, self._grants)

    async def consent(self, request: web.Request) -> web.Response:
        """{"url": authorize URL, "channel"?: id, "scopes"?: [...], "decision"?: allow|deny} -> {"redirect": URL}."""
        body = await json_object(request)
        query = dict(parse_qsl(urlsplit(str(body.get("url", ""))).query, keep_blank_values=True))
        try:
            self._consent.check(query)
        except RefusedError as error:
            raise refusal(f"{error.code}: {error.text}") from error
        channel = self._channel_in(body)
        ticked = [str(scope) for scope in body.get("scopes", asked_scopes(query))]
        allowed = body.get("decision", "allow") == "allow"
        return web.json_response({"redirect": self._consent.decide(query, channel, ticked, allowed=allowed)})

    async def device(self, request: web.Request) -> web.Response:
        """{"user_code", "channel"?, "scopes"?, "decision"?: allow|deny}."""
        body = await json_object(request)
        allowed = body.get("decision", "allow") == "allow"
        user_code = str(body.get("user_code", ""))
        if not self._device.decide(user_code, self._channel_in(body), body.get("scopes"), allowed=allowed):
            raise missing("no such code waits")
        return web.json_response({"ok": True})

    async def revoke(self, request: web.Request) -> web.Response:
        """{"channel"?: id}: the person takes the permission back (without channel: everyone does)."""
        body = await json_object(request)
        wanted = [self._channel_in(body)] if "channel" in body else [c["id"] for c in self._directory.channels()]
        return web.json_response({"revoked": sum(self._grants.revoke(channel) for channel in wanted)})

    async def expire(self, request: web.Request) -> web.Response:
        """{"channel"?: id}: access tokens run out now; refresh tokens live on."""
        body = await json_object(request)
        channel = self._channel_in(body) if "channel" in body else None
        return web.json_response({"expired": self._grants.expire_access(channel)})

    async def channels(self, _: web.Request) -> web.Response:
        live = self._grants.live_refresh_tokens
        channels = [{**c, "refresh_tokens": live(c["id"])} for c in self._directory.channels()]
        return web.json_response({"channels": channels})

    async def put_channel(self, request: web.Request) -> web.Response:
        """{"id", ...fields}: add a channel or change it."""
        body = await json_object(request)
        if not isinstance(body.get("id"), str):
            raise refusal("say the channel's id")
        self._directory.put_channel(body)
        return web.json_response(self._directory.channel(body["id"]))

    async def put_client(self, request: web.Request) -> web.Response:
        """{"id", "secret", "type"?: web|tv, "redirect_uris"?: [...]}."""
        body = await json_object(request)
        if not isinstance(body.get("id"), str) or not isinstance(body.get("secret"), str):
            raise refusal("say the client's id and secret")
        self._directory.put_client(body)
        return web.json_response(self._directory.client(body["id"]))

    async def settings(self, _: web.Request) -> web.Response:
        return web.json_response(settings.to_json(settings.load(self._world.store)))

    async def change_settings(self, request: web.Request) -> web.Response:
        """Any fields of GoogleSettings."""
        try:
            changed = settings.change(self._world.store, await json_object(request))
        except (TypeError, ValueError) as error:
            raise refusal(str(error)) from error
        return web.json_response(settings.to_json(changed))

    def _channel_in(self, body: dict[str, Any]) -> str:
        channel = str(body.get("channel") or self._directory.channels()[0]["id"])
        if self._directory.channel(channel) is None:
            raise missing("no such channel")
        return channel
