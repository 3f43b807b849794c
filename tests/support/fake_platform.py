"""A publishing site in memory: its ledger outlives our processes, and it can be told to misbehave.

`FakeSite` is the world outside; `FakePlatform` is the adapter that speaks to it. A misbehaviour is named by step and by
the number of the call: `site.faults["transfer", 1] = "lose_after"`. Known words:

- `lose_before`  the request never arrived; the adapter cannot know
- `lose_after`   it took effect, the answer was lost
- `transient`    503, nothing was done
- `token`        401
- `rate`         429 with retry_after 3 s
- `quota`        the allowance is used up for an hour
- `gone`         the session has expired
- `reject`       the content is not acceptable
- `reauth`       the grant is gone
- `operator`     the account may not do this
- `garbage`      an answer that no document describes
- `cut:N`        transfer only: the connection breaks after N more bytes
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from platforms.base import (
    Absent,
    AuthorizeRequest,
    BeforeCommit,
    CannotTell,
    Capabilities,
    CheckResult,
    CheckState,
    Evidence,
    Found,
    Grant,
    Identity,
    OnProgress,
    OnSession,
    Publication,
    SearchResult,
    UploadSession,
    VideoFile,
    VideoMeta,
    Violation,
    Visibility,
)
from platforms.errors import (
    ContentRejectedError,
    NeedsOperatorError,
    NeedsReauthError,
    OutcomeUnknownError,
    QuotaExhaustedError,
    RateLimitedError,
    SessionGoneError,
    TokenRejectedError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.limits import Bucket, Cost, FileLimits, Scope, TextLimits, Window
from platforms.options import NO_OPTIONS, PostOptions
from platforms.staging import Staging

HERE = "https://fake.example"
PIECE = 64 * 1024


@dataclass
class Session:
    meta: VideoMeta
    total: int
    received: bytearray = field(default_factory=bytearray)
    video_id: str | None = None
    gone: bool = False


@dataclass(frozen=True)
class Video:
    video_id: str
    marker: str
    title: str
    sha256: str
    size: int
    published_at: datetime
    meta: VideoMeta
    publish_at: datetime | None = None
    is_held: bool = False


class FakeSite:
    """What the site knows. `shows_after`: how long a new video stays invisible to searches.

    A video with `publish_at` becomes public then by this clock; `keeps_minutes` False: it forgets to.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.sessions: dict[str, Session] = {}
        self.videos: list[Video] = []
        self.comments: list[tuple[str, str, datetime]] = []
        self.likes: list[str] = []
        self.figures: dict[str, dict[str, int]] = {}
        self.covers: list[tuple[str, bytes]] = []
        self.listed: set[tuple[str, str]] = set()
        self.faults: dict[tuple[str, int], str] = {}
        self.calls: Counter[str] = Counter()
        self.refreshes = 0
        self.valid_tokens: set[str] | None = None
        self.grant_is_gone = False
        self.revoked: list[str] = []
        self.used_codes: set[str] = set()
        self.identity = Identity("channel-1", "Channel One", "@one")
        self.granted_scopes = frozenset({"upload"})
        self.gives_refresh_token = True
        self.polls_until_published = 0
        self.verdict = CheckState.PUBLISHED
        self.can_search = True
        self.shows_after = timedelta()
        self.keeps_minutes = True
        self.made = 0

    @property
    def public(self) -> list[Video]:
        """What everybody can see at this moment."""
        return [video for video in self.videos if self.is_public(video)]

    def is_public(self, video: Video) -> bool:
        if video.is_held:
            return False
        return video.publish_at is None or (self.keeps_minutes and video.publish_at <= self.clock())

    def add_video(self, session: Session) -> str:
        self.made += 1
        video_id = f"v{self.made}"
        data = bytes(session.received)
        sha256 = hashlib.sha256(data).hexdigest()
        meta = session.meta
        timed = meta.options.get("publish_at")
        publish_at = datetime.fromisoformat(timed) if timed else None
        self.videos.append(Video(video_id, meta.marker, meta.title, sha256, len(data), self.clock(), meta, publish_at))
        return video_id

    def require_token(self, access_token: str) -> None:
        if self.valid_tokens is not None and access_token not in self.valid_tokens:
            raise TokenRejectedError(platform="fake")

    def expire_sessions(self) -> None:
        for session in self.sessions.values():
            session.gone = True

    def next_fault(self, step: str) -> str | None:
        self.calls[step] += 1
        return self.faults.get((step, self.calls[step]))


