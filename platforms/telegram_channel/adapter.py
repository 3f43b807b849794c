"""Telegram channels as a `Platform`: a bot posts videos where it is an administrator.

An account is a channel, and what stands for its access token is its id: the bot's own token is a setting. There is no
upload session and no way to list a channel's posts, so the one request that posts is the separate step `publish`, which
is never repeated while its outcome is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from platforms.base import (
    BeforeCommit,
    CannotTell,
    Capabilities,
    CheckResult,
    CheckState,
    Evidence,
    Grant,
    Identity,
    OnProgress,
    OnSession,
    SearchResult,
    UploadSession,
    VideoFile,
    VideoMeta,
    Violation,
)
from platforms.base import Publication as Post
from platforms.errors import NeedsOperatorError, PlatformError
from platforms.http import Http
from platforms.telegram_channel.api import BotApi
from platforms.telegram_channel.caption import caption_of
from platforms.telegram_channel.claims import Claims
from platforms.telegram_channel.errors import NOT_FOUND, NOT_MODIFIED
from platforms.telegram_channel.limits import BUCKETS, COSTS, TEXT_LIMITS, file_limits
from platforms.telegram_channel.options import POST_OPTIONS
from platforms.telegram_channel.posting import Posting
from platforms.telegram_channel.settings import NAME, TelegramChannelSettings
from platforms.telegram_channel.validate import violations

READING_THREADS = 2


def build(settings: Mapping[str, str], http: Http, clock: Callable[[], datetime]) -> TelegramChannel | None:
    """Build the adapter; None where there is no bot. Raises PlatformSettingsError."""
    parsed = TelegramChannelSettings.parse(settings)
    return TelegramChannel(parsed, http, clock) if parsed is not None else None


class TelegramChannel:
    """One bot, any number of channels: each call brings its channel's id."""

    name = NAME
    display_name = "Telegram channel"
    buckets = BUCKETS
    costs = COSTS
    text_limits = TEXT_LIMITS
    post_options = POST_OPTIONS
    oauth = None
    # No bot comments on, likes or counts the views of its channel's posts.
    capabilities = Capabilities(
        comment=False,
        like=False,
        delete=True,
        thumbnail=False,
        update_metadata=True,
        separate_publish=True,
        statistics=False,
    )

    def __init__(self, settings: TelegramChannelSettings, http: Http, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._pool = ThreadPoolExecutor(READING_THREADS, thread_name_prefix="telegram-read")
        self._api = BotApi(http, settings)
        self._claims = Claims(self._api, settings.bot_id)
        self._posting = Posting(self._api, clock, self._pool, local=settings.local)
        self.file_limits = file_limits(local=settings.local)

    @property
    def render_profile(self) -> str:
        """Name the fitting of files: what every site plays, Telegram's apps play too."""
        return "everywhere"

    def validate(self, file: VideoFile | None, meta: VideoMeta) -> tuple[Violation, ...]:
        return violations(file, meta, self.file_limits)

    async def claim_account(self, named: str, *, asked_by: str) -> tuple[Grant, Identity]:
        """Find the channel of a name, link or number where the bot may post and `asked_by` is an administrator."""
        return await self._claims.claim(named, asked_by)

    async def open_upload(
        self,
        access_token: str,  # noqa: ARG002 - nothing is asked of Telegram yet
        file: VideoFile,
        meta: VideoMeta,  # noqa: ARG002
    ) -> UploadSession:
        return self._posting.open(file)

    async def transfer(
        self,
        access_token: str,  # noqa: ARG002
        session: UploadSession,
        file: VideoFile,  # noqa: ARG002 - the session names it
        *,
        on_progress: OnProgress,  # noqa: ARG002
        before_commit: BeforeCommit,  # noqa: ARG002
        on_session: OnSession | None = None,  # noqa: ARG002
    ) -> None:
        """Check the file. Its bytes go with the post itself, in `publish`."""
        await self._posting.verify(session)

    async def publish(self, access_token: str, session: UploadSession, meta: VideoMeta) -> Post:
        """Post it. OutcomeUnknownError: the answer was lost, and nobody but a reader of the channel can tell."""
        return await self._posting.post(access_token, session, meta)

    async def check(self, access_token: str, video_id: str) -> CheckResult:  # noqa: ARG002
        """What Telegram has answered for is there: nothing is processed afterwards, and nothing can be asked."""
        return CheckResult(CheckState.PUBLISHED, progress=1.0)

    async def find_published(self, access_token: str, evidence: Evidence) -> SearchResult:  # noqa: ARG002
        """A bot cannot read what is in a channel."""
        return CannotTell("bots_cannot_read_channels")

    async def update_metadata(self, access_token: str, video_id: str, meta: VideoMeta) -> None:
        """Make the caption what `meta` says."""
        try:
            await self._api.call("editMessageCaption", {**_post(access_token, video_id), **caption_of(meta).fields()})
        except PlatformError as error:
            if NOT_MODIFIED not in error.reason:
                raise

    async def delete_video(self, access_token: str, video_id: str) -> None:
        """Take the post away; one that is gone already is no error."""
        try:
            await self._api.call("deleteMessage", _post(access_token, video_id))
        except PlatformError as error:
            if "message to delete" in error.reason and NOT_FOUND in error.reason:
                return
            if "can't be deleted" in error.reason:
                raise NeedsOperatorError(
                    error.detail, platform=NAME, reason=error.reason, code="telegram_channel.too_old_to_delete"
                ) from None
            raise

    async def get_video_analytics(self, access_token: str, video_id: str) -> Mapping[str, int]:  # noqa: ARG002
        """Bots are told no figures."""
        return {}

    async def close(self) -> None:
        await self._http.close()
        self._pool.shutdown(wait=False, cancel_futures=True)


def _post(chat_id: str, video_id: str) -> dict[str, str]:
    return {"chat_id": chat_id, "message_id": video_id}
