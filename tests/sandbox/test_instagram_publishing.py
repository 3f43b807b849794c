"""media_publish in all its outcomes, then reading, comments, insights, deletion and the usage headers."""

import contextlib
import json
from datetime import datetime

import httpx
import pytest

from tests.sandbox.instagram_server import Person, error, facebook, instagram, outside, person, shared
from tests.support.sandbox import Sandbox

__all__ = ["facebook", "instagram", "outside", "shared"]
DAY = 86_400


def test_a_container_is_published_once(facebook: Person) -> None:
    container = facebook.upload()
    assert facebook.publish(container).status_code == 200
    told = facebook.get(container, fields="status,status_code").json()
    assert (told["status_code"], told["status"]) == (
        "PUBLISHED",
        "Published: Media has been successfully published.",
    )
    assert error(facebook.publish(container)) == (9007, 2207027)
    facebook.sandbox.post("instagram/settings", second_publish={"code": 24, "subcode": 2207006})
    assert error(facebook.publish(container)) == (24, 2207006)
    assert len(facebook.ledger()) == 1


def test_a_foreign_an_unknown_or_no_container_is_refused(facebook: Person) -> None:
    other = person(facebook.sandbox, "facebook")
    assert error(other.publish(facebook.upload())) == (24, 2207008)
    assert error(facebook.publish("17900000099999999")) == (24, 2207008)
    assert error(facebook.post(f"{facebook.id}/media_publish")) == (100, None)


@pytest.mark.parametrize("published", [True, False])
def test_a_blocked_publication_may_have_happened(facebook: Person, published: bool) -> None:
    container = facebook.upload()
    plan = {"published": published, "code": 4, "subcode": 2207051, "is_transient": False}
    facebook.sandbox.post("instagram/settings", next_publishes=[plan])
    assert error(facebook.publish(container)) == (4, 2207051)
    assert len(facebook.ledger()) == published
    assert facebook.status(container) == ("PUBLISHED" if published else "FINISHED")


def test_an_answer_lost_after_the_publication(facebook: Person) -> None:
    container = facebook.upload(caption="lost and found")
    facebook.sandbox.fault(service="instagram", path="media_publish", nth=1, fault="drop_after")
    with contextlib.suppress(httpx.HTTPError):
        facebook.publish(container)
    assert facebook.status(container) == "PUBLISHED"
    [found] = facebook.get(f"{facebook.id}/media", fields="id,caption").json()["data"]
    assert found["caption"] == "lost and found"


def test_a_planned_server_error_has_the_graph_shape(facebook: Person) -> None:
    facebook.sandbox.fault(service="instagram", path="media_publish", times=1, fault="status", status=500)
    answer = facebook.publish(facebook.upload())
    assert (answer.status_code, answer.json()["error"]["is_transient"]) == (500, True)


def test_the_quota_is_told_and_kept_for_a_day(facebook: Person) -> None:
    facebook.sandbox.post("instagram/settings", quota_total=50, short_life_s=10 * DAY)
    owner = person(facebook.sandbox, "facebook", account=facebook.id)
    owner.published()
    facebook.sandbox.post("instagram/quota", account=facebook.id, used=48)
    told = owner.get(f"{owner.id}/content_publishing_limit", fields="quota_usage,config").json()
    assert told["data"] == [{"quota_usage": 49, "config": {"quota_total": 50, "quota_duration": DAY}}]
    owner.published()
    assert error(owner.publish(owner.upload())) == (9, 2207042)
    facebook.sandbox.advance(DAY)
    assert owner.publish(owner.upload()).status_code == 200


def test_a_restricted_account_neither_begins_nor_publishes(facebook: Person) -> None:
    container = facebook.upload()
    facebook.sandbox.post("instagram/accounts", id=facebook.id, restricted=True)
    assert error(facebook.make()) == (25, 2207050)
    assert error(facebook.publish(container)) == (25, 2207050)


def test_a_new_media_cannot_be_read_in_its_first_seconds(facebook: Person) -> None:
    facebook.sandbox.post("instagram/settings", media_lag_s=30)
    media = facebook.publish(facebook.upload(caption="C")).json()["id"]
    assert error(facebook.get(media, fields="permalink")) == (100, 33)
    facebook.sandbox.advance(31)
    asked = "id,permalink,shortcode,media_type,media_product_type,timestamp,like_count,comments_count,caption"
    told = facebook.get(media, fields=asked).json()
    assert told["permalink"] == f"https://www.instagram.com/reel/{told['shortcode']}/"
    assert (told["media_type"], told["media_product_type"], told["caption"]) == ("VIDEO", "REELS", "C")
    assert told["timestamp"].endswith("+0000")


