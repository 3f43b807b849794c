"""What the TikTok server does differently when a test asks for it; durable."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from sandbox.store import Store

FAIL_REASONS = frozenset({
    "file_format_check_failed", "duration_check_failed", "frame_rate_check_failed", "picture_size_check_failed",
    "internal", "video_pull_failed", "photo_pull_failed", "publish_cancelled", "auth_removed", "spam_risk",
    "spam_risk_text", "spam_risk_too_many_posts", "spam_risk_user_banned_from_posting",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class TiktokSettings:
    """Defaults are the documented figures, the strict reading where the documents leave one; durations in seconds of
    the virtual clock, sizes in bytes."""

    access_life_s: int = 86_400
    refresh_life_s: int = 31_536_000
    code_life_s: int = 600
    refresh_rotation: str = "old_invalid"  # or "same", or "new": both refresh tokens live on
    oauth_error_status: int = 400  # 200: OAuth's refusals come under HTTP 200, as has been seen
    parameter_code: str = "invalid_params"  # or "invalid_param", as the posting pages have it
    scope_code: str = "scope_not_authorized"  # or "scope_permission_missed"

    upload_life_s: float = 3600.0
    chunk_min: int = 5_242_880
    chunk_max: int = 64_000_000
    last_chunk_max: int = 128_000_000
    video_max: int = 4_294_967_296
    one_chunk_trap: bool = True  # False: as before August 2026, count 1 with any chunk_size up to chunk_max
    keep_partial_chunks: bool = False  # True: the bytes of a chunk that was cut off count
    range_end: str = "uploaded"  # Content-Range of 206 and 416: bytes 0-{count of bytes}, or "last_byte"
    refuse_bearer: bool = True  # an access token sent to the upload host is refused with 400

    processing_s: float = 2.0
    moderation_s: float = 3.0
    check_videos: bool = True  # an mp4 that says so itself may be too long or of a wrong size

    inits_per_minute: int = 6
    statuses_per_minute: int = 30
    creator_infos_per_minute: int = 20
    displays_per_minute: int = 600
    posts_per_day: int = 15
    posts_count_from: str = "init"  # or "upload": an init that never got its bytes is no post
    pending_inbox: int = 5
    unaudited_users_per_day: int = 5

    next_outcomes: list[dict[str, str]] = field(default_factory=list)  # of the next uploads: {"fail_reason"?}

    def __post_init__(self) -> None:
        _one_of("refresh_rotation", self.refresh_rotation, "same", "new", "old_invalid")
        _one_of("oauth_error_status", self.oauth_error_status, 200, 400)
        _one_of("parameter_code", self.parameter_code, "invalid_params", "invalid_param")
        _one_of("scope_code", self.scope_code, "scope_not_authorized", "scope_permission_missed")
        _one_of("range_end", self.range_end, "uploaded", "last_byte")
        _one_of("posts_count_from", self.posts_count_from, "init", "upload")
        for known in fields(self):
            value = getattr(self, known.name)
            if known.type in (int, float) and (isinstance(value, bool | str) or value < 0):
                raise ValueError(f"{known.name} is a number from 0")
        for outcome in self.next_outcomes:
            check_fail_reason(outcome.get("fail_reason"))


def _one_of(name: str, value: object, *allowed: object) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is one of {', '.join(map(str, allowed))}")


def check_fail_reason(reason: str | None) -> None:
    """Raises ValueError for a reason that TikTok does not know."""
    if reason is not None and reason not in FAIL_REASONS:
        raise ValueError(f"fail_reason is one of {', '.join(sorted(FAIL_REASONS))}")


def load(store: Store) -> TiktokSettings:
    """What was last saved."""
    return TiktokSettings(**(store.get("settings", "tiktok") or {}))


def change(store: Store, changes: dict[str, Any]) -> TiktokSettings:
    """Save changed fields; raises ValueError or TypeError for nonsense."""
    settings = replace(load(store), **changes)
    store.put("settings", "tiktok", asdict(settings))
    return settings


def to_json(settings: TiktokSettings) -> dict[str, Any]:
    """As the control route gives it."""
    return asdict(settings)


def take_outcome(store: Store) -> str | None:
    """The planned fail_reason of the upload that ends now, if any."""
    settings = load(store)
    if not settings.next_outcomes:
        return None
    first, *rest = settings.next_outcomes
    change(store, {"next_outcomes": rest})
    return first.get("fail_reason")
