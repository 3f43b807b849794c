"""TikTok as a `Platform`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from platforms.base import (
    IN_INBOX,
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
from platforms.errors import ContentRejectedError, NeedsOperatorError, PlatformError, SessionGoneError
from platforms.http import Http
from platforms.tiktok.api import TikTokApi
from platforms.tiktok.creator import ask_creator
from platforms.tiktok.errors import FAIL_REASONS, FAILED_OTHERWISE
from platforms.tiktok.limits import BUCKETS, STAGING, TEXT_LIMITS, costs, file_limits
from platforms.tiktok.oauth import TikTokOAuth
from platforms.tiktok.options import POST_OPTIONS
from platforms.tiktok.search import find_published
from platforms.tiktok.settings import NAME, Mode, TikTokSettings
from platforms.tiktok.status import Phase, Standing, ask_standing
from platforms.tiktok.upload import FileUpload
from platforms.tiktok.validate import violations
from platforms.tiktok.videos import PAGE_SIZE, count_videos, query_video

READING_THREADS = 4


def build(settings: Mapping[str, str], http: Http, clock: Callable[[], datetime]) -> TikTok | None:
    """Build the adapter; None where no app is configured. Raises PlatformSettingsError."""
    parsed = TikTokSettings.parse(settings)
    return TikTok(parsed, http, clock) if parsed is not None else None


class TikTok:
    """One TikTok app, any number of creators: each call brings its creator's access token.

    An upload is known by its `publish_id`. A post's own id comes hours later, and for a post that is not public never;
    `check` and `get_video_analytics` take either.
    """

    name = NAME
    display_name = "TikTok"
    # The API has no comment, no like, no edit and no delete.
    capabilities = Capabilities(
        comment=False,
        like=False,
        delete=False,
        thumbnail=False,
        update_metadata=False,
        separate_publish=False,
        staging=STAGING,
        account_choices=True,
    )
    buckets = BUCKETS
    text_limits = TEXT_LIMITS
    statistics_batch = PAGE_SIZE

    def __init__(self, settings: TikTokSettings, http: Http, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._mode = settings.mode
        self._api = TikTokApi(http, settings.api_url, clock)
        self._pool = ThreadPoolExecutor(READING_THREADS, thread_name_prefix="tiktok-read")
        self._upload = FileUpload(http, self._api, settings, clock, self._pool)
        self.costs = costs(settings.mode)
        self.post_options = POST_OPTIONS[settings.mode]
        self.file_limits = file_limits(settings.min_duration_s)
        self.oauth = TikTokOAuth(http, self._api, settings, clock)

    @property
    def render_profile(self) -> str:
        """The file that every site takes."""
        return "everywhere"

    def validate(self, file: VideoFile | None, meta: VideoMeta) -> tuple[Violation, ...]:
        return violations(file, meta, mode=self._mode, limits=self.file_limits)

    async def account_choices(self, access_token: str) -> Mapping[str, Any]:
        """Tell what this creator may choose: `mode`, and for direct posts all of `Creator`.

        Raises QuotaExhaustedError or NeedsOperatorError where TikTok lets the creator post nothing at the moment.
        """
        if self._mode is Mode.INBOX:
            return {"mode": self._mode.value}
        return {"mode": self._mode.value, **(await ask_creator(self._api, access_token)).to_json()}

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
        on_session: OnSession | None = None,  # noqa: ARG002 - TikTok moves no upload
    ) -> Publication | None:
        """Bring the upload to its end; the last byte publishes. None always: `check` goes on with the `upload_id`."""
        await self._upload.resume(access_token, session, file, on_progress=on_progress, before_commit=before_commit)
        return None

    async def publish(  # the signature is the protocol's
        self,
        access_token: str,  # noqa: ARG002
        session: UploadSession,  # noqa: ARG002
        meta: VideoMeta,  # noqa: ARG002
    ) -> Publication | None:
        """Do nothing: TikTok publishes with the last byte."""
        return None

    async def check(self, access_token: str, video_id: str) -> CheckResult:
        """Ask what became of an upload, by its publish_id, or of a post, by its own id."""
        if _is_post_id(video_id):
            video = await query_video(self._api, access_token, video_id)
            if video is None:
                return CheckResult(CheckState.PROCESSING, reason=NOT_LISTED)
            return CheckResult(CheckState.PUBLISHED, progress=1.0, publication=video.publication)
        try:
            standing = await ask_standing(self._api, access_token, video_id)
        except SessionGoneError:
            return CheckResult(CheckState.PROCESSING, reason=NOT_LISTED)
        return await self._result(access_token, standing)

    async def find_published(self, access_token: str, evidence: Evidence) -> SearchResult:
        return await find_published(self._api, access_token, evidence)

    async def delete_video(self, access_token: str, video_id: str) -> None:  # noqa: ARG002 - the protocol's signature
        """Refuse: only the creator can delete, in the app. Always raises NeedsOperatorError."""
        raise NeedsOperatorError(platform=NAME, reason="notOffered", code="tiktok.delete_not_offered")

    async def get_video_analytics(self, access_token: str, video_id: str) -> Mapping[str, int]:
        """Count views, likes, comments and shares of a public video."""
        post_id = video_id
        if not _is_post_id(video_id):
            post_id = (await ask_standing(self._api, access_token, video_id)).post_id
        video = await query_video(self._api, access_token, post_id) if post_id else None
        if video is None:
            raise ContentRejectedError(platform=NAME, reason="notListed", code="tiktok.video_not_public")
        return video.counts

    async def get_statistics(self, access_token: str, video_ids: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """Count up to 20 public videos in one call, by the post's own id; others are left out."""
        known = [video_id for video_id in video_ids if _is_post_id(video_id)]
        return await count_videos(self._api, access_token, known) if known else {}

    async def close(self) -> None:
        await self._http.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _result(self, access_token: str, standing: Standing) -> CheckResult:
        if standing.phase is Phase.FAILED:
            code = FAIL_REASONS.get(standing.fail_reason, FAILED_OTHERWISE)
            repeats = standing.fail_reason.endswith("_check_failed")
            return CheckResult(CheckState.FAILED, reason=standing.fail_reason, code=code, repeats=repeats)
        if standing.phase is Phase.IN_INBOX:
            return CheckResult(CheckState.PUBLISHED, reason=IN_INBOX, progress=1.0, code="tiktok.in_inbox")
        if standing.phase is Phase.COMPLETE:
            publication = await self._publication(access_token, standing.post_id)
            return CheckResult(CheckState.PUBLISHED, progress=1.0, publication=publication)
        return CheckResult(CheckState.PROCESSING)

    async def _publication(self, access_token: str, post_id: str) -> Publication | None:
        """The post's own address, as far as it can be had: nothing that fails here makes a live post fail."""
        if not post_id:
            return None
        try:
            video = await query_video(self._api, access_token, post_id)
        except PlatformError:
            video = None
        return video.publication if video is not None else Publication(video_id=post_id, url="")


def _is_post_id(video_id: str) -> bool:
    """A post's id is a number, a publish_id never (`v_pub_file~v2-1.…`)."""
    return video_id.isascii() and video_id.isdigit()
