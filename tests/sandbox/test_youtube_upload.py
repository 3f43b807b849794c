"""Resumable uploads, byte by byte as Google's guide has them."""

import contextlib
import hashlib
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.outside import CHUNK, Channel, channel, metadata, new_channel, outside, random_bytes, reason, shared
from tests.support.sandbox import Sandbox

__all__ = ["channel", "outside", "shared"]


def range_of(first: int, last: int, total: int | str) -> str:
    return f"bytes {first}-{last}/{total}"


def test_a_session_begins_with_an_address_and_no_body(channel: Channel) -> None:
    answer = channel.begin(1000)
    assert (answer.status_code, answer.content) == (200, b"")
    assert "upload_id=" in answer.headers["Location"]


def test_the_whole_file_in_one_put(channel: Channel) -> None:
    content = random_bytes(CHUNK + 17)
    answer = channel.put(channel.session(len(content)), content)
    assert answer.status_code == 201
    [video] = channel.ledger()
    assert (video["id"], video["sha256"]) == (answer.json()["id"], hashlib.sha256(content).hexdigest())


def test_nothing_stored_is_a_308_without_range(channel: Channel) -> None:
    answer = channel.put(channel.session(1000), b"", "bytes */1000")
    assert (answer.status_code, "Range" in answer.headers) == (308, False)
    assert answer.headers["Content-Length"] == "0"


def test_a_stored_chunk_is_a_308_with_the_last_byte(channel: Channel) -> None:
    location = channel.session(2 * CHUNK)
    answer = channel.put(location, random_bytes(CHUNK), range_of(0, CHUNK - 1, 2 * CHUNK))
    assert (answer.status_code, answer.headers["Range"]) == (308, f"bytes=0-{CHUNK - 1}")


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK + 1])
def test_a_chunk_that_is_no_multiple_of_256_kib_is_refused_and_not_stored(channel: Channel, size: int) -> None:
    location = channel.session(4 * CHUNK)
    assert channel.put(location, random_bytes(size), range_of(0, size - 1, 4 * CHUNK)).status_code == 400
    assert "Range" not in channel.put(location, b"", f"bytes */{4 * CHUNK}").headers


@pytest.mark.parametrize("first", [0, CHUNK - 262_000, 2 * CHUNK])
def test_an_overlap_or_a_gap_stores_nothing(channel: Channel, first: int) -> None:
    content = random_bytes(4 * CHUNK)
    location = channel.session(len(content))
    channel.put(location, content[:CHUNK], range_of(0, CHUNK - 1, len(content)))
    again = channel.put(location, content[first : first + CHUNK], range_of(first, first + CHUNK - 1, len(content)))
    assert (again.status_code, again.headers["Range"]) == (308, f"bytes=0-{CHUNK - 1}")


@pytest.mark.parametrize(
    ("content", "header"),
    [
        (b"abcd", "bytes 0-9/10"), (b"abcd", "bytes 0-3/3"), (b"abcd", "bytes 3-0/10"), (b"abcd", "0-3/4"),
        (b"abcd", "bytes 0-3/20"), (b"", "bytes */20"), (b"abcd", "bytes 0-3"),
    ],
)  # fmt: skip
def test_a_range_that_contradicts_itself_or_the_session_is_refused(
    channel: Channel, content: bytes, header: str
) -> None:
    assert channel.put(channel.session(10), content, header).status_code == 400


def test_a_file_of_another_size_than_announced_is_refused(channel: Channel) -> None:
    assert channel.put(channel.session(10), b"abcd").status_code == 400
    assert channel.ledger() == []


def test_the_size_may_become_known_with_the_last_chunk(channel: Channel) -> None:
    location, content = channel.session(None), random_bytes(CHUNK + 5)
    assert channel.put(location, content[:CHUNK], range_of(0, CHUNK - 1, "*")).status_code == 308
    assert channel.put(location, content[CHUNK:], range_of(CHUNK, CHUNK + 4, CHUNK + 5)).status_code == 201


