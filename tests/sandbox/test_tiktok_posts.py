"""What becomes of a post: status by status on the virtual clock, the caps, and what everybody sees."""

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.tiktok.directory import Directory
from sandbox.tiktok.posts import DIRECT, Posts
from sandbox.world import World
from tests.sandbox.tiktok_creator import (
    PRIVATE,
    PUBLIC,
    Creator,
    creator,
    data,
    new_creator,
    outside,
    refusal,
    shared,
    source,
)
from tests.support.sandbox import ROOT, Sandbox

__all__ = ["creator", "outside", "shared"]
SAMPLE = ROOT / "sandbox" / "page" / "static" / "sample.mp4"
FIELDS = {"fields": "id,title,view_count,share_url,create_time"}


def listed(creator: Creator, **body: Any) -> list[dict[str, Any]]:
    return list(data(creator.call("video/list/", body, params=FIELDS))["videos"])


def through(creator: Creator, **options: Any) -> str:
    """A post that is processed and moderated."""
    publish_id = creator.publish(**options)
    creator.sandbox.advance(6)
    return publish_id


def test_creator_info_of_a_public_account(creator: Creator) -> None:
    creator.change(duet_disabled=True, max_video_post_duration_sec=180)
    told = data(creator.call("post/publish/creator_info/query/"))
    assert told["privacy_level_options"] == [PUBLIC, "MUTUAL_FOLLOW_FRIENDS", PRIVATE]
    assert (told["creator_username"], told["max_video_post_duration_sec"]) == (creator.id, 180)
    assert (told["duet_disabled"], told["comment_disabled"]) == (True, False)


def test_creator_info_of_a_private_account(outside: Sandbox) -> None:
    told = data(new_creator(outside, is_private=True).call("post/publish/creator_info/query/"))
    assert told["privacy_level_options"] == ["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", PRIVATE]


@pytest.mark.parametrize(
    "code", ["spam_risk_too_many_posts", "spam_risk_user_banned_from_posting", "reached_active_user_cap"]
)
def test_creator_info_says_under_http_200_that_a_creator_cannot_post(creator: Creator, code: str) -> None:
    creator.change(blocked=code)
    assert refusal(creator.call("post/publish/creator_info/query/")) == (200, code)
    assert refusal(creator.init()) == (403, code)


def test_a_public_post_gets_its_id_after_moderation(creator: Creator) -> None:
    publish_id = creator.publish()
    seen = []
    for seconds in (0, 2.5, 3):
        creator.sandbox.advance(seconds)
        told = creator.status(publish_id)
        seen.append((told["status"], len(told["publicaly_available_post_id"])))
    assert seen == [("PROCESSING_UPLOAD", 0), ("PUBLISH_COMPLETE", 0), ("PUBLISH_COMPLETE", 1)]
    [post_id] = creator.status(publish_id)["publicaly_available_post_id"]
    assert 2**53 < post_id < 2**63
    assert int(float(post_id)) != post_id
    assert creator.ledger()[0]["id"] == str(post_id)


@pytest.mark.parametrize("level", [PRIVATE, "MUTUAL_FOLLOW_FRIENDS"])
def test_a_post_that_is_not_public_never_gets_an_id(creator: Creator, level: str) -> None:
    publish_id = through(creator, privacy_level=level)
    told = creator.status(publish_id)
    assert (told["status"], told["publicaly_available_post_id"]) == ("PUBLISH_COMPLETE", [])
    assert listed(creator) == []


def test_a_draft_waits_until_the_creator_finishes_it(creator: Creator) -> None:
    publish_id = creator.publish(inbox=True)
    assert creator.status(publish_id)["status"] == "PROCESSING_UPLOAD"
    creator.sandbox.advance(86_000)
    assert creator.status(publish_id)["status"] == "SEND_TO_USER_INBOX"
    creator.sandbox.post(f"tiktok/videos/{publish_id}/finish", title="Finished", privacy_level=PUBLIC)
    assert creator.status(publish_id)["status"] == "PUBLISH_COMPLETE"
    creator.sandbox.advance(4)
    assert len(creator.status(publish_id)["publicaly_available_post_id"]) == 1
    assert [video["title"] for video in listed(creator)] == ["Finished"]


def test_a_draft_is_finished_once(creator: Creator) -> None:
    publish_id = through(creator, inbox=True)
    answers = [creator.sandbox.http.post(f"/control/tiktok/videos/{publish_id}/finish") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 400]


def test_a_planned_failure(creator: Creator) -> None:
    creator.sandbox.post("tiktok/settings", next_outcomes=[{"fail_reason": "frame_rate_check_failed"}, {}])
    failed, fine = through(creator), through(creator)
    told = creator.status(failed)
    assert (told["status"], told["fail_reason"]) == ("FAILED", "frame_rate_check_failed")
    assert creator.status(fine)["status"] == "PUBLISH_COMPLETE"


