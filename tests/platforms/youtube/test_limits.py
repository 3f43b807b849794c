"""The figures of the quota page, as data that holds together."""

from __future__ import annotations

from platforms.limits import Scope, Window
from platforms.youtube.limits import BUCKETS, COSTS


def test_the_buckets_are_those_of_the_granular_quota() -> None:
    figures = {bucket.name: (bucket.size, bucket.window, bucket.scope) for bucket in BUCKETS}
    assert figures["video_inserts"] == (100, Window.PACIFIC_DAY, Scope.APP)
    assert figures["searches"] == (100, Window.PACIFIC_DAY, Scope.APP)
    assert figures["units"] == (10_000, Window.PACIFIC_DAY, Scope.APP)
    assert figures["batch_stats"] == (10_000, Window.PACIFIC_DAY, Scope.APP)
    assert figures["channel_uploads"][1:] == (Window.ROLLING_DAY, Scope.ACCOUNT)


def test_every_cost_is_taken_from_a_bucket_that_exists() -> None:
    names = {bucket.name for bucket in BUCKETS}
    assert {cost.bucket for costs in COSTS.values() for cost in costs} <= names


def test_an_upload_costs_one_insert_and_nothing_of_the_pool() -> None:
    assert {cost.bucket: cost.units for cost in COSTS["open_upload"]} == {"video_inserts": 1, "channel_uploads": 1}
    assert COSTS["transfer"] == ()


def test_every_figure_names_its_page() -> None:
    assert all(bucket.source.startswith("https://") for bucket in BUCKETS)
