"""The flow for devices with no browser: a code on their screen, typed in somewhere else."""

from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.google import page, settings
from sandbox.google.directory import DEVICE_SCOPES, SCOPES, Directory
from sandbox.google.errors import OAuthError
from sandbox.google.grants import Grants
from sandbox.world import World

_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


class DeviceFlow:
    """`POST /device/code`, the page where the code is typed, and the device's polling."""

    def __init__(self, world: World, directory: Directory, grants: Grants) -> None:
        self._world, self._directory, self._grants = world, directory, grants

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/oauth/device/code", self.begin),
            web.get("/accounts/device", self.show),
            web.post("/accounts/device", self.answer),
        ]

    async def begin(self, request: web.Request) -> web.Response:
        """Give a device code."""
        form = await request.post()
        client = self._directory.client(str(form.get("client_id", "")))
        scopes = str(form.get("scope", "")).split()
        try:
            _check_device(client, scopes)
        except OAuthError as error:
            return error.response()
        rules = settings.load(self._world.store)
        record: dict[str, Any] = {
            "device_code": self._world.token("AH-1Ng", 80),
            "user_code": self._user_code(),
            "client_id": str(form["client_id"]),
            "scopes": scopes,
            "expires_at": (self._world.clock.now() + timedelta(seconds=rules.device_life_s)).isoformat(),
            "interval_s": rules.device_interval_s,
            "polled_at": None,
            "decision": None,
            "channel": None,
        }
        self._world.store.put("device", record["device_code"], record)
        return web.json_response(
            {
                "device_code": record["device_code"],
                "user_code": record["user_code"],
                "verification_url": f"{request.url.origin()}/google/accounts/device",
                "expires_in": rules.device_life_s,
                "interval": rules.device_interval_s,
            }
        )

    async def show(self, request: web.Request) -> web.Response:
        """The form for the user code."""
        return page.device(self._directory.channels(), request.query.get("user_code", ""), [])

    async def answer(self, request: web.Request) -> web.Response:
        """The form came back; the first time it shows what is asked for."""
        form = await request.post()
        user_code, allowed = str(form.get("user_code", "")).strip().upper(), form.get("decision") == "allow"
        record = self._waiting(user_code)
        if record is None:
            return page.device(self._directory.channels(), user_code, [], "That code isn’t known, or it has run out.")
        ticked = [str(scope) for scope in form.getall("scope", [])]
        if allowed and not ticked:
            return page.device(self._directory.channels(), user_code, record["scopes"])
        self.decide(user_code, str(form.get("channel", "")), ticked, allowed=allowed)
        return page.told("You can go back to your device." if allowed else "The device was refused.")

    def decide(self, user_code: str, channel: str, ticked: list[str] | None, *, allowed: bool) -> bool:
        """What the person said. False: no such code waits."""
        record = self._waiting(user_code)
        if record is None or self._directory.channel(channel) is None:
            return False
        granted = [scope for scope in record["scopes"] if ticked is None or scope in ticked]
        decided = {"decision": "allow" if allowed else "deny", "channel": channel, "granted": granted}
        self._world.store.put("device", record["device_code"], {**record, **decided})
        return True

    def poll(self, client: dict[str, Any], device_code: str) -> dict[str, Any]:
        """Tokens once the person has allowed it. Raises OAuthError with Google's own statuses until then."""
        record, now = self._world.store.get("device", device_code), self._world.clock.now()
        if record is None or record["client_id"] != client["id"] or record["decision"] == "used":
            raise OAuthError(400, "invalid_grant", "Malformed device code.")
        if datetime.fromisoformat(record["expires_at"]) <= now:
            raise OAuthError(400, "expired_token", "The device code has expired.")
        too_soon = record["polled_at"] is not None and now - datetime.fromisoformat(record["polled_at"]) < timedelta(
            seconds=record["interval_s"]
        )
        record["polled_at"] = now.isoformat()
        if too_soon:
            record["interval_s"] += 5
        self._world.store.put("device", device_code, record)
        if too_soon:
            raise OAuthError(403, "slow_down", "Forbidden")
        return self._collect(record)

    def _collect(self, record: dict[str, Any]) -> dict[str, Any]:
        if record["decision"] is None:
            raise OAuthError(428, "authorization_pending", "Precondition Required")
        if record["decision"] == "deny":
            raise OAuthError(403, "access_denied", "Forbidden")
        with self._world.store.transaction():
            self._world.store.put("device", record["device_code"], {**record, "decision": "used"})
            return self._grants.issue(
                client_id=record["client_id"], channel=record["channel"], scopes=record["granted"], refresh=True
            )

    def _waiting(self, user_code: str) -> dict[str, Any] | None:
        now = self._world.clock.now()
        for record in self._world.store.list("device"):
            alive = record["decision"] is None and datetime.fromisoformat(record["expires_at"]) > now
            if alive and record["user_code"] == user_code:
                return record
        return None

    def _user_code(self) -> str:
        raw = self._world.token(n=8).encode()
        letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in raw)
        return f"{letters[:4]}-{letters[4:]}"


def _check_device(client: dict[str, Any] | None, scopes: list[str]) -> None:
    if client is None:
        raise OAuthError(401, "invalid_client", "The OAuth client was not found.")
    if client["type"] != "tv":
        raise OAuthError(401, "invalid_client", "Invalid client type.")
    if not scopes:
        raise OAuthError(400, "invalid_request", "Missing required parameter: scope")
    for scope in scopes:
        if scope not in SCOPES or scope not in DEVICE_SCOPES:
            raise OAuthError(400, "invalid_scope", f"Invalid device flow scope: {scope}")
