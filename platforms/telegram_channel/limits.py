"""Telegram's allowances and limits for a bot that posts to channels, as data, with the page that states each."""

from __future__ import annotations

from collections.abc import Mapping

from platforms.limits import Bucket, Cost, FileLimits, Scope, TextLimits, Window

SEND_VIDEO_PAGE = "https://core.telegram.org/bots/api#sendvideo"
LOCAL_PAGE = "https://core.telegram.org/bots/api#using-a-local-bot-api-server"
FAQ_PAGE = "https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this"

POSTS = "posts"

# Said of groups; nothing is said of channels, and Telegram's own `retry_after` decides.
BUCKETS = (Bucket(POSTS, 20, Window.ROLLING_MINUTE, Scope.ACCOUNT, FAQ_PAGE),)

COSTS: Mapping[str, tuple[Cost, ...]] = {
    "open_upload": (),
    "transfer": (),
    "publish": (Cost(POSTS, 1),),
    "check": (),
    "find_published": (),
    "delete_video": (),
    "update_metadata": (Cost(POSTS, 1),),
}

CLOUD_MAX_SIZE = 50 * 1000 * 1000  # bytes; the page says "50 MB", so the smaller reading of it
LOCAL_MAX_SIZE = 2000 * 1000 * 1000  # bytes


def file_limits(*, local: bool) -> FileLimits:
    """What a file may be, which depends on whose Bot API server takes it."""
    return FileLimits(
        max_size=LOCAL_MAX_SIZE if local else CLOUD_MAX_SIZE,
        min_duration_s=None,
        max_duration_s=None,
        source=LOCAL_PAGE if local else SEND_VIDEO_PAGE,
    )


MIME_TYPES = ("video/mp4",)
"""Other formats are sent as documents, which nobody can watch in the channel (SEND_VIDEO_PAGE)."""

CAPTION_MAX_UNITS = 1024
"""UTF-16 code units of a caption after its entities were parsed (SEND_VIDEO_PAGE)."""

TEXT_LIMITS = TextLimits(
    # Title, description and keywords become one caption, so each alone may be as long as the whole.
    title_max_characters=CAPTION_MAX_UNITS,
    description_max_bytes=4 * CAPTION_MAX_UNITS,
    keywords_max_characters=CAPTION_MAX_UNITS,
    forbidden_characters="",
    source=SEND_VIDEO_PAGE,
)
