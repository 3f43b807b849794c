"""www.instagram.com and www.facebook.com: the pages where a person chooses accounts and permissions."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import web

from sandbox.instagram import page
from sandbox.instagram.directory import FACEBOOK, INSTAGRAM, PERMISSIONS, Directory, redirect_allowed
from sandbox.instagram.grants import Grants
from sandbox.world import World

_BASIC = "instagram_business_basic"  # Instagram's page gives no way to leave it out
_TAIL = {INSTAGRAM: "#_", FACEBOOK: "#_=_"}


class RefusedError(Exception):
    """A request that is answered with an error page and no redirect."""


class Consent:
    """The authorize pages of both logins."""

    def __init__(self, world: World, directory: Directory, grants: Grants) -> None:
        self._world, self._directory, self._grants = world, directory, grants

    def routes(self) -> list[web.RouteDef]:
        paths = (
            "/www/oauth/authorize",
            "/facebook-www/{version:v\\d+\\.\\d+}/dialog/oauth",
            "/facebook-www/dialog/oauth",
        )
        return [*(web.get(path, self.show) for path in paths), *(web.post(path, self.answer) for path in paths)]

    async def show(self, request: web.Request) -> web.Response:
        """The page."""
        login = login_of(request.path)
        try:
            self.check(login, request.query)
        except RefusedError as error:
            return page.refused(login, str(error))
        return page.consent(request.path_qs, login, self.choices(login), asked_of(request.query))

    async def answer(self, request: web.Request) -> web.Response:
        """The form came back."""
        login = login_of(request.path)
        try:
            self.check(login, request.query)
        except RefusedError as error:
            return page.refused(login, str(error))
        form = await request.post()
        allowed = form.get("decision") == "allow"
        accounts = [str(account) for account in form.getall("account", [])]
        ticked = [str(scope) for scope in form.getall("scope", [])]
        raise web.HTTPFound(self.decide(login, request.query, accounts, ticked, allowed=allowed))

    def check(self, login: str, query: Mapping[str, str]) -> None:
        """Raises RefusedError for what the person would not even be asked about."""
        client = self._directory.client(query.get("client_id", ""), login)
        if client is None:
            raise RefusedError("Invalid platform app: the client_id is not known here.")
        if not redirect_allowed(client, query.get("redirect_uri", "")):
            raise RefusedError("Invalid redirect_uri: it is not registered with the app.")
        if query.get("response_type", "" if login == INSTAGRAM else "code") != "code":
            raise RefusedError("Invalid response_type: only code is offered.")
        asked = asked_of(query)
        if unknown := [scope for scope in asked if scope not in PERMISSIONS[login]]:
            raise RefusedError(f"Invalid Scopes: {', '.join(unknown)}.")
        if login == INSTAGRAM and _BASIC not in asked:
            raise RefusedError(f"Invalid scope: {_BASIC} must be asked for.")

    def choices(self, login: str) -> list[dict[str, Any]]:
        """The accounts a person can choose; with Facebook Login, those that have a Page."""
        return [account for account in self._directory.accounts() if login == INSTAGRAM or account["page_linked"]]

    def decide(
        self, login: str, query: Mapping[str, str], accounts: Sequence[str], ticked: Sequence[str], *, allowed: bool
    ) -> str:
        """The address the browser is sent to."""
        known = [account["id"] for account in self.choices(login) if account["id"] in accounts]
        client = self._directory.client(query["client_id"], login)
        if not allowed or not known or client is None:
            return _redirect(login, query, _denied(login))
        asked = asked_of(query)
        given = [scope for scope in asked if scope in ticked or scope == _BASIC]
        code = self._grants.give_code(
            client=client,
            accounts=known[:1] if login == INSTAGRAM else known,
            permissions=given if login == INSTAGRAM else list(dict.fromkeys(["public_profile", *given])),
            asked=asked,
            redirect_uri=query["redirect_uri"],
        )
        self._world.events.publish("instagram.consent", {"accounts": known})
        return _redirect(login, query, {"code": code})


def login_of(path: str) -> str:
    """Which login an authorize address belongs to."""
    return FACEBOOK if "/dialog/oauth" in path else INSTAGRAM


def asked_of(query: Mapping[str, str]) -> list[str]:
    """The scopes of an authorize request, each once."""
    return list(dict.fromkeys(query.get("scope", "").replace(",", " ").split()))


def _denied(login: str) -> dict[str, str]:
    text = "The user denied your request." if login == INSTAGRAM else "Permissions error"
    return {"error": "access_denied", "error_reason": "user_denied", "error_description": text}


def _redirect(login: str, query: Mapping[str, str], answer: dict[str, str]) -> str:
    """Both sites append a fragment that belongs to nothing; a client has to take it off."""
    parts = urlsplit(query["redirect_uri"])
    state = {"state": query["state"]} if "state" in query else {}
    full = [*parse_qsl(parts.query, keep_blank_values=True), *answer.items(), *state.items()]
    return urlunsplit(parts._replace(query=urlencode(full))) + _TAIL[login]
