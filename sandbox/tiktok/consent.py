"""www.tiktok.com/v2/auth/authorize/: where a creator says yes or no."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp import web

from sandbox.tiktok import page
from sandbox.tiktok.directory import ALWAYS_GRANTED, SCOPES, Directory, redirect_allowed
from sandbox.tiktok.grants import Grants
from sandbox.world import World

_PATHS = ("/www/v2/auth/authorize/", "/www/v2/auth/authorize")
_CHALLENGE = re.compile(r"[0-9A-Za-z_-]{43,128}")


class RefusedError(Exception):
    """A request that is answered with an error page and no redirect."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class Consent:
    """The authorize endpoint."""

    def __init__(self, world: World, directory: Directory, grants: Grants) -> None:
        self._world, self._directory, self._grants = world, directory, grants

    def routes(self) -> list[web.RouteDef]:
        shown = [web.get(path, self.show) for path in _PATHS]
        return [*shown, *(web.post(path, self.answer) for path in _PATHS)]

    async def show(self, request: web.Request) -> web.Response:
        """The page."""
        try:
            self.check(request.query)
        except RefusedError as error:
            return page.refused(error.code, error.text)
        return page.consent(request.path_qs, self._directory.creators(), asked_scopes(request.query))

    async def answer(self, request: web.Request) -> web.Response:
        """The form came back."""
        try:
            self.check(request.query)
        except RefusedError as error:
            return page.refused(error.code, error.text)
        form = await request.post()
        ticked = [str(scope) for scope in form.getall("scope", [])]
        allowed = form.get("decision") == "allow"
        raise web.HTTPFound(self.decide(request.query, str(form.get("creator", "")), ticked, allowed=allowed))

    def check(self, query: Mapping[str, str]) -> None:
        """Raises RefusedError for what the creator is not even asked about."""
        client = self._directory.client(query.get("client_key", ""))
        if client is None:
            raise RefusedError("client_key", "The client_key is missing or not known.")
        if not redirect_allowed(client, query.get("redirect_uri", "")):
            raise RefusedError("redirect_uri", "The redirect_uri is not one of this client's.")
        if query.get("response_type") != "code":
            raise RefusedError("unsupported_response_type", "Only response_type=code is offered.")
        scopes = asked_scopes(query)
        if not scopes or any(scope not in SCOPES for scope in scopes):
            raise RefusedError("scope", "The scopes are separated by commas, and each is one of this client's.")
        if client["type"] == "desktop":
            _check_challenge(query)

    def decide(self, query: Mapping[str, str], creator: str, ticked: list[str], *, allowed: bool) -> str:
        """The address the browser is sent to."""
        asked = asked_scopes(query)
        scopes = [scope for scope in asked if scope in ticked or scope == ALWAYS_GRANTED]
        if not allowed or not scopes or self._directory.creator(creator) is None:
            refusal = {"error": "access_denied", "error_description": "User cancelled the authorization"}
            return _redirect(query, refusal)
        code = self._grants.give_code(
            client_key=query["client_key"], creator=creator, scopes=scopes, request=dict(query)
        )
        self._world.events.publish("tiktok.consent", {"creator": creator})
        return _redirect(query, {"code": code, "scopes": ",".join(scopes)})


def asked_scopes(query: Mapping[str, str]) -> list[str]:
    """The scopes of an authorize request, each once."""
    return list(dict.fromkeys(scope for scope in query.get("scope", "").split(",") if scope))


def _check_challenge(query: Mapping[str, str]) -> None:
    # Whether it is the hexadecimal kind shows only when the verifier arrives.
    if query.get("code_challenge_method") != "S256":
        raise RefusedError("code_challenge_method", "Clients for desktop use code_challenge_method=S256.")
    if not _CHALLENGE.fullmatch(query.get("code_challenge", "")):
        raise RefusedError("code_challenge", "Clients for desktop send a code_challenge.")


def _redirect(query: Mapping[str, str], answer: dict[str, str]) -> str:
    state = {"state": query["state"]} if "state" in query else {}
    return f"{query['redirect_uri']}?{urlencode({**answer, **state})}"
