"""What some sites offer for a video that is published, each as a protocol; `Capabilities` says which a site has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Protocol, runtime_checkable

from platforms.base import VideoMeta


@runtime_checkable
class TakesComments(Protocol):
    """A repetition comments twice: after OutcomeUnknownError `find_comment` says whether it was written."""

    async def post_comment(self, access_token: str, video_id: str, text: str) -> str: ...

    async def find_comment(self, access_token: str, video_id: str, text: str) -> str | None: ...


@runtime_checkable
class TakesLikes(Protocol):
    """Liking twice is liking once."""

    async def like_video(self, access_token: str, video_id: str) -> None: ...


@runtime_checkable
class TakesEdits(Protocol):
    """Texts can be changed; a `privacy_status` of "" leaves the visibility as it is."""

    async def update_metadata(self, access_token: str, video_id: str, meta: VideoMeta) -> None: ...


@runtime_checkable
class TakesThumbnails(Protocol):
    """The cover can be set, again and again."""

    async def set_thumbnail(self, access_token: str, video_id: str, image: Path) -> None: ...


class PlaylistChoice(Protocol):
    """A list of the channel that videos can be put into."""

    @property
    def playlist_id(self) -> str: ...

    @property
    def title(self) -> str: ...


@runtime_checkable
class HasPlaylists(Protocol):
    """What is in a list is not added again."""

    async def list_playlists(self, access_token: str) -> Sequence[PlaylistChoice]: ...

    async def add_to_playlist(self, access_token: str, playlist_id: str, video_id: str) -> str: ...


@runtime_checkable
class CountsInBatches(Protocol):
    """Figures of up to `statistics_batch` videos in one call, by video id; unknown videos are left out."""

    statistics_batch: int

    async def get_statistics(self, access_token: str, video_ids: Sequence[str]) -> Mapping[str, Mapping[str, int]]: ...


@runtime_checkable
class ReportsOnVideos(Protocol):
    """The site's own table of one video over days, both ends included; what it has no figures of is left out."""

    async def report_video(self, access_token: str, video_id: str, first: date, last: date) -> Mapping[str, int]: ...
