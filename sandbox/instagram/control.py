"""`/control/instagram`: act as the person, age tokens, look at what was published, and change the servers' rules."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from sandbox.control.bodies import json_object, missing, refusal
from sandbox.instagram import directory as known
from sandbox.instagram import settings
from sandbox.instagram.consent import Consent, RefusedError, asked_of, login_of
from sandbox.instagram.containers import Container, Containers
from sandbox.instagram.directory import FACEBOOK, INSTAGRAM, Directory
from sandbox.instagram.grants import REVOCATIONS, Grants
from sandbox.instagram.ledger import line
from sandbox.instagram.library import Library, Media
from sandbox.instagram.usage import Usage
from sandbox.world import World

_CHANGEABLE = frozenset({"likes", "insights", "undeletable", "comments_enabled"})


def info(world: World) -> dict[str, Any]:
    """What a client of the sandbox has to know."""
    base = f"{world.base_url}/instagram"
    return {
        "instagram_client_id": known.CLIENT_ID,
        "instagram_client_secret": known.CLIENT_SECRET,
        "instagram_facebook_client_id": known.FACEBOOK_CLIENT_ID,
        "instagram_facebook_client_secret": known.FACEBOOK_CLIENT_SECRET,
        "instagram_urls": {
            host: f"{base}/{host}" for host in ("graph", "www", "api", "facebook", "facebook-www", "rupload")
        },
        "instagram_accounts": Directory(world).accounts(),
    }


def routes(world: World) -> list[web.RouteDef]:
    """Relative to `/control`."""
    people, shelf = _PeopleControl(world), _ShelfControl(world)
    return [
        web.get("/instagram/accounts", people.accounts),
        web.post("/instagram/accounts", people.put_account),
        web.post("/instagram/clients", people.put_client),
        web.post("/instagram/consent", people.consent),
        web.post("/instagram/revoke", people.revoke),
        web.post("/instagram/expire", people.expire),
        web.post("/instagram/age", people.age),
        web.get("/instagram/settings", people.settings),
        web.post("/instagram/settings", people.change_settings),
        web.get("/instagram/usage", people.usage),
        web.post("/instagram/usage", people.change_usage),
        web.post("/instagram/quota", people.change_quota),
        web.get("/instagram/videos", shelf.videos),
        web.get("/instagram/videos/{id}", shelf.video),
        web.post("/instagram/videos/{id}", shelf.change_video),
        web.get("/instagram/videos/{id}/file", shelf.file),
        web.get("/instagram/videos/{id}/thumbnail", shelf.cover),
        web.get("/instagram/comments", shelf.comments),
        web.get("/instagram/containers", shelf.containers),
        web.post("/instagram/containers/{id}", shelf.change_container),
    ]


class _PeopleControl:
    """Accounts, tokens, rules."""

    def __init__(self, world: World) -> None:
        self._world, self._usage = world, Usage(world)
        self._directory, self._grants = Directory(world), Grants(world)
        self._consent = Consent(world, self._directory, self._grants)
        self._library = Library(world, self._directory, Containers(world))

    async def accounts(self, _: web.Request) -> web.Response:
        live = self._grants.live
        accounts = [{**account, "tokens": len(live(account["id"]))} for account in self._directory.accounts()]
        return web.json_response({"accounts": accounts})

    async def put_account(self, request: web.Request) -> web.Response:
        """{"id", …fields}: add an account or change it."""
        body = await json_object(request)
        if not isinstance(body.get("id"), str) or not body["id"].isdecimal():
            raise refusal("say the Instagram user id, in digits")
        return web.json_response(self._directory.put_account(body))

    async def put_client(self, request: web.Request) -> web.Response:
        """{"id", "secret", "login"?: instagram|facebook, "redirect_uris"?: […]}."""
        body = await json_object(request)
        if not isinstance(body.get("id"), str) or not isinstance(body.get("secret"), str):
            raise refusal("say the app's id and secret")
        if body.get("login", INSTAGRAM) not in (INSTAGRAM, FACEBOOK):
            raise refusal("login is instagram or facebook")
        self._directory.put_client(body)
        return web.json_response(self._directory.client(body["id"]))

    async def consent(self, request: web.Request) -> web.Response:
        """{"url": authorize address, "account"? or "accounts"?, "scopes"?, "decision"?: "deny"} -> {"redirect"}."""
        body = await json_object(request)
        parts = urlsplit(str(body.get("url", "")))
        login, query = login_of(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True))
        try:
            self._consent.check(login, query)
        except RefusedError as error:
            raise refusal(str(error)) from error
        first = [account["id"] for account in self._consent.choices(login)][:1]
        accounts = body.get("accounts") or ([body["account"]] if "account" in body else first)
        ticked = [str(scope) for scope in body.get("scopes", asked_of(query))]
        allowed = body.get("decision", "allow") == "allow"
        return web.json_response({"redirect": self._consent.decide(login, query, accounts, ticked, allowed=allowed)})

    async def revoke(self, request: web.Request) -> web.Response:
        """{"account"?, "subcode"?: 458 removed, 460 password, …}: tokens die (without account: everyone's)."""
        body = await json_object(request)
        subcode = body.get("subcode", 458)
        if subcode not in REVOCATIONS:
            raise refusal(f"subcode is one of {sorted(REVOCATIONS)}")
        return web.json_response({"revoked": self._grants.revoke(self._account_in(body), subcode)})

    async def expire(self, request: web.Request) -> web.Response:
        """{"account"?}: tokens run out now; Page tokens without an end live on."""
        return web.json_response({"expired": self._grants.expire(self._account_in(await json_object(request)))})

    async def age(self, request: web.Request) -> web.Response:
        """{"seconds", "account"?}: tokens become older by that much."""
        body = await json_object(request)
        seconds = body.get("seconds")
        if not isinstance(seconds, int | float):
            raise refusal("seconds is a number")
        return web.json_response({"aged": self._grants.age(self._account_in(body), seconds)})

    async def settings(self, _: web.Request) -> web.Response:
        return web.json_response(settings.to_json(settings.load(self._world.store)))

    async def change_settings(self, request: web.Request) -> web.Response:
        """Any fields of InstagramSettings."""
        try:
            changed = settings.change(self._world.store, await json_object(request))
        except (TypeError, ValueError) as error:
            raise refusal(str(error)) from error
        return web.json_response(settings.to_json(changed))

    async def usage(self, _: web.Request) -> web.Response:
        """Percent by "app|ID" and "account|ID"."""
        return web.json_response({"usage": self._usage.all()})

    async def change_usage(self, request: web.Request) -> web.Response:
        """{"app"?: percent, "account"?: ID, "percent"?} or {"clear": true}."""
        body = await json_object(request)
        if body.get("clear"):
            self._usage.clear()
        if isinstance(body.get("app"), int):
            for client in (known.CLIENT_ID, known.FACEBOOK_CLIENT_ID):
                self._usage.raise_to(f"app|{client}", body["app"])
        if "account" in body:
            self._usage.raise_to(f"account|{self._account_in(body)}", int(body.get("percent", 0)))
        return await self.usage(request)

    async def change_quota(self, request: web.Request) -> web.Response:
        """{"account", "used"}: as if so many Reels were published now, besides the real ones."""
        body = await json_object(request)
        if not isinstance(body.get("used"), int) or "account" not in body:
            raise refusal("say account and used")
        self._library.claim_quota(str(self._account_in(body)), body["used"])
        return web.json_response({"ok": True})

    def _account_in(self, body: dict[str, Any]) -> str | None:
        account = body.get("account")
        if account is not None and self._directory.account(str(account)) is None:
            raise missing("no such account")
        return None if account is None else str(account)


class _ShelfControl:
    """What was published, and what may be."""

    def __init__(self, world: World) -> None:
        self._world, self._containers = world, Containers(world)
        self._library = Library(world, Directory(world), self._containers)

    async def videos(self, request: web.Request) -> web.Response:
        """The ledger, oldest first. Query: channel=ID (or account=ID), deleted=1."""
        query = request.query
        wanted, deleted = query.get("channel", query.get("account")), query.get("deleted") == "1"
        found = [media for media in self._library.all(deleted=deleted) if wanted in (None, media["account"])]
        return web.json_response({"videos": [line(self._library, media) for media in found]})

    async def video(self, request: web.Request) -> web.Response:
        return web.json_response(line(self._library, self._found(request)))

    async def change_video(self, request: web.Request) -> web.Response:
        """{"likes"?, "insights"?: {"views": …}, "undeletable"?, "comments_enabled"?}."""
        media, body = self._found(request), await json_object(request)
        if unknown := sorted(set(body) - _CHANGEABLE):
            raise refusal(f"unknown fields: {', '.join(unknown)}")
        changed = {**media, **body}
        self._library.save(changed)
        return web.json_response(line(self._library, changed))

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The bytes as they arrived; Range is honoured."""
        return web.FileResponse(self._library.path(self._found(request)), headers={"Content-Type": "video/mp4"})

    async def cover(self, request: web.Request) -> web.StreamResponse:
        media = self._found(request)
        if not self._library.container_of(media)["has_cover"]:
            raise missing("no cover was given")
        return web.FileResponse(self._library.cover_path(media), headers={"Content-Type": "image/jpeg"})

    async def comments(self, request: web.Request) -> web.Response:
        """Oldest first. Query: video=ID."""
        video = request.query.get("video")
        comments = [c for c in self._world.store.list("instagram_comment") if video in (None, c["media"])]
        return web.json_response({"comments": [{**c, "video_id": c["media"]} for c in comments]})

    async def containers(self, request: web.Request) -> web.Response:
        """Oldest first. Query: account=ID."""
        account = request.query.get("account")
        lines = [self._container(c) for c in self._containers.all() if account in (None, c["account"])]
        return web.json_response({"containers": lines})

    async def change_container(self, request: web.Request) -> web.Response:
        """{"error": code}: it is an ERROR at once; {"processed": true}: its processing is over."""
        container, body = self._containers.get(request.match_info["id"]), await json_object(request)
        if container is None:
            raise missing("no such container")
        if isinstance(body.get("error"), int):
            container = self._containers.fail(container, body["error"])
        if container["completed_at"] is None:
            raise refusal("its bytes have not arrived")
        over = self._world.clock.now() - timedelta(seconds=settings.load(self._world.store).processing_s)
        changed = {**container, "completed_at": over.isoformat(timespec="microseconds")}
        self._containers.save(changed)
        return web.json_response(self._container(changed))

    def _container(self, container: Container) -> dict[str, Any]:
        shown = {name: container[name] for name in ("id", "account", "created_at", "reel", "error", "media_id", "file")}
        shown |= {"kind": "resumable" if container["video_url"] is None else "url", "total": container["total"]}
        status = {"status_code": self._containers.status_code(container), "status": self._containers.status(container)}
        return {**shown, **status, "stored": self._containers.stored(container)}

    def _found(self, request: web.Request) -> Media:
        media = self._library.get(request.match_info["id"])
        if media is None:
            raise missing("no such video")
        return media
