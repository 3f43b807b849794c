"""Inits and chunks by TikTok's rules, byte by byte."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.tiktok.chunks import check_plan, chunk_end
from sandbox.tiktok.directory import Directory
from sandbox.tiktok.errors import BadParameterError
from sandbox.tiktok.posts import INBOX, Posts
from sandbox.tiktok.settings import TiktokSettings
from sandbox.world import World
from tests.sandbox.outside import random_bytes
from tests.sandbox.tiktok_creator import (
    MIB5,
    PRIVATE,
    Creator,
    creator,
    data,
    new_creator,
    outside,
    refusal,
    shared,
    source,
)
from tests.support.sandbox import Sandbox, running_sandbox

__all__ = ["creator", "outside", "shared"]
MB = 1_000_000


def accepted(size: int, chunk: int, count: int, **rules: Any) -> bool:
    plan = {"video_size": size, "chunk_size": chunk, "total_chunk_count": count}
    try:
        check_plan(plan, TiktokSettings(**rules))
    except BadParameterError:
        return False
    return True


@pytest.mark.parametrize(
    ("size", "chunk", "count"),
    [
        (1, 1, 1), (4 * MB, 4 * MB, 1), (64 * MB, 64 * MB, 1), (50_000_123, 10 * MB, 5), (65 * MB, 10 * MB, 6),
        (4_000 * MB, 10 * MB, 400), (127 * MB, 32 * MB, 3), (128 * MB, 64 * MB, 2), (12 * MB, 6 * MB, 2),
    ],
)  # fmt: skip
def test_plans_that_are_accepted(size: int, chunk: int, count: int) -> None:
    assert accepted(size, chunk, count)


@pytest.mark.parametrize(
    ("size", "chunk", "count"),
    [
        (0, 0, 0), (4 * MB, MB, 4), (4 * MB, 5 * MB, 1), (64 * MB + 1, 64 * MB + 1, 1), (90 * MB, 64 * MB, 1),
        (15 * MB, 10 * MB, 1), (50_000_123, 10 * MB, 6), (50_000_123, 10 * MB, 4), (30 * MB, 4 * MB, 7),
        (140 * MB, 70 * MB, 2), (6_000 * MB, 60 * MB, 100), (4_290 * MB, MIB5, 818_359), (10_500 * MB, 10 * MB, 1050),
    ],
)  # fmt: skip
def test_plans_that_are_refused(size: int, chunk: int, count: int) -> None:
    assert not accepted(size, chunk, count)


def test_before_august_2026_one_chunk_could_hold_128_mb() -> None:
    assert accepted(90 * MB, 64 * MB, 1, one_chunk_trap=False)
    assert not accepted(129 * MB, 64 * MB, 1, one_chunk_trap=False)


def test_the_chunks_of_a_plan_end_to_end_are_the_video() -> None:
    plan = {"video_size": 50_000_123, "chunk_size": 10 * MB, "total_chunk_count": 5}
    ends = [chunk_end(plan, first) for first in range(0, 50 * MB, 10 * MB)]
    assert ends == [9_999_999, 19_999_999, 29_999_999, 39_999_999, 50_000_122]
    assert chunk_end(plan, 50_000_000) == 50_000_122


def test_an_init_gives_an_id_and_an_address_on_the_upload_host(creator: Creator) -> None:
    begun = data(creator.init())
    assert begun["publish_id"].startswith("v_pub_file~v2-1.")
    assert (len(begun["publish_id"]) <= 64, len(begun["upload_url"]) <= 256) == (True, True)
    assert begun["upload_url"].startswith(f"{creator.sandbox.url}/tiktok/upload/video/?")
    assert data(creator.inbox())["publish_id"].startswith("v_inbox_file~v2.")


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("source_info", "video_size", 1000.0), ("source_info", "video_size", "1000"), ("source_info", "source", "DISK"),
        ("source_info", "chunk_size", True), ("source_info", "total_chunk_count", 2), ("source_info", "source", None),
        ("post_info", "title", 7), ("post_info", "title", "\N{GRINNING FACE}" * 1101),
        ("post_info", "privacy_level", "FRIENDS"), ("post_info", "disable_duet", "true"), ("post_info", "is_aigc", 1),
        ("post_info", "video_cover_timestamp_ms", 1.5), ("post_info", "video_cover_timestamp_ms", True),
        ("post_info", "video_cover_timestamp_ms", 2**31),
    ],
)  # fmt: skip
def test_a_field_of_a_wrong_type_or_value_is_refused(creator: Creator, part: str, field: str, value: Any) -> None:
    body = {"post_info": {"title": "A story", "privacy_level": PRIVATE}, "source_info": source(1000)}
    body[part][field] = value
    assert refusal(creator.call("post/publish/video/init/", body)) == (400, "invalid_params")


def test_a_body_that_is_no_json_object(creator: Creator) -> None:
    assert refusal(creator.call("post/publish/video/init/", [])) == (400, "invalid_params")
    form = {"headers": {"Content-Type": "text/plain"}}
    assert refusal(creator.call("post/publish/video/init/", **form)) == (400, "invalid_params")


def test_the_posting_pages_name_the_refusal_without_its_last_letter(creator: Creator) -> None:
    creator.sandbox.post("tiktok/settings", parameter_code="invalid_param")
    assert refusal(creator.init(title=7)) == (400, "invalid_param")


def test_2200_utf16_units_are_a_title(creator: Creator) -> None:
    assert creator.init(title="\N{GRINNING FACE}" * 1100).status_code == 200


def test_no_privacy_or_another_than_offered_is_a_mismatch(creator: Creator) -> None:
    missing = {"post_info": {"title": "A story"}, "source_info": source(1000)}
    assert refusal(creator.call("post/publish/video/init/", missing)) == (403, "privacy_level_option_mismatch")
    assert refusal(creator.init(privacy_level="FOLLOWER_OF_CREATOR")) == (403, "privacy_level_option_mismatch")
    creator.change(is_private=True)
    assert creator.init(privacy_level="FOLLOWER_OF_CREATOR").status_code == 200


def test_an_unaudited_client_posts_for_oneself_on_a_private_account_only(outside: Sandbox) -> None:
    creator = new_creator(outside, client="tiktok_unaudited_client")
    unaudited = (403, "unaudited_client_can_only_post_to_private_accounts")
    assert refusal(creator.init()) == unaudited
    assert refusal(creator.init(privacy_level=PRIVATE)) == unaudited
    creator.change(is_private=True)
    assert creator.init(privacy_level=PRIVATE).status_code == 200


def test_a_url_that_nobody_verified(creator: Creator) -> None:
    pull = {"source": "PULL_FROM_URL", "video_url": "https://videos.example/a.mp4"}
    body = {"post_info": {"privacy_level": PRIVATE}, "source_info": pull}
    assert refusal(creator.call("post/publish/video/init/", body)) == (403, "url_ownership_unverified")


def test_a_video_in_chunks_arrives_as_it_was(creator: Creator) -> None:
    content = random_bytes(2 * MIB5 + 17)
    begun = data(creator.init(len(content), MIB5, 2))
    first = creator.put(begun["upload_url"], content[:MIB5], 0, len(content))
    assert (first.status_code, first.headers["Content-Range"]) == (206, f"bytes 0-{MIB5}/{len(content)}")
    assert creator.status(begun["publish_id"])["uploaded_bytes"] == MIB5
    assert creator.put(begun["upload_url"], content[MIB5:], MIB5, len(content)).status_code == 201
    [line] = creator.ledger()
    assert (line["sha256"], line["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    part = creator.sandbox.http.get(line["file_url"], headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, content[5:10])


def test_out_of_order_is_a_416_that_says_where_it_stands(creator: Creator) -> None:
    content = random_bytes(2 * MIB5)
    url = data(creator.init(len(content), MIB5, 2))["upload_url"]
    early = creator.put(url, content[MIB5:], MIB5, len(content))
    assert (early.status_code, early.headers["Content-Range"]) == (416, f"bytes 0-0/{len(content)}")
    creator.put(url, content[:MIB5], 0, len(content))
    again = creator.put(url, content[:MIB5], 0, len(content))
    assert (again.status_code, again.headers["Content-Range"]) == (416, f"bytes 0-{MIB5}/{len(content)}")
    creator.sandbox.post("tiktok/settings", range_end="last_byte")
    again = creator.put(url, content[:MIB5], 0, len(content))
    assert again.headers["Content-Range"] == f"bytes 0-{MIB5 - 1}/{len(content)}"


def test_the_last_chunk_again_is_a_416_and_one_post(creator: Creator) -> None:
    begun, content = data(creator.init()), random_bytes(1000)
    statuses = [creator.put(begun["upload_url"], content).status_code for _ in range(2)]
    assert statuses == [201, 416]
    assert len(creator.ledger()) == 1


@pytest.mark.parametrize(
    ("content", "first", "total", "headers"),
    [
        (b"a" * 999, 0, 1000, {}),
        (b"a" * 1000, 0, 1001, {}),
        (b"a" * 1000, 0, 1000, {"Content-Range": "bytes 0-1000/1000"}),
        (b"a" * 1000, 0, 1000, {"Content-Range": "0-999/1000"}),
        (b"a" * 900, 0, 1000, {"Content-Range": "bytes 0-999/1000"}),
        (b"a" * 1000, 0, 1000, {"Content-Type": "application/octet-stream"}),
        (b"a" * 1000, 0, 1000, {"Authorization": "Bearer act.secret"}),
    ],
)
def test_a_put_with_bad_headers_stores_nothing(
    creator: Creator, content: bytes, first: int, total: int, headers: dict[str, str]
) -> None:
    begun = data(creator.init())
    assert creator.put(begun["upload_url"], content, first, total, **headers).status_code == 400
    assert creator.status(begun["publish_id"])["uploaded_bytes"] == 0


def test_the_upload_address_lives_one_hour(creator: Creator) -> None:
    begun = data(creator.init())
    creator.sandbox.advance(3601)
    assert creator.put(begun["upload_url"], random_bytes(1000)).status_code == 403
    assert creator.status(begun["publish_id"])["status"] == "FAILED"


def test_an_address_that_is_not_known(creator: Creator) -> None:
    url = data(creator.init())["upload_url"]
    assert creator.put(url[:-1] + "~", random_bytes(1000)).status_code == 404


def test_a_killed_upload_answers_so(creator: Creator) -> None:
    url = data(creator.init())["upload_url"]
    creator.sandbox.post("tiktok/uploads/kill", status=404)
    assert creator.put(url, random_bytes(1000)).status_code == 404


@pytest.mark.parametrize(("keeps", "stored"), [(False, 0), (True, 65_536)])
def test_a_chunk_that_was_cut_off_counts_for_nothing_unless_set_so(creator: Creator, keeps: bool, stored: int) -> None:
    content = random_bytes(200_000)
    creator.sandbox.post("tiktok/settings", keep_partial_chunks=keeps)
    creator.sandbox.fault(service="tiktok", method="PUT", fault="cut", nth=1, bytes=65_536)
    begun = data(creator.init(len(content)))
    with pytest.raises(Exception, match=r"disconnected|reset|Broken pipe|EOF"):
        creator.put(begun["upload_url"], content)
    assert creator.status(begun["publish_id"])["uploaded_bytes"] == stored
    assert creator.put(begun["upload_url"], content[stored:], stored, len(content)).status_code == 201
    assert creator.ledger()[0]["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_client_that_comes_back_on_another_connection_ends_the_old_one(creator: Creator) -> None:
    content = random_bytes(200_000)
    begun = data(creator.init(len(content)))
    fault = creator.sandbox.fault(service="tiktok", path="/upload/", fault="hold", nth=1, bytes=65_536)
    with ThreadPoolExecutor(1) as pool:
        old = pool.submit(creator.put, begun["upload_url"], content)
        while not creator.sandbox.holding(fault):
            pass
        assert creator.put(begun["upload_url"], content).status_code == 201
        creator.sandbox.release(fault)
        with pytest.raises(httpx.TransportError):
            old.result(timeout=10)
    assert [line["sha256"] for line in creator.ledger()] == [hashlib.sha256(content).hexdigest()]


def test_the_bytes_of_an_upload_that_ran_out_are_removed(tmp_path: Path) -> None:
    world = World(tmp_path, "http://127.0.0.1:8700")
    posts = Posts(world, Directory(world))
    plan = {"video_size": 3, "chunk_size": 3, "total_chunk_count": 1}
    old, new = (posts.begin(INBOX, "-000sandboxMorningTales0001", "client", None, plan) for _ in range(2))
    posts.save({**new, "expires_at": "2999-01-01T00:00:00+00:00"})
    for post in (old, new):
        posts.path(post).write_bytes(b"ab")
    world.clock.advance(timedelta(hours=2))
    posts.sweep()
    assert [posts.path(post).exists() for post in (old, new)] == [False, True]
    world.close()


def test_a_lost_answer_to_the_last_chunk_leaves_a_post(creator: Creator) -> None:
    begun = data(creator.init())
    creator.sandbox.fault(service="tiktok", path="/upload/", fault="drop_after", nth=1)
    with pytest.raises(Exception, match=r"disconnected|reset|EOF"):
        creator.put(begun["upload_url"], random_bytes(1000))
    assert [line["publish_id"] for line in creator.ledger()] == [begun["publish_id"]]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("video/init", 500, "internal_error"),
        ("video/init", 429, "rate_limit_exceeded"),
        ("/upload/", 503, "internal_error"),
    ],
)
def test_planned_faults_have_the_envelope(creator: Creator, path: str, status: int, code: str) -> None:
    url = data(creator.init())["upload_url"]
    creator.sandbox.fault(service="tiktok", path=path, fault="status", status=status, nth=1)
    answer = creator.put(url, random_bytes(1000)) if "upload" in path else creator.init()
    assert refusal(answer) == (status, code)


def test_everything_outlives_a_kill(tmp_path: Path) -> None:
    with running_sandbox(tmp_path / "state") as sandbox:
        creator, content = new_creator(sandbox), random_bytes(2 * MIB5)
        begun = data(creator.init(len(content), MIB5, 2))
        creator.put(begun["upload_url"], content[:MIB5], 0, len(content))
        sandbox.kill9()
        sandbox.start()
        assert creator.status(begun["publish_id"])["uploaded_bytes"] == MIB5
        assert creator.put(begun["upload_url"], content[MIB5:], MIB5, len(content)).status_code == 201
        assert creator.ledger()[0]["sha256"] == hashlib.sha256(content).hexdigest()
        assert [creator.init().status_code for _ in range(6)] == [200] * 5 + [429]


def test_the_record_of_requests_keeps_no_upload_secret(creator: Creator) -> None:
    url = data(creator.init())["upload_url"]
    creator.put(url, random_bytes(1000))
    asked = str(creator.sandbox.requests("tiktok"))
    assert url.split("upload_token=")[1] not in asked
    assert creator.tokens["access_token"] not in asked
