"""Changes a video that exists. videos.update overwrites each named part whole, so what we do not mean to change is read
first and sent back (developers.google.com/youtube/v3/docs/videos/update).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from platforms.base import VideoMeta
from platforms.youtube.api import YouTubeApi
from platforms.youtube.errors import reason_error
from platforms.youtube.release import Release, next_release, release_of
from platforms.youtube.resources import items, part, status_choices, written_snippet, written_status

PARTS = "snippet,status"
_SNIPPET_KEPT = ("categoryId", "defaultLanguage", "defaultAudioLanguage")
_STATUS_KEPT = ("license", "embeddable", "publicStatsViewable")
_DECLARED = ("selfDeclaredMadeForKids", "containsSyntheticMedia")


class VideoEditing:
    """Texts, audience, visibility and rating of the channel's own videos."""

    def __init__(self, api: YouTubeApi, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._clock = clock

    async def update(self, access_token: str, video_id: str, meta: VideoMeta) -> None:
        """Make the video's metadata what `meta` says; a repetition does no harm."""
        listed = items(await self._api.get(access_token, "videos", {"part": PARTS, "id": video_id}))
        if not listed:
            raise reason_error("videoNotFound", "YouTube does not list the video.")
        body = {"id": video_id, **edited(listed[0], meta, self._clock())}
        await self._api.write("PUT", access_token, "videos", {"part": PARTS}, body)

    async def release(self, access_token: str, video_id: str, release: Release) -> None:
        """Say anew when the video becomes public; its texts are not touched."""
        listed = items(await self._api.get(access_token, "videos", {"part": "status", "id": video_id}))
        if not listed:
            raise reason_error("videoNotFound", "YouTube does not list the video.")
        kept = _kept(part(listed[0], "status"), _STATUS_KEPT + _DECLARED)
        body = {"id": video_id, "status": kept | release.fields()}
        await self._api.write("PUT", access_token, "videos", {"part": "status"}, body)

    async def like(self, access_token: str, video_id: str) -> None:
        """Rate it as liked; liking twice is liking once."""
        await self._api.write("POST", access_token, "videos/rate", {"id": video_id, "rating": "like"})


def edited(resource: Mapping[str, Any], meta: VideoMeta, now: datetime) -> dict[str, Any]:
    """Write the two parts whole: what `meta` says, and of the rest what the video has. Raises ContentRejectedError."""
    snippet, status = part(resource, "snippet"), part(resource, "status")
    release = next_release(meta, release_of(status), now)
    return {
        "snippet": _kept(snippet, _SNIPPET_KEPT) | written_snippet(meta, had_category="categoryId" in snippet),
        "status": _kept(status, _STATUS_KEPT) | written_status(meta) | release.fields() | status_choices(meta),
    }


def _kept(given: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}