def test_the_final_answer_is_repeated_word_for_word(outside: Sandbox, channel: Channel) -> None:
    content = random_bytes(500)
    location = channel.session(500)
    first = channel.put(location, content)
    outside.advance(60)
    asked, sent_again = channel.put(location, b"", "bytes */500"), channel.put(location, content)
    assert [(a.status_code, a.json()) for a in (asked, sent_again)] == [(201, first.json())] * 2
    assert len(channel.ledger()) == 1


def test_the_final_status_can_be_200(outside: Sandbox, channel: Channel) -> None:
    outside.post("youtube/settings", final_status=200)
    assert channel.put(channel.session(3), b"abc").status_code == 200


def test_a_session_ends_after_a_week(outside: Sandbox, channel: Channel) -> None:
    location = channel.session(10)
    outside.advance(7 * 86400 + 1)
    assert channel.put(location, b"", "bytes */10").status_code == 404


def test_bytes_of_a_session_that_ran_out_are_swept_at_the_next_start(outside: Sandbox, channel: Channel) -> None:
    location = channel.session(2 * CHUNK)
    channel.put(location, random_bytes(CHUNK), range_of(0, CHUNK - 1, 2 * CHUNK))
    outside.advance(7 * 86400 + 1)
    outside.restart()
    stored = [line["stored"] for line in outside.get("youtube/sessions")["sessions"] if line["channel"] == channel.id]
    assert stored == [0]
    assert channel.put(location, b"", f"bytes */{2 * CHUNK}").status_code == 404


def test_an_unknown_session_is_404(channel: Channel) -> None:
    location = channel.session(10)
    assert channel.put(location[:-3] + "xyz", b"", "bytes */10").status_code == 404


def test_sessions_can_be_killed_with_410(outside: Sandbox, channel: Channel) -> None:
    location = channel.session(10)
    done = channel.session(3)
    channel.put(done, b"abc")
    outside.post("youtube/sessions/kill", status=410)
    assert channel.put(location, b"", "bytes */10").status_code == 410
    assert channel.put(done, b"", "bytes */3").status_code == 201


def test_a_dead_token_at_a_session_is_401_and_a_new_one_goes_on(outside: Sandbox, channel: Channel) -> None:
    location = channel.session(3)
    outside.post("google/expire", channel=channel.id)
    put = {"url": location, "content": b"abc"}
    assert reason(outside.http.put(**put, headers=channel.headers)) == (401, "authError")
    fresh = outside.tokens(channel=channel.id)["access_token"]
    assert outside.http.put(**put, headers={"Authorization": f"Bearer {fresh}"}).status_code == 201


def test_slug_becomes_the_file_name_that_only_the_owner_reads(outside: Sandbox, channel: Channel) -> None:
    location = channel.session(3, Slug="fabric-42.mp4")
    video_id = channel.put(location, b"abc").json()["id"]
    channel.call(
        "PUT", "videos", params={"part": "status"}, json={"id": video_id, "status": {"privacyStatus": "public"}}
    )
    details = channel.show(video_id, "fileDetails")["fileDetails"]
    assert (details["fileName"], details["fileSize"]) == ("fabric-42.mp4", "3")
    stranger = new_channel(outside)
    answer = stranger.call("GET", "videos", params={"part": "fileDetails", "id": video_id})
    assert reason(answer) == (403, "forbidden")


@pytest.mark.parametrize("slug", ["x" * 256, "a\tb"])
def test_a_bad_file_name_is_refused(channel: Channel, slug: str) -> None:
    assert reason(channel.begin(3, Slug=slug)) == (400, "invalidFilename")


def test_the_media_must_be_a_video(channel: Channel) -> None:
    answer = channel.begin(3, **{"X-Upload-Content-Type": "image/png"})
    assert reason(answer) == (400, "badContent")


def test_more_than_256_gib_is_refused(channel: Channel) -> None:
    assert channel.begin(274_877_906_945).status_code == 400


