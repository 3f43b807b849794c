"""Playlists, categories and Analytics as the sandbox has them."""

from typing import Any

import pytest

from tests.sandbox.outside import Channel, channel, metadata, new_channel, outside, reason, shared
from tests.support.sandbox import Sandbox

__all__ = ["channel", "outside", "shared"]


def new_playlist(channel: Channel, title: str = "Tales") -> str:
    body = {"snippet": {"title": title}, "status": {"privacyStatus": "unlisted"}}
    answer = channel.call("POST", "playlists", params={"part": "snippet,status"}, json=body).raise_for_status()
    return str(answer.json()["id"])


def add(channel: Channel, playlist_id: str, video_id: str) -> Any:
    snippet = {"playlistId": playlist_id, "resourceId": {"kind": "youtube#video", "videoId": video_id}}
    return channel.call("POST", "playlistItems", params={"part": "snippet"}, json={"snippet": snippet})


def test_a_channel_sees_its_own_playlists(outside: Sandbox, channel: Channel) -> None:
    playlist_id = new_playlist(channel)
    query = {"part": "snippet,contentDetails", "mine": "true"}
    (mine,) = channel.call("GET", "playlists", params=query).json()["items"]
    shown = (mine["id"], mine["snippet"]["title"], mine["contentDetails"]["itemCount"])
    assert shown == (playlist_id, "Tales", 0)
    assert new_channel(outside).call("GET", "playlists", params=query).json()["items"] == []


def test_an_addition_said_twice_is_there_twice(channel: Channel) -> None:
    playlist_id, video_id = new_playlist(channel), channel.upload()["id"]
    ids = [add(channel, playlist_id, video_id).json()["id"] for _ in range(2)]
    query = {"part": "contentDetails", "playlistId": playlist_id, "videoId": video_id}
    found = channel.call("GET", "playlistItems", params=query).json()["items"]
    assert [item["id"] for item in found] == ids


def test_what_cannot_be_added_is_refused(outside: Sandbox, channel: Channel) -> None:
    playlist_id, video_id = new_playlist(channel), channel.upload()["id"]
    assert reason(add(channel, "PLnothere", video_id)) == (404, "playlistNotFound")
    assert reason(add(channel, playlist_id, "nothere")) == (404, "videoNotFound")
    assert reason(add(new_channel(outside), playlist_id, video_id)) == (404, "playlistNotFound")
    assert reason(add(channel, "UU" + channel.id[2:], video_id)) == (400, "playlistOperationUnsupported")
    outside.post("youtube/settings", playlist_size=0)
    assert reason(add(channel, playlist_id, video_id)) == (403, "playlistContainsMaximumNumberOfVideos")


def test_some_categories_may_not_be_given(channel: Channel) -> None:
    query = {"part": "snippet", "regionCode": "GE"}
    items = channel.call("GET", "videoCategories", params=query).json()["items"]
    assignable = {item["id"]: item["snippet"]["assignable"] for item in items}
    assert (assignable["22"], assignable["30"]) == (True, False)
    assert channel.call("GET", "videoCategories", params={"part": "snippet", "regionCode": "xyz"}).status_code == 400


def ask(channel: Channel, **query: str) -> Any:
    params = {"ids": "channel==MINE", "startDate": "2026-11-01", "endDate": "2026-11-03", "metrics": "views", **query}
    return channel.sandbox.http.get("/youtube/analytics/v2/reports", params=params, headers=channel.headers)


@pytest.fixture
def analyst(outside: Sandbox) -> Channel:
    return new_channel(outside, "youtube.force-ssl", "yt-analytics.readonly")


def test_without_data_there_are_no_rows(analyst: Channel) -> None:
    body = ask(analyst).json()
    assert [header["name"] for header in body["columnHeaders"]] == ["views"]
    assert "rows" not in body


def test_days_are_summed_or_shown_and_sorted(outside: Sandbox, analyst: Channel) -> None:
    video_id = analyst.upload(body=metadata())["id"]
    days = {"2026-11-01": {"views": 3}, "2026-11-02": {"views": 9}, "2026-11-09": {"views": 99}}
    outside.post(f"youtube/videos/{video_id}", days=days)
    assert ask(analyst).json()["rows"] == [[12]]
    by_day = ask(analyst, dimensions="day", sort="-views").json()["rows"]
    assert by_day == [["2026-11-02", 9], ["2026-11-01", 3]]
    assert ask(analyst, dimensions="video", filters=f"video=={video_id}").json()["rows"] == [[video_id, 12]]
    assert "rows" not in ask(analyst, filters="video==another").json()


@pytest.mark.parametrize(
    "change", [{"metrics": "nonsense"}, {"sort": "likes"}, {"startDate": "yesterday"}, {"ids": "channel==UCother"}]
)
def test_a_query_that_is_not_supported_is_refused(analyst: Channel, change: dict[str, str]) -> None:
    assert ask(analyst, **change).status_code == 400


def test_force_ssl_alone_does_not_open_analytics(channel: Channel) -> None:
    assert reason(ask(channel)) == (403, "insufficientPermissions")
