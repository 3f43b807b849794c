"""A comment is written once, or it is known that nobody knows."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from platforms.errors import ContentRejectedError, NeedsOperatorError, OutcomeUnknownError, TransientError
from tests.platforms.youtube.google import Answering, Google, listing, refused

OWN = listing({"id": "UC1"})
VIDEO = listing({"id": "v", "snippet": {"channelId": "UC1"}})


def thread(author: str, text: str, thread_id: str = "Ug1") -> dict[str, Any]:
    snippet = {"textOriginal": text, "textDisplay": text, "authorChannelId": {"value": author}}
    return {"id": thread_id, "snippet": {"topLevelComment": {"id": thread_id, "snippet": snippet}}}


async def test_a_comment_names_the_videos_channel(youtube_answering: Answering) -> None:
    google = Google(get_videos=VIDEO, post_commentThreads={"id": "Ug1"})
    assert await youtube_answering(google).post_comment("token", "v", "Спасибо 🌅") == "Ug1"
    top = {"snippet": {"textOriginal": "Спасибо 🌅"}}
    assert google.bodies("POST") == [{"snippet": {"channelId": "UC1", "videoId": "v", "topLevelComment": top}}]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ReadTimeout("late"),
        httpx.RemoteProtocolError("cut"),
        refused(503, "backendError"),
        httpx.Response(502, text="<html>"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={}),
    ],
)
async def test_a_lost_or_broken_answer_is_an_unknown_outcome(youtube_answering: Answering, answer: Any) -> None:
    google = Google(get_videos=VIDEO, post_commentThreads=answer)
    with pytest.raises(OutcomeUnknownError):
        await youtube_answering(google).post_comment("token", "v", "Thanks")


@pytest.mark.parametrize("answer", [httpx.ConnectError("no"), refused(400, "processingFailure")])
async def test_what_surely_was_not_written_is_transient(youtube_answering: Answering, answer: Any) -> None:
    google = Google(get_videos=VIDEO, post_commentThreads=answer)
    with pytest.raises(TransientError):
        await youtube_answering(google).post_comment("token", "v", "Thanks")


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (refused(403, "commentsDisabled"), NeedsOperatorError, "youtube.comments_disabled"),
        (refused(400, "commentTextTooLong"), ContentRejectedError, "youtube.comment_refused"),
        (refused(403, "insufficientPermissions"), NeedsOperatorError, "youtube.comment_scope_missing"),
    ],
)
async def test_a_refusal_has_its_sentence(youtube_answering: Answering, answer: Any, error: Any, code: str) -> None:
    with pytest.raises(error) as caught:
        await youtube_answering(Google(get_videos=VIDEO, post_commentThreads=answer)).post_comment("t", "v", "Hi")
    assert caught.value.code == code


async def test_our_comment_is_found_by_author_and_text(youtube_answering: Answering) -> None:
    threads = [
        thread("UC2", "Thanks", "other"),
        thread("UC1", "Something", "else"),
        thread("UC1", " Thanks\r\n", "ours"),
    ]
    google = Google(get_channels=OWN, get_commentThreads=listing(*threads))
    assert await youtube_answering(google).find_comment("token", "v", "Thanks") == "ours"
    params = dict(google.asked[1].url.params)
    assert (params["order"], params["videoId"], params["textFormat"]) == ("time", "v", "plainText")


async def test_somebody_elses_same_words_are_not_ours(youtube_answering: Answering) -> None:
    google = Google(get_channels=OWN, get_commentThreads=listing(thread("UC2", "Thanks")))
    assert await youtube_answering(google).find_comment("token", "v", "Thanks") is None


async def test_older_pages_are_read(youtube_answering: Answering) -> None:
    pages = [listing(thread("UC2", "Hm"), nextPageToken="next"), listing(thread("UC1", "Thanks", "ours"))]
    google = Google(get_channels=OWN, get_commentThreads=pages)
    assert await youtube_answering(google).find_comment("token", "v", "Thanks") == "ours"
    assert google.asked[2].url.params["pageToken"] == "next"


async def test_a_search_without_end_is_no_absence(youtube_answering: Answering) -> None:
    google = Google(get_channels=OWN, get_commentThreads=listing(thread("UC2", "Hm"), nextPageToken="next"))
    with pytest.raises(OutcomeUnknownError):
        await youtube_answering(google).find_comment("token", "v", "Thanks")
