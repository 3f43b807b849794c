"""What a channel can choose from: its playlists, the categories of its country, the length that it may upload."""

from __future__ import annotations

from dataclasses import dataclass

from platforms.errors import PlatformError, UnexpectedAnswerError
from platforms.http import json_object
from platforms.youtube.api import YouTubeApi
from platforms.youtube.limits import FILE_LIMITS
from platforms.youtube.resources import items, part, text
from platforms.youtube.settings import NAME

PAGE_SIZE = 50  # the API's maximum
MAX_PAGES = 4
UNVERIFIED_MAX_DURATION_S = 900.0  # support.google.com/youtube/answer/71673


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist of the channel; `size` counts its videos."""

    playlist_id: str
    title: str
    privacy_status: str
    size: int


@dataclass(frozen=True, slots=True)
class Category:
    """A category that videos of this channel may be given."""

    category_id: str
    title: str


class Playlists:
    """Lists, and additions that may be repeated."""

    def __init__(self, api: YouTubeApi) -> None:
        self._api = api

    async def own(self, access_token: str) -> tuple[Playlist, ...]:
        """List the channel's playlists, at most 200."""
        found: list[Playlist] = []
        page_token = ""
        for _ in range(MAX_PAGES):
            params = {"part": "snippet,status,contentDetails", "mine": "true", "maxResults": str(PAGE_SIZE)}
            body = await self._api.get(
                access_token, "playlists", params | ({"pageToken": page_token} if page_token else {})
            )
            for item in items(body):
                count = part(item, "contentDetails").get("itemCount")
                title, privacy = text(part(item, "snippet"), "title"), text(part(item, "status"), "privacyStatus")
                found.append(Playlist(text(item, "id"), title, privacy, count if isinstance(count, int) else 0))
            page_token = text(body, "nextPageToken")
            if not page_token:
                break
        return tuple(found)

    async def add(self, access_token: str, playlist_id: str, video_id: str) -> str:
        """Add a video and return the entry's id; one that is in there is not added again."""
        if (entry := await self._entry(access_token, playlist_id, video_id)) is not None:
            return entry
        video = {"kind": "youtube#video", "videoId": video_id}
        body = {"snippet": {"playlistId": playlist_id, "resourceId": video}}
        response = await self._api.write("POST", access_token, "playlistItems", {"part": "snippet"}, body)
        entry_id = text(json_object(response, NAME), "id")
        if not entry_id:
            raise UnexpectedAnswerError("The playlist's entry has no id.", platform=NAME, reason="malformed")
        return entry_id

    async def _entry(self, access_token: str, playlist_id: str, video_id: str) -> str | None:
        params = {"part": "id", "playlistId": playlist_id, "videoId": video_id}
        try:
            found = items(await self._api.get(access_token, "playlistItems", params))
        except PlatformError as error:
            if error.reason == "videoNotFound":  # it is not in this playlist
                return None
            raise
        return text(found[0], "id") if found else None


async def categories(api: YouTubeApi, access_token: str, *, region: str, language: str) -> tuple[Category, ...]:
    """List the categories that a video may be given in a country (ISO 3166-1 alpha-2)."""
    params = {"part": "snippet", "regionCode": region, "hl": language}
    return tuple(
        Category(text(item, "id"), text(part(item, "snippet"), "title"))
        for item in items(await api.get(access_token, "videoCategories", params))
        if part(item, "snippet").get("assignable") is True
    )


async def longest_video_s(api: YouTubeApi, access_token: str) -> float:
    """Say how long this channel's videos may be: 15 minutes until its owner has verified a phone number."""
    channels = items(await api.get(access_token, "channels", {"part": "status", "mine": "true"}))
    verified = bool(channels) and text(part(channels[0], "status"), "longUploadsStatus") == "allowed"
    return FILE_LIMITS.max_duration_s if verified and FILE_LIMITS.max_duration_s else UNVERIFIED_MAX_DURATION_S