def test_the_other_path_of_the_discovery_document_works_too(outside: Sandbox, channel: Channel) -> None:
    answer = outside.http.post(
        "/youtube/resumable/upload/youtube/v3/videos?uploadType=resumable&part=snippet",
        headers=channel.headers,
        json={"snippet": {"title": "Hello"}},
    )
    assert channel.put(answer.headers["Location"], b"abc").status_code == 201


def test_the_bytes_alone_in_one_post(outside: Sandbox, channel: Channel) -> None:
    answer = outside.http.post(
        "/youtube/upload/youtube/v3/videos?uploadType=media&part=snippet,status",
        headers={**channel.headers, "Content-Type": "video/mp4"},
        content=b"abc",
    )
    assert reason(answer) == (400, "invalidTitle")  # part=snippet was promised, and there is none


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("media", [b"abc", b"", b"ends with\r", b"\n--not-the-boundary\n", b"x" * 300_000])
def test_json_and_bytes_in_one_post(outside: Sandbox, channel: Channel, end: str, media: bytes) -> None:
    head = (
        f"--edge{end}Content-Type: application/json{end}{end}"
        f'{{"snippet": {{"title": "Multi"}}}}{end}--edge{end}Content-Type: video/mp4{end}{end}'
    )
    answer = outside.http.post(
        "/youtube/upload/youtube/v3/videos?uploadType=multipart&part=snippet",
        headers={**channel.headers, "Content-Type": 'multipart/related; boundary="edge"'},
        content=head.encode() + media + f"{end}--edge--{end}".encode(),
    )
    assert answer.status_code == 200, answer.text
    assert outside.http.get(f"/control/youtube/videos/{answer.json()['id']}/file").content == media


