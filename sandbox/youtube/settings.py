"""What the YouTube server does differently when a test asks for it; durable."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sandbox.store import Store

_OUTCOMES = {
    "processed": (),
    "failed": ("conversion", "invalidFile", "emptyFile", "tooSmall", "codec", "uploadAborted"),
    "rejected": (
        "copyright", "inappropriate", "duplicate", "termsOfUse", "uploaderAccountSuspended", "length", "claim",
        "uploaderAccountClosed", "trademark", "legal",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class YoutubeSettings:
    """Defaults are the documented figures; durations in seconds of the virtual clock."""

    processing_s: float = 2.0
    session_life_s: float = 7 * 86400
    final_status: int = 201
    inserts_per_day: int = 100
    searches_per_day: int = 100
    units_per_day: int = 10_000
    stats_per_day: int = 10_000
    reports_per_day: int = 100_000
    legacy_insert_units: int | None = None  # before 1 June 2026: 1600 or 100 units of the pool per insert
    per_minute: int | None = None  # None: no short limit
    per_minute_status: int = 403
    channel_uploads_per_day: int | None = None  # None: no cap per channel
    lock_private: bool = False  # before 2 November 2026: uploads of unverified projects stay private
    playlist_size: int = 5000
    list_lag_s: float = 0.0  # how long a new video is not yet listed
    reject_duplicates: bool = True
    next_outcomes: list[dict[str, str]] = field(default_factory=list)  # of the next uploads, in order

    def __post_init__(self) -> None:
        if self.final_status not in (200, 201) or self.per_minute_status not in (403, 429):
            raise ValueError("final_status is 200 or 201, per_minute_status 403 or 429")
        for outcome in self.next_outcomes:
            check_outcome(outcome)


def check_outcome(outcome: dict[str, str]) -> None:
    """{"uploadStatus": processed | failed | rejected, "reason": …}; raises ValueError."""
    status = outcome.get("uploadStatus", "")
    if status not in _OUTCOMES or (_OUTCOMES[status] and outcome.get("reason") not in _OUTCOMES[status]):
        raise ValueError(f"an outcome is uploadStatus and reason out of {_OUTCOMES}")


def load(store: Store) -> YoutubeSettings:
    """What was last saved."""
    return YoutubeSettings(**(store.get("settings", "youtube") or {}))


def change(store: Store, changes: dict[str, Any]) -> YoutubeSettings:
    """Save changed fields; raises ValueError or TypeError for nonsense."""
    settings = replace(load(store), **changes)
    store.put("settings", "youtube", asdict(settings))
    return settings


def to_json(settings: YoutubeSettings) -> dict[str, Any]:
    """As the control route gives it."""
    return asdict(settings)


def take_outcome(store: Store) -> dict[str, str] | None:
    """The planned outcome of the upload that ends now, if any."""
    settings = load(store)
    if not settings.next_outcomes:
        return None
    first, *rest = settings.next_outcomes
    change(store, {"next_outcomes": rest})
    return first
