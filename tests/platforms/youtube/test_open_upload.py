"""Opening a session: the metadata travels whole, the session's address stays secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from platforms.errors import ContentRejectedError, QuotaExhaustedError, UnexpectedAnswerError
from platforms.youtube import YouTube
from tests.platforms.stage import ACCESS_TOKEN, SESSION_SECRET, Say, Stage, make_file, make_meta


async def sent_body(youtube: YouTube, stage: Stage, folder: Path, **meta: Any) -> dict[str, Any]:
    await youtube.open_upload(ACCESS_TOKEN, make_file(folder, 10), make_meta(**meta))
    return stage.opened[-1][2]


async def test_the_request_announces_the_file_and_names_it_by_the_marker(
    youtube: YouTube, stage: Stage, tmp_path: Path
) -> None:
    await youtube.open_upload(ACCESS_TOKEN, make_file(tmp_path, 12345), make_meta(marker="cf-9-beef"))
    query, headers, _ = stage.opened[0]
    assert query == {"uploadType": "resumable", "part": "snippet,status"}
    assert headers["x-upload-content-length"] == "12345"
    assert headers["x-upload-content-type"] == "video/mp4"
    assert headers["content-type"] == "application/json; charset=UTF-8"
    assert headers["authorization"] == f"Bearer {ACCESS_TOKEN}"
    assert headers["slug"] == "cf-9-beef.mp4"
    assert stage.puts == []


async def test_privacy_audience_and_synthetic_media_are_always_sent(
    youtube: YouTube, stage: Stage, tmp_path: Path
) -> None:
    body = await sent_body(youtube, stage, tmp_path, privacy_status="public", contains_synthetic_media=False)
    assert body["status"] == {
        "privacyStatus": "public",
        "selfDeclaredMadeForKids": False,
        "containsSyntheticMedia": False,
    }


async def test_the_texts_are_sent_as_they_are(youtube: YouTube, stage: Stage, tmp_path: Path) -> None:
    body = await sent_body(youtube, stage, tmp_path, title="Утро 🌅", description="a\nb", keywords=("один два", " "))
    assert body["snippet"] == {
        "title": "Утро 🌅",
        "description": "a\nb",
        "tags": ["один два"],
        "categoryId": "22",
    }


async def test_a_publication_time_makes_the_video_private_until_then(
    youtube: YouTube, stage: Stage, tmp_path: Path
) -> None:
    options = {"publish_at": "2026-11-21T10:00:00+02:00", "category_id": "10"}
    body = await sent_body(youtube, stage, tmp_path, privacy_status="public", options=options)
    assert body["status"]["privacyStatus"] == "private"
    assert body["status"]["publishAt"] == "2026-11-21T08:00:00+00:00"
    assert body["snippet"]["categoryId"] == "10"


async def test_subscribers_are_notified_as_youtube_does_unless_the_post_says_otherwise(
    youtube: YouTube, stage: Stage, tmp_path: Path
) -> None:
    await sent_body(youtube, stage, tmp_path, options={"notify_subscribers": False})
    assert stage.opened[0][0]["notifySubscribers"] == "false"


async def test_the_session_shows_nobody_where_to_send_bytes(youtube: YouTube, stage: Stage, tmp_path: Path) -> None:
    session = await youtube.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), make_meta())
    assert SESSION_SECRET in session.data["address"]
    assert SESSION_SECRET not in repr(session)
    assert session.upload_id
    assert session.upload_id not in session.data["address"]


async def test_an_empty_file_opens_no_session(youtube: YouTube, stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(ContentRejectedError) as caught:
        await youtube.open_upload(ACCESS_TOKEN, make_file(tmp_path, 0), make_meta())
    assert caught.value.code == "youtube.file_empty"
    assert stage.opened == []


async def test_a_marker_that_does_not_fit_a_header_is_refused(youtube: YouTube, stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        await youtube.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), make_meta(marker="a\r\nHost: evil"))
    assert stage.opened == []


async def test_a_refusal_at_the_opening_is_what_its_reason_means(
    youtube: YouTube, stage: Stage, tmp_path: Path
) -> None:
    stage.opening = Say(403, {"error": {"code": 403, "message": "no", "errors": [{"reason": "quotaExceeded"}]}})
    with pytest.raises(QuotaExhaustedError):
        await youtube.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), make_meta())


async def test_an_opening_without_an_address_is_unexpected(youtube: YouTube, stage: Stage, tmp_path: Path) -> None:
    stage.opening = Say(200)
    with pytest.raises(UnexpectedAnswerError):
        await youtube.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), make_meta())


@pytest.mark.parametrize("address", ["https://evil.example/session", "http://10.0.0.1/session", "//evil.example/s"])
async def test_the_token_is_not_taken_to_a_foreign_host(
    youtube: YouTube, stage: Stage, tmp_path: Path, address: str
) -> None:
    stage.opening = Say(200, headers={"Location": address})
    with pytest.raises(UnexpectedAnswerError) as caught:
        await youtube.open_upload(ACCESS_TOKEN, make_file(tmp_path, 10), make_meta())
    assert "evil" not in str(caught.value)
