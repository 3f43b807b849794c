"""YouTube's allowances and limits, as data, with the page that states each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from platforms.limits import Bucket, Cost, FileLimits, Scope, TextLimits, Window
from platforms.staging import Staging

QUOTA_PAGE = "https://developers.google.com/youtube/v3/determine_quota_cost"
ERRORS_PAGE = "https://developers.google.com/youtube/v3/docs/errors"
VIDEO_PAGE = "https://developers.google.com/youtube/v3/docs/videos"
LENGTH_PAGE = "https://support.google.com/youtube/answer/71673"

VIDEO_INSERTS = "video_inserts"
SEARCHES = "searches"
UNITS = "units"
CHANNEL_UPLOADS = "channel_uploads"
BATCH_STATS = "batch_stats"

BUCKETS = (
    Bucket(VIDEO_INSERTS, 100, Window.PACIFIC_DAY, Scope.APP, QUOTA_PAGE),
    Bucket(SEARCHES, 100, Window.PACIFIC_DAY, Scope.APP, QUOTA_PAGE),
    Bucket(UNITS, 10_000, Window.PACIFIC_DAY, Scope.APP, QUOTA_PAGE),
    Bucket(BATCH_STATS, 10_000, Window.PACIFIC_DAY, Scope.APP, QUOTA_PAGE),
    # The size of a channel's own cap is not published (a verified phone number raises it). A guess that is too small
    # would hold posts back for nothing, so this is as large as the app's own: YouTube's answer `uploadLimitExceeded`
    # decides, and an operator who knows better overrides it.
    Bucket(CHANNEL_UPLOADS, 100, Window.ROLLING_DAY, Scope.ACCOUNT, ERRORS_PAGE),
)

COSTS: Mapping[str, tuple[Cost, ...]] = {
    # When an insert is counted is not documented. Counting it when its session is opened can only be too careful.
    "open_upload": (Cost(VIDEO_INSERTS, 1), Cost(CHANNEL_UPLOADS, 1)),
    "transfer": (),
    "publish": (),
    "check": (Cost(UNITS, 1),),
    # One channels.list, one playlistItems.list and one videos.list; a busy channel takes two more per 50 uploads.
    "find_published": (Cost(UNITS, 3),),
    "delete_video": (Cost(UNITS, 50),),
    "get_video_analytics": (Cost(UNITS, 1),),
    "get_statistics": (Cost(BATCH_STATS, 1),),
    # What is changed is read first, each time.
    "update_metadata": (Cost(UNITS, 51),),
    "set_release": (Cost(UNITS, 51),),
    "hold_release": (Cost(UNITS, 51),),
    "set_thumbnail": (Cost(UNITS, 51),),
    "post_comment": (Cost(UNITS, 51),),
    # One channels.list and one page of comments; more pages cost one each.
    "find_comment": (Cost(UNITS, 2),),
    "like_video": (Cost(UNITS, 50),),
    "list_playlists": (Cost(UNITS, 1),),
    "add_to_playlist": (Cost(UNITS, 51),),
    "list_categories": (Cost(UNITS, 1),),
    "account_choices": (Cost(UNITS, 3),),
    "report": (),  # YouTube Analytics counts by itself
    "identify": (Cost(UNITS, 1),),
}

# Early enough for the processing of a long video, and for the fabric to be away for a night's hours; YouTube names no
# limit. How long an unfinished session lives it does not say either (Google's storage says a week), hence the day.
STAGING = Staging(usual=timedelta(hours=6), at_most=timedelta(hours=24), source=VIDEO_PAGE, timed=frozenset({"public"}))

FILE_LIMITS = FileLimits(
    max_size=274_877_906_944,  # bytes: `maxSize` of videos.insert in the API's discovery document
    min_duration_s=None,
    max_duration_s=12 * 3600.0,
    source=LENGTH_PAGE,
    short_max_s=180.0,
    short_claims_s=60.0,
)

TEXT_LIMITS = TextLimits(
    title_max_characters=100,
    description_max_bytes=5000,
    keywords_max_characters=500,
    forbidden_characters="<>",
    source=VIDEO_PAGE,
    comment_max_characters=10_000,
)


def keywords_length(keywords: tuple[str, ...]) -> int:
    """Count keywords as YouTube does: the commas between them count, and a keyword with a space counts 2 for quotes."""
    return sum(len(keyword) + (2 if " " in keyword else 0) for keyword in keywords) + max(len(keywords) - 1, 0)
