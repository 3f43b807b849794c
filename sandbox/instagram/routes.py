"""The tables of both hosts, graph.instagram.com and graph.facebook.com, and the addresses around them."""

from collections.abc import AsyncIterator

from aiohttp import web

from sandbox.instagram.call import parameters_of, token_of
from sandbox.instagram.comments import Comments
from sandbox.instagram.consent import Consent
from sandbox.instagram.containers import Containers
from sandbox.instagram.directory import FACEBOOK, INSTAGRAM, Directory
from sandbox.instagram.errors import GraphError
from sandbox.instagram.fetch import Fetcher
from sandbox.instagram.gate import (
    BASIC,
    COMMENT,
    CONTENTS,
    INSIGHTS,
    NOTHING,
    PAGES,
    PUBLISH,
    Address,
    Gate,
    Operation,
    address_of,
)
from sandbox.instagram.grants import Grants
from sandbox.instagram.library import Library
from sandbox.instagram.logins import Logins
from sandbox.instagram.media import MediaNodes
from sandbox.instagram.people import People, inspected_token
from sandbox.instagram.publishing import Publishing
from sandbox.instagram.rupload import Rupload
from sandbox.world import World

_FACEBOOK_ONLY = frozenset({FACEBOOK})


def app(world: World) -> web.Application:
    """All hosts; see SERVERS in `sandbox.server` for where they are mounted."""
    servers = _Servers(world)
    application = web.Application()
    application.router.add_routes(servers.routes())
    application.cleanup_ctx.append(servers.fetching)
    return application


class _Servers:
    def __init__(self, world: World) -> None:
        self._world = world
        self._directory, self._grants = Directory(world), Grants(world)
        self._containers = containers = Containers(world)
        library = Library(world, self._directory, containers)
        self._fetcher = Fetcher(world, containers)
        self._logins = Logins(world, self._directory, self._grants)
        self._people = People(world, self._directory, self._grants, library)
        self._rupload = Rupload(world, self._grants, containers, self._fetcher)
        self._gate = Gate(world, self._directory, self._grants, containers, library)
        self._gate.operations.update(self._reading(world, library))
        self._gate.operations.update(self._publishing(Publishing(world, containers, library, self._fetcher)))
        self._gate.operations.update(_commenting(Comments(world, library)))

    def routes(self) -> list[web.RouteDef]:
        return [
            *Consent(self._world, self._directory, self._grants).routes(),
            web.post("/api/oauth/access_token", self._logins.instagram_code),
            web.post("/rupload/ig-api-upload/{version}/{container}", self._rupload.upload),
            web.route("*", "/graph/{path:.*}", self.instagram),
            web.route("*", "/facebook/{path:.*}", self.facebook),
        ]

    async def fetching(self, _: web.Application) -> AsyncIterator[None]:
        """What was being fetched when the last process died is fetched again; what has expired makes room."""
        self._containers.sweep()
        self._fetcher.go_on()
        yield
        await self._fetcher.stop()

    async def instagram(self, request: web.Request) -> web.Response:
        """graph.instagram.com."""
        return await self._graph(request, INSTAGRAM)

    async def facebook(self, request: web.Request) -> web.Response:
        """graph.facebook.com."""
        return await self._graph(request, FACEBOOK)

    async def _graph(self, request: web.Request, login: str) -> web.Response:
        headers: dict[str, str] = {}
        trace = self._world.token("A", 22)
        try:
            address = address_of(login, request.match_info["path"])
            answer = await self._token_call(request, address) or await self._gate.answer(request, address, headers)
        except GraphError as error:
            answer = error.response(trace)
        answer.headers.update(headers)
        answer.headers["facebook-api-version"] = "v26.0"
        answer.headers["x-fb-trace-id"] = trace
        return answer

    async def _token_call(self, request: web.Request, address: Address) -> web.Response | None:
        """The endpoints that take no live token of their own; None: it is another call."""
        path = "/".join(address.parts)
        known = (
            ("access_token", "refresh_access_token")
            if address.login == INSTAGRAM
            else ("oauth/access_token", "debug_token")
        )
        if path not in known:
            return None
        if request.method != "GET" and path != "oauth/access_token":
            message = f"Unsupported request - method type: {request.method.lower()}"
            raise GraphError(100, None, message, kind="IGApiException")
        given = await parameters_of(request)
        if path == "access_token":
            return self._logins.exchange(request, given)
        if path == "refresh_access_token":
            return self._logins.refresh(request, given)
        if path == "oauth/access_token":
            return self._logins.facebook(given)
        self._check_inspector(token_of(request, given))
        return self._people.debug(inspected_token(self._grants, given))

    def _check_inspector(self, token: str) -> None:
        client_id, bar, secret = token.partition("|")
        client = self._directory.client(client_id, FACEBOOK)
        if not bar:
            self._grants.access(token, FACEBOOK)
        elif client is None or client["secret"] != secret:
            raise GraphError(190, None, "Invalid OAuth access token signature.")

    def _reading(self, world: World, library: Library) -> dict[tuple[str, str, str], Operation]:
        media, people = MediaNodes(world, library), self._people
        return {
            ("GET", "me", ""): Operation(people.me, {INSTAGRAM: BASIC[INSTAGRAM]}),
            ("GET", "me", "accounts"): Operation(people.pages, PAGES, _FACEBOOK_ONLY),
            ("GET", "me", "permissions"): Operation(people.permissions, NOTHING, _FACEBOOK_ONLY),
            ("DELETE", "me", "permissions"): Operation(people.withdraw, NOTHING, _FACEBOOK_ONLY),
            ("GET", "page", ""): Operation(people.page, PAGES, _FACEBOOK_ONLY),
            ("GET", "user", ""): Operation(people.user, BASIC),
            ("GET", "user", "media"): Operation(media.list, BASIC),
            ("GET", "media", ""): Operation(media.show, BASIC),
            ("POST", "media", ""): Operation(media.change, COMMENT),
            ("DELETE", "media", ""): Operation(media.delete, CONTENTS, _FACEBOOK_ONLY),
            ("GET", "media", "insights"): Operation(media.insights, INSIGHTS),
        }

    def _publishing(self, publishing: Publishing) -> dict[tuple[str, str, str], Operation]:
        return {
            ("POST", "user", "media"): Operation(publishing.create, PUBLISH),
            ("POST", "user", "media_publish"): Operation(publishing.publish, PUBLISH),
            ("GET", "user", "content_publishing_limit"): Operation(publishing.limit, PUBLISH),
            ("GET", "container", ""): Operation(publishing.show, BASIC),
        }


def _commenting(comments: Comments) -> dict[tuple[str, str, str], Operation]:
    return {
        ("GET", "media", "comments"): Operation(comments.list, COMMENT),
        ("POST", "media", "comments"): Operation(comments.create, COMMENT),
        ("GET", "comment", ""): Operation(comments.show, COMMENT),
        ("POST", "comment", ""): Operation(comments.hide, COMMENT),
        ("DELETE", "comment", ""): Operation(comments.delete, COMMENT),
        ("GET", "comment", "replies"): Operation(comments.replies, COMMENT),
        ("POST", "comment", "replies"): Operation(comments.reply, COMMENT),
    }
