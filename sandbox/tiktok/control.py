"""`/control/tiktok`: act as the creator at TikTok, read the ledger of posts, and change the servers' rules."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from sandbox.control.bodies import json_object, missing, refusal
from sandbox.tiktok import directory as known
from sandbox.tiktok import settings
from sandbox.tiktok.consent import Consent, RefusedError, asked_scopes
from sandbox.tiktok.directory import Directory, privacy_options
from sandbox.tiktok.errors import BLOCKS
from sandbox.tiktok.grants import Grants
from sandbox.tiktok.ledger import line
from sandbox.tiktok.posts import IN_INBOX, Post, Posts, status
from sandbox.tiktok.windows import Windows
from sandbox.world import World


def info(world: World) -> dict[str, Any]:
    """What a client of the sandbox has to know."""
    return {
        "tiktok_client_key": known.CLIENT_KEY,
        "tiktok_client_secret": known.CLIENT_SECRET,
        "tiktok_unaudited_client_key": known.UNAUDITED_KEY,
        "tiktok_unaudited_client_secret": known.UNAUDITED_SECRET,
        "tiktok_web_client_key": known.WEB_KEY,
        "tiktok_web_client_secret": known.WEB_SECRET,
        "tiktok_api_url": f"{world.base_url}/tiktok/api",
        "tiktok_auth_url": f"{world.base_url}/tiktok/www",
        "tiktok_creators": Directory(world).creators(),
    }


def routes(world: World) -> list[web.RouteDef]:
    """Relative to `/control`."""
    people, ledger = _People(world), _Ledger(world)
    return [
        web.post("/tiktok/consent", people.consent),
        web.post("/tiktok/revoke", people.revoke),
        web.post("/tiktok/expire", people.expire),
        web.get("/tiktok/creators", people.creators),
        web.post("/tiktok/creators", people.put_creator),
        web.post("/tiktok/clients", people.put_client),
        web.get("/tiktok/settings", ledger.settings),
        web.post("/tiktok/settings", ledger.change_settings),
        web.get("/tiktok/videos", ledger.videos),
        web.get("/tiktok/videos/{id}", ledger.video),
        web.post("/tiktok/videos/{id}", ledger.change_video),
        web.delete("/tiktok/videos/{id}", ledger.delete_video),
        web.get("/tiktok/videos/{id}/file", ledger.file),
        web.post("/tiktok/videos/{id}/finish", ledger.finish),
        web.post("/tiktok/uploads/kill", ledger.kill_uploads),
        web.post("/tiktok/windows/clear", ledger.clear_windows),
    ]


class _People:
    def __init__(self, world: World) -> None:
        self._directory, self._grants = Directory(world), Grants(world)
        self._posts = Posts(world, self._directory)
        self._consent = Consent(world, self._directory, self._grants)

    async def consent(self, request: web.Request) -> web.Response:
        """{"url": authorize URL, "creator"?: id, "scopes"?: [...], "decision"?: allow|deny} -> {"redirect": URL}."""
        body = await json_object(request)
        query = dict(parse_qsl(urlsplit(str(body.get("url", ""))).query, keep_blank_values=True))
        try:
            self._consent.check(query)
        except RefusedError as error:
            raise refusal(f"{error.code}: {error.text}") from error
        creator = self._creator_in(body)
        ticked = [str(scope) for scope in body.get("scopes", asked_scopes(query))]
        allowed = body.get("decision", "allow") == "allow"
        return web.json_response({"redirect": self._consent.decide(query, creator, ticked, allowed=allowed)})

    async def revoke(self, request: web.Request) -> web.Response:
        """{"creator"?: id}: the permission is taken back (without creator: by everyone)."""
        body = await json_object(request)
        wanted = [self._creator_in(body)] if "creator" in body else [c["id"] for c in self._directory.creators()]
        revoked = sum(self._grants.revoke(creator) for creator in wanted)
        for creator in wanted:
            self._posts.lose_permission(creator, None)
        return web.json_response({"revoked": revoked})

    async def expire(self, request: web.Request) -> web.Response:
        """{"creator"?: id}: access tokens run out now; refresh tokens live on."""
        body = await json_object(request)
        creator = self._creator_in(body) if "creator" in body else None
        return web.json_response({"expired": self._grants.expire_access(creator)})

    async def creators(self, _: web.Request) -> web.Response:
        live = self._grants.live_refresh_tokens
        creators = [{**c, "refresh_tokens": live(c["id"])} for c in self._directory.creators()]
        return web.json_response({"creators": creators})

    async def put_creator(self, request: web.Request) -> web.Response:
        """{"id", ...fields}: add a creator or change one. `blocked` is null or why they cannot post."""
        body = await json_object(request)
        if not isinstance(body.get("id"), str):
            raise refusal("say the creator's id")
        if body.get("blocked") is not None and body["blocked"] not in BLOCKS:
            raise refusal(f"blocked is null or one of {', '.join(sorted(BLOCKS))}")
        self._directory.put_creator(body)
        return web.json_response(self._directory.creator(body["id"]))

    async def put_client(self, request: web.Request) -> web.Response:
        """{"key", "secret"?, "type"?: desktop|web, "audited"?, "redirect_uris"?: [...]}."""
        body = await json_object(request)
        if not isinstance(body.get("key"), str):
            raise refusal("say the client's key")
        if self._directory.client(body["key"]) is None and not isinstance(body.get("secret"), str):
            raise refusal("say the client's secret")
        self._directory.put_client(body)
        return web.json_response(self._directory.client(body["key"]))

    def _creator_in(self, body: dict[str, Any]) -> str:
        creator = str(body.get("creator") or self._directory.creators()[0]["id"])
        if self._directory.creator(creator) is None:
            raise missing("no such creator")
        return creator


class _Ledger:
    def __init__(self, world: World) -> None:
        self._world, self._directory = world, Directory(world)
        self._posts, self._windows = Posts(world, self._directory), Windows(world)

    async def videos(self, request: web.Request) -> web.Response:
        """Oldest first, those whose bytes are all there. Query: creator=ID, unfinished=1, deleted=1."""
        query = request.query
        lines = [
            self._line(post)
            for post in self._posts.all()
            if query.get("creator") in (None, post["creator"])
            and (post["arrived_at"] is not None or query.get("unfinished") == "1")
            and (post["deleted_at"] is None or query.get("deleted") == "1")
        ]
        return web.json_response({"videos": lines})

    async def video(self, request: web.Request) -> web.Response:
        """By the post's id or its publish_id."""
        return web.json_response(self._line(self._found(request)))

    async def change_video(self, request: web.Request) -> web.Response:
        """{"statistics"?: {view_count: …}, "fail_reason"?: a reason, from now on}."""
        post, body = self._found(request), await json_object(request)
        if unknown := sorted(set(body) - {"statistics", "fail_reason"}):
            raise refusal(f"unknown fields: {', '.join(unknown)}")
        try:
            settings.check_fail_reason(body.get("fail_reason"))
        except ValueError as error:
            raise refusal(str(error)) from error
        if statistics := body.get("statistics"):
            post = self._posts.save({**post, "statistics": {**post["statistics"], **statistics}})
        if reason := body.get("fail_reason"):
            post = self._posts.end(post, reason)
        return web.json_response(self._line(post))

    async def delete_video(self, request: web.Request) -> web.Response:
        """The creator deletes the post in the app: nobody sees it any more, its publish_id stays complete."""
        deleted_at = self._world.clock.now().isoformat(timespec="microseconds")
        post = self._posts.save({**self._found(request), "deleted_at": deleted_at})
        return web.json_response(self._line(post))

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The bytes as they were uploaded; Range is honoured."""
        post = self._found(request)
        if post["file"] is None:
            raise missing("not all bytes are there")
        return web.FileResponse(self._posts.path(post), headers={"Content-Type": post["file"]["type"]})

    async def finish(self, request: web.Request) -> web.Response:
        """{"title"?, "privacy_level"?}: the creator posts the draft that waits in the inbox."""
        post, body = self._found(request), await json_object(request)
        if status(post, self._world.clock.now()) != IN_INBOX:
            raise refusal("the post does not wait in the inbox")
        options = privacy_options(self._directory.creator(post["creator"]) or {"is_private": True})
        level = body.get("privacy_level", options[0])
        if level not in options:
            raise refusal(f"privacy_level is one of {', '.join(options)}")
        return web.json_response(self._line(self._posts.finish(post, str(body.get("title", "")), level)))

    async def kill_uploads(self, request: web.Request) -> web.Response:
        """{"status"?: 404 | 403}: unfinished uploads answer so from now on."""
        answer = (await json_object(request)).get("status", 404)
        if answer not in (403, 404):
            raise refusal("status is 403 or 404")
        doomed = [post for post in self._posts.all() if post["arrived_at"] is None and not post["killed"]]
        for post in doomed:
            self._posts.save({**post, "killed": answer})
        return web.json_response({"killed": len(doomed)})

    async def clear_windows(self, _: web.Request) -> web.Response:
        """No calls in the last minute, for anybody."""
        self._windows.clear()
        return web.json_response({"ok": True})

    async def settings(self, _: web.Request) -> web.Response:
        return web.json_response(settings.to_json(settings.load(self._world.store)))

    async def change_settings(self, request: web.Request) -> web.Response:
        """Any fields of TiktokSettings."""
        try:
            changed = settings.change(self._world.store, await json_object(request))
        except (TypeError, ValueError, AttributeError) as error:
            raise refusal(str(error)) from error
        return web.json_response(settings.to_json(changed))

    def _found(self, request: web.Request) -> Post:
        post = self._posts.get(request.match_info["id"])
        if post is None:
            raise missing("no such post")
        return post

    def _line(self, post: Post) -> dict[str, Any]:
        creator = self._directory.creator(post["creator"]) or {"username": post["creator"], "nickname": ""}
        return line(post, creator, self._world.clock.now())