def test_a_video_longer_than_the_creator_may_post_fails(creator: Creator) -> None:
    creator.change(max_video_post_duration_sec=5)
    publish_id = through(creator, content=SAMPLE.read_bytes())
    assert creator.status(publish_id)["fail_reason"] == "duration_check_failed"


def test_a_real_video_is_measured(creator: Creator) -> None:
    through(creator, content=SAMPLE.read_bytes())
    [line] = creator.ledger()
    assert (line["width"], line["height"], round(line["duration_s"])) == (360, 640, 8)


def test_what_is_under_way_can_be_cancelled_and_its_address_is_gone(creator: Creator) -> None:
    begun = data(creator.init())
    data(creator.call("post/publish/cancel/", {"publish_id": begun["publish_id"]}))
    told = creator.status(begun["publish_id"])
    assert (told["status"], told["fail_reason"]) == ("FAILED", "publish_cancelled")
    assert creator.put(begun["upload_url"], b"a" * 1000).status_code == 404


def test_what_is_published_cannot_be_cancelled(creator: Creator) -> None:
    body = {"publish_id": through(creator)}
    assert refusal(creator.call("post/publish/cancel/", body)) == (400, "publish_not_cancellable")


def test_a_permission_taken_back_ends_what_is_under_way(creator: Creator) -> None:
    publish_id = creator.publish()
    creator.sandbox.post("tiktok/revoke", creator=creator.id)
    [line] = creator.ledger()
    assert (line["publish_id"], line["status"], line["reason"]) == (publish_id, "FAILED", "auth_removed")


def test_an_unknown_publish_id_and_a_strangers(creator: Creator) -> None:
    stranger = new_creator(creator.sandbox)
    theirs = {"publish_id": data(stranger.init())["publish_id"]}
    unknown = creator.call("post/publish/status/fetch/", {"publish_id": "v_pub_file~v2-1.1"})
    assert refusal(unknown) == (400, "invalid_publish_id")
    answer = creator.call("post/publish/status/fetch/", theirs)
    assert refusal(answer) == (400, "token_not_authorized_for_specified_publish_id")


