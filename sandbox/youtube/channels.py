"""Channels, their uploads as a playlist, and a small search."""

from typing import Any

from aiohttp import web

from sandbox.google.directory import Directory
from sandbox.world import World
from sandbox.youtube import errors, resource
from sandbox.youtube.errors import ApiError
from sandbox.youtube.gate import Call
from sandbox.youtube.library import Library, Video, privacy
from sandbox.youtube.paging import page_of

CHANNEL_PARTS = frozenset({
    "auditDetails", "brandingSettings", "contentDetails", "contentOwnerDetails", "id", "localizations", "snippet",
    "statistics", "status", "topicDetails",
})  # fmt: skip
PLAYLIST_ITEM_PARTS = frozenset({"contentDetails", "id", "snippet", "status"})


def uploads_playlist(channel_id: str) -> str:
    """UC… becomes UU…."""
    return "UU" + channel_id[2:]


class Channels:
    """channels.list, playlistItems.list of an uploads playlist, search.list."""

    def __init__(self, world: World, library: Library) -> None:
        self._world, self._library, self._directory = world, library, Directory(world)

    async def list(self, call: Call) -> web.Response:
        """By mine, id or forHandle."""
        filters = [name for name in ("mine", "id", "forHandle") if name in call.request.query]
        if len(filters) != 1:
            reason = "missingRequiredParameter" if not filters else "incompatibleParameters"
            raise errors.bad_request(reason, "No filter selected. Expected one of: forHandle, id, mine.", "parameters.")
        wanted = call.query("forHandle").removeprefix("@")
        found = [
            channel
            for channel in self._directory.channels()
            if channel["has_channel"]
            and (
                (filters[0] == "mine" and channel["id"] == call.channel)
                or channel["id"] in call.listed("id")
                or (wanted and channel["handle"].removeprefix("@") == wanted)
            )
        ]
        kind = "youtube#channelListResponse"
        body = page_of(call, kind, found, lambda c: self._shown(c, call.parts), usual=5, most=50)
        if not found:
            del body["items"]  # so the API answers an account that has no channel
        return resource.answer(body)

    async def playlist_items(self, call: Call) -> web.Response:
        """Newest first; the owner sees private videos too."""
        playlist = call.query("playlistId")
        if not playlist:
            raise errors.bad_request("missingRequiredParameter", "Expected one of: id, playlistId.", "parameters.")
        owner = next((c for c in self._directory.channels() if uploads_playlist(c["id"]) == playlist), None)
        if owner is None:
            message = "The playlist identified with the request's <code>playlistId</code> parameter cannot be found."
            raise ApiError(
                404, "playlistNotFound", message, domain="youtube.playlistItem", at=("playlistId", "parameter")
            )
        videos = [
            video
            for video in self._library.of_channel(owner["id"])
            if _may_see(video, call.channel) and self._library.is_listed(video)
        ]
        wanted = call.query("videoId")
        places = [(place, video) for place, video in enumerate(videos) if wanted in ("", video["id"])]
        kind = "youtube#playlistItemListResponse"
        body = page_of(call, kind, places, lambda p: _item(p[1], p[0], owner, call.parts), usual=5, most=50)
        return resource.answer(body)

    async def search(self, call: Call) -> web.Response:
        """q, channelId, forMine, order=date; public videos, and with forMine the caller's own."""
        mine, words = call.query("forMine") == "true", call.query("q").lower().split()
        found = [
            video
            for video in reversed(self._library.all())
            if (video["channel"] == call.channel if mine else privacy(video) == "public")
            and call.query("channelId") in ("", video["channel"])
            and all(word in _text(video) for word in words)
        ]
        kind = "youtube#searchListResponse"
        return resource.answer(page_of(call, kind, found, self._hit, usual=5, most=50))

    def _hit(self, video: Video) -> dict[str, Any]:
        snippet, channel = video["parts"]["snippet"], self._library.channel_of(video)
        shown = {
            "publishedAt": resource.published_at(video),
            "channelId": video["channel"],
            "channelTitle": channel["title"],
            "title": snippet["title"],
            "description": snippet["description"],
            "thumbnails": resource.thumbnails(video),
            "liveBroadcastContent": "none",
        }
        found = {"kind": "youtube#video", "videoId": video["id"]}
        return resource.with_etag({"kind": "youtube#searchResult", "id": found, "snippet": shown})

    def _shown(self, channel: dict[str, Any], parts: tuple[str, ...]) -> dict[str, Any]:
        videos = self._library.of_channel(channel["id"])
        available: dict[str, Any] = {
            "snippet": {
                "title": channel["title"],
                "description": "",
                "customUrl": channel["handle"],
                "publishedAt": "2024-01-01T00:00:00Z",
                "thumbnails": {"default": {"url": "https://yt3.ggpht.com/sandbox", "width": 88, "height": 88}},
                "localized": {"title": channel["title"], "description": ""},
            },
            "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": uploads_playlist(channel["id"])}},
            "statistics": {
                "viewCount": str(sum(video["views"] for video in videos)),
                "subscriberCount": "0",
                "hiddenSubscriberCount": False,
                "videoCount": str(sum(privacy(video) == "public" for video in videos)),
            },
            "status": {
                "privacyStatus": "public",
                "isLinked": True,
                "longUploadsStatus": channel["long_uploads"],
                "madeForKids": False,
            },
        }
        shown = {part: available[part] for part in parts if part in available}
        return resource.with_etag({"kind": "youtube#channel", "id": channel["id"], **shown})


def _item(video: Video, place: int, owner: dict[str, Any], parts: tuple[str, ...]) -> dict[str, Any]:
    snippet = video["parts"]["snippet"]
    available: dict[str, Any] = {
        "snippet": {
            "publishedAt": resource.rfc3339(video["uploaded_at"]),
            "channelId": owner["id"],
            "channelTitle": owner["title"],
            "playlistId": uploads_playlist(owner["id"]),
            "position": place,
            "title": snippet["title"],
            "description": snippet["description"],
            "thumbnails": resource.thumbnails(video),
            "resourceId": {"kind": "youtube#video", "videoId": video["id"]},
            "videoOwnerChannelId": owner["id"],
            "videoOwnerChannelTitle": owner["title"],
        },
        "contentDetails": {"videoId": video["id"], "videoPublishedAt": resource.published_at(video)},
        "status": {"privacyStatus": privacy(video)},
    }
    shown = {part: available[part] for part in parts if part in available}
    return resource.with_etag({"kind": "youtube#playlistItem", "id": f"UU.{video['id']}", **shown})


def _may_see(video: Video, viewer: str) -> bool:
    return privacy(video) == "public" or video["channel"] == viewer


def _text(video: Video) -> str:
    snippet = video["parts"]["snippet"]
    return f"{snippet['title']} {snippet['description']} {' '.join(snippet.get('tags', []))}".lower()
