"""What people have allowed the project: consents, codes, refresh tokens and access tokens."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.google import settings
from sandbox.world import World


class DeadTokenError(Exception):
    """Token has been expired or revoked."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a live access token opens."""

    channel: str
    client_id: str
    scopes: tuple[str, ...]


class Grants:
    """The ledger of permissions, durable, by the virtual clock."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._store = world.store

    # Consent and code.

    def consented(self, client_id: str, channel: str) -> tuple[str, ...]:
        """Scopes this person has allowed so far; () before the first consent."""
        grant = self._store.get("google_grant", f"{client_id}|{channel}")
        return tuple(grant["scopes"]) if grant else ()

    def give_code(self, *, client_id: str, channel: str, scopes: Iterable[str], request: dict[str, str]) -> str:
        """The person said yes to the authorize `request`: remember it and give a single-use code."""
        first = not self.consented(client_id, channel)
        granted = list(dict.fromkeys(scopes))
        if request.get("include_granted_scopes") == "true":
            granted = list(dict.fromkeys([*granted, *self.consented(client_id, channel)]))
        offline = request.get("access_type") == "offline"
        code = self._world.token("4/0A", 60)
        with self._store.transaction():
            self._remember(client_id, channel, granted)
            self._store.put(
                "google_code",
                code,
                {
                    "client_id": client_id,
                    "channel": channel,
                    "scopes": granted,
                    "redirect_uri": request.get("redirect_uri", ""),
                    "challenge": request.get("code_challenge"),
                    "challenge_method": request.get("code_challenge_method") or "plain",
                    "refresh": offline and (first or "consent" in request.get("prompt", "").split()),
                    "expires_at": self._later(settings.load(self._store).code_life_s),
                    "used": False,
                },
            )
        return code

    def code(self, code: str) -> dict[str, Any] | None:
        """The code's record, or None when it is unknown, used or too old."""
        record = self._store.get("google_code", code)
        if record is None or record["used"] or self._past(record["expires_at"]):
            return None
        return record

    def use_code(self, code: str) -> None:
        """It cannot be used again."""
        record = self._store.get("google_code", code)
        if record is not None:
            self._store.put("google_code", code, {**record, "used": True})

    # Tokens.

    def issue(self, *, client_id: str, channel: str, scopes: Iterable[str], refresh: bool) -> dict[str, Any]:
        """The token endpoint's reply to a code or an approved device."""
        granted = list(scopes)
        reply: dict[str, Any] = {}
        with self._store.transaction():
            self._remember(client_id, channel, granted)
            refresh_token = self._new_refresh_token(client_id, channel, granted) if refresh else None
            reply.update(self._new_access_token(client_id, channel, granted, refresh_token))
        if refresh_token is not None:
            reply["refresh_token"] = refresh_token
            reply.update(self._remaining(refresh_token))
        return reply

    def refresh(self, client_id: str, refresh_token: str) -> dict[str, Any]:
        """A new access token, and never a new refresh token. Raises DeadTokenError."""
        record = self._store.get("refresh_token", refresh_token)
        if record is None or record["client_id"] != client_id or record["dead"]:
            raise DeadTokenError
        idle_since = datetime.fromisoformat(record["used_at"])
        idle = timedelta(seconds=settings.load(self._store).refresh_idle_s)
        if self._past(record["expires_at"]) or self._world.clock.now() - idle_since > idle:
            raise DeadTokenError
        with self._store.transaction():
            self._store.put("refresh_token", refresh_token, {**record, "used_at": self._later(0)})
            reply = self._new_access_token(client_id, record["channel"], record["scopes"], refresh_token)
        return {**reply, **self._remaining(refresh_token)}

    def access(self, access_token: str) -> Access:
        """What the token opens. Raises DeadTokenError."""
        record = self._store.get("access_token", access_token)
        if record is None or record["dead"] or self._past(record["expires_at"]):
            raise DeadTokenError
        return Access(record["channel"], record["client_id"], tuple(record["scopes"]))

    def revoke_token(self, token: str) -> bool:
        """Kill every grant of the token's owner to its client. False: no live token."""
        for kind in ("refresh_token", "access_token"):
            record = self._store.get(kind, token)
            if record is not None and not record["dead"] and not self._past(record["expires_at"]):
                self.revoke(record["channel"], record["client_id"])
                return True
        return False

    def revoke(self, channel: str, client_id: str | None = None) -> int:
        """The person takes the permission back (from one client, or all); how many tokens died."""
        died = 0
        with self._store.transaction():
            for kind in ("refresh_token", "access_token"):
                for record in self._live(kind, channel, client_id):
                    self._store.put(kind, record["token"], {**record, "dead": True})
                    died += 1
            for grant in self._store.list("google_grant"):
                if grant["channel"] == channel and client_id in (None, grant["client_id"]):
                    self._store.delete("google_grant", f"{grant['client_id']}|{channel}")
        return died

    def expire_access(self, channel: str | None = None) -> int:
        """Let access tokens run out now (of one channel, or all); how many did."""
        records = [r for r in self._store.list("access_token") if channel in (None, r["channel"])]
        with self._store.transaction():
            for record in records:
                self._store.put("access_token", record["token"], {**record, "expires_at": self._later(-1)})
        return len(records)

    def live_refresh_tokens(self, channel: str, client_id: str | None = None) -> int:
        """How many refresh tokens still work."""
        return len(self._live("refresh_token", channel, client_id))

    def _live(self, kind: str, channel: str, client_id: str | None) -> list[dict[str, Any]]:
        return [
            record
            for record in self._store.list(kind)
            if record["channel"] == channel and client_id in (None, record["client_id"]) and not record["dead"]
        ]

    def _remember(self, client_id: str, channel: str, scopes: Iterable[str]) -> None:
        all_scopes = list(dict.fromkeys([*self.consented(client_id, channel), *scopes]))
        grant = {"client_id": client_id, "channel": channel, "scopes": all_scopes}
        self._store.put("google_grant", f"{client_id}|{channel}", grant)

    def _new_refresh_token(self, client_id: str, channel: str, scopes: list[str]) -> str:
        rules = settings.load(self._store)
        live = self._live("refresh_token", channel, client_id)
        for oldest in live[: max(0, len(live) + 1 - rules.refresh_limit)]:
            self._store.put("refresh_token", oldest["token"], {**oldest, "dead": True})
        token = self._world.token("1//0", 60)
        record = {"token": token, "client_id": client_id, "channel": channel, "scopes": scopes, "dead": False}
        record["used_at"] = self._later(0)
        record["expires_at"] = self._later(rules.refresh_life_s) if rules.publishing == "testing" else None
        self._store.put("refresh_token", token, record)
        return token

    def _new_access_token(
        self, client_id: str, channel: str, scopes: list[str], refresh_token: str | None
    ) -> dict[str, Any]:
        token, life_s = self._world.token("ya29.", 80), settings.load(self._store).access_life_s
        record = {"token": token, "client_id": client_id, "channel": channel, "scopes": scopes, "dead": False}
        record |= {"expires_at": self._later(life_s), "refresh_token": refresh_token}
        self._store.put("access_token", token, record)
        return {"access_token": token, "expires_in": life_s, "scope": " ".join(scopes), "token_type": "Bearer"}

    def _remaining(self, refresh_token: str) -> dict[str, int]:
        record = self._store.get("refresh_token", refresh_token)
        if record is None or record["expires_at"] is None:
            return {}
        left = datetime.fromisoformat(record["expires_at"]) - self._world.clock.now()
        return {"refresh_token_expires_in": int(left.total_seconds())}

    def _later(self, seconds: float) -> str:
        return (self._world.clock.now() + timedelta(seconds=seconds)).isoformat()

    def _past(self, moment: str | None) -> bool:
        return moment is not None and datetime.fromisoformat(moment) <= self._world.clock.now()
