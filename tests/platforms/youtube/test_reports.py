"""Figures: fifty videos in one call, and Analytics' tables, which may be empty."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from platforms.errors import NeedsOperatorError, RateLimitedError, UnexpectedAnswerError
from platforms.youtube.reports import Report, ReportQuery
from tests.platforms.youtube.google import Answering, Google, listing, refused

WEEK = ReportQuery(date(2026, 11, 1), date(2026, 11, 7), metrics=("views", "likes"), dimensions=("day",))
HEADERS = [{"name": "day"}, {"name": "views"}, {"name": "likes"}]


async def test_the_counters_of_many_videos_come_in_one_call(youtube_answering: Answering) -> None:
    answer = listing({"id": "a", "statistics": {"viewCount": "7", "likeCount": "2"}}, {"id": "b", "statistics": {}})
    google = Google(get_batchGetStats=answer)
    assert await youtube_answering(google).get_statistics("token", ["a", "b", "gone"]) == {
        "a": {"views": 7, "likes": 2},
        "b": {},
    }
    assert google.asked[0].url.path == "/youtube/v3/videos:batchGetStats"
    assert dict(google.asked[0].url.params) == {"part": "id,statistics", "id": "a,b,gone"}


@pytest.mark.parametrize("count", [0, 51])
async def test_at_most_fifty_at_once(youtube_answering: Answering, count: int) -> None:
    with pytest.raises(ValueError, match="50"):
        await youtube_answering(Google()).get_statistics("token", ["v"] * count)


async def test_a_report_is_a_table(youtube_answering: Answering) -> None:
    google = Google(get_reports={"columnHeaders": HEADERS, "rows": [["2026-11-01", 12, 3]]})
    report = await youtube_answering(google).report("token", WEEK)
    assert report.records() == [{"day": "2026-11-01", "views": 12, "likes": 3}]
    assert google.asked[0].url.host == "youtubeanalytics.googleapis.com"
    assert google.asked[0].url.path == "/v2/reports"
    assert dict(google.asked[0].url.params) == {
        "ids": "channel==MINE",
        "startDate": "2026-11-01",
        "endDate": "2026-11-07",
        "metrics": "views,likes",
        "dimensions": "day",
    }


def test_filter_order_and_length_are_said_where_wanted() -> None:
    query = ReportQuery(WEEK.start, WEEK.end, video_ids=("a", "b"), sort=("-views",), max_results=5)
    params = query.params()
    assert (params["filters"], params["sort"], params["maxResults"]) == ("video==a,b", "-views", "5")


async def test_without_data_there_are_no_rows(youtube_answering: Answering) -> None:
    google = Google(get_reports={"columnHeaders": HEADERS})
    assert await youtube_answering(google).report("token", WEEK) == Report(("day", "views", "likes"), ())


@pytest.mark.parametrize("body", [{}, {"columnHeaders": HEADERS, "rows": [["2026-11-01"]]}, {"columnHeaders": 1}])
async def test_what_is_no_table_is_unexpected(youtube_answering: Answering, body: Any) -> None:
    with pytest.raises(UnexpectedAnswerError):
        await youtube_answering(Google(get_reports=body)).report("token", WEEK)


async def test_a_grant_without_the_scope_is_said_and_not_thrown_away(youtube_answering: Answering) -> None:
    with pytest.raises(NeedsOperatorError) as caught:
        await youtube_answering(Google(get_reports=refused(403, "insufficientPermissions"))).report("token", WEEK)
    assert caught.value.code == "youtube.analytics_scope_missing"


async def test_an_empty_allowance_of_analytics_empties_no_bucket_of_ours(youtube_answering: Answering) -> None:
    with pytest.raises(RateLimitedError) as caught:
        await youtube_answering(Google(get_reports=refused(403, "quotaExceeded"))).report("token", WEEK)
    assert caught.value.retry_after == timedelta(hours=1)


async def test_the_empty_bucket_of_the_counters_is_their_own(youtube_answering: Answering) -> None:
    message = "Quota exceeded for quota metric 'Batch Get Stats' and limit 'Batch Get Stats per day' of service."
    answer = httpx.Response(429, json={"error": {"message": message, "errors": [{"reason": "rateLimitExceeded"}]}})
    with pytest.raises(Exception, match="Batch") as caught:
        await youtube_answering(Google(get_batchGetStats=answer)).get_statistics("token", ["v"])
    assert caught.value.bucket == "batch_stats"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "changes",
    [{"start": date(2026, 11, 8)}, {"metrics": ()}, {"sort": ("shares",)}],
)
def test_a_question_that_cannot_be_asked_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        ReportQuery(**({"start": WEEK.start, "end": WEEK.end} | changes))