def test_own_media_come_newest_first_in_pages_and_since_a_moment(facebook: Person) -> None:
    first, second, third = (facebook.published(caption=name) for name in "abc")
    page = facebook.get(f"{facebook.id}/media", limit="2").json()
    assert [row["id"] for row in page["data"]] == [third, second]
    rest = facebook.get(f"{facebook.id}/media", limit="2", after=page["paging"]["cursors"]["after"]).json()
    assert [row["id"] for row in rest["data"]] == [first]
    moment = datetime.fromisoformat(facebook.ledger()[1]["published_at"])
    late = facebook.get(f"{facebook.id}/media", since=str(int(moment.timestamp()))).json()["data"]
    assert [row["id"] for row in late] == [third, second]


@pytest.mark.parametrize(("links", "status"), [(1, 200), (2, 400)])
def test_a_comment_has_one_link_however_it_is_written(outside: Sandbox, links: int, status: int) -> None:
    someone = person(outside, "facebook")
    text = " ".join(["see https://www.one.example/reel/1/"] * links)
    assert someone.post(f"{someone.published()}/comments", message=text).status_code == status


@pytest.mark.parametrize("login", ["instagram", "facebook"])
def test_comments_are_written_listed_hidden_and_deleted(outside: Sandbox, login: str) -> None:
    owner = person(outside, "facebook")
    media = owner.published()
    someone = person(outside, login, account=owner.id)
    comment = someone.post(f"{media}/comments", message="First light").json()["id"]
    [row] = someone.get(f"{media}/comments", fields="id,text,username,hidden").json()["data"]
    assert (row["id"], row["text"], row["hidden"]) == (comment, "First light", False)
    assert someone.get(media, fields="comments_count").json()["comments_count"] == 1
    someone.post(comment, hide="true")
    assert someone.get(comment, fields="hidden").json()["hidden"] is True
    reply = someone.post(f"{comment}/replies", message="and last").json()["id"]
    assert [row["id"] for row in someone.get(f"{comment}/replies").json()["data"]] == [reply]
    assert someone.delete(comment).json() == {"success": True}
    assert someone.get(f"{media}/comments").json()["data"] == []


def test_comments_come_in_pages(facebook: Person) -> None:
    media = facebook.published()
    written = [facebook.post(f"{media}/comments", message=f"no {number}").json()["id"] for number in range(3)]
    page = facebook.get(f"{media}/comments", limit="2").json()
    rest = facebook.get(f"{media}/comments", limit="2", after=page["paging"]["cursors"]["after"]).json()
    assert [row["id"] for row in [*page["data"], *rest["data"]]] == written[::-1]
    assert ("next" in page["paging"], "next" in rest["paging"]) == (True, False)


@pytest.mark.parametrize("message", ["", "a" * 301, "#a #b #c #d #e", "https://a.example www.b.example", "ALL LOUD"])
def test_comments_that_may_not_be_so(facebook: Person, message: str) -> None:
    assert error(facebook.post(f"{facebook.published()}/comments", message=message)) == (100, None)


def test_sixty_comments_an_hour(facebook: Person) -> None:
    media = facebook.published()
    facebook.sandbox.post("instagram/settings", comments_per_hour=2)
    assert [facebook.post(f"{media}/comments", message=text).status_code for text in "ab"] == [200, 200]
    assert error(facebook.post(f"{media}/comments", message="c")) == (613, None)


def test_the_api_likes_nothing_and_edits_no_caption(facebook: Person) -> None:
    media = facebook.published(caption="before")
    assert error(facebook.post(f"{media}/likes")) == (100, 33)
    assert error(facebook.post(media, caption="after")) == (100, None)


def test_comments_can_be_turned_off(facebook: Person) -> None:
    media = facebook.published()
    assert facebook.post(media, comment_enabled="false").json() == {"success": True}
    assert error(facebook.post(f"{media}/comments", message="hm")) == (10, None)


