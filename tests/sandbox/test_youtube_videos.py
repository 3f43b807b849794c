"""What becomes of a video after its last byte, and what the other methods do to it."""

import struct
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.outside import Channel, channel, metadata, new_channel, outside, random_bytes, reason, shared
from tests.support.sandbox import Sandbox

__all__ = ["channel", "outside", "shared"]


def mp4(width: int, height: int, seconds: int, *, turned: bool = False) -> bytes:
    """The boxes that say how long and how large, and some bytes that differ."""

    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(body), kind) + body

    one = 1 << 16
    matrix = (0, one, 0, -one, 0, 0, 0, 0, 1 << 30) if turned else (one, 0, 0, 0, one, 0, 0, 0, 1 << 30)
    tkhd = bytes(40) + struct.pack(">9i", *matrix) + struct.pack(">II", width << 16, height << 16)
    mvhd = struct.pack(">IIIII", 0, 0, 0, 1000, seconds * 1000) + bytes(80)
    moov = box(b"moov", box(b"mvhd", mvhd) + box(b"trak", box(b"tkhd", tkhd)))
    return box(b"ftyp", b"isom") + box(b"mdat", random_bytes(64)) + moov


def states(channel: Channel, video_id: str) -> tuple[str, str]:
    shown = channel.show(video_id, "status,processingDetails")
    return shown["status"]["uploadStatus"], shown["processingDetails"]["processingStatus"]


def test_processing_takes_its_time(outside: Sandbox, channel: Channel) -> None:
    outside.post("youtube/settings", processing_s=60)
    video_id = channel.upload()["id"]
    assert states(channel, video_id) == ("uploaded", "processing")
    outside.advance(61)
    assert states(channel, video_id) == ("processed", "succeeded")


def test_the_same_bytes_on_the_same_channel_are_rejected_after_processing(outside: Sandbox, channel: Channel) -> None:
    content = random_bytes(999)
    ids = [channel.upload(content)["id"] for _ in range(2)]
    assert states(channel, ids[1]) == ("uploaded", "processing")
    outside.advance(3)
    assert [states(channel, each)[0] for each in ids] == ["processed", "rejected"]
    assert channel.show(ids[1])["status"]["rejectionReason"] == "duplicate"


def test_the_same_bytes_on_another_channel_are_welcome(outside: Sandbox, channel: Channel) -> None:
    content = random_bytes(999)
    channel.upload(content)
    other = new_channel(outside)
    video_id = other.upload(content)["id"]
    outside.advance(3)
    assert states(other, video_id) == ("processed", "succeeded")


def test_an_outcome_can_be_planned(outside: Sandbox, channel: Channel) -> None:
    outside.post("youtube/settings", next_outcomes=[{"uploadStatus": "failed", "reason": "conversion"}])
    first, second = channel.upload()["id"], channel.upload()["id"]
    outside.advance(3)
    assert [states(channel, each) for each in (first, second)] == [("failed", "failed"), ("processed", "succeeded")]
    shown = channel.show(first, "status,processingDetails")
    assert shown["status"]["failureReason"] == "conversion"
    assert shown["processingDetails"]["processingFailureReason"] == "transcodeFailed"


def test_an_empty_file_fails(outside: Sandbox, channel: Channel) -> None:
    video_id = channel.upload(b"")["id"]
    outside.advance(3)
    assert channel.show(video_id)["status"]["failureReason"] == "emptyFile"


def test_a_long_video_of_an_unverified_channel_is_rejected(outside: Sandbox, channel: Channel) -> None:
    outside.post("google/channels", {"id": channel.id, "long_uploads": "eligible"})
    video_id = channel.upload(mp4(1920, 1080, 901))["id"]
    outside.advance(3)
    assert channel.show(video_id)["status"]["rejectionReason"] == "length"


