"""TikTok's allowances and limits, as data, with the page that states each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from platforms.limits import Bucket, Cost, FileLimits, Scope, TextLimits, Window
from platforms.staging import Staging
from platforms.tiktok.settings import Mode

DIRECT_PAGE = "https://developers.tiktok.com/doc/content-posting-api-reference-direct-post"
INBOX_PAGE = "https://developers.tiktok.com/doc/content-posting-api-reference-upload-video"
CREATOR_PAGE = "https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info"
STATUS_PAGE = "https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status"
MEDIA_PAGE = "https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide"
SHARING_PAGE = "https://developers.tiktok.com/doc/content-sharing-guidelines"

POSTS = "posts"
PENDING_INBOX = "pending_inbox"
ACTIVE_USERS = "active_users"
INITS = "inits"
CREATOR_INFOS = "creator_infos"
STATUS_CHECKS = "status_checks"

BUCKETS = (
    # "About 15", and posts through other apps count too: TikTok's own answer decides, and an operator may override it.
    Bucket(POSTS, 15, Window.ROLLING_DAY, Scope.ACCOUNT, SHARING_PAGE),
    Bucket(PENDING_INBOX, 5, Window.ROLLING_DAY, Scope.ACCOUNT, INBOX_PAGE),
    # Users of an app that TikTok has not audited; no call spends it, TikTok says when it is full.
    Bucket(ACTIVE_USERS, 5, Window.ROLLING_DAY, Scope.APP, SHARING_PAGE),
    Bucket(INITS, 6, Window.ROLLING_MINUTE, Scope.ACCOUNT, DIRECT_PAGE),
    Bucket(CREATOR_INFOS, 20, Window.ROLLING_MINUTE, Scope.ACCOUNT, CREATOR_PAGE),
    Bucket(STATUS_CHECKS, 30, Window.ROLLING_MINUTE, Scope.ACCOUNT, STATUS_PAGE),
)

_OPENING: Mapping[Mode, tuple[Cost, ...]] = {
    Mode.DIRECT: (Cost(POSTS, 1), Cost(INITS, 1), Cost(CREATOR_INFOS, 1)),
    Mode.INBOX: (Cost(PENDING_INBOX, 1), Cost(INITS, 1)),
}


def costs(mode: Mode) -> Mapping[str, tuple[Cost, ...]]:
    """What each step takes. A transfer asks once where the upload stands; the bytes themselves cost nothing."""
    return {
        "open_upload": _OPENING[mode],
        "transfer": (Cost(STATUS_CHECKS, 1),),
        "publish": (),
        "check": (Cost(STATUS_CHECKS, 1),),
        "find_published": (),
        "get_video_analytics": (Cost(STATUS_CHECKS, 1),),
        "account_choices": (Cost(CREATOR_INFOS, 1),) if mode is Mode.DIRECT else (),
        "identify": (),
    }


# The upload address takes bytes for an hour from init on; the rest of it is for the last chunk.
STAGING = Staging(usual=timedelta(minutes=30), at_most=timedelta(minutes=45), source=MEDIA_PAGE)

MAX_DURATION_S = 600.0  # of the API; each account has its own, shorter one in creator_info


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What a picture may be: sides in pixels, frame rates in frames per second."""

    min_side: int
    max_side: int
    min_fps: float
    max_fps: float
    source: str


PICTURE_LIMITS = PictureLimits(min_side=360, max_side=4096, min_fps=23.0, max_fps=60.0, source=MEDIA_PAGE)


def file_limits(min_duration_s: float) -> FileLimits:
    """What a file may be. The shortest length is not documented, so it is a setting."""
    return FileLimits(
        max_size=4_000_000_000,
        min_duration_s=min_duration_s,
        max_duration_s=MAX_DURATION_S,
        source=MEDIA_PAGE,
        min_side=PICTURE_LIMITS.min_side,
        max_side=PICTURE_LIMITS.max_side,
        is_upright=True,
    )


MIME_TYPES = ("video/mp4", "video/quicktime", "video/webm")

CAPTION_MAX_UNITS = 2200
"""UTF-16 code units of the one text that a post has (DIRECT_PAGE)."""

TEXT_LIMITS = TextLimits(
    title_max_characters=CAPTION_MAX_UNITS,
    # Description and keywords go into the same caption; it is judged as a whole.
    description_max_bytes=4 * CAPTION_MAX_UNITS,
    keywords_max_characters=CAPTION_MAX_UNITS,
    forbidden_characters="",
    source=DIRECT_PAGE,
)
