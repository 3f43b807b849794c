"""A channel's own playlists, what is put into them, and the categories of a country."""

from typing import Any

from aiohttp import web

from sandbox.google.directory import Directory
from sandbox.world import World
from sandbox.youtube import errors, resource, settings
from sandbox.youtube.channels import Channels, uploads_playlist
from sandbox.youtube.errors import ApiError
from sandbox.youtube.gate import Call, json_of
from sandbox.youtube.library import Library
from sandbox.youtube.paging import page_of

PLAYLIST_PARTS = frozenset({"contentDetails", "id", "localizations", "player", "snippet", "status"})
_DOMAIN = "youtube.playlistItem"
_CATEGORIES = (
    ("1", "Film & Animation", True), ("2", "Autos & Vehicles", True), ("10", "Music", True),
    ("15", "Pets & Animals", True), ("17", "Sports", True), ("18", "Short Movies", False),
    ("19", "Travel & Events", True), ("20", "Gaming", True), ("21", "Videoblogging", False),
    ("22", "People & Blogs", True), ("23", "Comedy", True), ("24", "Entertainment", True),
    ("25", "News & Politics", True), ("26", "Howto & Style", True), ("27", "Education", True),
    ("28", "Science & Technology", True), ("29", "Nonprofits & Activism", True), ("30", "Movies", False),
)  # fmt: skip
Record = dict[str, Any]


class Playlists:
    """playlists.list and insert, playlistItems.list and insert, videoCategories.list."""

    def __init__(self, world: World, library: Library, channels: Channels) -> None:
        self._world, self._library, self._channels = world, library, channels
        self._directory = Directory(world)

    async def list(self, call: Call) -> web.Response:
        """By mine or id."""
        if "mine" not in call.request.query and not call.listed("id"):
            raise errors.bad_request("missingRequiredParameter", "Expected one of: channelId, id, mine.", "parameters.")
        found = [
            playlist
            for playlist in self._world.store.list("playlist")
            if playlist["channel"] == call.channel and call.query("id") in ("", playlist["id"])
        ]
        body = page_of(call, "youtube#playlistListResponse", found, lambda p: self._shown(p, call), usual=5, most=50)
        return resource.answer(body)

    async def insert(self, call: Call) -> web.Response:
        """A new and empty one."""
        body = await json_of(call.request)
        title = str((body.get("snippet") or {}).get("title", "")).strip()
        if not title or len(title) > 150:
            raise ApiError(400, "playlistTitleRequired", "The request must specify a playlist title.")
        status = (body.get("status") or {}).get("privacyStatus", "public")
        playlist = {"id": self._world.token("PL", 32), "channel": call.channel, "title": title, "privacy": status}
        self._world.store.put("playlist", playlist["id"], {**playlist, "entries": []})
        return resource.answer(self._shown({**playlist, "entries": []}, call))

    async def items(self, call: Call) -> web.Response:
        """Of a playlist of the channel's own, in its order; every other id is left to the uploads."""
        playlist = self._world.store.get("playlist", call.query("playlistId"))
        if playlist is None:
            return await self._channels.playlist_items(call)
        wanted = call.query("videoId")
        entries = [e for e in enumerate(playlist["entries"]) if wanted in ("", e[1]["video_id"])]
        kind = "youtube#playlistItemListResponse"
        shown = page_of(call, kind, entries, lambda e: _entry(playlist, e[1], e[0], call), usual=5, most=50)
        return resource.answer(shown)

    async def add(self, call: Call) -> web.Response:
        """Appends; the same video twice is in there twice."""
        snippet = (await json_of(call.request)).get("snippet") or {}
        playlist_id, video_id = snippet.get("playlistId"), (snippet.get("resourceId") or {}).get("videoId")
        playlist = self._world.store.get("playlist", str(playlist_id))
        if playlist is None or playlist["channel"] != call.channel:
            if any(uploads_playlist(c["id"]) == playlist_id for c in self._directory.channels()):
                raise ApiError(400, "playlistOperationUnsupported", "The API does not support this.", domain=_DOMAIN)
            raise ApiError(404, "playlistNotFound", "The playlist cannot be found.", domain=_DOMAIN)
        if self._library.visible(str(video_id), call.channel) is None:
            raise ApiError(404, "videoNotFound", "The video cannot be found.", domain=_DOMAIN)
        if len(playlist["entries"]) >= settings.load(self._world.store).playlist_size:
            message = "The playlist already contains the maximum allowed number of items."
            raise ApiError(403, "playlistContainsMaximumNumberOfVideos", message, domain=_DOMAIN)
        entry = {"id": self._world.token("UEw", 40), "video_id": video_id}
        entries = [*playlist["entries"], entry]
        self._world.store.put("playlist", playlist["id"], {**playlist, "entries": entries})
        return resource.answer(_entry(playlist, entry, len(entries) - 1, call))

    async def categories(self, call: Call) -> web.Response:
        """Of a country; some may not be given to a video."""
        region = call.query("regionCode")
        if not region and not call.listed("id"):
            raise errors.bad_request("missingRequiredParameter", "Expected one of: id, regionCode.", "parameters.")
        if region and not (len(region) == 2 and region.isalpha()):
            raise errors.bad_request("invalidRegionCode", "Invalid region code.", "regionCode")
        items = [
            resource.with_etag(
                {
                    "kind": "youtube#videoCategory",
                    "id": number,
                    "snippet": {"title": title, "assignable": assignable, "channelId": "UCBR8-60-B28hp2BmDPdntcQ"},
                }
            )
            for number, title, assignable in _CATEGORIES
            if not call.listed("id") or number in call.listed("id")
        ]
        return resource.answer(resource.with_etag({"kind": "youtube#videoCategoryListResponse", "items": items}))

    def _shown(self, playlist: Record, call: Call) -> Record:
        available: Record = {
            "snippet": {"channelId": playlist["channel"], "title": playlist["title"], "description": ""},
            "status": {"privacyStatus": playlist["privacy"]},
            "contentDetails": {"itemCount": len(playlist["entries"])},
        }
        shown = {part: available[part] for part in call.parts if part in available}
        return resource.with_etag({"kind": "youtube#playlist", "id": playlist["id"], **shown})


def _entry(playlist: Record, entry: Record, place: int, call: Call) -> Record:
    available: Record = {
        "snippet": {
            "channelId": playlist["channel"],
            "playlistId": playlist["id"],
            "position": place,
            "resourceId": {"kind": "youtube#video", "videoId": entry["video_id"]},
        },
        "contentDetails": {"videoId": entry["video_id"]},
    }
    shown = {part: available[part] for part in call.parts if part in available}
    return resource.with_etag({"kind": "youtube#playlistItem", "id": entry["id"], **shown})
