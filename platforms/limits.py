"""Limits as data: allowances that refill, and what texts and files may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Window(StrEnum):
    """When an allowance refills."""

    PACIFIC_DAY = "pacific_day"
    ROLLING_DAY = "rolling_day"
    ROLLING_HOUR = "rolling_hour"
    ROLLING_MINUTE = "rolling_minute"

    @property
    def length(self) -> timedelta | None:
        """How long a rolling window is; None for a window that ends at a time of day."""
        return {
            Window.PACIFIC_DAY: None,
            Window.ROLLING_DAY: timedelta(days=1),
            Window.ROLLING_HOUR: timedelta(hours=1),
            Window.ROLLING_MINUTE: timedelta(minutes=1),
        }[self]

    def start(self, now: datetime) -> datetime:
        """When the window that holds `now` began (aware UTC): what was spent since then counts."""
        if self.length is not None:
            return now - self.length
        return _pacific_midnight(now, days=0)

    def refill(self, now: datetime) -> datetime:
        """When an allowance that is empty at `now` is surely full again (aware UTC)."""
        if self.length is not None:
            return now + self.length
        return _pacific_midnight(now, days=1)


def _pacific_midnight(now: datetime, *, days: int) -> datetime:
    """Midnight of `now`'s day in Los Angeles, or `days` later. Days there last 23 to 25 hours and begin at 00:00."""
    if now.tzinfo is None:
        raise ValueError("a window needs an aware datetime")
    pacific = ZoneInfo("America/Los_Angeles")
    day = now.astimezone(pacific).date() + timedelta(days=days)
    return datetime.combine(day, time(), tzinfo=pacific).astimezone(UTC)


class Scope(StrEnum):
    """Who shares an allowance."""

    APP = "app"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Bucket:
    """An allowance: `size` units per `window`, shared by `scope`; `source` is the page that states it."""

    name: str
    size: int
    window: Window
    scope: Scope
    source: str

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"bucket {self.name} must hold at least 1 unit, got {self.size}")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call takes from a bucket."""

    bucket: str
    units: int


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What a file may be; None means the site states no limit. Sizes in bytes, lengths in seconds, sides in pixels.

    `short_max_s`: how long a square or standing video may be to be filed under the site's short ones; above
    `short_claims_s` such a one is blocked where somebody claims its music. `is_upright`: made to be watched standing.
    """

    max_size: int | None
    min_duration_s: float | None
    max_duration_s: float | None
    source: str
    min_side: int | None = None
    max_side: int | None = None
    short_max_s: float | None = None
    short_claims_s: float | None = None
    is_upright: bool = False


@dataclass(frozen=True, slots=True)
class TextLimits:
    """What texts may be. The units differ per site, so each limit names its own."""

    title_max_characters: int
    description_max_bytes: int
    keywords_max_characters: int
    forbidden_characters: str
    source: str
    comment_max_characters: int | None = None
