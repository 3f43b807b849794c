"""What creators have allowed clients: codes, access tokens and refresh tokens that change as they are used."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.tiktok import settings
from sandbox.world import World

_KINDS = ("tiktok_access", "tiktok_refresh")


class DeadTokenError(Exception):
    """Unknown, revoked, replaced or run out."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a live access token opens."""

    creator: str
    client_key: str
    scopes: tuple[str, ...]


class Grants:
    """The ledger of permissions, durable, by the virtual clock."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store

    def give_code(self, *, client_key: str, creator: str, scopes: Iterable[str], request: dict[str, str]) -> str:
        """The creator said yes: a single-use code, with the characters that have to be decoded from the address."""
        number = int.from_bytes(self._world.token(n=4).encode(), "big")
        code = f"{self._world.token(n=64)}*{number % 10}!{number}.e1"
        record = {
            "client_key": client_key,
            "creator": creator,
            "scopes": list(scopes),
            "redirect_uri": request["redirect_uri"],
            "challenge": request.get("code_challenge"),
            "expires_at": self._later(settings.load(self._store).code_life_s),
        }
        self._store.put("tiktok_code", code, record)
        return code

    def code(self, code: str) -> dict[str, Any] | None:
        """The code's record, or None when it is unknown, used or too old."""
        record = self._store.get("tiktok_code", code)
        return None if record is None or self._past(record["expires_at"]) else record

    def use_code(self, code: str) -> None:
        """It cannot be used again."""
        self._store.delete("tiktok_code", code)

    def issue(self, client_key: str, creator: str, scopes: list[str]) -> dict[str, Any]:
        """The token endpoint's reply."""
        with self._store.transaction():
            refresh_token = self._new("tiktok_refresh", "rft.", client_key, creator, scopes)
            return self._reply(refresh_token, client_key, creator, scopes)

    def refresh(self, client_key: str, refresh_token: str) -> dict[str, Any]:
        """A new access token, and a refresh token that may be another one. Raises DeadTokenError."""
        record = self._live("tiktok_refresh", refresh_token)
        if record["client_key"] != client_key:
            raise DeadTokenError
        rotation, now_valid = settings.load(self._store).refresh_rotation, refresh_token
        with self._store.transaction():
            if rotation != "same":
                now_valid = self._new("tiktok_refresh", "rft.", client_key, record["creator"], record["scopes"])
            if rotation == "old_invalid":
                self._store.put("tiktok_refresh", refresh_token, {**record, "dead": True})
            return self._reply(now_valid, client_key, record["creator"], record["scopes"])

    def access(self, access_token: str) -> Access:
        """What the token opens. Raises DeadTokenError."""
        record = self._live("tiktok_access", access_token)
        return Access(record["creator"], record["client_key"], tuple(record["scopes"]))

    def revoke_token(self, client_key: str, token: str) -> str:
        """End the grant that the token belongs to; whose it was. Raises DeadTokenError."""
        for kind in _KINDS:
            record = self._store.get(kind, token)
            if record is not None and not record["dead"] and record["client_key"] == client_key:
                self.revoke(record["creator"], client_key)
                return str(record["creator"])
        raise DeadTokenError

    def revoke(self, creator: str, client_key: str | None = None) -> int:
        """The creator takes the permission back (from one client, or all); how many tokens died."""
        died = 0
        with self._store.transaction():
            for kind in _KINDS:
                for record in self._store.list(kind):
                    mine = record["creator"] == creator and client_key in (None, record["client_key"])
                    if mine and not record["dead"]:
                        self._store.put(kind, record["token"], {**record, "dead": True})
                        died += 1
        return died

    def expire_access(self, creator: str | None = None) -> int:
        """Let access tokens run out now (of one creator, or all); how many did."""
        records = [r for r in self._store.list("tiktok_access") if creator in (None, r["creator"])]
        with self._store.transaction():
            for record in records:
                self._store.put("tiktok_access", record["token"], {**record, "expires_at": self._later(-1)})
        return len(records)

    def live_refresh_tokens(self, creator: str) -> int:
        """How many refresh tokens of the creator still work."""
        records = self._store.list("tiktok_refresh")
        return sum(r["creator"] == creator and not r["dead"] and not self._past(r["expires_at"]) for r in records)

    def _live(self, kind: str, token: str) -> dict[str, Any]:
        record = self._store.get(kind, token)
        if record is None or record["dead"] or self._past(record["expires_at"]):
            raise DeadTokenError
        return record

    def _new(self, kind: str, prefix: str, client_key: str, creator: str, scopes: list[str]) -> str:
        rules = settings.load(self._store)
        life_s = rules.access_life_s if kind == "tiktok_access" else rules.refresh_life_s
        number = int.from_bytes(self._world.token(n=4).encode(), "big")
        token = f"{prefix}{self._world.token(n=64)}!{number}.e1"
        record = {"token": token, "client_key": client_key, "creator": creator, "scopes": scopes, "dead": False}
        self._store.put(kind, token, {**record, "expires_at": self._later(life_s)})
        return token

    def _reply(self, refresh_token: str, client_key: str, creator: str, scopes: list[str]) -> dict[str, Any]:
        record = self._live("tiktok_refresh", refresh_token)
        remaining = datetime.fromisoformat(record["expires_at"]) - self._world.clock.now()
        return {
            "access_token": self._new("tiktok_access", "act.", client_key, creator, scopes),
            "expires_in": settings.load(self._store).access_life_s,
            "open_id": creator,
            "refresh_expires_in": round(remaining.total_seconds()),
            "refresh_token": refresh_token,
            "scope": ",".join(scopes),
            "token_type": "Bearer",
        }

    def _later(self, seconds: float) -> str:
        return (self._world.clock.now() + timedelta(seconds=seconds)).isoformat()

    def _past(self, moment: str) -> bool:
        return datetime.fromisoformat(moment) <= self._world.clock.now()