@pytest.mark.parametrize(
    ("content", "is_short", "duration"),
    [
        (mp4(1080, 1920, 65), True, "PT1M5S"),
        (mp4(1080, 1080, 180), True, "PT3M"),
        (mp4(1920, 1080, 60), False, "PT1M"),
        (mp4(1920, 1080, 60, turned=True), True, "PT1M"),
        (mp4(1080, 1920, 3601), False, "PT1H1S"),
    ],
)
def test_an_upright_video_of_three_minutes_is_a_short(
    channel: Channel, content: bytes, is_short: bool, duration: str
) -> None:
    video_id = channel.upload(content)["id"]
    assert channel.show(video_id, "contentDetails")["contentDetails"]["duration"] == duration
    assert channel.ledger()[0]["is_short"] is is_short


def test_without_a_word_about_privacy_a_video_is_public(channel: Channel) -> None:
    video_id = channel.upload(body={"snippet": {"title": "Loud"}})["id"]
    assert channel.show(video_id)["status"]["privacyStatus"] == "public"


def test_before_november_2026_it_stayed_private(outside: Sandbox, channel: Channel) -> None:
    outside.post("youtube/settings", lock_private=True)
    video_id = channel.upload(body={"snippet": {"title": "Loud"}})["id"]
    assert channel.show(video_id)["status"]["privacyStatus"] == "private"


def test_a_planned_video_is_published_at_its_very_minute(outside: Sandbox, channel: Channel) -> None:
    due = datetime.fromisoformat(outside.get("clock")["now"]) + timedelta(seconds=1800)
    video_id = channel.upload(body=metadata(publishAt=due.isoformat()))["id"]
    assert channel.show(video_id)["status"]["privacyStatus"] == "private"
    outside.advance(1801)
    status = channel.show(video_id)["status"]
    assert (status["privacyStatus"], "publishAt" in status) == ("public", False)
    assert channel.ledger()[0]["published_at"] == due.isoformat(timespec="microseconds")


def test_a_time_in_the_past_publishes_at_once(channel: Channel) -> None:
    video_id = channel.upload(body=metadata(publishAt="2020-01-01T00:00:00Z"))["id"]
    assert channel.show(video_id)["status"]["privacyStatus"] == "public"


def test_a_published_video_cannot_be_planned_again(channel: Channel) -> None:
    video_id = channel.upload(body=metadata(privacyStatus="public"))["id"]
    body = {"id": video_id, "status": {"privacyStatus": "private", "publishAt": "2030-01-01T00:00:00Z"}}
    assert reason(channel.call("PUT", "videos", params={"part": "status"}, json=body)) == (400, "invalidPublishAt")


def test_a_new_video_may_be_missing_from_lists_for_a_while(outside: Sandbox, channel: Channel) -> None:
    outside.post("youtube/settings", list_lag_s=5)
    video_id = channel.upload()["id"]
    uploads = {"part": "contentDetails", "playlistId": "UU" + channel.id[2:]}
    assert channel.show(video_id) == {}
    assert channel.call("GET", "playlistItems", params=uploads).json()["items"] == []
    outside.advance(6)
    assert channel.show(video_id)["id"] == video_id
    assert len(channel.call("GET", "playlistItems", params=uploads).json()["items"]) == 1


def test_an_unknown_id_is_simply_not_listed(channel: Channel) -> None:
    answer = channel.call("GET", "videos", params={"part": "id", "id": "nothere"})
    assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_a_private_video_does_not_exist_for_others(outside: Sandbox, channel: Channel) -> None:
    video_id = channel.upload()["id"]
    other = new_channel(outside)
    assert other.show(video_id) == {}
    assert reason(other.call("DELETE", "videos", params={"id": video_id})) == (404, "videoNotFound")


def test_a_public_video_of_another_channel_cannot_be_deleted(outside: Sandbox, channel: Channel) -> None:
    video_id = channel.upload(body=metadata(privacyStatus="public"))["id"]
    answer = new_channel(outside).call("DELETE", "videos", params={"id": video_id})
    assert reason(answer) == (403, "forbidden")


