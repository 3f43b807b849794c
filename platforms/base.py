"""What every publishing site offers to the rest of the house."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

from platforms.known_files import Stamp
from platforms.limits import Bucket, Cost, FileLimits, TextLimits
from platforms.options import PostOptions
from platforms.staging import Staging

OnProgress: TypeAlias = Callable[[int], Awaitable[None]]
"""Told how many bytes the site has confirmed so far."""

BeforeCommit: TypeAlias = Callable[[], Awaitable[None]]
"""Awaited right before the request that may publish; it raises to forbid that request."""


@dataclass(frozen=True, slots=True)
class VideoFile:
    """The file to publish. `size` in bytes, `duration_s` in seconds, width and height in pixels as shown.

    `fps` is None where it was not measured. `url` is where a site that fetches the file itself gets it, a secret.
    `checked` is what the file's stamp was when its digest was last compared
    with its bytes: an unchanged stamp spares reading it for that once more.
    """

    path: Path
    size: int
    sha256: str
    duration_s: float
    width: int
    height: int
    mime_type: str = "video/mp4"
    fps: float | None = None
    url: str = field(default="", repr=False)
    checked: Stamp | None = None


@dataclass(frozen=True, slots=True)
class VideoMeta:
    """What goes with the file. `marker` is unique to the task and lets `find_published` recognise the upload.

    `is_held_back`: the last bytes will be sent some time after the others, so they should be few.
    """

    title: str
    description: str
    keywords: tuple[str, ...]
    privacy_status: str
    made_for_kids: bool
    contains_synthetic_media: bool
    marker: str
    options: Mapping[str, Any] = field(default_factory=dict)
    is_held_back: bool = False


@dataclass(frozen=True, slots=True)
class UploadSession:
    """The site's handle of an upload. `data` is JSON-able and secret: whoever has it can send bytes."""

    data: Mapping[str, Any] = field(repr=False)
    upload_id: str | None = None


OnSession: TypeAlias = Callable[[UploadSession], Awaitable[None]]
"""Told when the site moved an upload to another address: the session to store in place of the old one."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A video that exists on the site."""

    video_id: str
    url: str


class Visibility:
    """Who may see a video, in `CheckResult.visibility`, as constants that go into no database."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"
    TIMED = "timed"
    """Private until the site itself makes it public."""


class CheckState:
    """Answers of `check`, as constants that go into no database."""

    PROCESSING = "processing"
    PUBLISHED = "published"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the site says of a video after its bytes arrived.

    `reason` is the site's word for a failure, `code` the key of the sentence for it. PROCESSING with the reason
    NOT_LISTED means that the site does not (yet) know the video: normal for seconds, wrong after minutes. PUBLISHED
    with the reason IN_INBOX means that the file waits in the creator's inbox, to be posted by hand; `code` says so.
    `repeats` says of a failure that the same file would be refused again.
    `publication` is the video itself, where the site named it only now (an upload may be asked for by another id).
    `visibility` is one of `Visibility`, or "" where the site does not tell.
    """

    state: str
    reason: str = ""
    progress: float | None = None
    code: str = ""
    publication: Publication | None = None
    visibility: str = ""
    repeats: bool = False


NOT_LISTED = "notListed"
"""`CheckResult.reason` of a video that the site does not list."""

IN_INBOX = "inInbox"
"""`CheckResult.reason` of a file that was delivered to the creator's inbox, as far as the site's API goes."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of an upload whose outcome is unknown; `since` is when its session was opened (aware UTC).

    `session` and `meta` are what the upload was made with, where the caller still has them; `reason` is the site's word
    in the answer that left the outcome open (`PlatformError.reason`).
    """

    marker: str
    title: str
    size: int
    duration_s: float
    since: datetime
    session: UploadSession | None = None
    meta: VideoMeta | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The upload is there."""

    publication: Publication


@dataclass(frozen=True, slots=True)
class Absent:
    """The site was asked in a way that would have shown the upload, and it is not there."""


@dataclass(frozen=True, slots=True)
class Unpublished(Absent):
    """It is not public, and the site still holds every byte: `publish` the same session again, open no new one."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The site cannot say; only a person can."""

    why: str


SearchResult: TypeAlias = Found | Absent | CannotTell


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule of the site that a file or text breaks: a dotted sentence key, and what the sentence names."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an OAuth server gave. `refresh_token` None on a refresh means: keep the old one."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime | None
    scopes: frozenset[str]
    refresh_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose grant it is: the channel or user behind an access token."""

    external_id: str
    title: str
    handle: str


@dataclass(frozen=True, slots=True)
class AuthorizeRequest:
    """Where to send the operator, and the secret that the exchange will need."""

    url: str
    code_verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the site's API offers beyond uploading; the bot shows what is missing as missing."""

    comment: bool
    like: bool
    delete: bool
    thumbnail: bool
    update_metadata: bool
    separate_publish: bool
    playlists: bool = False
    """`list_playlists` and `add_to_playlist`."""
    timed_release: bool = False
    """`options["publish_at"]`: the site itself releases an early upload at that time; see TimedRelease."""
    staging: Staging | None = None
    """What may be done before a post's minute; None: the upload begins at the minute."""
    device_flow: bool = False
    """`device` may be a DeviceFlow."""
    reports: bool = False
    """`report_video` reads the site's own statistics over days."""
    account_choices: bool = False
    """`account_choices(access_token)` tells what the site offers to this very account at the moment."""
    live_buckets: bool = False
    """`account_choices` tells the sizes of this account's buckets, under `buckets`."""
    confirm_identity: bool = False
    """One sign-in owns several accounts, so whoever consented is asked whether the one that came is the one meant."""
    statistics: bool = True
    """`get_video_analytics` tells figures."""
    fetches_file: bool = False
    """The site gets the file from `VideoFile.url`; nothing is sent there."""


