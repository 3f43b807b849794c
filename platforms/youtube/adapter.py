"""YouTube as a `Platform`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from platforms.base import (
    NOT_LISTED,
    BeforeCommit,
    Capabilities,
    CheckResult,
    CheckState,
    DeviceFlow,
    Evidence,
    OnProgress,
    OnSession,
    Publication,
    SearchResult,
    UploadSession,
    VideoFile,
    VideoMeta,
    Violation,
)
from platforms.errors import PlatformError
from platforms.http import Http
from platforms.youtube.api import DATA_ROOT, YouTubeApi
from platforms.youtube.comments import Comments
from platforms.youtube.device import GoogleDeviceFlow
from platforms.youtube.editing import VideoEditing
from platforms.youtube.errors import CHECK_CODES, FAILED_OTHERWISE, reason_error
from platforms.youtube.limits import BUCKETS, COSTS, FILE_LIMITS, STAGING, TEXT_LIMITS
from platforms.youtube.oauth import FORCE_SSL, REPORTING, GoogleOAuth
from platforms.youtube.options import POST_OPTIONS
from platforms.youtube.playlists import Category, Playlist, Playlists, categories, longest_video_s
from platforms.youtube.release import Release
from platforms.youtube.reports import MAX_IDS, Report, ReportQuery, Reports
from platforms.youtube.resources import Video, items, parse_statistics, parse_video
from platforms.youtube.search import PublishedSearch
from platforms.youtube.settings import NAME, YouTubeSettings
from platforms.youtube.thumbnails import Thumbnails
from platforms.youtube.upload import ResumableUpload
from platforms.youtube.validate import violations

READING_THREADS = 4


def build(settings: Mapping[str, str], http: Http, clock: Callable[[], datetime]) -> YouTube | None:
    """Build the adapter; None where no OAuth client is configured. Raises PlatformSettingsError."""
    parsed = YouTubeSettings.parse(settings)
    return YouTube(parsed, http, clock) if parsed is not None else None


class YouTube:
    """One Google project, any number of channels: each call brings its channel's access token."""

    name = NAME
    display_name = "YouTube"
    capabilities = Capabilities(
        comment=True,
        like=True,
        delete=True,
        thumbnail=True,
        update_metadata=True,
        separate_publish=False,
        playlists=True,
        timed_release=True,
        staging=STAGING,
        device_flow=True,
        reports=True,
        account_choices=True,
        confirm_identity=True,
    )
    buckets = BUCKETS
    costs = COSTS
    file_limits = FILE_LIMITS
    text_limits = TEXT_LIMITS
    post_options = POST_OPTIONS
    statistics_batch = MAX_IDS

    def __init__(self, settings: YouTubeSettings, http: Http, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._watch_url = settings.watch_url
        self._api = YouTubeApi(http, settings.api_url, clock)
        self._pool = ThreadPoolExecutor(READING_THREADS, thread_name_prefix="youtube-read")
        self._upload = ResumableUpload(http, settings, clock, self._pool)
        self._search = PublishedSearch(self._api, settings.watch_url)
        self._editing = VideoEditing(self._api, clock)
        self._comments = Comments(self._api)
        self._playlists = Playlists(self._api)
        self._settings = settings
        uploads = YouTubeApi(http, settings.api_url, clock, root=f"/upload{DATA_ROOT}")
        self._thumbnails = Thumbnails(self._api, uploads, self._pool)
        self._reports = Reports(self._api, YouTubeApi(http, settings.analytics_url, clock, root="/v2"))
        self.oauth = GoogleOAuth(http, self._api, settings, clock)
        self.device: DeviceFlow | None = GoogleDeviceFlow(http, settings, clock) if settings.device_client_id else None

    @property
    def render_profile(self) -> str:
        """YouTube takes any size and length: nothing is squeezed for it."""
        return "large"

    def validate(self, file: VideoFile | None, meta: VideoMeta) -> tuple[Violation, ...]:
        return violations(file, meta)

    async def open_upload(self, access_token: str, file: VideoFile, meta: VideoMeta) -> UploadSession:
        return await self._upload.open(access_token, file, meta)

    async def transfer(
        self,
        access_token: str,
        session: UploadSession,
        file: VideoFile,
        *,
        on_progress: OnProgress,
        before_commit: BeforeCommit,
        on_session: OnSession | None = None,
    ) -> Publication:
        """Bring the session to its end; the last byte publishes."""
        video_id = await self._upload.resume(
            access_token, session, file, on_progress=on_progress, before_commit=before_commit, on_session=on_session
        )
        return Publication(video_id=video_id, url=f"{self._watch_url}{video_id}")

    async def publish(  # the signature is the protocol's
        self,
        access_token: str,  # noqa: ARG002
        session: UploadSession,  # noqa: ARG002
        meta: VideoMeta,  # noqa: ARG002
    ) -> Publication | None:
        """Do nothing: YouTube publishes with the last byte."""
        return None

    async def check(self, access_token: str, video_id: str) -> CheckResult:
        """Ask how far the processing is. A video that was just uploaded may not be listed for some seconds."""
        params = {"part": "status,processingDetails", "id": video_id}
        listed = items(await self._api.get(access_token, "videos", params))
        if not listed:
            return CheckResult(CheckState.PROCESSING, reason=NOT_LISTED)
        return _check_result(parse_video(listed[0]))

    async def find_published(self, access_token: str, evidence: Evidence) -> SearchResult:
        return await self._search.find(access_token, evidence)

    async def delete_video(self, access_token: str, video_id: str) -> None:
        """Delete a video; one that is gone already counts as deleted."""
        try:
            await self._api.delete(access_token, "videos", {"id": video_id})
        except PlatformError as error:
            if error.http_status != 404:
                raise

    async def get_video_analytics(self, access_token: str, video_id: str) -> Mapping[str, int]:
        """Count views, likes and comments; a counter that the channel hides is left out."""
        listed = items(await self._api.get(access_token, "videos", {"part": "statistics", "id": video_id}))
        if not listed:
            raise reason_error("videoNotFound", "YouTube does not list the video.")
        return parse_statistics(listed[0])

    async def update_metadata(self, access_token: str, video_id: str, meta: VideoMeta) -> None:
        """Make texts, audience and visibility what `meta` says; see `platforms.youtube.release` for its time."""
        await self._editing.update(access_token, video_id, meta)

    async def set_release(self, access_token: str, video_id: str, publish_at: datetime | None) -> None:
        """Change when a video that is not public yet becomes public; None: now. Nothing else of it changes."""
        release = Release("public") if publish_at is None else Release("private", publish_at)
        await self._editing.release(access_token, video_id, release)

    async def hold_release(self, access_token: str, video_id: str) -> None:
        """Take the time of a video away that is not public yet: it stays private until `set_release`."""
        await self._editing.release(access_token, video_id, Release("private"))

    async def set_thumbnail(self, access_token: str, video_id: str, image: Path) -> None:
        """Set the cover; for a Short after its processing: before, TransientError (`youtube.thumbnail_too_early`)."""
        await self._thumbnails.set(access_token, video_id, image)

    async def post_comment(self, access_token: str, video_id: str, text: str) -> str:
        """Comment once; after OutcomeUnknownError ask `find_comment` before doing it again."""
        return await self._comments.post(access_token, video_id, text)

    async def find_comment(self, access_token: str, video_id: str, text: str) -> str | None:
        return await self._comments.find(access_token, video_id, text)

    async def like_video(self, access_token: str, video_id: str) -> None:
        await self._editing.like(access_token, video_id)

    async def list_playlists(self, access_token: str) -> tuple[Playlist, ...]:
        return await self._playlists.own(access_token)

    async def add_to_playlist(self, access_token: str, playlist_id: str, video_id: str) -> str:
        """Put a video into a playlist, once however often it is asked; returns the entry's id."""
        return await self._playlists.add(access_token, playlist_id, video_id)

    async def list_categories(
        self, access_token: str, *, region: str | None = None, language: str | None = None
    ) -> tuple[Category, ...]:
        """List the categories that a video may be given; the settings name the usual country and language."""
        region, language = region or self._settings.region, language or self._settings.language
        return await categories(self._api, access_token, region=region, language=language)

    async def get_statistics(self, access_token: str, video_ids: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """Count views, likes and comments of up to 50 videos in one call, by video id."""
        return await self._reports.statistics(access_token, video_ids)

    async def report(self, access_token: str, query: ReportQuery) -> Report:
        """Read a table of YouTube Analytics; needs one of `oauth.REPORTING`'s scopes."""
        return await self._reports.query(access_token, query)

    async def report_video(self, access_token: str, video_id: str, first: date, last: date) -> Mapping[str, int]:
        return await self._reports.of_video(access_token, video_id, first, last)

    async def account_choices(self, access_token: str) -> Mapping[str, Any]:
        """Say what this channel can choose from: playlists, categories, and the longest video it may upload."""
        return {
            "playlists": [asdict(playlist) for playlist in await self.list_playlists(access_token)],
            "categories": [asdict(category) for category in await self.list_categories(access_token)],
            "max_duration_s": await longest_video_s(self._api, access_token),
        }

    def capabilities_of(self, scopes: frozenset[str]) -> Capabilities:
        """Say what a grant of these scopes can do: the device flow's does not comment, Analytics has its own."""
        return replace(self.capabilities, comment=FORCE_SSL in scopes, reports=bool(REPORTING & scopes))

    async def close(self) -> None:
        await self._http.close()
        self._pool.shutdown(wait=False, cancel_futures=True)


REFUSED_AGAIN = frozenset({"duplicate", "length"})
"""Reasons that lie in the file alone."""


def _check_result(video: Video) -> CheckResult:
    if video.upload_status in ("failed", "rejected", "deleted") or video.processing_status in ("failed", "terminated"):
        reason = (
            video.rejection_reason
            or video.failure_reason
            or video.processing_failure_reason
            or ("deleted" if video.upload_status == "deleted" else "")
        )
        code = CHECK_CODES.get(reason, FAILED_OTHERWISE)
        return CheckResult(CheckState.FAILED, reason=reason, code=code, repeats=reason in REFUSED_AGAIN)
    if video.upload_status == "processed":
        return CheckResult(CheckState.PUBLISHED, progress=1.0, visibility=video.visibility)
    return CheckResult(CheckState.PROCESSING, progress=video.progress, visibility=video.visibility)
