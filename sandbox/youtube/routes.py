"""The table of the API's methods: address, scopes, cost and parameters of each."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from sandbox.world import World
from sandbox.youtube.analytics import PARAMETERS, Analytics
from sandbox.youtube.channels import CHANNEL_PARTS, PLAYLIST_ITEM_PARTS, Channels
from sandbox.youtube.comments import THREAD_PARTS, Comments
from sandbox.youtube.gate import COMMENT, READ, REPORT, UPLOAD, WRITE, Gate, Handler, Method
from sandbox.youtube.library import Library
from sandbox.youtube.metadata import PARTS
from sandbox.youtube.playlists import PLAYLIST_PARTS, Playlists
from sandbox.youtube.quota import ANALYTICS, INSERTS, SEARCHES, STATS
from sandbox.youtube.sessions import Sessions
from sandbox.youtube.thumbnails import Thumbnails
from sandbox.youtube.upload import Upload
from sandbox.youtube.videos import Videos

_LOOK_S = 0.2  # how often time's effects are looked for, to tell the page
_OWNER = {"onBehalfOfContentOwner", "onBehalfOfContentOwnerChannel"}
_PAGE = {"maxResults", "pageToken"}
_API, _UPLOADS = "/youtube/v3", ("/upload/youtube/v3", "/resumable/upload/youtube/v3")

_INSERT = Method(
    "videos.insert", UPLOAD, 1, frozenset({"notifySubscribers", "autoLevels", "stabilize", *_OWNER}), INSERTS, PARTS
)
_REPORT = Method("reports.query", REPORT, 1, PARAMETERS, ANALYTICS)
_SET_THUMBNAIL = Method("thumbnails.set", UPLOAD, 50, frozenset({"videoId", *_OWNER}))


def _methods(world: World, library: Library) -> list[tuple[str, str, Method, Handler]]:
    videos, channels, comments = Videos(world, library), Channels(world, library), Comments(world, library)
    playlists = Playlists(world, library, channels)
    listing = frozenset({"chart", "hl", "id", "locale", "maxHeight", "maxWidth", "myRating", "regionCode",
                         "videoCategoryId", *_PAGE, *_OWNER})  # fmt: skip
    searching = frozenset({"channelId", "forMine", "order", "publishedAfter", "publishedBefore", "q", "regionCode",
                           "relevanceLanguage", "safeSearch", "type", *_PAGE, *_OWNER})  # fmt: skip
    one, some = frozenset({"id", *_OWNER}), frozenset({"id", *_PAGE, *_OWNER})
    return [
        ("GET", "/videos", Method("videos.list", READ, 1, listing, parts=PARTS), videos.list),
        ("PUT", "/videos", Method("videos.update", WRITE, 50, frozenset(_OWNER), parts=PARTS), videos.update),
        ("DELETE", "/videos", Method("videos.delete", WRITE, 50, one), videos.delete),
        ("POST", "/videos/rate", Method("videos.rate", WRITE, 50, frozenset({"id", "rating"})), videos.rate),
        ("GET", "/videos/getRating", Method("videos.getRating", READ, 1, one), videos.get_rating),
        (
            "GET",
            "/videos:batchGetStats",
            Method(
                "videos.batchGetStats",
                READ,
                1,
                one,
                STATS,
                frozenset({"id", "snippet", "statistics", "contentDetails"}),
            ),
            videos.batch_get_stats,
        ),
        (
            "GET",
            "/channels",
            Method(
                "channels.list", READ, 1, some | {"mine", "forHandle", "hl"}, parts=CHANNEL_PARTS, needs_channel=False
            ),
            channels.list,
        ),
        (
            "GET",
            "/playlistItems",
            Method("playlistItems.list", READ, 1, some | {"playlistId", "videoId"}, parts=PLAYLIST_ITEM_PARTS),
            playlists.items,
        ),
        (
            "POST",
            "/playlistItems",
            Method("playlistItems.insert", WRITE, 50, frozenset(_OWNER), parts=PLAYLIST_ITEM_PARTS),
            playlists.add,
        ),
        (
            "GET",
            "/playlists",
            Method("playlists.list", READ, 1, some | {"mine", "channelId", "hl"}, parts=PLAYLIST_PARTS),
            playlists.list,
        ),
        (
            "POST",
            "/playlists",
            Method("playlists.insert", WRITE, 50, frozenset(_OWNER), parts=PLAYLIST_PARTS),
            playlists.insert,
        ),
        (
            "GET",
            "/videoCategories",
            Method(
                "videoCategories.list", READ, 1, frozenset({"id", "regionCode", "hl"}), parts=frozenset({"snippet"})
            ),
            playlists.categories,
        ),
        (
            "GET",
            "/search",
            Method("search.list", READ, 1, searching, SEARCHES, frozenset({"id", "snippet"})),
            channels.search,
        ),
        (
            "POST",
            "/commentThreads",
            Method("commentThreads.insert", COMMENT, 50, frozenset(), parts=THREAD_PARTS),
            comments.insert,
        ),
        (
            "GET",
            "/commentThreads",
            Method("commentThreads.list", COMMENT, 1, some | {"videoId", "order", "textFormat"}, parts=THREAD_PARTS),
            comments.list,
        ),
    ]


def app(world: World) -> web.Application:
    """The API under `/youtube/v3`, uploads under `/upload/youtube/v3` and `/resumable/upload/youtube/v3`."""
    gate, library = Gate(world), Library(world)
    sessions = Sessions(world, library)
    sessions.sweep()
    upload = Upload(world, gate, library, sessions)
    youtube = web.Application()
    for verb, path, method, handler in _methods(world, library):
        youtube.router.add_route(verb, _API + path, gate.guard(method, handler))
    for root in _UPLOADS:
        youtube.router.add_post(f"{root}/videos", gate.guard(_INSERT, upload.insert))
        youtube.router.add_put(f"{root}/videos", upload.put)
        youtube.router.add_post(f"{root}/thumbnails/set", gate.guard(_SET_THUMBNAIL, Thumbnails(world, library).set))
    youtube.router.add_get("/analytics/v2/reports", gate.guard(_REPORT, Analytics(world, library).query))
    youtube.cleanup_ctx.append(lambda _: _watch(library))
    return youtube


async def _watch(library: Library) -> AsyncIterator[None]:
    async def look() -> None:
        while True:
            library.announce()
            await asyncio.sleep(_LOOK_S)

    watching = asyncio.create_task(look())
    yield
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
