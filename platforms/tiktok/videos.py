"""The creator's public videos, as the Display API lists them: to find a lost upload, and to count views.

Source: developers.tiktok.com/doc/tiktok-api-v2-video-list and -video-query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from platforms.base import CannotTell, Evidence, Found, Publication, SearchResult
from platforms.tiktok.api import TikTokApi
from platforms.tiktok.fields import objects, text, whole

FIELDS = "id,create_time,title,video_description,duration,share_url,like_count,comment_count,share_count,view_count"
PAGE_SIZE = 20  # the API's maximum
MAX_PAGES = 10
CLOCK_SLACK = timedelta(minutes=5)  # our clock against TikTok's
DURATION_SLACK_S = 2.0
COUNTERS = {"views": "view_count", "likes": "like_count", "comments": "comment_count", "shares": "share_count"}


@dataclass(frozen=True, slots=True)
class Video:
    """What TikTok says of a public video; None and "" where it does not say. `created_at` is aware UTC."""

    video_id: str
    texts: tuple[str, ...]
    created_at: datetime | None
    duration_s: int | None
    url: str
    counts: Mapping[str, int]

    @property
    def publication(self) -> Publication:
        return Publication(video_id=self.video_id, url=self.url)


def parse_video(data: Mapping[str, Any]) -> Video:
    """Read a video object. Its id is a string of digits; a number is taken as the same."""
    video_id, seconds = data.get("id"), whole(data, "create_time")
    counted = {name: whole(data, key) for name, key in COUNTERS.items()}
    return Video(
        video_id=str(video_id) if isinstance(video_id, str | int) else "",
        texts=tuple(text(data, name) for name in ("title", "video_description")),
        created_at=datetime.fromtimestamp(seconds, UTC) if seconds is not None else None,
        duration_s=whole(data, "duration") or None,  # 0 until it is known
        url=text(data, "share_url"),
        counts={name: count for name, count in counted.items() if count is not None},
    )


async def query_video(api: TikTokApi, access_token: str, video_id: str) -> Video | None:
    """Ask for one video by its id; None where TikTok does not list it: only public ones are listed."""
    body = {"filters": {"video_ids": [video_id]}}
    data = await api.post(access_token, "video/query/", body, fields=FIELDS)
    listed = [parse_video(each) for each in objects(data, "videos")]
    return next((video for video in listed if video.video_id == video_id), None)


async def count_videos(api: TikTokApi, access_token: str, video_ids: Sequence[str]) -> dict[str, Mapping[str, int]]:
    """Count up to PAGE_SIZE videos in one call, by id; what TikTok does not list (any more) is left out."""
    data = await api.post(access_token, "video/query/", {"filters": {"video_ids": list(video_ids)}}, fields=FIELDS)
    listed = [parse_video(each) for each in objects(data, "videos")]
    return {video.video_id: video.counts for video in listed if video.video_id in video_ids}


async def find_listed(api: TikTokApi, access_token: str, evidence: Evidence) -> SearchResult:
    """Look for an upload among the public videos, newest first, back to when it was opened.

    One that is not there may wait for moderation, or not be public: TikTok cannot tell, so this never says Absent.
    """
    since = evidence.since - CLOCK_SLACK
    alike = [video for video in await _newer_than(api, access_token, since) if _could_be(video, evidence, since)]
    if len(alike) == 1:
        return Found(alike[0].publication)
    return CannotTell("several_look_alike" if alike else "only_public_videos_are_listed")


async def _newer_than(api: TikTokApi, access_token: str, since: datetime) -> Sequence[Video]:
    """Read pages until one ends before `since`; `cursor` is a time in milliseconds."""
    videos: list[Video] = []
    cursor: int | None = None
    for _ in range(MAX_PAGES):
        body = {"max_count": PAGE_SIZE} | ({"cursor": cursor} if cursor is not None else {})
        data = await api.post(access_token, "video/list/", body, fields=FIELDS)
        page = [parse_video(each) for each in objects(data, "videos")]
        videos += page
        cursor = whole(data, "cursor")
        is_older = bool(page) and all(video.created_at is not None and video.created_at < since for video in page)
        if is_older or cursor is None or data.get("has_more") is not True:
            break
    return videos


def _could_be(video: Video, evidence: Evidence, since: datetime) -> bool:
    """Say whether time, text and length fit. A caption begins with the title; TikTok may cut it off in `title`."""
    if not video.video_id or video.created_at is None or video.created_at < since:
        return False
    wanted = _flat(evidence.title)
    if not wanted or not any(_flat(each).startswith(wanted) for each in video.texts):
        return False
    return video.duration_s is None or abs(video.duration_s - evidence.duration_s) <= DURATION_SLACK_S


def _flat(words: str) -> str:
    return " ".join(words.split())