class FakeOAuth:
    """Tokens `t1`, `t2`, ... that live for an hour."""

    wanted_scopes = frozenset({"upload"})

    def __init__(self, site: FakeSite, point: Callable[[str], None]) -> None:
        self._site = site
        self._point = point

    def authorize(self, *, state: str, redirect_uri: str) -> AuthorizeRequest:
        return AuthorizeRequest(f"{HERE}/authorize?state={state}", "verifier")

    async def exchange(self, *, code: str, code_verifier: str, redirect_uri: str) -> Grant:
        _raise(self._site.next_fault("exchange"), self._site)
        if code_verifier != "verifier" or code in self._site.used_codes:
            raise NeedsReauthError("invalid_grant", platform="fake", reason="invalid_grant")
        self._site.used_codes.add(code)
        self._site.grant_is_gone = False
        return self._grant("r-" + code if self._site.gives_refresh_token else None)

    async def refresh(self, refresh_token: str) -> Grant:
        self._point("before refresh")
        _raise(self._site.next_fault("refresh"), self._site)
        if self._site.grant_is_gone or refresh_token in self._site.revoked:
            raise NeedsReauthError("invalid_grant", platform="fake", reason="invalid_grant")
        grant = self._grant(None)
        self._point("after refresh")
        return grant

    def _grant(self, refresh_token: str | None) -> Grant:
        self._site.refreshes += 1
        token = f"t{self._site.refreshes}"
        if self._site.valid_tokens is not None:
            self._site.valid_tokens |= {token}
        return Grant(token, refresh_token, self._site.clock() + timedelta(hours=1), self._site.granted_scopes)

    async def revoke(self, token: str) -> None:
        _raise(self._site.next_fault("revoke"), self._site)
        self._site.revoked.append(token)

    async def identify(self, access_token: str) -> Identity:
        _raise(self._site.next_fault("identify"), self._site)
        self._site.require_token(access_token)
        return self._site.identity


