"""Changing what exists: nothing that was not meant is lost, and no time is set that YouTube would not keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.errors import ContentRejectedError, PlatformError, TransientError
from platforms.youtube.editing import edited
from platforms.youtube.release import Release, first_release, next_release
from tests.platforms.conftest import NOW
from tests.platforms.stage import make_meta
from tests.platforms.youtube.google import Answering, Google, listing, refused

VIDEO = {
    "id": "v",
    "snippet": {
        "title": "Old",
        "description": "Old",
        "tags": ["old"],
        "categoryId": "10",
        "defaultLanguage": "en",
        "defaultAudioLanguage": "ka",
        "publishedAt": "2026-11-19T10:00:00Z",
        "channelId": "UC1",
    },
    "status": {
        "uploadStatus": "processed",
        "privacyStatus": "public",
        "license": "creativeCommon",
        "embeddable": False,
        "publicStatsViewable": False,
        "madeForKids": False,
    },
}
LATER = NOW + timedelta(hours=2)


def private(**status: Any) -> dict[str, Any]:
    return {**VIDEO, "status": {"privacyStatus": "private", **status}}


async def test_an_update_reads_first_and_sends_both_parts_whole(youtube_answering: Answering) -> None:
    google = Google(get_videos=listing(VIDEO), put_videos=VIDEO)
    await youtube_answering(google).update_metadata("token", "v", make_meta(title="New", privacy_status="unlisted"))
    assert [request.url.params["part"] for request in google.asked] == ["snippet,status"] * 2
    assert google.bodies("PUT") == [
        {
            "id": "v",
            "snippet": {
                "title": "New",
                "description": "Filmed on a phone.",
                "tags": ["travel", "old town"],
                "categoryId": "10",
                "defaultLanguage": "en",
                "defaultAudioLanguage": "ka",
            },
            "status": {
                "license": "creativeCommon",
                "embeddable": False,
                "publicStatsViewable": False,
                "selfDeclaredMadeForKids": False,
                "containsSyntheticMedia": True,
                "privacyStatus": "unlisted",
            },
        }
    ]


def test_what_the_post_names_wins_over_what_the_video_has() -> None:
    meta = make_meta(options={"category_id": "22", "license": "youtube", "embeddable": True, "default_language": "ru"})
    body = edited(VIDEO, meta, NOW)
    assert (body["snippet"]["categoryId"], body["snippet"]["defaultLanguage"]) == ("22", "ru")
    assert (body["status"]["license"], body["status"]["embeddable"]) == ("youtube", True)


def test_a_video_without_a_category_gets_the_usual_one() -> None:
    assert edited({"snippet": {}, "status": {}}, make_meta(), NOW)["snippet"]["categoryId"] == "22"


async def test_a_video_that_is_gone_cannot_be_changed(youtube_answering: Answering) -> None:
    with pytest.raises(ContentRejectedError) as caught:
        await youtube_answering(Google(get_videos=listing())).update_metadata("token", "v", make_meta())
    assert caught.value.code == "youtube.video_not_found"


async def test_a_lost_answer_to_an_update_may_be_repeated(youtube_answering: Answering) -> None:
    google = Google(get_videos=listing(VIDEO), put_videos=httpx.ReadTimeout("late"))
    with pytest.raises(TransientError):
        await youtube_answering(google).update_metadata("token", "v", make_meta())


async def test_a_refused_update_has_its_sentence(youtube_answering: Answering) -> None:
    google = Google(get_videos=listing(VIDEO), put_videos=refused(400, "invalidTitle"))
    with pytest.raises(ContentRejectedError) as caught:
        await youtube_answering(google).update_metadata("token", "v", make_meta())
    assert caught.value.code == "youtube.title_refused"


async def test_liking_is_rating(youtube_answering: Answering) -> None:
    google = Google(post_rate=httpx.Response(204))
    await youtube_answering(google).like_video("token", "v")
    assert google.asked[0].url.path == "/youtube/v3/videos/rate"
    assert dict(google.asked[0].url.params) == {"id": "v", "rating": "like"}


# The time of publication.


def at(moment: datetime) -> dict[str, Any]:
    return {"privacy_status": "public", "options": {"publish_at": moment.isoformat()}}


def test_a_time_to_come_makes_a_new_video_private_until_then() -> None:
    assert first_release(make_meta(**at(LATER)), NOW) == Release("private", LATER)


def test_a_time_that_has_passed_makes_a_new_video_public_at_once() -> None:
    assert first_release(make_meta(**at(NOW)), NOW) == Release("public")


def test_the_time_can_be_moved() -> None:
    status = edited(private(publishAt="2026-11-21T08:00:00Z"), make_meta(**at(LATER)), NOW)["status"]
    assert (status["privacyStatus"], status["publishAt"]) == ("private", LATER.isoformat())


def test_the_time_can_be_taken_away_and_the_video_stays_private() -> None:
    meta = make_meta(privacy_status="private", options={"publish_at": None})
    status = edited(private(publishAt="2026-11-21T08:00:00Z"), meta, NOW)["status"]
    assert status["privacyStatus"] == "private"
    assert "publishAt" not in status


def test_new_texts_alone_do_not_release_a_waiting_video() -> None:
    status = edited(private(publishAt="2026-11-21T08:00:00Z"), make_meta(privacy_status="public"), NOW)["status"]
    assert (status["privacyStatus"], status["publishAt"]) == ("private", "2026-11-21T08:00:00+00:00")


def test_once_the_time_has_come_the_post_may_still_name_it() -> None:
    status = edited(VIDEO, make_meta(**at(NOW - timedelta(hours=1))), NOW)["status"]
    assert status["privacyStatus"] == "public"
    assert "publishAt" not in status


@pytest.mark.parametrize(
    ("video", "moment", "code"),
    [(VIDEO, LATER, "youtube.already_public"), (private(), NOW - timedelta(minutes=1), "youtube.publish_at_past")],
)
def test_a_time_that_youtube_would_not_keep_is_refused_here(video: Any, moment: datetime, code: str) -> None:
    with pytest.raises(ContentRejectedError) as caught:
        edited(video, make_meta(**at(moment)), NOW)
    assert caught.value.code == code


TIMES = st.none() | st.integers(0, 30 * 24 * 60).map(
    lambda minutes: datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(
    current=st.builds(Release, st.sampled_from(["public", "unlisted", "private"]), TIMES),
    privacy=st.sampled_from(["public", "unlisted", "private"]),
    options=st.just({}) | TIMES.map(lambda t: {"publish_at": t and t.isoformat()}),
)
def test_a_time_is_only_ever_sent_with_private(current: Release, privacy: str, options: dict[str, Any]) -> None:
    if current.publish_at is not None:
        current = Release("private", current.publish_at)
    try:
        release = next_release(make_meta(privacy_status=privacy, options=options), current, NOW)
    except PlatformError:
        return
    assert release.publish_at is None or release.privacy_status == "private"