def test_six_inits_a_minute_in_a_window_that_slides(creator: Creator) -> None:
    assert creator.init().status_code == 200
    creator.sandbox.advance(40)
    assert [creator.init().status_code for _ in range(5)] == [200] * 5
    assert refusal(creator.init()) == (429, "rate_limit_exceeded")
    creator.sandbox.advance(21)
    assert [creator.init().status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(("path", "limit"), [("creator_info/query/", 20), ("status/fetch/", 30)])
def test_the_other_limits_of_a_minute(creator: Creator, path: str, limit: int) -> None:
    body = {"publish_id": data(creator.init())["publish_id"]}
    answers = [creator.call(f"post/publish/{path}", body).status_code for _ in range(limit + 1)]
    assert answers == [200] * limit + [429]


def test_fifteen_direct_posts_in_24_hours(outside: Sandbox) -> None:
    outside.post("tiktok/settings", inits_per_minute=100, access_life_s=200_000)
    creator = new_creator(outside)
    assert all(creator.init().status_code == 200 for _ in range(15))
    assert refusal(creator.call("post/publish/creator_info/query/")) == (200, "spam_risk_too_many_posts")
    outside.advance(86_390)
    assert refusal(creator.init()) == (403, "spam_risk_too_many_posts")
    outside.advance(20)
    assert creator.init().status_code == 200


def test_posts_may_be_counted_from_their_bytes(creator: Creator) -> None:
    creator.sandbox.post("tiktok/settings", posts_count_from="upload", posts_per_day=1)
    assert [creator.init().status_code for _ in range(2)] == [200, 200]
    creator.publish()
    assert refusal(creator.init()) == (403, "spam_risk_too_many_posts")


def test_five_drafts_may_wait(creator: Creator) -> None:
    drafts = [creator.publish(inbox=True) for _ in range(5)]
    creator.sandbox.advance(61)
    assert refusal(creator.inbox()) == (403, "spam_risk_too_many_pending_share")
    creator.sandbox.post(f"tiktok/videos/{drafts[0]}/finish")
    assert creator.inbox().status_code == 200


def test_an_unaudited_client_has_only_so_many_creators_a_day(outside: Sandbox) -> None:
    outside.post("tiktok/settings", unaudited_users_per_day=1)
    one, other = (new_creator(outside, client="tiktok_unaudited_client", is_private=True) for _ in range(2))
    assert [one.init(privacy_level=PRIVATE).status_code for _ in range(2)] == [200, 200]
    assert refusal(other.init(privacy_level=PRIVATE)) == (403, "reached_active_user_cap")


def test_the_list_shows_public_posts_newest_first_in_pages(creator: Creator) -> None:
    for title in ("one", "two", "three"):
        through(creator, title=title)
    through(creator, title="mine alone", privacy_level=PRIVATE)
    first = data(creator.call("video/list/", {"max_count": 2}, params=FIELDS))
    assert ([video["title"] for video in first["videos"]], first["has_more"]) == (["three", "two"], True)
    rest = data(creator.call("video/list/", {"cursor": first["cursor"]}, params=FIELDS))
    assert ([video["title"] for video in rest["videos"]], rest["has_more"]) == (["one"], False)


def test_figures_by_id_for_the_creators_own_public_videos(creator: Creator) -> None:
    through(creator)
    [video] = creator.ledger()
    creator.sandbox.post(f"tiktok/videos/{video['id']}", statistics={"view_count": 12})
    body = {"filters": {"video_ids": [video["id"], "1"]}}
    [found] = data(creator.call("video/query/", body, params=FIELDS))["videos"]
    assert (found["id"], found["view_count"], found["share_url"]) == (video["id"], 12, video["watch_url"])
    stranger = new_creator(creator.sandbox)
    assert data(stranger.call("video/query/", body, params=FIELDS))["videos"] == []


@pytest.mark.parametrize("params", [{}, {"fields": "id,nonsense"}])
def test_the_display_api_wants_known_fields(creator: Creator, params: dict[str, str]) -> None:
    assert refusal(creator.call("video/list/", params=params)) == (400, "invalid_params")


def test_more_than_twenty_are_too_many(creator: Creator) -> None:
    assert refusal(creator.call("video/list/", {"max_count": 21}, params=FIELDS)) == (400, "invalid_params")
    many = {"filters": {"video_ids": ["1"] * 21}}
    assert refusal(creator.call("video/query/", many, params=FIELDS)) == (400, "invalid_params")


def test_a_field_of_the_user_needs_its_own_scope(creator: Creator) -> None:
    headers = {"Authorization": f"Bearer {creator.tokens['access_token']}"}
    url = "/tiktok/api/v2/user/info/"
    basic = creator.sandbox.http.get(url, params={"fields": "open_id,display_name"}, headers=headers)
    assert data(basic)["user"] == {"open_id": creator.id, "display_name": f"Creator {creator.id[-2:]}"}
    answer = creator.sandbox.http.get(url, params={"fields": "follower_count"}, headers=headers)
    assert refusal(answer) == (401, "scope_not_authorized")


def test_a_post_that_the_creator_deletes_in_the_app_is_seen_no_more(creator: Creator) -> None:
    publish_id = through(creator)
    creator.sandbox.http.delete(f"/control/tiktok/videos/{publish_id}").raise_for_status()
    assert (listed(creator), creator.ledger()) == ([], [])
    assert creator.status(publish_id)["status"] == "PUBLISH_COMPLETE"


@pytest.mark.parametrize(
    "path", ["video/delete/", "post/publish/delete/", "comment/create/", "post/publish/content/init/"]
)
def test_what_tiktok_does_not_offer_is_not_there(creator: Creator, path: str) -> None:
    assert creator.call(path).status_code == 404


def test_the_wall_and_the_controls_find_the_post(creator: Creator) -> None:
    through(creator, title="On the wall")
    assert "tiktok" in creator.sandbox.info()["servers"]
    [line] = creator.ledger()
    assert (line["platform"], line["title"], line["privacy"], line["upload_status"]) == (
        "tiktok",
        "On the wall",
        "public",
        "processed",
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("settings", {"refresh_rotation": "never"}), ("settings", {"posts_per_day": "15"}), ("settings", {"no": 1}),
        ("settings", {"next_outcomes": [{"fail_reason": "bored"}]}), ("creators", {}), ("clients", {"key": "x"}),
        ("creators", {"id": "x", "blocked": "bored"}), ("uploads/kill", {"status": 500}),
    ],
)  # fmt: skip
def test_the_controls_refuse_nonsense(outside: Sandbox, path: str, body: dict[str, Any]) -> None:
    assert outside.http.post(f"/control/tiktok/{path}", json=body).status_code == 400


async def test_each_change_of_a_post_is_told_once(tmp_path: Path) -> None:
    world = World(tmp_path, "http://127.0.0.1:8700")
    posts = Posts(world, Directory(world))
    with world.events.subscribe() as news:
        plan = {name: value for name, value in source(3).items() if name != "source"}
        info = {"title": "x", "privacy_level": PUBLIC}
        post = posts.begin(DIRECT, "-000sandboxMorningTales0001", "client", info, plan)
        shutil.copyfile(SAMPLE, posts.path(post))
        posts.arrive(post, "0", "video/mp4")
        for seconds in (0, 2.5, 0, 3, 0):
            world.clock.advance(timedelta(seconds=seconds))
            posts.announce()
        told = [await asyncio.wait_for(anext(news), 1) for _ in range(3)]
    assert [(event.data["status"], event.data["is_public"]) for event in told] == [
        ("PROCESSING_UPLOAD", False),
        ("PUBLISH_COMPLETE", False),
        ("PUBLISH_COMPLETE", True),
    ]
    world.close()
