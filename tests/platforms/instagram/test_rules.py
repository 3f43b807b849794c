"""What Instagram would refuse is said before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platforms.base import VideoFile
from platforms.errors import PlatformSettingsError
from platforms.instagram import Instagram
from platforms.instagram.resources import caption_of, hashtags, mentions
from platforms.instagram.settings import InstagramSettings, Login
from platforms.instagram.usage import Usage, parse_usage
from platforms.instagram.validate import violations
from tests.platforms.instagram.stage import make_meta

APP = {"client_id": "4711", "client_secret": "secret"}
FITTING = VideoFile(Path("reel.mp4"), 10_000_000, "0" * 64, 20.0, 1080, 1920, fps=30.0)


def codes(file: VideoFile | None, **changes: Any) -> list[str]:
    return [each.code for each in violations(file, make_meta(**changes))]


def test_a_fitting_reel_breaks_nothing() -> None:
    assert codes(FITTING) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"size": 0}, "instagram.file_empty"),
        ({"size": 300_000_001}, "instagram.file_too_large"),
        ({"size": 400_000_000}, "instagram.file_too_large"),
        ({"duration_s": 2.0}, "instagram.video_too_short"),
        ({"duration_s": 900.5}, "instagram.video_too_long"),
        ({"width": 1921, "height": 1080}, "instagram.video_too_wide"),
        ({"width": 1100, "height": 100}, "instagram.aspect_refused"),
        ({"fps": 15.0}, "instagram.too_few_fps"),
        ({"fps": 120.0}, "instagram.too_many_fps"),
        ({"mime_type": "video/webm"}, "instagram.container_refused"),
    ],
)
def test_a_file_that_does_not_fit_is_told(changes: dict[str, Any], code: str) -> None:
    assert codes(replace(FITTING, **changes)) == [code]


@pytest.mark.parametrize(
    "changes",
    [
        {"size": 300_000_000},
        {"duration_s": 3.0},
        {"duration_s": 900.0},
        {"width": 1920, "height": 1080},
        {"fps": 59.94},
    ],
)
def test_a_file_at_the_limit_fits(changes: dict[str, Any]) -> None:
    assert codes(replace(FITTING, **changes)) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": "x" * 2201}, "instagram.title_too_long"),
        ({"description": "x" * 2200}, "instagram.caption_too_long"),
        ({"keywords": tuple(f"k{number}" for number in range(31))}, "instagram.too_many_hashtags"),
        ({"description": " ".join(f"@friend{number}" for number in range(21))}, "instagram.too_many_mentions"),
        ({"privacy_status": "private"}, "instagram.no_privacy"),
        ({"privacy_status": "unlisted"}, "instagram.no_privacy"),
        ({"options": {"cover_ms": -1}}, "instagram.option_unknown"),
        ({"options": {"cover_ms": 20_001}}, "instagram.option_unknown"),
        ({"options": {"cover_url": "http://fabric.example/c.jpg"}}, "instagram.option_unknown"),
        ({"options": {"share_to_feed": "yes"}}, "instagram.option_unknown"),
        ({"options": {"collaborators": ["a", "b", "c", "d"]}}, "instagram.too_many_collaborators"),
        ({"options": {"collaborators": "anna"}}, "instagram.option_unknown"),
    ],
)
def test_a_text_or_option_that_does_not_fit_is_told(changes: dict[str, Any], code: str) -> None:
    assert codes(FITTING, **changes) == [code]


# the caption


def test_title_description_and_keywords_become_one_caption() -> None:
    meta = make_meta(title="A morning", description="In town", keywords=("old town", "#sun", "Sun", ""))
    assert caption_of(meta) == "A morning\n\nIn town\n\n#oldtown #sun #Sun"


def test_nothing_is_said_twice() -> None:
    meta = make_meta(title="A morning", description="A morning in #Town", keywords=("town",))
    assert caption_of(meta) == "A morning in #Town"


def test_a_caption_of_its_own_goes_before_all() -> None:
    assert caption_of(make_meta(options={"caption": " As written "})) == "As written"


def test_hashtags_and_mentions_are_counted_as_written() -> None:
    assert hashtags("#a b#c ##d #утро") == ["#a", "#утро"]
    assert mentions("@anna.b me@mail.example (@ben)") == ["@anna.b", "@ben"]


@settings(max_examples=50)
@given(title=st.text(max_size=40), description=st.text(max_size=40), keyword=st.text(max_size=10))
def test_a_caption_holds_what_was_written(title: str, description: str, keyword: str) -> None:
    caption = caption_of(make_meta(title=title, description=description, keywords=(keyword,)))
    assert title.strip() in caption
    assert description.strip() in caption


# settings and usage


def test_without_an_app_instagram_is_left_out() -> None:
    assert InstagramSettings.parse({}) is None


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"client_id": "4711"}, "client_secret"),
        (APP, "public_url"),
        (APP | {"login": "google"}, "login"),
        (APP | {"login": "facebook", "graph_version": "26"}, "graph_version"),
        (APP | {"api_url": "http://graph.instagram.com"}, "api_url"),
        (APP | {"public_url": "http://fabric.example"}, "public_url"),
    ],
)
def test_settings_that_cannot_work_are_named(settings: dict[str, str], key: str) -> None:
    with pytest.raises(PlatformSettingsError) as caught:
        InstagramSettings.parse(settings)
    assert caught.value.key == key


def test_each_login_has_its_servers() -> None:
    parsed = InstagramSettings.parse(APP | {"login": "facebook", "graph_version": "v25.0"})
    assert parsed is not None
    assert (parsed.login, parsed.graph_url) == (Login.FACEBOOK, "https://graph.facebook.com/v25.0")


def test_only_facebook_login_promises_deletion(facebook: Instagram, instagram: Instagram) -> None:
    assert facebook.capabilities.delete
    assert not instagram.capabilities.delete
    assert not facebook.capabilities.like


@pytest.mark.parametrize(
    ("headers", "usage"),
    [
        ({}, Usage()),
        ({"X-App-Usage": "no json"}, Usage()),
        ({"X-App-Usage": '{"call_count":28,"total_time":85,"total_cputime":25}'}, Usage(percent=85)),
    ],
)
def test_the_fullest_counter_is_what_counts(headers: dict[str, str], usage: Usage) -> None:
    assert parse_usage(headers) == usage


def test_it_is_time_to_slow_down_at_eighty_percent() -> None:
    assert Usage(percent=80).is_high
    assert not Usage(percent=79).is_high
    assert not Usage().is_high
