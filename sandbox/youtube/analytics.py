"""YouTube Analytics v2 (youtubeanalytics.googleapis.com), mounted at `/youtube/analytics`: tables over days.

A video's days are set by `POST /control/youtube/videos/{id}` {"days": {"2026-11-01": {"views": 12}}}.
"""

import re
from datetime import date
from operator import itemgetter
from typing import Any

from aiohttp import web

from sandbox.world import World
from sandbox.youtube.errors import ApiError
from sandbox.youtube.gate import Call
from sandbox.youtube.library import Library

PARAMETERS = frozenset({
    "currency", "dimensions", "endDate", "filters", "ids", "includeHistoricalChannelData", "maxResults", "metrics",
    "sort", "startDate", "startIndex",
})  # fmt: skip
METRICS = frozenset({
    "averageViewDuration", "averageViewPercentage", "comments", "dislikes", "estimatedMinutesWatched", "likes",
    "shares", "subscribersGained", "subscribersLost", "views",
})  # fmt: skip
DIMENSIONS = ("day", "video")
_AVERAGES = frozenset({"averageViewDuration", "averageViewPercentage"})
Key = tuple[str, ...]


class Analytics:
    """The one method of reports."""

    def __init__(self, world: World, library: Library) -> None:
        self._world, self._library = world, library

    async def query(self, call: Call) -> web.Response:
        """`rows` is missing where there is no data."""
        if call.query("ids") not in ("channel==MINE", f"channel=={call.channel}"):
            raise _bad("ids")
        metrics, dimensions = _names(call, "metrics", METRICS), _names(call, "dimensions", DIMENSIONS)
        if not metrics:
            raise ApiError(400, "required", "Required parameter: metrics")
        rows = self._rows(call, metrics, dimensions)
        shown = [*dimensions, *metrics]
        for name in reversed([n for n in call.query("sort").split(",") if n]):
            if name.removeprefix("-") not in shown:
                raise _bad("sort")
            rows.sort(key=itemgetter(shown.index(name.removeprefix("-"))), reverse=name[0] == "-")
        body: dict[str, Any] = {"kind": "youtubeAnalytics#resultTable", "columnHeaders": _headers(metrics, dimensions)}
        if rows:
            body["rows"] = rows[: int(call.query("maxResults") or len(rows))]
        return web.json_response(body)

    def _rows(self, call: Call, metrics: Key, dimensions: Key) -> list[list[Any]]:
        start, end, wanted = _day(call, "startDate"), _day(call, "endDate"), _videos(call)
        grouped: dict[Key, list[dict[str, float]]] = {}
        for video in self._library.of_channel(call.channel):
            if wanted and video["id"] not in wanted:
                continue
            for day, counted in sorted(video.get("days", {}).items()):
                if start <= date.fromisoformat(day) <= end:
                    place = {"day": day, "video": video["id"]}
                    grouped.setdefault(tuple(place[name] for name in dimensions), []).append(counted)
        return [[*key, *(_total(name, days) for name in metrics)] for key, days in grouped.items()]


def _total(metric: str, days: list[dict[str, float]]) -> float:
    values = [day.get(metric, 0) for day in days]
    return round(sum(values) / len(values)) if metric in _AVERAGES else sum(values)


def _headers(metrics: Key, dimensions: Key) -> list[dict[str, str]]:
    texts = [{"name": name, "columnType": "DIMENSION", "dataType": "STRING"} for name in dimensions]
    return texts + [{"name": name, "columnType": "METRIC", "dataType": "INTEGER"} for name in metrics]


def _names(call: Call, parameter: str, known: Any) -> Key:
    names = tuple(name for name in call.query(parameter).split(",") if name)
    if any(name not in known for name in names):
        raise _bad(parameter)
    return names


def _day(call: Call, parameter: str) -> date:
    try:
        return date.fromisoformat(call.query(parameter))
    except ValueError:
        raise _bad(parameter) from None


def _videos(call: Call) -> frozenset[str]:
    if not call.query("filters"):
        return frozenset()
    match = re.fullmatch(r"video==([\w,-]+)", call.query("filters"))
    if match is None:
        raise _bad("filters")
    return frozenset(match[1].split(","))


def _bad(parameter: str) -> ApiError:
    message = f"The query is not supported: {parameter}."
    return ApiError(400, "badRequest", message, at=(parameter, "parameter"), status="INVALID_ARGUMENT")
