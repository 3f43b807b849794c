"""A site in memory that offers everything after a publication, each deed counted; `site.faults` make it misbehave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from platforms.base import VideoMeta
from platforms.errors import ContentRejectedError
from tests.support.fake_platform import FakePlatform, FakeSite


@dataclass(frozen=True)
class List:
    playlist_id: str
    title: str


class AblePlatform(FakePlatform):
    """Figures come two at a time."""

    statistics_batch = 2

    def __init__(self, site: FakeSite, **options: Any) -> None:
        super().__init__(site, **options)
        self.capabilities = replace(self.capabilities, thumbnail=True, update_metadata=True, playlists=True)

    async def update_metadata(self, access_token: str, video_id: str, meta: VideoMeta) -> None:
        fault = self._begin("update_metadata", access_token)
        self.site.videos = [
            replace(video, title=meta.title, meta=meta) if video.video_id == video_id else video
            for video in self.site.videos
        ]
        self._end("update_metadata", fault)

    async def set_thumbnail(self, access_token: str, video_id: str, image: Path) -> None:
        fault = self._begin("set_thumbnail", access_token)
        self.site.covers.append((video_id, image.read_bytes()))
        self._end("set_thumbnail", fault)

    async def list_playlists(self, access_token: str) -> Sequence[List]:
        self._begin("list_playlists", access_token)
        return (List("PL1", "Tales & more"), List("PL2", "Mills"))

    async def add_to_playlist(self, access_token: str, playlist_id: str, video_id: str) -> str:
        """What is in a list is not added again."""
        fault = self._begin("add_to_playlist", access_token)
        self.site.listed |= {(playlist_id, video_id)}
        self._end("add_to_playlist", fault)
        return f"{playlist_id}/{video_id}"

    async def get_statistics(self, access_token: str, video_ids: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        self._begin("get_statistics", access_token)
        if len(video_ids) > self.statistics_batch:
            raise ContentRejectedError("too many at once", platform="fake", reason="tooMany")
        return {name: self.site.figures[name] for name in video_ids if name in self.site.figures}