class OAuthClient(Protocol):
    """The conversation that turns an operator's consent into tokens, and keeps them alive."""

    wanted_scopes: frozenset[str]

    def authorize(self, *, state: str, redirect_uri: str) -> AuthorizeRequest: ...

    async def exchange(self, *, code: str, code_verifier: str, redirect_uri: str) -> Grant: ...

    async def refresh(self, refresh_token: str) -> Grant: ...

    async def revoke(self, token: str) -> None: ...

    async def identify(self, access_token: str) -> Identity: ...


@runtime_checkable
class TellsChoices(Protocol):
    """A platform that tells what it offers to one account at the moment."""

    async def account_choices(self, access_token: str) -> Mapping[str, Any]: ...


@runtime_checkable
class ClaimsByName(Protocol):
    """A platform without a consent page: the operator names an account, and the site says if we may post there."""

    async def claim_account(self, named: str, *, asked_by: str) -> tuple[Grant, Identity]:
        """Find the account that `named` means, and what stands for our right to post on it.

        `asked_by` is the Telegram id of the operator who named it; where the site can tell, they must own it too. The
        grant does not expire: whether it still holds is seen when it is used. Raises NeedsOperatorError and
        ContentRejectedError with a sentence that says what to do.
        """
        ...


@runtime_checkable
class TimedRelease(Protocol):
    """A platform with `timed_release`: the time of a video that is not public yet can be changed."""

    async def set_release(self, access_token: str, video_id: str, publish_at: datetime | None) -> None:
        """Let the video become public at that time (aware UTC), None: now. Repeating it does no harm."""
        ...

    async def hold_release(self, access_token: str, video_id: str) -> None:
        """Keep a video that is not public from becoming so by itself; `set_release` gives it a time again."""
        ...


@runtime_checkable
class TellsPace(Protocol):
    """A platform whose site says with its answers how much of a call allowance is used, before it refuses."""

    def busy_until(self, now: datetime) -> datetime | None:
        """Until when no new upload should begin; None: nothing speaks against it."""
        ...


class Granted(Protocol):
    """One of several grants that a single consent gave."""

    @property
    def grant(self) -> Grant: ...


@runtime_checkable
class SeveralGrants(Protocol):
    """An OAuthClient whose consent may cover several accounts at once."""

    async def exchange_all(self, *, code: str, code_verifier: str, redirect_uri: str) -> Sequence[Granted]:
        """Trade a callback's code for a grant per account: at least one."""
        ...


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """A consent that is given elsewhere: people type `user_code` at `verification_url`, and we ask whether they did.

    `device_code` is the secret that collects the grant; it is asked for no sooner than `interval` after the last time.
    """

    device_code: str = field(repr=False)
    user_code: str
    verification_url: str
    expires_at: datetime
    interval: timedelta


class DeviceFlow(Protocol):
    """Consent without a callback, as a `device` attribute of platforms that have it.

    Sites give such grants fewer scopes: `lacks` names the flags of `Capabilities` that they cannot do.
    """

    wanted_scopes: frozenset[str]
    lacks: frozenset[str]

    async def begin(self) -> DeviceCode: ...

    async def poll(self, code: DeviceCode) -> Grant | DeviceCode:
        """Collect the grant; a DeviceCode means: not yet, ask with this one, whose interval may have grown.

        Raises NeedsReauthError where the person refused or the code is too old.
        """
        ...


@runtime_checkable
class HasDevice(Protocol):
    """A platform that may be connected by a code; None: it is not set up for that."""

    device: DeviceFlow | None


@runtime_checkable
class ScopedCapabilities(Protocol):
    """A platform where a grant may be smaller than the usual one, and still be good for something."""

    def capabilities_of(self, scopes: frozenset[str]) -> Capabilities:
        """Say what a grant of these scopes can do."""
        ...


class Platform(Protocol):
    """One publishing site. Adapters return values and raise `platforms.errors`; they never sleep, retry or store."""

    name: str
    display_name: str
    capabilities: Capabilities
    buckets: tuple[Bucket, ...]
    costs: Mapping[str, tuple[Cost, ...]]
    """Cost of each step by its method name (`open_upload`, `check`, ...)."""
    file_limits: FileLimits
    text_limits: TextLimits
    post_options: PostOptions
    oauth: OAuthClient | None
    """None: there is no consent page, and accounts are connected by name (ClaimsByName)."""

    @property
    def render_profile(self) -> str:
        """Names the fitting that files for this site need: "everywhere", "large", or a word that names none."""
        ...

    def validate(self, file: VideoFile | None, meta: VideoMeta) -> tuple[Violation, ...]: ...

    async def open_upload(self, access_token: str, file: VideoFile, meta: VideoMeta) -> UploadSession: ...

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
        """Ask where the site stands, send what is missing. None: the bytes are there, `publish` or `check` goes on.

        Raises OutcomeUnknownError where the upload may have been completed without our knowing: call it again, it asks
        first. SessionGoneError after `before_commit` was awaited once says nothing about the video: `find_published`.
        """
        ...

    async def publish(self, access_token: str, session: UploadSession, meta: VideoMeta) -> Publication | None: ...

    async def check(self, access_token: str, video_id: str) -> CheckResult: ...

    async def find_published(self, access_token: str, evidence: Evidence) -> SearchResult: ...

    async def delete_video(self, access_token: str, video_id: str) -> None: ...

    async def get_video_analytics(self, access_token: str, video_id: str) -> Mapping[str, int]: ...

    async def close(self) -> None: ...
