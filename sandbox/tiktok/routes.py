"""The table of TikTok's methods: address, scopes and calls per minute of each; hosts are paths here.

`/tiktok/api` is open.tiktokapis.com, `/tiktok/www` is www.tiktok.com, `/tiktok/upload` is the upload host. There is no
route to edit, delete, like or comment: TikTok offers none.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from sandbox.tiktok.consent import Consent
from sandbox.tiktok.directory import Directory
from sandbox.tiktok.display import Display
from sandbox.tiktok.gate import Gate, Handler, Method
from sandbox.tiktok.grants import Grants
from sandbox.tiktok.posts import Posts
from sandbox.tiktok.publish import Publish
from sandbox.tiktok.token_endpoint import TokenEndpoint
from sandbox.tiktok.upload import Upload
from sandbox.world import World

_LOOK_S = 0.2  # how often time's effects are looked for, to tell the page
_PUBLISH, _LIST = frozenset({"video.publish"}), frozenset({"video.list"})
_UPLOAD = frozenset({"video.upload"})
_EITHER = _PUBLISH | _UPLOAD
_USER = frozenset({"user.info.basic", "user.info.profile", "user.info.stats"})
_API, _POST = "/api/v2", "/api/v2/post/publish"


def _methods(publish: Publish, display: Display) -> list[tuple[str, str, Method, Handler]]:
    return [
        (
            "POST",
            f"{_POST}/creator_info/query/",
            Method("creator_info", _PUBLISH, "creator_infos_per_minute", needs_body=False),
            publish.creator_info,
        ),
        ("POST", f"{_POST}/video/init/", Method("init", _PUBLISH, "inits_per_minute"), publish.init),
        ("POST", f"{_POST}/inbox/video/init/", Method("inbox_init", _UPLOAD, "inits_per_minute"), publish.inbox_init),
        ("POST", f"{_POST}/status/fetch/", Method("status", _EITHER, "statuses_per_minute"), publish.fetch_status),
        ("POST", f"{_POST}/cancel/", Method("cancel", _EITHER, None), publish.cancel),
        (
            "POST",
            f"{_API}/video/list/",
            Method("video_list", _LIST, "displays_per_minute", needs_body=False),
            display.list,
        ),
        ("POST", f"{_API}/video/query/", Method("video_query", _LIST, "displays_per_minute"), display.query),
        (
            "GET",
            f"{_API}/user/info/",
            Method("user_info", _USER, "displays_per_minute", needs_body=False),
            display.user_info,
        ),
    ]


def app(world: World) -> web.Application:
    """All three hosts."""
    directory, grants = Directory(world), Grants(world)
    posts = Posts(world, directory)
    posts.sweep()
    gate = Gate(world, directory, grants)
    tiktok = web.Application()
    tiktok.router.add_routes(Consent(world, directory, grants).routes())
    tiktok.router.add_routes(TokenEndpoint(world, directory, grants, posts).routes())
    for verb, path, method, handler in _methods(Publish(world, directory, posts), Display(world, posts)):
        tiktok.router.add_route(verb, path, gate.guard(method, handler))
    tiktok.router.add_put("/upload/video/", Upload(world, posts).put)
    tiktok.cleanup_ctx.append(lambda _: _watch(posts))
    return tiktok


async def _watch(posts: Posts) -> AsyncIterator[None]:
    async def look() -> None:
        while True:
            posts.announce()
            await asyncio.sleep(_LOOK_S)

    watching = asyncio.create_task(look())
    yield
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
