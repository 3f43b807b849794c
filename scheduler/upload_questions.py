"""What only the site knows of a published video, asked when the operator wants to see it: its lists and its report."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from platforms.aftercare import HasPlaylists, PlaylistChoice, ReportsOnVideos
from platforms.base import Platform
from platforms.errors import TokenRejectedError
from scheduler.errors import NotOfferedError, UnknownPlatformError
from scheduler.quota import QuotaBook
from scheduler.tokens import TokenKeeper
from storage.database import Database
from storage.values import Upload

REPORTED = timedelta(days=28)
Answer = TypeVar("Answer")


class UploadQuestions:
    """Each question costs a call, entered before it is made. Raises PlatformError, SchedulerError."""

    def __init__(
        self,
        db: Database,
        platforms: Mapping[str, Platform],
        tokens: TokenKeeper,
        quota: QuotaBook,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._platforms = platforms
        self._tokens = tokens
        self._quota = quota
        self._clock = clock

    async def playlists(self, upload_id: int) -> Sequence[PlaylistChoice]:
        """The lists that the video can be put into."""
        upload, site = await self._of(upload_id)
        if not isinstance(site, HasPlaylists):
            raise NotOfferedError(platform=site.display_name)
        return await self._ask(upload, "list_playlists", site.list_playlists)

    async def report(self, upload_id: int) -> Mapping[str, int]:
        """The site's own figures of the video's last 28 days; nothing where the site has none yet."""
        upload, site = await self._of(upload_id)
        if not isinstance(site, ReportsOnVideos):
            raise NotOfferedError(platform=site.display_name)
        reporter, today = site, self._clock().date()
        first = max((self._clock() - REPORTED).date(), upload.upload_time.date() - timedelta(days=1))
        return await self._ask(
            upload, "report", lambda token: reporter.report_video(token, upload.video_id, first, max(first, today))
        )

    async def _of(self, upload_id: int) -> tuple[Upload, Platform]:
        async with self._db.read() as uow:
            upload = await uow.uploads.get(upload_id)
        try:
            return upload, self._platforms[upload.platform]
        except KeyError:
            raise UnknownPlatformError(platform=upload.platform) from None

    async def _ask(self, upload: Upload, step: str, call: Callable[[str], Awaitable[Answer]]) -> Answer:
        token = await self._tokens.access_token(upload.account_id)
        async with self._db.begin() as uow:
            await self._quota.spend(uow, upload.platform, step, upload.account_id, self._clock())
            await uow.commit()
        try:
            return await call(token)
        except TokenRejectedError:
            return await call(await self._tokens.replace(upload.account_id, token))
