"""The folder is the registration; settings decide which platforms there are."""

from __future__ import annotations

import pytest

from platforms.errors import PlatformSettingsError
from platforms.registry import load_platforms, platform_names

CLIENT = {"client_id": "id", "client_secret": "secret"}


def test_every_folder_is_a_platform() -> None:
    assert "youtube" in platform_names()


async def test_a_configured_platform_is_built() -> None:
    platforms = load_platforms({"youtube": CLIENT})
    assert platforms["youtube"].display_name == "YouTube"
    await platforms["youtube"].close()


@pytest.mark.parametrize("settings", [{}, {"youtube": {}}, {"youtube": {"client_id": "", "client_secret": " "}}])
def test_a_platform_without_settings_is_left_out(settings: dict[str, dict[str, str]]) -> None:
    assert load_platforms(settings) == {}


@pytest.mark.parametrize("key", ["client_id", "client_secret"])
def test_half_an_oauth_client_is_refused(key: str) -> None:
    with pytest.raises(PlatformSettingsError) as caught:
        load_platforms({"youtube": {key: "only"}})
    assert caught.value.platform == "youtube"
    assert caught.value.key != key


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("api_url", "http://youtube.googleapis.com"),
        ("oauth_url", "oauth2.googleapis.com"),
        ("chunk_size", "1000"),
        ("chunk_size", "0"),
        ("chunk_size", "many"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(key: str, value: str) -> None:
    with pytest.raises(PlatformSettingsError) as caught:
        load_platforms({"youtube": CLIENT | {key: value}})
    assert caught.value.key == key


def test_settings_of_no_platform_are_refused() -> None:
    with pytest.raises(ValueError, match="myspace"):
        load_platforms({"myspace": {}})
