"""Instagram's allowances and limits for Reels, as data, with the page that states each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from platforms.limits import Bucket, Cost, FileLimits, Scope, TextLimits, Window
from platforms.staging import Staging

MEDIA_PAGE = "https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media"
LIMIT_PAGE = (
    "https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/"
    "ig-user/content_publishing_limit"
)
COMMENTS_PAGE = "https://developers.facebook.com/docs/instagram-platform/comment-moderation"

PUBLISHES = "publishes"
CONTAINERS = "containers"
COMMENTS = "comments"

BUCKETS = (
    # The reference says 50, the guide 100: the account's own number is read live (`account_choices`) and goes before.
    Bucket(PUBLISHES, 50, Window.ROLLING_DAY, Scope.ACCOUNT, LIMIT_PAGE),
    Bucket(CONTAINERS, 400, Window.ROLLING_DAY, Scope.ACCOUNT, MEDIA_PAGE),
    # An old text; no current page states a number.
    Bucket(COMMENTS, 60, Window.ROLLING_HOUR, Scope.ACCOUNT, COMMENTS_PAGE),
)

COSTS: Mapping[str, tuple[Cost, ...]] = {
    # A publication is counted when its container is made: `publish` is called again while Instagram still processes,
    # and a full allowance should hold a post back before its bytes are sent. It can only be too careful.
    "open_upload": (Cost(CONTAINERS, 1), Cost(PUBLISHES, 1)),
    "transfer": (),
    "publish": (),
    "check": (),
    "find_published": (),
    "delete_video": (),
    "get_video_analytics": (),
    "post_comment": (Cost(COMMENTS, 1),),
    "find_comment": (),
}

# A container lives for 24 hours; the hours that are left are for a container that has to be made anew.
STAGING = Staging(usual=timedelta(hours=1), at_most=timedelta(hours=20), source=MEDIA_PAGE)

FILE_LIMITS = FileLimits(
    max_size=300 * 1000 * 1000,  # bytes; the page says "300 MB", so the smaller reading of it
    min_duration_s=3.0,
    max_duration_s=15 * 60.0,
    source=MEDIA_PAGE,
    is_upright=True,
)

CAPTION_MAX_CHARACTERS = 2200

TEXT_LIMITS = TextLimits(
    # Title, description and keywords become one caption, so each alone may be as long as the whole.
    title_max_characters=CAPTION_MAX_CHARACTERS,
    description_max_bytes=4 * CAPTION_MAX_CHARACTERS,
    keywords_max_characters=CAPTION_MAX_CHARACTERS,
    forbidden_characters="",
    source=MEDIA_PAGE,
    comment_max_characters=300,
)


@dataclass(frozen=True, slots=True)
class ReelLimits:
    """What a Reel may be beyond its size and length: pixels, frames per second, width over height, and its caption."""

    max_width: int
    min_fps: float
    max_fps: float
    min_aspect: float
    max_aspect: float
    mime_types: tuple[str, ...]
    max_hashtags: int
    max_mentions: int
    max_collaborators: int
    source: str


REEL_LIMITS = ReelLimits(
    max_width=1920,
    min_fps=23.0,
    max_fps=60.0,
    min_aspect=0.01,
    max_aspect=10.0,
    mime_types=("video/mp4", "video/quicktime"),
    max_hashtags=30,
    max_mentions=20,
    max_collaborators=3,
    source=MEDIA_PAGE,
)