class FakePlatform:
    """The adapter; `point` is called before and after each request, and may kill the process there."""

    name = "fake"
    display_name = "Fake"
    file_limits = FileLimits(max_size=None, min_duration_s=None, max_duration_s=None, source=HERE)
    text_limits = TextLimits(
        title_max_characters=100,
        description_max_bytes=5000,
        keywords_max_characters=500,
        forbidden_characters="<>",
        source=HERE,
    )
    post_options: PostOptions = NO_OPTIONS

    def __init__(
        self,
        site: FakeSite,
        *,
        point: Callable[[str], None] = lambda _: None,
        separate_publish: bool = False,
        uploads_per_day: int = 100,
        staging: Staging | None = None,
    ) -> None:
        self.site = site
        self.point = point
        self.capabilities = Capabilities(
            comment=True,
            like=True,
            delete=True,
            thumbnail=False,
            update_metadata=False,
            separate_publish=separate_publish,
            timed_release=bool(staging and staging.timed),
            staging=staging,
        )
        self.buckets = (Bucket("uploads", uploads_per_day, Window.PACIFIC_DAY, Scope.APP, HERE),)
        self.costs: Mapping[str, tuple[Cost, ...]] = {"open_upload": (Cost("uploads", 1),)}
        self.oauth = FakeOAuth(site, point)

    @property
    def render_profile(self) -> str:
        return "fake"

    def validate(self, file: VideoFile | None, meta: VideoMeta) -> tuple[Violation, ...]:
        too_long = len(meta.title) > self.text_limits.title_max_characters
        return (Violation("fake.title_too_long", {"limit": 100, "actual": len(meta.title)}),) if too_long else ()

    async def open_upload(self, access_token: str, file: VideoFile, meta: VideoMeta) -> UploadSession:
        fault = self._begin("open_upload", access_token)
        number = len(self.site.sessions) + 1
        key = f"secret-{number}"
        self.site.sessions[key] = Session(meta, file.size)
        self._end("open_upload", fault)
        return UploadSession({"key": key}, upload_id=f"u{number}")

    async def transfer(
        self,
        access_token: str,
        session: UploadSession,
        file: VideoFile,
        *,
        on_progress: OnProgress,
        before_commit: BeforeCommit,
        on_session: OnSession | None = None,
    ) -> Publication | None:
        fault = self._begin("transfer", access_token)
        there = self._session(session)
        if there.video_id is not None:
            return Publication(there.video_id, f"{HERE}/{there.video_id}")
        data = file.path.read_bytes()
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise ContentRejectedError("the file has changed", platform="fake", reason="fileChanged")
        breaks_at = len(there.received) + int(fault[4:]) if fault and fault.startswith("cut:") else None
        while len(there.received) < there.total:
            first = len(there.received)
            is_last = first + PIECE >= there.total
            if is_last and not self.capabilities.separate_publish:
                await before_commit()
            await self._send(there, data[first : first + PIECE], breaks_at, fault if is_last else None)
            await on_progress(len(there.received))
        if self.capabilities.separate_publish:
            return None
        return Publication(str(there.video_id), f"{HERE}/{there.video_id}")

    async def _send(self, there: Session, piece: bytes, breaks_at: int | None, fault: str | None) -> None:
        self.point("before send")
        if fault == "lose_before":
            raise OutcomeUnknownError(platform="fake")
        if there.gone:
            raise SessionGoneError(platform="fake")
        room = len(piece) if breaks_at is None else max(0, breaks_at - len(there.received))
        there.received.extend(piece[:room])
        if len(there.received) >= there.total and not self.capabilities.separate_publish:
            there.video_id = self.site.add_video(there)
        self.point("after send")
        if room < len(piece):
            raise TransientError("the connection broke", platform="fake")
        if fault == "lose_after":
            raise OutcomeUnknownError(platform="fake")

    async def publish(self, access_token: str, session: UploadSession, meta: VideoMeta) -> Publication | None:
        """A hostile site: every call publishes once more."""
        fault = self._begin("publish", access_token)
        if fault == "lose_before":
            raise OutcomeUnknownError(platform="fake")
        video_id = self.site.add_video(self._session(session))
        self._end("publish", fault)
        return Publication(video_id, f"{HERE}/{video_id}")

    async def check(self, access_token: str, video_id: str) -> CheckResult:
        self._begin("check", access_token)
        if self.site.calls["check"] <= self.site.polls_until_published:
            return CheckResult(CheckState.PROCESSING, progress=0.5)
        if self.site.verdict == CheckState.FAILED:
            return CheckResult(CheckState.FAILED, reason="copyright", code="fake.copyright")
        return CheckResult(self.site.verdict, visibility=self._visibility(video_id))

    def _visibility(self, video_id: str) -> str:
        video = next((each for each in self.site.videos if each.video_id == video_id), None)
        if video is None or not self.capabilities.timed_release:
            return ""
        if video.is_held:
            return Visibility.PRIVATE
        return Visibility.PUBLIC if self.site.is_public(video) else Visibility.TIMED

    async def set_release(self, access_token: str, video_id: str, publish_at: datetime | None) -> None:
        fault = self._begin("set_release", access_token)
        self._change(video_id, publish_at=publish_at, is_held=False)
        self._end("set_release", fault)

    async def hold_release(self, access_token: str, video_id: str) -> None:
        fault = self._begin("hold_release", access_token)
        self._change(video_id, is_held=True)
        self._end("hold_release", fault)

    def _change(self, video_id: str, **changes: Any) -> None:
        self.site.videos = [
            replace(video, **changes) if video.video_id == video_id else video for video in self.site.videos
        ]

    async def find_published(self, access_token: str, evidence: Evidence) -> SearchResult:
        self._begin("find_published", access_token)
        if not self.site.can_search:
            return CannotTell("the site has no search")
        visible = [
            video for video in self.site.videos if self.site.clock() - video.published_at >= self.site.shows_after
        ]
        for video in visible:
            if video.marker == evidence.marker and video.published_at >= evidence.since:
                return Found(Publication(video.video_id, f"{HERE}/{video.video_id}"))
        return Absent()

    async def delete_video(self, access_token: str, video_id: str) -> None:
        fault = self._begin("delete_video", access_token)
        self.site.videos = [video for video in self.site.videos if video.video_id != video_id]
        self._end("delete_video", fault)

    async def get_video_analytics(self, access_token: str, video_id: str) -> Mapping[str, int]:
        self._begin("get_video_analytics", access_token)
        return self.site.figures.get(video_id, {"views": 0, "likes": int(video_id in self.site.likes)})

    async def post_comment(self, access_token: str, video_id: str, text: str) -> str:
        """Every call comments once more."""
        fault = self._begin("post_comment", access_token)
        if fault == "lose_before":
            raise OutcomeUnknownError(platform="fake")
        if not text.strip():
            raise ContentRejectedError("empty", platform="fake")
        self.site.comments.append((video_id, text, self.site.clock()))
        self._end("post_comment", fault)
        return f"c{len(self.site.comments)}"

    async def find_comment(self, access_token: str, video_id: str, text: str) -> str | None:
        self._begin("find_comment", access_token)
        for number, (on, said, at) in enumerate(self.site.comments, start=1):
            if (on, said) == (video_id, text) and self.site.clock() - at >= self.site.shows_after:
                return f"c{number}"
        return None

    async def like_video(self, access_token: str, video_id: str) -> None:
        fault = self._begin("like_video", access_token)
        self.site.likes.append(video_id)
        self._end("like_video", fault)

    async def close(self) -> None:
        return None

    def _begin(self, step: str, access_token: str) -> str | None:
        self.point(f"before {step}")
        fault = self.site.next_fault(step)
        self.site.require_token(access_token)
        _raise(fault, self.site)
        if fault == "lose_before" and step == "open_upload":
            raise OutcomeUnknownError(platform="fake")
        return fault

    def _end(self, step: str, fault: str | None) -> None:
        self.point(f"after {step}")
        if fault == "lose_after":
            raise OutcomeUnknownError(platform="fake")

    def _session(self, session: UploadSession) -> Session:
        there = self.site.sessions[session.data["key"]]
        if there.gone:
            raise SessionGoneError(platform="fake")
        return there


def _raise(fault: str | None, site: FakeSite) -> None:
    errors: dict[str, Callable[[], Exception]] = {
        "transient": lambda: TransientError("503", platform="fake"),
        "token": lambda: TokenRejectedError("401", platform="fake"),
        "rate": lambda: RateLimitedError("429", platform="fake", retry_after=timedelta(seconds=3)),
        "quota": lambda: QuotaExhaustedError(
            "403", platform="fake", bucket="uploads", until=site.clock() + timedelta(hours=1)
        ),
        "gone": lambda: SessionGoneError("404", platform="fake"),
        "reject": lambda: ContentRejectedError("400", platform="fake", reason="invalidTitle"),
        "reauth": lambda: NeedsReauthError("403", platform="fake", reason="insufficientPermissions"),
        "operator": lambda: NeedsOperatorError("403", platform="fake", reason="channelSuspended"),
        "garbage": lambda: UnexpectedAnswerError("<html>", platform="fake"),
    }
    if fault in errors:
        raise errors[fault]()
