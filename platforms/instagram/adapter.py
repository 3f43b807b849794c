"""Instagram as a `Platform`: Reels of professional accounts, through either of Meta's logins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from platforms.base import (
    NOT_LISTED,
    BeforeCommit,
    Capabilities,
    CheckResult,
    CheckState,
    Evidence,
    OAuthClient,
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
from platforms.instagram.api import GraphApi
from platforms.instagram.containers import Containers
from platforms.instagram.errors import is_not_found
from platforms.instagram.facebook_login import FacebookLogin
from platforms.instagram.instagram_login import InstagramLogin
from platforms.instagram.interactions import Interactions
from platforms.instagram.limits import BUCKETS, COSTS, FILE_LIMITS, STAGING, TEXT_LIMITS
from platforms.instagram.options import POST_OPTIONS
from platforms.instagram.publishing import Publishing
from platforms.instagram.resources import text
from platforms.instagram.rupload import Transfer
from platforms.instagram.settings import NAME, InstagramSettings, Login
from platforms.instagram.usage import Usage
from platforms.instagram.users import Users
from platforms.instagram.validate import violations

READING_THREADS = 2


def build(settings: Mapping[str, str], http: Http, clock: Callable[[], datetime]) -> Instagram | None:
    """Build the adapter; None where no Meta app is configured. Raises PlatformSettingsError."""
    parsed = InstagramSettings.parse(settings)
    return Instagram(parsed, http, clock) if parsed is not None else None


class Instagram:
    """One Meta app, any number of accounts: each call brings its account's token."""

    name = NAME
    display_name = "Instagram"
    buckets = BUCKETS
    costs = COSTS
    file_limits = FILE_LIMITS
    text_limits = TEXT_LIMITS
    post_options = POST_OPTIONS
    oauth: OAuthClient

    def __init__(self, settings: InstagramSettings, http: Http, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._settings = settings
        self._api = GraphApi(http, settings.graph_url, clock)
        self._pool = ThreadPoolExecutor(READING_THREADS, thread_name_prefix="instagram-read")
        users = Users(self._api, settings.login)
        self._containers = Containers(self._api, users, settings, clock)
        self._transfer = Transfer(http, self._containers, settings, clock, self._pool)
        self._publishing = Publishing(self._api, users, self._containers, clock)
        self._interactions = Interactions(self._api, users, settings.login)
        if settings.login is Login.FACEBOOK:
            self.oauth = FacebookLogin(http, self._api, users, settings, clock)
        else:
            self.oauth = InstagramLogin(http, users, settings, clock)
        # No API likes a Reel, sets its cover later or edits its caption.
        self.capabilities = Capabilities(
            comment=True,
            like=False,
            delete=settings.login is Login.FACEBOOK,
            thumbnail=False,
            update_metadata=False,
            separate_publish=True,
            staging=STAGING,
            account_choices=True,
            live_buckets=True,
            fetches_file=settings.login is Login.INSTAGRAM,
        )

    @property
    def render_profile(self) -> str:
        """Reels are short and small: the file that every site takes."""
        return "everywhere"

    @property
    def usage(self) -> Usage:
        """How full the call allowance was when Meta last said so."""
        return self._api.usage

    def busy_until(self, now: datetime) -> datetime | None:
        """Until when to begin no upload: at four fifths of the call allowance what is under way goes first."""
        return self._api.busy_until(now)

    def validate(self, file: VideoFile | None, meta: VideoMeta) -> tuple[Violation, ...]:
        return violations(file, meta)

    async def open_upload(self, access_token: str, file: VideoFile, meta: VideoMeta) -> UploadSession:
        """Make a container. With Instagram Login Meta fetches the file from `file.url` from then on."""
        return await self._containers.open(access_token, file, meta)

    async def transfer(
        self,
        access_token: str,
        session: UploadSession,
        file: VideoFile,
        *,
        on_progress: OnProgress,
        before_commit: BeforeCommit,  # noqa: ARG002 - no byte of a container publishes
        on_session: OnSession | None = None,
    ) -> None:
        """Bring the container its file; `publish` goes on."""
        if self._settings.login is Login.INSTAGRAM:
            await self._transfer.verify(session, file)
        await self._transfer.resume(access_token, session, file, on_progress=on_progress, on_session=on_session)

    async def publish(
        self,
        access_token: str,
        session: UploadSession,
        meta: VideoMeta,  # noqa: ARG002 - the container holds it already
    ) -> Publication:
        """Publish the container. NotReadyError: call it again after its `retry_after`; nothing was done."""
        return await self._publishing.publish(access_token, session)

    async def check(self, access_token: str, video_id: str) -> CheckResult:
        """Ask for a Reel. It was processed before it was published; for some seconds it may not be shown."""
        try:
            body = await self._api.get(access_token, video_id, {"fields": "id,permalink"})
        except PlatformError as error:
            if not is_not_found(error):
                raise
            return CheckResult(CheckState.PROCESSING, reason=NOT_LISTED)
        permalink = text(body, "permalink")
        publication = Publication(video_id, permalink) if permalink else None
        return CheckResult(CheckState.PUBLISHED, progress=1.0, publication=publication)

    async def find_published(self, access_token: str, evidence: Evidence) -> SearchResult:
        return await self._publishing.find(access_token, evidence)

    async def account_choices(self, access_token: str) -> Mapping[str, Any]:
        """Read what holds for this account now: `buckets` and `used` by bucket, `window_s`, and the calls used."""
        return await self._interactions.choices(access_token)

    async def post_comment(self, access_token: str, video_id: str, text: str) -> str:
        return await self._interactions.post_comment(access_token, video_id, text)

    async def find_comment(self, access_token: str, video_id: str, text: str) -> str | None:
        return await self._interactions.find_comment(access_token, video_id, text)

    async def delete_video(self, access_token: str, video_id: str) -> None:
        await self._interactions.delete(access_token, video_id)

    async def get_video_analytics(self, access_token: str, video_id: str) -> Mapping[str, int]:
        """Count views, likes, comments and more; what Instagram does not tell (yet) is left out."""
        return await self._interactions.analytics(access_token, video_id)

    async def close(self) -> None:
        await self._http.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
