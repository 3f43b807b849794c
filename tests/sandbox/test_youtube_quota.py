"""Quota: three buckets that empty differently, a day that ends in California, and caps that are no quota."""

from typing import Any

import httpx
import pytest

from tests.sandbox.outside import Channel, channel, new_channel, outside, reason, shared
from tests.support.sandbox import Sandbox

__all__ = ["channel", "outside", "shared"]


def used(sandbox: Sandbox, bucket: str) -> int:
    return int(sandbox.get("youtube/quota")["buckets"][bucket]["used"])


def list_videos(channel: Channel) -> httpx.Response:
    return channel.call("GET", "videos", params={"part": "id", "id": "x"})


@pytest.mark.parametrize(
    ("verb", "path", "bucket", "cost"),
    [
        ("GET", "videos?part=id&id=x", "units", 1),
        ("GET", "videos", "units", 1),  # invalid: it costs 1 all the same
        ("DELETE", "videos?id=x", "units", 1),  # not found, so 1 and not 50
        ("GET", "search?part=id&q=x", "searches", 1),
        ("GET", "videos:batchGetStats?part=id&id=x", "stats", 1),
    ],
)
def test_each_call_costs_its_price(
    outside: Sandbox, channel: Channel, verb: str, path: str, bucket: str, cost: int
) -> None:
    before = used(outside, bucket)
    channel.call(verb, path)
    assert used(outside, bucket) == before + cost


def test_a_change_costs_fifty(outside: Sandbox, channel: Channel) -> None:
    video_id = channel.upload()["id"]
    before = used(outside, "units")
    channel.call("POST", "videos/rate", params={"id": video_id, "rating": "like"})
    channel.call("DELETE", "videos", params={"id": video_id})
    assert used(outside, "units") == before + 100


def test_an_upload_is_counted_when_it_begins_even_if_it_is_refused(outside: Sandbox, channel: Channel) -> None:
    before = used(outside, "inserts")
    channel.begin(3)
    channel.begin(3, body={})
    assert used(outside, "inserts") == before + 2


def test_the_pool_overflows_with_403(outside: Sandbox, channel: Channel) -> None:
    outside.post("youtube/quota", used={"units": 10_000})
    answer = list_videos(channel)
    assert reason(answer) == (403, "quotaExceeded")
    assert answer.json()["error"]["errors"][0]["domain"] == "youtube.quota"


def test_a_dear_call_needs_all_its_units_left(outside: Sandbox, channel: Channel) -> None:
    video_id = channel.upload()["id"]
    outside.post("youtube/quota", used={"units": 9951})
    assert reason(channel.call("DELETE", "videos", params={"id": video_id})) == (403, "quotaExceeded")
    assert list_videos(channel).status_code == 200


@pytest.mark.parametrize("bucket", ["inserts", "searches"])
def test_the_small_buckets_overflow_with_a_daily_429(outside: Sandbox, channel: Channel, bucket: str) -> None:
    outside.post("youtube/quota", used={bucket: 99})

    def call() -> httpx.Response:
        return channel.begin(3) if bucket == "inserts" else channel.call("GET", "search?part=id&q=x")

    assert call().status_code == 200
    answer = call()
    assert reason(answer) == (429, "rateLimitExceeded")
    assert "per day" in answer.json()["error"]["message"]
    assert list_videos(channel).status_code == 200


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-11-21T07:59:59+00:00", "2026-11-21T08:00:01+00:00"),  # winter: midnight is 08:00 UTC
        ("2027-07-01T06:59:59+00:00", "2027-07-01T07:00:01+00:00"),  # summer: 07:00 UTC
        ("2027-03-15T06:59:59+00:00", "2027-03-15T07:00:01+00:00"),  # the night after clocks went forward
        ("2027-11-08T07:59:59+00:00", "2027-11-08T08:00:01+00:00"),  # the night after they went back
    ],
)
def test_the_day_ends_at_midnight_in_california(outside: Sandbox, before: str, after: str) -> None:
    outside.post("clock", set=before)
    channel = new_channel(outside)
    outside.post("youtube/quota", used={"units": 10_000})
    assert list_videos(channel).status_code == 403
    assert outside.get("youtube/quota")["resets_at"] == after[:-7] + "0+00:00"
    outside.post("clock", set=after)
    assert list_videos(channel).status_code == 200


def test_the_quota_is_the_projects_not_the_channels(outside: Sandbox, channel: Channel) -> None:
    outside.post("youtube/quota", used={"inserts": 100})
    assert new_channel(outside).begin(3).status_code == 429


@pytest.mark.parametrize("status", [403, 429])
def test_the_short_limit_is_over_within_a_minute(outside: Sandbox, channel: Channel, status: int) -> None:
    outside.advance(61)
    outside.post("youtube/settings", per_minute=2, per_minute_status=status)
    answers = [list_videos(channel) for _ in range(3)]
    assert reason(answers[2]) == (status, "rateLimitExceeded")
    assert "per minute" in answers[2].json()["error"]["message"]
    outside.advance(61)
    assert list_videos(channel).status_code == 200


def test_a_channels_own_cap_rolls_over_24_hours(outside: Sandbox, channel: Channel) -> None:
    outside.post("youtube/settings", channel_uploads_per_day=1)
    channel.upload()
    assert reason(channel.begin(3)) == (400, "uploadLimitExceeded")
    assert new_channel(outside).begin(3).status_code == 200
    outside.advance(86_401)
    fresh: Any = outside.tokens(channel=channel.id)["access_token"]
    assert Channel(outside, channel.id, fresh).begin(3).status_code == 200


def test_in_old_days_an_upload_cost_1600_of_the_pool(outside: Sandbox, channel: Channel) -> None:
    outside.post("youtube/settings", legacy_insert_units=1600)
    answers = [channel.begin(3).status_code for _ in range(7)]
    assert answers == [200] * 6 + [403]


def test_what_is_used_survives_kill_nine(outside: Sandbox, channel: Channel) -> None:
    list_videos(channel)
    before = used(outside, "units")
    outside.kill9()
    outside.start()
    assert used(outside, "units") == before > 0