def test_deleting_is_204_with_no_body_and_the_ledger_remembers(channel: Channel) -> None:
    video_id = channel.upload()["id"]
    answer = channel.call("DELETE", "videos", params={"id": video_id})
    assert (answer.status_code, answer.content) == (204, b"")
    assert channel.ledger() == []
    assert [video["upload_status"] for video in channel.ledger(deleted=1)] == ["deleted"]
    assert reason(channel.call("DELETE", "videos", params={"id": video_id})) == (404, "videoNotFound")


def test_update_overwrites_a_part_whole_and_leaves_the_others(channel: Channel) -> None:
    snippet = {"title": "Old", "description": "Old", "tags": ["old"], "categoryId": "22"}
    video_id = channel.upload(body={"snippet": snippet, "status": {"privacyStatus": "unlisted"}})["id"]
    body = {"id": video_id, "snippet": {"title": "New", "categoryId": "24"}}
    channel.call("PUT", "videos", params={"part": "snippet"}, json=body).raise_for_status()
    shown = channel.show(video_id)
    assert (shown["snippet"]["title"], shown["snippet"]["description"]) == ("New", "")
    assert "tags" not in shown["snippet"]
    assert shown["status"]["privacyStatus"] == "unlisted"


@pytest.mark.parametrize("snippet", [{"title": "x"}, {"categoryId": "22"}])
def test_update_of_a_snippet_needs_title_and_category(channel: Channel, snippet: dict[str, str]) -> None:
    body = {"id": channel.upload()["id"], "snippet": snippet}
    answer = channel.call("PUT", "videos", params={"part": "snippet"}, json=body)
    assert reason(answer) == (400, "invalidVideoMetadata")


def test_update_of_an_unknown_video_is_404(channel: Channel) -> None:
    body = {"id": "nothere", "status": {"privacyStatus": "public"}}
    assert reason(channel.call("PUT", "videos", params={"part": "status"}, json=body)) == (404, "videoNotFound")


def test_counts_are_strings(channel: Channel) -> None:
    video_id = channel.upload()["id"]
    counts = channel.show(video_id, "statistics")["statistics"]
    assert counts["viewCount"] == counts["favoriteCount"] == "0"


def test_liking_counts_once_and_can_be_taken_back(channel: Channel) -> None:
    video_id = channel.upload()["id"]
    likes = []
    for rating in ("like", "like", "dislike", "none"):
        answer = channel.call("POST", "videos/rate", params={"id": video_id, "rating": rating})
        assert (answer.status_code, answer.content) == (204, b"")
        likes.append(channel.show(video_id, "statistics")["statistics"]["likeCount"])
    assert likes == ["1", "1", "0", "0"]


def test_rating_an_unknown_video_or_in_an_unknown_way_is_refused(channel: Channel) -> None:
    video_id = channel.upload()["id"]
    unknown = channel.call("POST", "videos/rate", params={"id": "nothere", "rating": "like"})
    odd = channel.call("POST", "videos/rate", params={"id": video_id, "rating": "love"})
    assert [reason(unknown), reason(odd)] == [(404, "videoNotFound"), (400, "invalidRating")]


def comment(channel: Channel, video_id: str, **changes: Any) -> Any:
    snippet = {"channelId": channel.id, "videoId": video_id}
    snippet |= {"topLevelComment": {"snippet": {"textOriginal": "Hello"}}, **changes}
    return channel.call("POST", "commentThreads", params={"part": "snippet"}, json={"snippet": snippet})


