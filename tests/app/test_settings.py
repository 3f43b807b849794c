"""The settings: what is wrong is said at once, in sentences, without secrets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.compose import redirect_uri
from app.settings import PREFIX, SettingsError, load_settings, settings_class, unknown_names
from app.sites import bucket_sizes, platform_settings, wrong_setting
from platforms.errors import PlatformSettingsError
from platforms.registry import load_platforms


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    import os

    for name in list(os.environ):
        if name.startswith("FABRIC_"):
            monkeypatch.delenv(name)
    return monkeypatch


def test_without_a_bot_token_the_sandbox_plays_telegram() -> None:
    assert load_settings(None).is_sandbox


def test_an_empty_variable_means_the_default(clean_environment: pytest.MonkeyPatch) -> None:
    clean_environment.setenv("FABRIC_BOT_TOKEN", "")
    assert load_settings(None).is_sandbox


def test_admins_are_numbers_separated_by_commas(clean_environment: pytest.MonkeyPatch) -> None:
    clean_environment.setenv("FABRIC_ADMINS", "12, 345;6")
    assert load_settings(None).admins == {12, 345, 6}


def test_everything_wrong_is_told_at_once(clean_environment: pytest.MonkeyPatch) -> None:
    clean_environment.setenv("FABRIC_ADMINS", "@anna")
    clean_environment.setenv("FABRIC_HTTP_PORT", "seventy")
    clean_environment.setenv("FABRIC_DATABASE_URL", "postgresql://x")
    clean_environment.setenv("FABRIC_TIMEZONE", "Mars/Olympus")
    with pytest.raises(SettingsError) as caught:
        load_settings(None)
    named = {sentence.split()[0] for sentence in caught.value.sentences}
    assert named == {"FABRIC_ADMINS", "FABRIC_HTTP_PORT", "FABRIC_DATABASE_URL", "FABRIC_TIMEZONE"}
    assert all(sentence.endswith(".") for sentence in caught.value.sentences)


def test_a_secret_is_never_repeated_in_an_error_or_a_repr(clean_environment: pytest.MonkeyPatch) -> None:
    clean_environment.setenv("FABRIC_BOT_TOKEN", "123:canary-secret")
    clean_environment.setenv("FABRIC_HTTP_PORT", "-1")
    with pytest.raises(SettingsError) as caught:
        load_settings(None)
    assert "canary" not in str(caught.value)
    clean_environment.setenv("FABRIC_HTTP_PORT", "1")
    clean_environment.setenv("FABRIC_DATABASE_URL", "mysql+aiomysql://u:canary@db/fabric")
    assert "canary" not in repr(load_settings(None))


def test_a_database_address_that_cannot_be_read_is_told_without_its_password(
    clean_environment: pytest.MonkeyPatch,
) -> None:
    clean_environment.setenv("FABRIC_DATABASE_URL", "mysql+aiomysql://fabric:x@db:canary/fabric")
    with pytest.raises(SettingsError) as caught:
        load_settings(None)
    assert "FABRIC_DATABASE_URL is no database address" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_sqlite_lives_in_the_home_folder_unless_another_database_is_named(
    tmp_path: Path, clean_environment: pytest.MonkeyPatch
) -> None:
    clean_environment.setenv("FABRIC_HOME", str(tmp_path))
    assert load_settings(None).resolved_database_url == f"sqlite+aiosqlite:///{tmp_path / 'fabric.db'}"
    clean_environment.setenv("FABRIC_DATABASE_URL", "mysql+aiomysql://u:p@127.0.0.1/fabric")
    assert load_settings(None).resolved_database_url.startswith("mysql+aiomysql://")


def test_a_misspelt_name_is_noticed_with_the_name_that_was_meant() -> None:
    (sentence,) = unknown_names({"FABRIC_BOT_TOKN": "1", "FABRIC_HOME": "/x", "PATH": "/bin"})
    assert "FABRIC_BOT_TOKN" in sentence
    assert "FABRIC_BOT_TOKEN" in sentence


def test_the_example_file_names_only_real_settings() -> None:
    lines = Path(".env.example").read_text(encoding="utf-8").splitlines()
    names = {line.lstrip("#").split("=")[0]: "" for line in lines if line.lstrip("#").startswith("FABRIC_")}
    assert len(names) > 15
    assert unknown_names(names) == ()


def test_the_example_file_names_every_setting_and_no_other() -> None:
    example = (Path(__file__).resolve().parents[2] / ".env.example").read_text()
    named = set(re.findall(r"^#?(FABRIC_[A-Z_]+)=", example, re.MULTILINE))
    assert named == {PREFIX + name.upper() for name in settings_class().model_fields}


def test_a_site_is_there_as_soon_as_its_app_is_named(clean_environment: pytest.MonkeyPatch) -> None:
    assert set(load_platforms(platform_settings(load_settings(None)))) == set()
    clean_environment.setenv("FABRIC_TIKTOK_CLIENT_KEY", "key")
    clean_environment.setenv("FABRIC_TIKTOK_CLIENT_SECRET", "secret")
    assert set(load_platforms(platform_settings(load_settings(None)))) == {"tiktok"}
    clean_environment.setenv("FABRIC_INSTAGRAM_CLIENT_ID", "1")
    clean_environment.setenv("FABRIC_INSTAGRAM_CLIENT_SECRET", "secret")
    assert set(load_platforms(platform_settings(load_settings(None)))) == {"tiktok", "instagram"}


def test_an_app_without_its_secret_is_half_made(clean_environment: pytest.MonkeyPatch) -> None:
    clean_environment.setenv("FABRIC_TIKTOK_CLIENT_KEY", "key")
    with pytest.raises(PlatformSettingsError, match="client_secret is missing"):
        load_platforms(platform_settings(load_settings(None)))


def test_the_size_of_every_bucket_can_be_set(clean_environment: pytest.MonkeyPatch) -> None:
    clean_environment.setenv("FABRIC_TIKTOK_POSTS_LIMIT", "20")
    clean_environment.setenv("FABRIC_YOUTUBE_UPLOADS_PER_DAY", "300")
    sizes = {(platform, bucket): size for platform, bucket, size in bucket_sizes(load_settings(None)) if size}
    assert sizes == {("tiktok", "posts"): 20, ("youtube", "video_inserts"): 300}
    clean_environment.setenv("FABRIC_TIKTOK_POSTS_LIMIT", "0")
    with pytest.raises(SettingsError, match="FABRIC_TIKTOK_POSTS_LIMIT"):
        load_settings(None)


def test_instagram_login_needs_an_address_that_instagram_can_fetch_from(
    clean_environment: pytest.MonkeyPatch,
) -> None:
    clean_environment.setenv("FABRIC_INSTAGRAM_LOGIN", "instagram")
    assert "instagram" not in load_platforms(platform_settings(load_settings(None)))
    clean_environment.setenv("FABRIC_INSTAGRAM_CLIENT_ID", "1")
    clean_environment.setenv("FABRIC_INSTAGRAM_CLIENT_SECRET", "canary")
    with pytest.raises(PlatformSettingsError) as caught:
        load_platforms(platform_settings(load_settings(None)))
    sentence = wrong_setting(caught.value)
    assert sentence.startswith("FABRIC_PUBLIC_URL is missing: with Instagram Login")
    assert "canary" not in sentence
    clean_environment.setenv("FABRIC_PUBLIC_URL", "http://fabric.example")
    with pytest.raises(SettingsError, match="FABRIC_PUBLIC_URL must begin with https://"):
        load_settings(None)
    clean_environment.setenv("FABRIC_PUBLIC_URL", "https://fabric.example/house/")
    settings = load_settings(None)
    assert redirect_uri(settings) == "https://fabric.example/house/oauth/callback"
    assert load_platforms(platform_settings(settings))["instagram"].capabilities.fetches_file
