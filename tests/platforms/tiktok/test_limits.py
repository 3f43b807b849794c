"""The figures of the documents, as data that holds together, and the settings that may change them."""

from __future__ import annotations

from pathlib import Path

import pytest

from platforms.errors import PlatformSettingsError
from platforms.limits import Scope, Window
from platforms.registry import load_platforms
from platforms.tiktok.errors import FAIL_REASONS, OAUTH_ERRORS, REASONS
from platforms.tiktok.limits import BUCKETS, costs
from platforms.tiktok.settings import Mode, TikTokSettings

APP = {"client_key": "key", "client_secret": "secret"}
LOCALES = Path(__file__).resolve().parents[3] / "locales"


def test_the_buckets_are_those_of_the_documents() -> None:
    figures = {bucket.name: (bucket.size, bucket.window, bucket.scope) for bucket in BUCKETS}
    assert figures == {
        "posts": (15, Window.ROLLING_DAY, Scope.ACCOUNT),
        "pending_inbox": (5, Window.ROLLING_DAY, Scope.ACCOUNT),
        "active_users": (5, Window.ROLLING_DAY, Scope.APP),
        "inits": (6, Window.ROLLING_MINUTE, Scope.ACCOUNT),
        "creator_infos": (20, Window.ROLLING_MINUTE, Scope.ACCOUNT),
        "status_checks": (30, Window.ROLLING_MINUTE, Scope.ACCOUNT),
    }
    assert all(bucket.source.startswith("https://") for bucket in BUCKETS)


@pytest.mark.parametrize(
    ("mode", "spent"),
    [(Mode.DIRECT, {"posts", "inits", "creator_infos"}), (Mode.INBOX, {"pending_inbox", "inits"})],
)
def test_beginning_an_upload_costs_what_its_mode_does(mode: Mode, spent: set[str]) -> None:
    assert {cost.bucket for cost in costs(mode)["open_upload"]} == spent


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_code_and_bucket_has_its_words(language: str) -> None:
    words = (LOCALES / language / "LC_MESSAGES" / "messages.po").read_text(encoding="utf-8")
    meanings = [*REASONS.values(), *OAUTH_ERRORS.values()]
    codes = {meaning.code for meaning in meanings if meaning.code} | set(FAIL_REASONS.values())
    wanted = {f"error.{code}" for code in codes} | {f"bucket.tiktok.{bucket.name}" for bucket in BUCKETS}
    assert {key for key in wanted if f'msgid "{key}"' not in words} == set()


async def test_the_inbox_is_the_way_of_an_app_of_which_nothing_is_said() -> None:
    platforms = load_platforms({"tiktok": APP})
    assert platforms["tiktok"].display_name == "TikTok"
    assert "video.upload" in platforms["tiktok"].oauth.wanted_scopes
    await platforms["tiktok"].close()


@pytest.mark.parametrize("settings", [{}, {"client_key": "", "client_secret": " "}, {"mode": "direct"}])
def test_a_tiktok_without_an_app_is_left_out(settings: dict[str, str]) -> None:
    assert TikTokSettings.parse(settings) is None


@pytest.mark.parametrize("key", ["client_key", "client_secret"])
def test_half_an_app_is_refused(key: str) -> None:
    with pytest.raises(PlatformSettingsError) as caught:
        TikTokSettings.parse({key: "only"})
    assert caught.value.key != key


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("api_url", "http://open.tiktokapis.com"),
        ("auth_url", "www.tiktok.com"),
        ("mode", "draft"),
        ("desktop", "perhaps"),
        ("chunk_size", "1000"),
        ("chunk_size", "64000000"),
        ("chunk_size", "many"),
        ("largest_single", "64000001"),
        ("min_duration_s", "-1"),
        ("min_duration_s", "long"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(key: str, value: str) -> None:
    with pytest.raises(PlatformSettingsError) as caught:
        TikTokSettings.parse(APP | {key: value})
    assert caught.value.key == key


def test_the_settings_are_read_as_they_are_written() -> None:
    parsed = TikTokSettings.parse(APP | {"mode": "Direct", "desktop": "FALSE", "min_duration_s": "1.5"})
    assert parsed is not None
    assert (parsed.mode, parsed.desktop, parsed.min_duration_s) == (Mode.DIRECT, False, 1.5)
