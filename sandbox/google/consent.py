"""accounts.google.com: the page where a person chooses a channel and says yes or no."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import web

from sandbox.google import page
from sandbox.google.directory import SCOPES, Directory, redirect_allowed
from sandbox.google.grants import Grants
from sandbox.world import World

_PATHS = ("/accounts/o/oauth2/v2/auth", "/accounts/o/oauth2/auth")


class RefusedError(Exception):
    """A request that Google answers with an error page and no redirect."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


class Consent:
    """The authorize endpoint."""

    def __init__(self, world: World, directory: Directory, grants: Grants) -> None:
        self._world, self._directory, self._grants = world, directory, grants

    def routes(self) -> list[web.RouteDef]:
        shown = [web.get(path, self.show) for path in _PATHS]
        return [*shown, *(web.post(path, self.answer) for path in _PATHS)]

    async def show(self, request: web.Request) -> web.Response:
        """The page, or with prompt=none an answer at once."""
        try:
            self.check(request.query)
        except RefusedError as error:
            return page.refused(error.status, error.code, error.text)
        if request.query.get("prompt") == "none":
            raise web.HTTPFound(self._without_asking(request.query))
        return page.consent(request.path_qs, request.query, self._directory.channels(), asked_scopes(request.query))

    async def answer(self, request: web.Request) -> web.Response:
        """The form came back."""
        try:
            self.check(request.query)
        except RefusedError as error:
            return page.refused(error.status, error.code, error.text)
        form = await request.post()
        allowed = form.get("decision") == "allow"
        ticked = [str(scope) for scope in form.getall("scope", [])]
        raise web.HTTPFound(self.decide(request.query, str(form.get("channel", "")), ticked, allowed=allowed))

    def check(self, query: Mapping[str, str]) -> None:
        """Raises RefusedError for what Google would not even ask the person about."""
        client = self._directory.client(query.get("client_id", ""))
        if client is None:
            raise RefusedError(401, "invalid_client", "The OAuth client was not found.")
        if client["type"] == "tv":
            raise RefusedError(400, "invalid_request", "Clients for limited-input devices use the device flow.")
        redirect_uri = query.get("redirect_uri")
        if not redirect_uri:
            raise RefusedError(400, "invalid_request", "Missing required parameter: redirect_uri")
        if not redirect_allowed(client, redirect_uri):
            raise RefusedError(400, "redirect_uri_mismatch", "The redirect_uri is not registered for this client.")
        if query.get("response_type") != "code":
            raise RefusedError(400, "unsupported_response_type", "Only response_type=code is offered.")
        if not asked_scopes(query):
            raise RefusedError(400, "invalid_request", "Missing required parameter: scope")
        if unknown := [scope for scope in asked_scopes(query) if scope not in SCOPES]:
            raise RefusedError(400, "invalid_scope", f"Some requested scopes were invalid: {unknown}")
        if query.get("code_challenge") and query.get("code_challenge_method", "plain") not in ("S256", "plain"):
            raise RefusedError(400, "invalid_request", "Invalid code_challenge_method")

    def decide(self, query: Mapping[str, str], channel: str, ticked: list[str], *, allowed: bool) -> str:
        """The address the browser is sent to."""
        scopes = [scope for scope in asked_scopes(query) if scope in ticked]
        if not allowed or not scopes or self._directory.channel(channel) is None:
            return _redirect(query, {"error": "access_denied"})
        code = self._grants.give_code(client_id=query["client_id"], channel=channel, scopes=scopes, request=dict(query))
        self._world.events.publish("google.consent", {"channel": channel})
        return _redirect(query, {"code": code, "scope": " ".join(scopes)})

    def _without_asking(self, query: Mapping[str, str]) -> str:
        asked = set(asked_scopes(query))
        for channel in self._directory.channels():
            if asked <= set(self._grants.consented(query["client_id"], channel["id"])):
                return self.decide(query, channel["id"], list(asked), allowed=True)
        return _redirect(query, {"error": "interaction_required"})


def asked_scopes(query: Mapping[str, str]) -> list[str]:
    """The scopes of an authorize request, each once."""
    return list(dict.fromkeys(query.get("scope", "").split()))


def _redirect(query: Mapping[str, str], answer: dict[str, str]) -> str:
    parts = urlsplit(query["redirect_uri"])
    state = {"state": query["state"]} if "state" in query else {}
    full = [*parse_qsl(parts.query, keep_blank_values=True), *state.items(), *answer.items()]
    return urlunsplit(parts._replace(query=urlencode(full)))
