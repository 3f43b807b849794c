"""Figures of videos: counters of up to fifty in one call, and YouTube Analytics' tables over days.

Sources: developers.google.com/youtube/v3/docs/videos/batchGetStats and
developers.google.com/youtube/analytics/reference/reports/query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from platforms.errors import (
    NeedsOperatorError,
    NeedsReauthError,
    QuotaExhaustedError,
    RateLimitedError,
    UnexpectedAnswerError,
)
from platforms.youtube.api import YouTubeApi
from platforms.youtube.errors import HOUR
from platforms.youtube.resources import items, parse_statistics, text
from platforms.youtube.settings import NAME

MAX_IDS = 50
DEFAULT_METRICS = ("views", "likes", "comments", "estimatedMinutesWatched", "averageViewDuration")
NAMES = dict(zip(DEFAULT_METRICS, ("views", "likes", "comments", "watched_minutes", "average_watch_s"), strict=True))
"""YouTube's metrics and our names for them."""


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """What to ask of Analytics. Days are the Pacific ones; the latest one to three have no figures yet."""

    start: date
    end: date
    metrics: tuple[str, ...] = DEFAULT_METRICS
    dimensions: tuple[str, ...] = ()
    video_ids: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    max_results: int | None = None

    def __post_init__(self) -> None:
        if self.end < self.start or not self.metrics:
            raise ValueError("a report needs metrics, and an end that is not before its start")
        if unknown := {name.removeprefix("-") for name in self.sort} - {*self.metrics, *self.dimensions}:
            raise ValueError(f"a report is sorted by what it shows, not by {', '.join(sorted(unknown))}")

    def params(self) -> dict[str, str]:
        """Write it as query parameters."""
        params = {
            "ids": "channel==MINE",
            "startDate": self.start.isoformat(),
            "endDate": self.end.isoformat(),
            "metrics": ",".join(self.metrics),
        }
        if self.video_ids:
            params["filters"] = f"video=={','.join(self.video_ids)}"
        for name, values in (("dimensions", self.dimensions), ("sort", self.sort)):
            if values:
                params[name] = ",".join(values)
        return params if self.max_results is None else params | {"maxResults": str(self.max_results)}


@dataclass(frozen=True, slots=True)
class Report:
    """A table. It has no rows where YouTube has no data."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...] = field(default=())

    def records(self) -> list[dict[str, Any]]:
        """Return each row by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class Reports:
    """Reads figures."""

    def __init__(self, api: YouTubeApi, analytics: YouTubeApi) -> None:
        self._api = api
        self._analytics = analytics

    async def statistics(self, access_token: str, video_ids: Sequence[str]) -> dict[str, Mapping[str, int]]:
        """Count views, likes and comments of up to 50 videos, by video id; unknown ones are left out."""
        if not 1 <= len(video_ids) <= MAX_IDS:
            raise ValueError(f"1 to {MAX_IDS} videos at once, not {len(video_ids)}")
        params = {"part": "id,statistics", "id": ",".join(video_ids)}
        found = items(await self._api.get(access_token, "videos:batchGetStats", params))
        return {text(item, "id"): parse_statistics(item) for item in found}

    async def query(self, access_token: str, query: ReportQuery) -> Report:
        """Read a table of Analytics, whose allowance is none of the Data API's buckets.

        Raises NeedsOperatorError (`youtube.analytics_scope_missing`) for a grant without one of its scopes:
        `youtube.force-ssl` alone is not enough.
        """
        try:
            body = await self._analytics.get(access_token, "reports", query.params())
        except NeedsReauthError as error:
            raise NeedsOperatorError(
                error.detail, platform=NAME, reason=error.reason, http_status=error.http_status,
                code="youtube.analytics_scope_missing",
            ) from None  # fmt: skip
        except QuotaExhaustedError as error:
            raise RateLimitedError(error.detail, retry_after=HOUR, platform=NAME, reason=error.reason) from None
        return _table(body)

    async def of_video(self, access_token: str, video_id: str, first: date, last: date) -> dict[str, int]:
        """Read one video's figures over these days, by our names; empty while YouTube has none."""
        table = await self.query(access_token, ReportQuery(first, last, video_ids=(video_id,)))
        row = next(iter(table.records()), {})
        return {ours: round(row[name]) for name, ours in NAMES.items() if isinstance(row.get(name), int | float)}


def _table(body: Mapping[str, Any]) -> Report:
    headers, rows = body.get("columnHeaders"), body.get("rows", [])
    if not isinstance(headers, list) or not isinstance(rows, list):
        raise UnexpectedAnswerError("The report is no table.", platform=NAME, reason="malformed")
    columns = tuple(text(header, "name") for header in headers if isinstance(header, dict))
    if any(not isinstance(row, list) or len(row) != len(columns) for row in rows):
        raise UnexpectedAnswerError("A row of the report does not fit.", platform=NAME, reason="malformed")
    return Report(columns, tuple(tuple(row) for row in rows))