TROUBLES = st.tuples(
    st.sampled_from(["none", "cut", "drop_before", "drop_after", "status", "malformed"]),
    st.integers(0, 2 * CHUNK),  # where a cut strikes
    st.integers(1, 3),  # chunks in one request
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(total=st.integers(1, 5 * CHUNK), troubles=st.lists(TROUBLES, min_size=1, max_size=6))
def test_whatever_is_lost_on_the_way_the_file_arrives_whole_and_once(
    outside: Sandbox, channel: Channel, total: int, troubles: list[tuple[str, int, int]]
) -> None:
    """A client that asks where it stands after every request, while the wire gives it one trouble after another."""
    outside.post("youtube/quota", clear=True)
    content, before = random_bytes(total), len(channel.ledger())
    location = channel.session(total)
    for fault, cut_at, chunks in [*troubles, *[("none", 0, 3)] * 3]:
        stored = _stored(channel.put(location, b"", f"bytes */{total}"))
        if stored is None:
            break
        if fault != "none":
            outside.fault(service="youtube", method="PUT", fault=fault, bytes=cut_at, times=1)
        piece = content[stored : stored + chunks * CHUNK]
        with contextlib.suppress(httpx.TransportError):
            channel.put(location, piece, range_of(stored, stored + len(piece) - 1, total))
        outside.clear_faults()
    answer = channel.put(location, b"", f"bytes */{total}")
    assert answer.status_code == 201
    new = channel.ledger()[before:]
    assert [(v["id"], v["sha256"]) for v in new] == [(answer.json()["id"], hashlib.sha256(content).hexdigest())]


def _stored(answer: httpx.Response) -> int | None:
    """Bytes the server has; None when it has all."""
    if answer.status_code == 201:
        return None
    assert answer.status_code == 308
    return int(answer.headers["Range"].removeprefix("bytes=0-")) + 1 if "Range" in answer.headers else 0


@pytest.mark.parametrize("stop", ["kill9", "stop"])
def test_a_session_and_its_bytes_outlive_the_server(outside: Sandbox, channel: Channel, stop: str) -> None:
    content: Any = random_bytes(3 * CHUNK)
    location = channel.session(len(content))
    channel.put(location, content[:CHUNK], range_of(0, CHUNK - 1, len(content)))
    getattr(outside, stop)()
    outside.start()
    where = channel.put(location, b"", f"bytes */{len(content)}")
    assert where.headers["Range"] == f"bytes=0-{CHUNK - 1}"
    assert channel.put(location, content[CHUNK:], range_of(CHUNK, len(content) - 1, len(content))).status_code == 201
    assert channel.ledger()[0]["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_video_whose_last_byte_lay_on_disk_at_the_crash_is_made_when_asked(
    outside: Sandbox, channel: Channel
) -> None:
    location, content = channel.session(2 * CHUNK), random_bytes(2 * CHUNK)
    channel.put(location, content[:CHUNK], range_of(0, CHUNK - 1, 2 * CHUNK))
    outside.stop()
    video_id = _only_session(outside, channel.id)
    with (outside.state / "files" / "youtube" / f"{video_id}.bin").open("ab") as file:
        file.write(content[CHUNK:])
    outside.start()
    assert channel.put(location, b"", f"bytes */{2 * CHUNK}").status_code == 201
    assert len(channel.ledger()) == 1


def _only_session(outside: Sandbox, channel_id: str) -> str:
    outside.start()
    [session] = [line for line in outside.get("youtube/sessions")["sessions"] if line["channel"] == channel_id]
    outside.stop()
    return str(session["video_id"])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, "invalidTitle"),
        (metadata(""), "invalidTitle"),
        (metadata("x" * 101), "invalidTitle"),
        (metadata("a < b"), "invalidTitle"),
        ({"snippet": {"title": "ok", "description": "é" * 2501}}, "invalidDescription"),
        ({"snippet": {"title": "ok", "description": "->"}}, "invalidDescription"),
        ({"snippet": {"title": "ok", "tags": ["x" * 250, "y" * 250]}}, "invalidTags"),
        ({"snippet": {"title": "ok", "tags": ["a b" + "x" * 496]}}, "invalidTags"),
        ({"snippet": {"title": "ok", "categoryId": "999"}}, "invalidCategoryId"),
        (metadata(publishAt="2030-01-01T00:00:00Z", privacyStatus="public"), "invalidPublishAt"),
        (metadata(publishAt="tomorrow"), "invalidPublishAt"),
        (metadata(publishAt="2030-01-01T00:00:00"), "invalidPublishAt"),
        (metadata(privacyStatus="secret"), "badRequest"),
        (metadata(license="mit"), "badRequest"),
        (metadata(selfDeclaredMadeForKids="false"), "badRequest"),
        (metadata(colour="red"), "badRequest"),
        ({"snippet": {"title": 5}}, "badRequest"),
        ({"snippet": {"title": "ok", "tags": "a,b"}}, "badRequest"),
        ({"snippet": {"title": "ok"}, "nonsense": {}}, "badRequest"),
        ({"snippet": {"title": "ok"}, "localizations": {"ru": {}}}, "unexpectedPart"),
        ([], "parseError"),
    ],
)
def test_bad_metadata_is_refused_at_the_start_and_makes_no_session(channel: Channel, body: Any, expected: str) -> None:
    answer = channel.begin(3, body=body)
    assert reason(answer) == (400, expected)
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "snippet",
    [
        {"title": "ж" * 100},
        {"title": "ok", "description": "é" * 2500},
        {"title": "ok", "tags": ["x" * 250, "y" * 249]},
        {"title": "ok", "tags": ["a b" + "x" * 495]},
    ],
)
def test_what_is_just_within_the_limits_is_taken(channel: Channel, snippet: Any) -> None:
    assert channel.begin(3, body={"snippet": snippet}).status_code == 200


@pytest.mark.parametrize(("part", "expected"), [("", "missingRequiredParameter"), ("snippet,colour", "unknownPart")])
def test_part_is_needed_and_known(channel: Channel, part: str, expected: str) -> None:
    assert reason(channel.begin(3, part=part)) == (400, expected)


def test_an_unknown_parameter_is_refused(outside: Sandbox, channel: Channel) -> None:
    url = "/youtube/upload/youtube/v3/videos?uploadType=resumable&part=snippet&color=red"
    assert reason(outside.http.post(url, headers=channel.headers, json=metadata())) == (400, "unexpectedParameter")