def test_a_comment_said_twice_is_there_twice_newest_first(channel: Channel) -> None:
    video_id = channel.upload(body=metadata(privacyStatus="unlisted"))["id"]
    ids = [comment(channel, video_id).json()["id"] for _ in range(2)]
    query = {"part": "snippet", "videoId": video_id, "order": "time"}
    threads = channel.call("GET", "commentThreads", params=query).json()["items"]
    assert [thread["id"] for thread in threads] == ids[::-1]
    author = threads[0]["snippet"]["topLevelComment"]["snippet"]["authorChannelId"]
    assert author == {"value": channel.id}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"videoId": ""}, (400, "channelOrVideoIdMissing")),
        ({"topLevelComment": {"snippet": {"textOriginal": " "}}}, (400, "commentTextRequired")),
        ({"topLevelComment": {"snippet": {"textOriginal": "x" * 10_001}}}, (400, "commentTextTooLong")),
        ({"videoId": "nothere"}, (404, "videoNotFound")),
        ({"channelId": "UCnothere"}, (404, "channelNotFound")),
    ],
)
def test_a_bad_comment_is_refused(channel: Channel, changes: Any, expected: tuple[int, str]) -> None:
    video_id = channel.upload(body=metadata(privacyStatus="unlisted"))["id"]
    assert reason(comment(channel, video_id, **changes)) == expected


@pytest.mark.parametrize("status", [{}, {"privacyStatus": "public", "selfDeclaredMadeForKids": True}])
def test_private_videos_and_those_for_children_take_no_comments(channel: Channel, status: dict[str, Any]) -> None:
    video_id = channel.upload(body=metadata(**status))["id"]
    assert reason(comment(channel, video_id)) == (403, "commentsDisabled")


JPEG = b"\xff\xd8\xff\xe0 a picture"


def set_thumbnail(channel: Channel, video_id: str, content: bytes = JPEG) -> Any:
    headers = {**channel.headers, "Content-Type": "image/jpeg"}
    path = "/youtube/upload/youtube/v3/thumbnails/set"
    return channel.sandbox.http.post(
        path, params={"videoId": video_id, "uploadType": "media"}, headers=headers, content=content
    )


def test_a_thumbnail_is_set_on_a_long_video_at_once(channel: Channel) -> None:
    video_id = channel.upload(mp4(1920, 1080, 20))["id"]
    assert "maxres" in set_thumbnail(channel, video_id).json()["items"][0]
    assert channel.sandbox.http.get(f"/control/youtube/videos/{video_id}/thumbnail").content == JPEG


def test_a_short_gets_its_thumbnail_only_after_processing(outside: Sandbox, channel: Channel) -> None:
    video_id = channel.upload(mp4(1080, 1920, 20))["id"]
    early = set_thumbnail(channel, video_id)
    assert (early.status_code, channel.ledger()[0]["has_thumbnail"]) == (200, False)
    outside.advance(3)
    assert "shortsAspectRatio" in set_thumbnail(channel, video_id).json()["items"][0]
    assert channel.ledger()[0]["has_thumbnail"] is True


@pytest.mark.parametrize(("content", "expected"), [(b"GIF89a", "invalidImage"), (b"", "mediaBodyRequired")])
def test_what_is_no_picture_is_refused(channel: Channel, content: bytes, expected: str) -> None:
    assert reason(set_thumbnail(channel, channel.upload()["id"], content)) == (400, expected)


def test_a_channel_may_not_be_allowed_thumbnails(outside: Sandbox, channel: Channel) -> None:
    outside.post("google/channels", {"id": channel.id, "custom_thumbnails": False})
    assert reason(set_thumbnail(channel, channel.upload()["id"])) == (403, "forbidden")


def test_the_uploads_playlist_shows_private_videos_to_their_owner_only(outside: Sandbox, channel: Channel) -> None:
    ids = [channel.upload()["id"], channel.upload(body=metadata(privacyStatus="public"))["id"]]
    query = {"part": "contentDetails", "playlistId": "UU" + channel.id[2:]}
    seen = [
        [item["contentDetails"]["videoId"] for item in c.call("GET", "playlistItems", params=query).json()["items"]]
        for c in (channel, new_channel(outside))
    ]
    assert seen == [ids[::-1], ids[1:]]


