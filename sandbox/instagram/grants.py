"""What people have allowed an app: codes, and tokens of five kinds, by the virtual clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.instagram import settings
from sandbox.instagram.directory import FACEBOOK, INSTAGRAM
from sandbox.instagram.errors import GraphError
from sandbox.world import World

SHORT, LONG, PAGE = "short", "long", "page"
Record = dict[str, Any]
_PREFIX = {INSTAGRAM: "IGAA", FACEBOOK: "EAAG"}
_REVOKED = {
    458: "The user has not authorized application.",
    459: "The session has been invalidated because the user needs to pass a checkpoint.",
    460: "The session has been invalidated because the user changed their password or Facebook has changed the session"
    " for security reasons.",
    464: "Sessions for the user are not allowed because the user is not a confirmed user.",
    467: "The access token is invalid since the user has logged out.",
    492: "Invalid session: the user associated with the Page access token does not have an appropriate role.",
}
REVOCATIONS = frozenset(_REVOKED)


@dataclass(frozen=True, slots=True)
class Access:
    """What a live token opens. `kind`: short, long or page."""

    token: str
    login: str
    kind: str
    client_id: str
    accounts: tuple[str, ...]
    permissions: frozenset[str]
    asked: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime | None
    page: str | None = None


class Grants:
    """The ledger of permissions."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store

    def give_code(
        self, *, client: Record, accounts: list[str], permissions: list[str], asked: list[str], redirect_uri: str
    ) -> str:
        """The person said yes: a single-use code."""
        code = self._world.token("AQ", 90)
        life = timedelta(seconds=settings.load(self._store).code_life_s)
        record = {"client_id": client["id"], "login": client["login"], "accounts": accounts, "asked": asked}
        record |= {"permissions": permissions, "redirect_uri": redirect_uri, "used": False}
        record["expires_at"] = (self._world.clock.now() + life).isoformat()
        self._store.put("instagram_code", code, record)
        return code

    def code(self, code: str, client_id: str) -> Record | None:
        """The code's record with `expired` worked out; None: unknown, or another app's."""
        record = self._store.get("instagram_code", code)
        if record is None or record["client_id"] != client_id:
            return None
        return {**record, "expired": datetime.fromisoformat(record["expires_at"]) <= self._world.clock.now()}

    def use_code(self, code: str) -> Access:
        """It cannot be used again; a short-lived token."""
        record = self._store.get("instagram_code", code) or {}
        with self._store.transaction():
            self._store.put("instagram_code", code, {**record, "used": True})
            return self.issue(record, SHORT, settings.load(self._store).short_life_s)

    def issue(self, given: Record, kind: str, life_s: float | None, page: str | None = None) -> Access:
        """A new token over what `given` (login, client_id, accounts, permissions, asked) says; None: it never ends."""
        now = self._world.clock.now()
        record = {name: given[name] for name in ("login", "client_id", "accounts", "permissions", "asked")}
        record |= {"token": self._world.token(_PREFIX[given["login"]], 120), "kind": kind, "page": page, "dead": None}
        record["issued_at"] = now.isoformat()
        record["expires_at"] = None if life_s is None else (now + timedelta(seconds=life_s)).isoformat()
        self._store.put("instagram_token", record["token"], record)
        return _access(record)

    def renew(self, access: Access, kind: str) -> Access:
        """A long-lived token over the same."""
        return self.issue(self.record(access.token), kind, settings.load(self._store).long_life_s)

    def page_token(self, access: Access, account: str, page: str) -> Access:
        """A Page's token: without end when made from a long-lived one. Asking again gives the same one."""
        for record in self._store.list("instagram_token"):
            same = record["page"] == page and record["client_id"] == access.client_id and record["dead"] is None
            if same and (record["expires_at"] is None) == (access.kind == LONG):
                self._store.put(
                    "instagram_token", record["token"], {**record, "permissions": sorted(access.permissions)}
                )
                return _access({**record, "permissions": sorted(access.permissions)})
        left = None
        if access.kind != LONG and access.expires_at is not None:
            left = (access.expires_at - self._world.clock.now()).total_seconds()
        return self.issue({**self.record(access.token), "accounts": [account]}, PAGE, left, page)

    def record(self, token: str) -> Record:
        """The stored token. Raises GraphError 190 for none."""
        record = self._store.get("instagram_token", token)
        if record is None:
            raise self._refuse("Invalid OAuth access token - Cannot parse access token")
        return record

    def access(self, token: str, login: str) -> Access:
        """Raises GraphError 190: of the other login, revoked or run out."""
        record = self.record(token)
        if record["login"] != login:
            raise self._refuse("Invalid OAuth access token - Cannot parse access token")
        if record["dead"] is not None:
            why = _REVOKED.get(record["dead"], "The session is invalid.")
            raise self._refuse(f"Error validating access token: {why}", record["dead"])
        access, now = _access(record), self._world.clock.now()
        if access.expires_at is not None and access.expires_at <= now:
            ended = access.expires_at.strftime("%A, %d-%b-%y %H:%M:%S UTC")
            told = f"Session has expired on {ended}. The current time is {now:%A, %d-%b-%y %H:%M:%S UTC}."
            raise self._refuse(f"Error validating access token: {told}", 463)
        return access

    def live(self, account: str | None = None) -> list[Record]:
        """Tokens that are not revoked, oldest first."""
        tokens = self._store.list("instagram_token")
        return [t for t in tokens if t["dead"] is None and (account is None or account in t["accounts"])]

    def revoke(self, account: str | None, subcode: int, client_id: str | None = None) -> int:
        """The person takes the permission back; how many tokens die. Page tokens die with it."""
        doomed = [t for t in self.live(account) if client_id in (None, t["client_id"])]
        for record in doomed:
            self._store.put("instagram_token", record["token"], {**record, "dead": subcode})
        return len(doomed)

    def age(self, account: str | None, seconds: float) -> int:
        """Tokens become older by that much; how many."""
        back = timedelta(seconds=seconds)
        for record in self.live(account):
            moved = {"issued_at": (datetime.fromisoformat(record["issued_at"]) - back).isoformat()}
            if record["expires_at"] is not None:
                moved["expires_at"] = (datetime.fromisoformat(record["expires_at"]) - back).isoformat()
            self._store.put("instagram_token", record["token"], {**record, **moved})
        return len(self.live(account))

    def expire(self, account: str | None) -> int:
        """Tokens that can run out do so now; how many."""
        ending = [t for t in self.live(account) if t["expires_at"] is not None]
        now = self._world.clock.now().isoformat()
        for record in ending:
            self._store.put("instagram_token", record["token"], {**record, "expires_at": now})
        return len(ending)

    def _refuse(self, message: str, subcode: int | None = None) -> GraphError:
        return GraphError(190, subcode, message, http=settings.load(self._store).token_status)


def _access(record: Record) -> Access:
    ends = record["expires_at"]
    return Access(
        token=record["token"],
        login=record["login"],
        kind=record["kind"],
        client_id=record["client_id"],
        accounts=tuple(record["accounts"]),
        permissions=frozenset(record["permissions"]),
        asked=tuple(record["asked"]),
        issued_at=datetime.fromisoformat(record["issued_at"]),
        expires_at=None if ends is None else datetime.fromisoformat(ends),
        page=record["page"],
    )
