"""Finds an upload whose outcome is unknown among the channel's own.

The file name that we gave it is proof; title, time, size and duration together are the second evidence. Anything less
than one clear candidate is for a person to decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from platforms.base import Absent, CannotTell, Evidence, Found, Publication, SearchResult
from platforms.youtube.api import YouTubeApi
from platforms.youtube.errors import reason_error
from platforms.youtube.resources import Video, items, moment, parse_video, part, text
from platforms.youtube.upload import carries_marker

PAGE_SIZE = 50  # the API's maximum
MAX_PAGES = 10
CLOCK_SLACK = timedelta(minutes=5)  # our clock against YouTube's
DURATION_SLACK_S = 2.0
NAMELESS = ("", "unknown")


class PublishedSearch:
    """Reads the channel's uploads, newest first, back to when the session was opened."""

    def __init__(self, api: YouTubeApi, watch_url: str) -> None:
        self._api = api
        self._watch_url = watch_url

    async def find(self, access_token: str, evidence: Evidence) -> SearchResult:
        """Look for the upload. Absent is as good as YouTube's list, which may lag behind an upload by seconds."""
        playlist_id = await self._uploads_playlist(access_token)
        since = evidence.since - CLOCK_SLACK
        page_token = ""
        videos: list[Video] = []
        for _ in range(MAX_PAGES):
            ids, page_token, reached = await self._page(access_token, playlist_id, page_token, since)
            videos += await self._videos(access_token, ids)
            if reached or not page_token:
                return self._judge(videos, evidence, since)
        found = self._judge(videos, evidence, since)
        return CannotTell("too_many_uploads") if isinstance(found, Absent) else found

    async def _uploads_playlist(self, access_token: str) -> str:
        body = await self._api.get(access_token, "channels", {"part": "contentDetails", "mine": "true"})
        channels = items(body)
        if not channels:
            raise reason_error("youtubeSignupRequired", "The Google account has no YouTube channel.")
        return text(part(part(channels[0], "contentDetails"), "relatedPlaylists"), "uploads")

    async def _page(
        self, access_token: str, playlist_id: str, page_token: str, since: datetime
    ) -> tuple[list[str], str, bool]:
        """Return a page's video ids, the next page's token, and whether it reached back to before `since`."""
        params = {"part": "snippet,contentDetails", "playlistId": playlist_id, "maxResults": str(PAGE_SIZE)}
        body = await self._api.get(
            access_token, "playlistItems", params | ({"pageToken": page_token} if page_token else {})
        )
        entries = items(body)
        ids = [video_id for entry in entries if (video_id := text(part(entry, "contentDetails"), "videoId"))]
        added = [moment(part(entry, "snippet"), "publishedAt") for entry in entries]
        reached = bool(added) and all(at is not None and at < since for at in added)
        return ids, text(body, "nextPageToken"), reached

    async def _videos(self, access_token: str, ids: Sequence[str]) -> list[Video]:
        if not ids:
            return []
        params = {
            "part": "snippet,contentDetails,fileDetails,status",
            "id": ",".join(ids),
            "maxResults": str(PAGE_SIZE),
        }
        return [parse_video(item) for item in items(await self._api.get(access_token, "videos", params))]

    def _judge(self, videos: Sequence[Video], evidence: Evidence, since: datetime) -> SearchResult:
        named = [video for video in videos if carries_marker(video.file_name, evidence.marker)]
        if len(named) == 1:
            return self._found(named[0])
        if named:
            return CannotTell("several_carry_the_marker")
        alike = [video for video in videos if _could_be(video, evidence, since)]
        if not alike:
            return Absent()
        if len(alike) == 1 and alike[0].file_name.lower() in NAMELESS:
            return self._found(alike[0])
        # One with another file name is most likely another upload of the same title; only a person can be sure.
        return CannotTell("several_look_alike" if len(alike) > 1 else "looks_alike")

    def _found(self, video: Video) -> Found:
        return Found(Publication(video_id=video.video_id, url=f"{self._watch_url}{video.video_id}"))


def _could_be(video: Video, evidence: Evidence, since: datetime) -> bool:
    """Say whether nothing that YouTube knows of a video speaks against it. What is not known yet does not."""
    if video.title.strip() != evidence.title.strip():
        return False
    if video.published_at is not None and video.published_at < since:
        return False
    if video.file_size is not None and video.file_size != evidence.size:
        return False
    return video.duration_s is None or abs(video.duration_s - evidence.duration_s) <= DURATION_SLACK_S