def test_an_unknown_playlist_is_404(channel: Channel) -> None:
    answer = channel.call("GET", "playlistItems", params={"part": "id", "playlistId": "UUnothere"})
    assert reason(answer) == (404, "playlistNotFound")


@pytest.mark.parametrize("query", [{"maxResults": "51"}, {"maxResults": "-1"}, {"pageToken": "x"}, {"pageToken": "%%"}])
def test_a_bad_page_is_refused(channel: Channel, query: dict[str, str]) -> None:
    asked = {"part": "id", "playlistId": "UU" + channel.id[2:], **query}
    assert channel.call("GET", "playlistItems", params=asked).status_code == 400


def test_search_finds_by_word_and_by_owner(channel: Channel) -> None:
    video_id = channel.upload(body=metadata(f"Zebra {channel.id}", privacyStatus="public"))["id"]
    hidden = channel.upload(body=metadata(f"Zebra hidden {channel.id}"))["id"]
    public = channel.call("GET", "search", params={"part": "snippet", "q": f"zebra {channel.id}"}).json()["items"]
    mine = channel.call("GET", "search", params={"part": "snippet", "forMine": "true", "type": "video"}).json()["items"]
    assert [item["id"]["videoId"] for item in public] == [video_id]
    assert [item["id"]["videoId"] for item in mine] == [hidden, video_id]


def test_an_account_without_a_channel_has_no_items_and_cannot_upload(outside: Sandbox, channel: Channel) -> None:
    outside.post("google/channels", {"id": channel.id, "has_channel": False})
    assert "items" not in channel.call("GET", "channels", params={"part": "id", "mine": "true"}).json()
    assert reason(channel.begin(3)) == (401, "youtubeSignupRequired")


def test_a_suspended_account_is_refused(outside: Sandbox, channel: Channel) -> None:
    outside.post("google/channels", {"id": channel.id, "suspended": True})
    assert reason(channel.begin(3)) == (403, "authenticatedUserAccountSuspended")


def test_no_token_at_all_is_401(outside: Sandbox) -> None:
    answer = outside.http.get("/youtube/youtube/v3/videos?part=id&id=x")
    assert reason(answer) == (401, "required")


UPLOADING, READING = "youtube.upload", "youtube.readonly"


@pytest.mark.parametrize(
    ("scope", "verb", "path", "allowed"),
    [
        (UPLOADING, "GET", "videos?part=id&id=x", False),
        (UPLOADING, "GET", "channels?part=id&mine=true", False),
        (UPLOADING, "DELETE", "videos?id=x", False),
        (READING, "GET", "videos?part=id&id=x", True),
        (READING, "GET", "videos/getRating?id=x", True),
        (READING, "GET", "playlistItems?part=id&playlistId=x", True),
        (READING, "DELETE", "videos?id=x", False),
        (READING, "POST", "videos/rate?id=x&rating=like", False),
        ("youtube", "DELETE", "videos?id=x", True),
        ("youtube", "POST", "commentThreads?part=snippet", False),
        ("youtube.force-ssl", "POST", "commentThreads?part=snippet", True),
        ("yt-analytics.readonly", "GET", "videos?part=id&id=x", False),
    ],
)
def test_each_method_asks_for_its_own_scopes(outside: Sandbox, scope: str, verb: str, path: str, allowed: bool) -> None:
    answer = new_channel(outside, scope).call(verb, path)
    refused = answer.status_code == 403 and reason(answer) == (403, "insufficientPermissions")
    assert refused is not allowed


@pytest.mark.parametrize(("scope", "status"), [(UPLOADING, 200), (READING, 403)])
def test_uploading_needs_an_uploading_scope(outside: Sandbox, scope: str, status: int) -> None:
    assert new_channel(outside, scope).begin(3).status_code == status
