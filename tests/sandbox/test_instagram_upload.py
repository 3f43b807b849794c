"""Containers: bytes uploaded or fetched, what time does to them, and what is refused."""

import contextlib
import hashlib
import struct
from pathlib import Path

import httpx
import pytest

from tests.sandbox.instagram_server import (
    Person,
    Shelf,
    error,
    facebook,
    instagram,
    outside,
    person,
    random_bytes,
    shared,
    shelf,
)  # fmt: skip
from tests.support.sandbox import Sandbox, running_sandbox

__all__ = ["facebook", "instagram", "outside", "shared", "shelf"]
DAY = 86_400


def phases(someone: Person, container: str) -> dict[str, dict[str, object]]:
    told = someone.get(container, fields="video_status").json()["video_status"]
    return {name: dict(phase) for name, phase in told.items()}


def debug(response: httpx.Response) -> tuple[str, bool]:
    """(type, retriable)."""
    assert response.status_code == 400
    told = response.json()["debug_info"]
    return told["type"], told["retriable"]


def mp4(duration_s: float) -> bytes:
    """As much of a file as says how long it is."""
    header = b"\0\0\0\0" + b"\0" * 8 + struct.pack(">II", 1000, int(duration_s * 1000)) + b"\0" * 80
    box = struct.pack(">I4s", len(header) + 8, b"mvhd") + header
    return struct.pack(">I4s", len(box) + 8, b"moov") + box