def test_insights_are_late_and_then_in_lifetime_values(facebook: Person) -> None:
    facebook.sandbox.post("instagram/settings", short_life_s=10 * DAY, insights_delay_s=2 * DAY)
    owner = person(facebook.sandbox, "facebook", account=facebook.id)
    media = owner.published()
    facebook.sandbox.post(f"instagram/videos/{media}", likes=7, insights={"views": 90, "shares": 2})
    assert owner.get(f"{media}/insights", metric="views").json() == {"data": []}
    facebook.sandbox.advance(2 * DAY)
    rows = owner.get(f"{media}/insights", metric="views,likes,total_interactions").json()["data"]
    values = {row["name"]: row["values"][0]["value"] for row in rows}
    assert values == {
        "views": 90,
        "likes": 7,
        "total_interactions": 9,
    }
    assert rows[0]["period"] == "lifetime"


@pytest.mark.parametrize("metric", ["impressions", "plays", "views,height", "facebook_views", ""])
def test_insights_that_are_gone_or_never_were(facebook: Person, metric: str) -> None:
    assert error(facebook.get(f"{facebook.published()}/insights", metric=metric)) == (100, None)


def test_deletion_is_for_facebook_login_with_its_permission(facebook: Person) -> None:
    media, outside = facebook.published(), facebook.sandbox
    assert error(person(outside, "instagram", account=facebook.id).delete(media)) == (100, 33)
    weak = person(outside, "facebook", "instagram_basic", "pages_read_engagement", account=facebook.id)
    assert error(weak.delete(media)) == (10, None)
    outside.post(f"instagram/videos/{media}", undeletable=True)
    assert error(facebook.delete(media)) == (100, 2207073)
    outside.post(f"instagram/videos/{media}", undeletable=False)
    assert facebook.delete(media).json() == {"success": True}
    assert error(facebook.get(media)) == (100, 33)
    assert (facebook.ledger(), len(facebook.ledger(deleted="1"))) == ([], 1)


def test_a_container_cannot_be_deleted(facebook: Person) -> None:
    assert error(facebook.delete(facebook.make().json()["id"])) == (100, 33)


@pytest.mark.parametrize(
    ("missing", "path"),
    [("instagram_content_publish", "media_publish"), ("pages_read_engagement", "media_publish")],
)
def test_a_missing_permission_is_an_error_10(outside: Sandbox, missing: str, path: str) -> None:
    scopes = [
        name for name in ("instagram_basic", "instagram_content_publish", "pages_read_engagement") if name != missing
    ]
    someone = person(outside, "facebook", *scopes)
    assert error(someone.post(f"{someone.id}/{path}", creation_id="1")) == (10, None)


def test_usage_rises_in_the_headers(facebook: Person) -> None:
    facebook.sandbox.post("instagram/settings", account_calls_per_day=10, app_calls_per_hour=20)
    facebook.sandbox.post("instagram/usage", clear=True)
    answers = [facebook.get(facebook.id) for _ in range(3)]
    app = [json.loads(answer.headers["X-App-Usage"])["call_count"] for answer in answers]
    business = [json.loads(answer.headers["X-Business-Use-Case-Usage"])[facebook.id][0] for answer in answers]
    assert app == [5, 10, 15]
    assert [used["call_count"] for used in business] == [10, 20, 30]
    assert (business[0]["type"], business[0]["estimated_time_to_regain_access"]) == ("instagram", 0)


@pytest.mark.parametrize("code", [4, 17, 32, 613])
def test_the_apps_hour_is_full_and_free_again(facebook: Person, code: int) -> None:
    facebook.sandbox.post("instagram/settings", app_limit_code=code, short_life_s=10 * DAY)
    owner = person(facebook.sandbox, "facebook", account=facebook.id)
    facebook.sandbox.post("instagram/usage", app=100)
    assert error(owner.get("me")) == (code, None)
    facebook.sandbox.advance(3700)
    assert owner.get("me").status_code == 200


def test_a_full_account_is_80002_with_the_minutes_to_wait(facebook: Person) -> None:
    facebook.sandbox.post("instagram/settings", short_life_s=10 * DAY)
    owner = person(facebook.sandbox, "facebook", account=facebook.id)
    facebook.sandbox.post("instagram/usage", account=facebook.id, percent=100)
    answer = owner.get(owner.id)
    assert error(answer) == (80002, None)
    minutes = json.loads(answer.headers["X-Business-Use-Case-Usage"])[owner.id][0]["estimated_time_to_regain_access"]
    assert DAY // 60 - 30 < minutes <= DAY // 60 + 30
    facebook.sandbox.advance(minutes * 60)
    assert owner.get(owner.id).status_code == 200


def test_the_records_of_requests_hold_no_token(facebook: Person) -> None:
    facebook.published()
    kept = json.dumps(facebook.sandbox.requests("instagram"))
    assert facebook.token not in kept
