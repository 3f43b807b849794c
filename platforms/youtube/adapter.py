"""YouTube as a `Platform`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from platforms.base import (
    NOT_LISTED,
    BeforeCommit,
    Capabilities,
    CheckResult,
    CheckState,
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
from platforms.youtube.api import YouTubeApi
from platforms.youtube.errors import CHECK_CODES, FAILED_OTHERWISE, reason_error
from platforms.youtube.limits import BUCKETS, COSTS, FILE_LIMITS, TEXT_LIMITS
from platforms.youtube.oauth import GoogleOAuth
from platforms.youtube.resources import Video, items, parse_statistics, parse_video
from platforms.youtube.search import PublishedSearch
from platforms.youtube.settings import NAME, YouTubeSettings
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
    # What a flag promises, the adapter can do; the API itself offers all but the last.
    capabilities = Capabilities(
        comment=False, like=False, delete=True, thumbnail=False, update_metadata=False, separate_publish=False
    )
    buckets = BUCKETS
    costs = COSTS
    file_limits = FILE_LIMITS
    text_limits = TEXT_LIMITS

    def __init__(self, settings: YouTubeSettings, http: Http, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._watch_url = settings.watch_url
        self._api = YouTubeApi(http, settings.api_url, clock)
        self._pool = ThreadPoolExecutor(READING_THREADS, thread_name_prefix="youtube-read")
        self._upload = ResumableUpload(http, settings, clock, self._pool)
        self._search = PublishedSearch(self._api, settings.watch_url)
        self.oauth = GoogleOAuth(http, self._api, settings, clock)

    @property
    def render_profile(self) -> str:
        """YouTube takes any file and transcodes it itself: nothing is fitted."""
        return "unfitted"

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

    async def close(self) -> None:
        await self._http.close()
        self._pool.shutdown(wait=False, cancel_futures=True)


def _check_result(video: Video) -> CheckResult:
    if video.upload_status in ("failed", "rejected", "deleted") or video.processing_status in ("failed", "terminated"):
        reason = (
            video.rejection_reason
            or video.failure_reason
            or video.processing_failure_reason
            or ("deleted" if video.upload_status == "deleted" else "")
        )
        return CheckResult(CheckState.FAILED, reason=reason, code=CHECK_CODES.get(reason, FAILED_OTHERWISE))
    if video.upload_status == "processed":
        return CheckResult(CheckState.PUBLISHED, progress=1.0)
    return CheckResult(CheckState.PROCESSING, progress=video.progress)