def test_uploaded_bytes_are_published_as_they_are(facebook: Person) -> None:
    content = random_bytes(300_000)
    media = facebook.published(content, caption="Salt #sea #tide", share_to_feed="false", is_ai_generated="true")
    [line] = facebook.ledger()
    assert (line["id"], line["sha256"], line["size"]) == (media, hashlib.sha256(content).hexdigest(), 300_000)
    assert (line["caption"], line["tags"]) == ("Salt #sea #tide", ["sea", "tide"])
    assert (line["share_to_feed"], line["is_ai_generated"], line["platform"]) == (False, True, "instagram")
    part = facebook.sandbox.http.get(line["file_url"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, content[10:20])


def test_instagram_login_has_no_resumable_upload(instagram: Person) -> None:
    refused = instagram.make()
    assert error(refused) == (100, None)
    assert "The parameter video_url is required" in refused.json()["error"]["message"]


def test_after_a_cut_the_rest_is_sent_from_the_offset_told(facebook: Person) -> None:
    content, made = random_bytes(400_000), facebook.make().json()
    facebook.sandbox.fault(service="instagram", path="/rupload/", nth=1, fault="cut", bytes=150_000)
    with contextlib.suppress(httpx.HTTPError):
        facebook.put(made["uri"], content)
    told = phases(facebook, made["id"])
    assert told["uploading_phase"] == {"status": "in_progress", "bytes_transferred": 150_000}
    assert debug(facebook.put(made["uri"], content)) == ("OffsetInvalidError", False)
    assert facebook.put(made["uri"], content[150_000:], 150_000).status_code == 200
    assert phases(facebook, made["id"])["uploading_phase"]["status"] == "complete"
    [container] = facebook.sandbox.get("instagram/containers", account=facebook.id)["containers"]
    assert container["file"]["sha256"] == hashlib.sha256(content).hexdigest()


def test_an_upload_whose_answer_was_lost_is_confirmed_by_an_empty_rest(facebook: Person) -> None:
    content, made = random_bytes(1000), facebook.make().json()
    facebook.sandbox.fault(service="instagram", path="/rupload/", nth=1, fault="drop_after")
    with contextlib.suppress(httpx.HTTPError):
        facebook.put(made["uri"], content)
    assert facebook.put(made["uri"], b"", 1000).json()["success"] is True


def test_part_of_the_file_is_kept_and_told_as_retriable(facebook: Person) -> None:
    made = facebook.make().json()
    assert debug(facebook.put(made["uri"], random_bytes(10), total=100)) == ("PartialRequestError", True)
    assert phases(facebook, made["id"])["uploading_phase"]["bytes_transferred"] == 10


@pytest.mark.parametrize("scheme", ["Bearer", "oauth", ""])
def test_only_the_scheme_oauth_opens_the_upload_host(facebook: Person, scheme: str) -> None:
    made = facebook.make().json()
    answer = facebook.put(made["uri"], b"abc", Authorization=f"{scheme} {facebook.token}".strip())
    assert debug(answer) == ("NotAuthorizedError", False)


def test_a_foreign_container_takes_no_bytes(facebook: Person) -> None:
    other = person(facebook.sandbox, "facebook")
    assert debug(other.put(facebook.make().json()["uri"], b"abc")) == ("ProcessingFailedError", False)


def test_more_than_a_reel_may_have_is_refused_before_it_is_sent(facebook: Person) -> None:
    made = facebook.make().json()
    assert debug(facebook.put(made["uri"], b"abc", total=300_000_001)) == ("ProcessingFailedError", False)
    assert debug(facebook.put(made["uri"], b"abcdef", total=3)) == ("ProcessingFailedError", False)
    assert phases(facebook, made["id"])["uploading_phase"]["bytes_transferred"] == 0


def test_a_container_is_in_progress_until_it_is_processed(facebook: Person) -> None:
    facebook.sandbox.post("instagram/settings", processing_s=60)
    made = facebook.make().json()
    assert facebook.status(made["id"]) == "IN_PROGRESS"
    facebook.put(made["uri"], random_bytes(10))
    assert error(facebook.publish(made["id"])) == (9007, 2207027)
    facebook.sandbox.advance(61)
    told = facebook.get(made["id"], fields="id,status,status_code,copyright_check_status").json()
    assert told["status"] == "Finished: Media has been uploaded and it is ready to be published."
    assert told["copyright_check_status"]["matches_found"] is False


def test_a_file_that_fails_says_its_code(facebook: Person) -> None:
    facebook.sandbox.post("instagram/settings", next_outcomes=[2207082])
    container = facebook.upload()
    told = facebook.get(container, fields="status,status_code").json()
    assert told["status_code"] == "ERROR"
    assert told["status"] == "Error: Media upload has failed with error code 2207082"
    assert error(facebook.publish(container)) == (9007, 2207027)


@pytest.mark.parametrize(("duration_s", "code"), [(2.9, "ERROR"), (3, "FINISHED"), (900, "FINISHED"), (901, "ERROR")])
def test_a_reel_lasts_three_seconds_to_fifteen_minutes(facebook: Person, duration_s: float, code: str) -> None:
    assert facebook.status(facebook.upload(mp4(duration_s))) == code


def test_a_cover_moment_behind_the_end_fails(facebook: Person) -> None:
    assert facebook.status(facebook.upload(mp4(5), thumb_offset="4999")) == "FINISHED"
    container = facebook.upload(mp4(5), thumb_offset="5000")
    assert "2207057" in facebook.get(container, fields="status").json()["status"]


def test_strict_media_wants_an_mp4_without_edit_list(facebook: Person) -> None:
    facebook.sandbox.post("instagram/settings", strict_media=True)
    assert facebook.status(facebook.upload(random_bytes(100))) == "ERROR"
    assert facebook.status(facebook.upload(mp4(5) + b"elst")) == "ERROR"
    assert facebook.status(facebook.upload(mp4(5))) == "FINISHED"


def test_a_container_expires_after_a_day_and_is_published_no_more(facebook: Person) -> None:
    container = facebook.upload()
    facebook.sandbox.post("instagram/settings", short_life_s=10 * DAY)
    owner = person(facebook.sandbox, "facebook", account=facebook.id)
    facebook.sandbox.advance(DAY - 60)
    assert owner.status(container) == "FINISHED"
    facebook.sandbox.advance(120)
    assert owner.status(container) == "EXPIRED"
    assert error(owner.publish(container)) == (24, 2207008)


def test_the_containers_of_a_day_are_counted(facebook: Person) -> None:
    facebook.sandbox.post("instagram/settings", containers_per_day=2)
    assert [facebook.make().status_code for _ in range(2)] == [200, 200]
    assert error(facebook.make()) == (9, 2207042)


@pytest.mark.parametrize(
    ("form", "code_and_subcode"),
    [
        ({"caption": "a" * 2201}, (36004, 2207010)), ({"caption": "#a " * 31}, (36004, 2207010)),
        ({"caption": "@a " * 21}, (100, 2207040)), ({"collaborators": '["a","b","c","d"]'}, (100, None)),
        ({"media_type": "VIDEO"}, (100, 2207023)), ({"thumb_offset": "1.5"}, (100, None)),
        ({"share_to_feed": "maybe"}, (100, None)), ({"trial_params": '{"graduation_strategy":"NO"}'}, (100, None)),
        ({"branded_content_sponsor_ids": "1,2,3"}, (100, None)), ({"upload_type": "sliced"}, (100, None)),
    ],
)  # fmt: skip
def test_parameters_that_may_not_be_so_are_refused(
    facebook: Person, form: dict[str, str], code_and_subcode: tuple[int, int | None]
) -> None:
    assert error(facebook.make(**form)) == code_and_subcode


def test_the_longest_caption_three_collaborators_and_unknown_parameters_pass(facebook: Person) -> None:
    tags = "#a " * 30 + "@b " * 20
    caption = tags + "c" * (2200 - len(tags))
    media = facebook.published(caption=caption, collaborators="a,b,c", privacy="nobody", thumb_offset="0")
    [line] = facebook.ledger()
    assert (line["id"], line["caption"], line["collaborators"]) == (media, caption, ["a", "b", "c"])


def test_the_bytes_of_expired_containers_are_removed_at_the_next_start(facebook: Person) -> None:
    forgotten, published = facebook.upload(), facebook.published()
    facebook.sandbox.advance(DAY + 60)
    facebook.sandbox.restart()
    stored = {
        c["id"]: c["stored"] for c in facebook.sandbox.get("instagram/containers", account=facebook.id)["containers"]
    }
    assert stored == {forgotten: 0, facebook.ledger()[0]["container_id"]: 1000}
    assert facebook.ledger()[0]["id"] == published


@pytest.mark.parametrize("login", ["instagram", "facebook"])
def test_a_video_url_is_fetched_by_the_server_with_no_token(outside: Sandbox, shelf: Shelf, login: str) -> None:
    someone, content = person(outside, login), random_bytes(300_000)
    url = shelf.put("/clip.mp4?signature=abc", content)
    container = someone.post(f"{someone.id}/media", media_type="REELS", video_url=url).json()["id"]
    someone.fetched(container)
    assert shelf.asked == [("GET", "/clip.mp4?signature=abc")]
    assert someone.publish(container).status_code == 200
    assert someone.ledger()[0]["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_redirect_to_a_video_is_followed(instagram: Person, shelf: Shelf) -> None:
    shelf.put("/video", b"a video")
    url = shelf.put("/moved", b"", {"Location": "/video"}, status=302)
    assert instagram.post(f"{instagram.id}/media", media_type="REELS", video_url=url).status_code == 200


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (404, {}, b"no"), (403, {}, b"no"), (200, {"Content-Type": "text/html"}, b"<html>"), (200, {}, b""),
        (200, {}, b"x" * 1001), (302, {"Location": "http://example.com/v.mp4"}, b""),
    ],
)  # fmt: skip
def test_an_address_that_gives_no_video_is_refused(
    instagram: Person, shelf: Shelf, status: int, headers: dict[str, str], body: bytes
) -> None:
    instagram.sandbox.post("instagram/settings", largest_file=1000)
    url = shelf.put("/v", body, headers, status=status)
    assert error(instagram.post(f"{instagram.id}/media", media_type="REELS", video_url=url)) == (9004, 2207052)


