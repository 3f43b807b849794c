"""What a channel can choose from, and an addition to a playlist that may be repeated."""

from __future__ import annotations

import json

import pytest

from platforms.errors import ContentRejectedError
from platforms.youtube.playlists import Category, Playlist
from tests.platforms.youtube.google import Answering, Google, listing, refused

TALES = {
    "id": "PL1",
    "snippet": {"title": "Tales"},
    "status": {"privacyStatus": "public"},
    "contentDetails": {"itemCount": 2},
}


def category(number: str, title: str, *, assignable: bool) -> dict[str, object]:
    return {"id": number, "snippet": {"title": title, "assignable": assignable}}


async def test_all_pages_of_playlists_are_listed(youtube_answering: Answering) -> None:
    pages = [listing(TALES, nextPageToken="next"), listing({**TALES, "id": "PL2"})]
    google = Google(get_playlists=pages)
    found = await youtube_answering(google).list_playlists("token")
    assert found == (Playlist("PL1", "Tales", "public", 2), Playlist("PL2", "Tales", "public", 2))
    assert google.asked[1].url.params["pageToken"] == "next"


async def test_a_video_is_added_where_it_is_not_yet(youtube_answering: Answering) -> None:
    google = Google(get_playlistItems=listing(), post_playlistItems={"id": "entry"})
    assert await youtube_answering(google).add_to_playlist("token", "PL1", "v") == "entry"
    video = {"kind": "youtube#video", "videoId": "v"}
    assert google.bodies("POST") == [{"snippet": {"playlistId": "PL1", "resourceId": video}}]


async def test_a_video_that_is_in_there_is_not_added_again(youtube_answering: Answering) -> None:
    google = Google(get_playlistItems=listing({"id": "entry"}))
    assert await youtube_answering(google).add_to_playlist("token", "PL1", "v") == "entry"
    assert dict(google.asked[0].url.params) == {"part": "id", "playlistId": "PL1", "videoId": "v"}


async def test_a_playlist_that_is_full_has_its_sentence(youtube_answering: Answering) -> None:
    full = refused(403, "playlistContainsMaximumNumberOfVideos")
    with pytest.raises(ContentRejectedError) as caught:
        await youtube_answering(Google(get_playlistItems=listing(), post_playlistItems=full)).add_to_playlist(
            "token", "PL1", "v"
        )
    assert caught.value.code == "youtube.playlist_full"


async def test_a_playlist_that_does_not_know_the_video_takes_it(youtube_answering: Answering) -> None:
    google = Google(get_playlistItems=refused(404, "videoNotFound"), post_playlistItems={"id": "entry"})
    assert await youtube_answering(google).add_to_playlist("token", "PL1", "v") == "entry"


async def test_only_categories_that_may_be_given_are_listed(youtube_answering: Answering) -> None:
    items = [category("10", "Music", assignable=True), category("30", "Movies", assignable=False)]
    google = Google(get_videoCategories=listing(*items))
    found = await youtube_answering(google).list_categories("token", region="GE", language="ka")
    assert found == (Category("10", "Music"),)
    assert (google.asked[0].url.params["regionCode"], google.asked[0].url.params["hl"]) == ("GE", "ka")


@pytest.mark.parametrize(("long_uploads", "seconds"), [("allowed", 43_200.0), ("eligible", 900.0)])
async def test_the_choices_of_an_account_can_be_stored_as_json(
    youtube_answering: Answering, long_uploads: str, seconds: float
) -> None:
    google = Google(
        get_playlists=listing(TALES),
        get_videoCategories=listing(category("10", "Music", assignable=True)),
        get_channels=listing({"id": "UC1", "status": {"longUploadsStatus": long_uploads}}),
    )
    choices = await youtube_answering(google).account_choices("token")
    assert json.loads(json.dumps(choices)) == {
        "playlists": [{"playlist_id": "PL1", "title": "Tales", "privacy_status": "public", "size": 2}],
        "categories": [{"category_id": "10", "title": "Music"}],
        "max_duration_s": seconds,
    }
