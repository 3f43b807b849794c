"""After the upload: how far it is, deleting it, counting its views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from platforms.base import NOT_LISTED, CheckResult, CheckState
from platforms.errors import (
    ContentRejectedError,
    NeedsOperatorError,
    TransientError,
    UnexpectedAnswerError,
)
from platforms.youtube import YouTube

Answering = Callable[[Callable[[httpx.Request], httpx.Response]], YouTube]


async def check(youtube_answering: Answering, *items: dict[str, Any]) -> CheckResult:
    youtube = youtube_answering(lambda request: httpx.Response(200, json={"items": list(items)}))
    return await youtube.check("token", "video-1")


def video(upload_status: str, **processing: Any) -> dict[str, Any]:
    return {"id": "video-1", "status": {"uploadStatus": upload_status}, "processingDetails": processing}


async def test_the_check_asks_for_the_two_cheap_parts(youtube_answering: Answering) -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"items": []})

    await youtube_answering(handler).check("the-token", "video-1")
    assert seen[0].url.path == "/youtube/v3/videos"
    assert dict(seen[0].url.params) == {"part": "status,processingDetails", "id": "video-1"}
    assert seen[0].headers["Authorization"] == "Bearer the-token"


async def test_a_video_that_is_not_listed_yet_is_processing(youtube_answering: Answering) -> None:
    assert await check(youtube_answering) == CheckResult(CheckState.PROCESSING, reason=NOT_LISTED)


async def test_processing_shows_its_share_where_youtube_says_it(youtube_answering: Answering) -> None:
    progress = {"partsTotal": "8", "partsProcessed": "2", "timeLeftMs": "1000"}
    result = await check(
        youtube_answering, video("uploaded", processingStatus="processing", processingProgress=progress)
    )
    assert result == CheckResult(CheckState.PROCESSING, progress=0.25)


async def test_processed_is_published(youtube_answering: Answering) -> None:
    result = await check(youtube_answering, video("processed", processingStatus="succeeded"))
    assert result.state == CheckState.PUBLISHED


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ({"uploadStatus": "rejected", "rejectionReason": "duplicate"}, "youtube.rejected_duplicate"),
        ({"uploadStatus": "rejected", "rejectionReason": "copyright"}, "youtube.rejected_copyright"),
        ({"uploadStatus": "failed", "failureReason": "codec"}, "youtube.failed_codec"),
        ({"uploadStatus": "failed", "failureReason": "newReason"}, "youtube.failed_otherwise"),
        ({"uploadStatus": "failed"}, "youtube.failed_otherwise"),
        ({"uploadStatus": "deleted"}, "youtube.video_deleted"),
    ],
)
async def test_a_failure_has_the_sites_word_and_a_sentence(
    youtube_answering: Answering, status: dict[str, str], code: str
) -> None:
    result = await check(youtube_answering, {"id": "video-1", "status": status})
    assert (result.state, result.code) == (CheckState.FAILED, code)


@pytest.mark.parametrize("processing_status", ["failed", "terminated"])
async def test_failed_processing_is_a_failure(youtube_answering: Answering, processing_status: str) -> None:
    details = {"processingStatus": processing_status, "processingFailureReason": "transcodeFailed"}
    result = await check(youtube_answering, video("uploaded", **details))
    assert (result.state, result.reason, result.code) == (
        CheckState.FAILED,
        "transcodeFailed",
        "youtube.failed_conversion",
    )


async def test_an_answer_without_json_is_unexpected(youtube_answering: Answering) -> None:
    with pytest.raises(UnexpectedAnswerError):
        await youtube_answering(lambda request: httpx.Response(200, text="<html>")).check("token", "video-1")


@pytest.mark.parametrize("status", [204, 404])
async def test_deleting_is_done_when_the_video_is_gone(youtube_answering: Answering, status: int) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path, request.url.params["id"]) == ("DELETE", "/youtube/v3/videos", "v")
        body = {"error": {"errors": [{"reason": "videoNotFound"}]}} if status == 404 else None
        return httpx.Response(status, json=body)

    await youtube_answering(handler).delete_video("token", "v")


async def test_deleting_somebody_elses_video_is_refused(youtube_answering: Answering) -> None:
    body = {"error": {"errors": [{"reason": "forbidden"}]}}
    with pytest.raises(NeedsOperatorError):
        await youtube_answering(lambda request: httpx.Response(403, json=body)).delete_video("token", "v")


async def test_a_lost_answer_to_a_deletion_may_be_repeated(youtube_answering: Answering) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late")

    with pytest.raises(TransientError):
        await youtube_answering(handler).delete_video("token", "v")


async def test_numbers_come_as_strings_of_64_bits(youtube_answering: Answering) -> None:
    statistics = {"viewCount": "18446744073709551615", "likeCount": "3", "favoriteCount": "0", "dislikeCount": "x"}
    youtube = youtube_answering(
        lambda request: httpx.Response(200, json={"items": [{"id": "v", "statistics": statistics}]})
    )
    assert await youtube.get_video_analytics("token", "v") == {"views": 2**64 - 1, "likes": 3}


async def test_a_video_that_is_gone_has_no_numbers(youtube_answering: Answering) -> None:
    youtube = youtube_answering(lambda request: httpx.Response(200, json={"items": []}))
    with pytest.raises(ContentRejectedError) as caught:
        await youtube.get_video_analytics("token", "v")
    assert caught.value.code == "youtube.video_not_found"