@pytest.mark.parametrize("url", ["http://0.0.0.0:{port}/v", "file:///etc/passwd", "ftp://127.0.0.1:{port}/v", "v"])
def test_only_this_machine_is_asked_by_name_and_over_http(instagram: Person, shelf: Shelf, url: str) -> None:
    address = url.format(port=shelf.put("/v", b"video").split(":")[2].split("/")[0])
    assert error(instagram.post(f"{instagram.id}/media", media_type="REELS", video_url=address)) == (9004, 2207052)
    assert shelf.asked == []


def test_a_video_that_breaks_off_fails_its_container(instagram: Person, shelf: Shelf) -> None:
    url = shelf.put("/v", b"half", {"Content-Length": "8"})
    answer = instagram.post(f"{instagram.id}/media", media_type="REELS", video_url=url)
    assert answer.status_code == 200, answer.text
    instagram.fetched(answer.json()["id"])
    assert "2207052" in instagram.get(answer.json()["id"], fields="status").json()["status"]


def test_a_fetch_that_was_under_way_at_kill_9_is_made_again(tmp_path: Path, shelf: Shelf) -> None:
    content = random_bytes(100_000)
    with running_sandbox(tmp_path) as sandbox:
        someone = person(sandbox, "instagram")
        url = shelf.put("/v", content[:50_000], {"Content-Length": "100000", "wait": "yes"})
        container = someone.post(f"{someone.id}/media", media_type="REELS", video_url=url).json()["id"]
        sandbox.kill9()
        shelf.put("/v", content)
        shelf.released.set()
        sandbox.start()
        someone.fetched(container)
        assert someone.publish(container).status_code == 200
        assert someone.ledger()[0]["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_cover_is_a_jpeg_that_is_fetched(facebook: Person, shelf: Shelf) -> None:
    jpeg = b"\xff\xd8\xff\xe0 picture"
    facebook.published(cover_url=shelf.put("/c.jpg", jpeg, {"Content-Type": "image/jpeg"}))
    [line] = facebook.ledger()
    assert facebook.sandbox.http.get(f"/control/instagram/videos/{line['id']}/thumbnail").content == jpeg
    assert error(facebook.make(cover_url=shelf.put("/c.png", b"\x89PNG"))) == (9004, 2207052)


def test_an_upload_and_a_published_reel_survive_kill_9(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox:
        someone, content = person(sandbox, "facebook"), random_bytes(200_000)
        media, made = someone.published(caption="kept"), someone.make().json()
        someone.put(made["uri"], content[:70_000], total=200_000)
        sandbox.kill9()
        sandbox.start()
        assert phases(someone, made["id"])["uploading_phase"]["bytes_transferred"] == 70_000
        assert someone.put(made["uri"], content[70_000:], 70_000).status_code == 200
        assert [line["id"] for line in someone.ledger()] == [media]


def test_memory_stays_flat_while_a_large_file_arrives(facebook: Person) -> None:
    process, size = facebook.sandbox.process, 64 << 20
    assert process is not None

    def peak_kib() -> int:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

    made, before = facebook.make().json(), peak_kib()
    headers = {"Authorization": f"OAuth {facebook.token}", "offset": "0", "file_size": str(size)}
    pieces = (b"\0" * (1 << 20) for _ in range(64))
    answer = facebook.sandbox.http.post(made["uri"], content=pieces, headers=headers)
    assert answer.json()["success"] is True
    assert peak_kib() - before < 20 << 10
