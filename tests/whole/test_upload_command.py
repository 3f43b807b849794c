"""`python -m app upload`: one file, one account, JSON; refused with a sentence where it cannot be."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.settings import load_settings
from app.sites import platform_settings
from app.upkeep import open_database
from platforms.registry import load_platforms
from storage.home import Home
from storage.values import Tokens
from tests.platforms.sandbox_process import running_sandbox
from tests.scheduler.outside import Control, settings_of, sign_in
from tests.support.clips import SMALL, VERTICAL, spoken_clip
from tests.support.silero_package import save_package


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as url:
        yield Control(url)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, control: Control) -> Path:
    """A home with a channel on it, and the settings of the sandbox's sites."""
    for name in list(os.environ):
        if name.startswith("FABRIC_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FABRIC_HOME", str(tmp_path / "home"))
    control.reset()
    told = settings_of("youtube", control.get("/info"))
    for name in ("client_id", "client_secret", "api_url"):
        monkeypatch.setenv(f"FABRIC_YOUTUBE_{name.upper()}", told[name])
    monkeypatch.setenv("FABRIC_GOOGLE_OAUTH_URL", told["oauth_url"])
    monkeypatch.setenv("FABRIC_GOOGLE_ACCOUNTS_URL", told["accounts_url"])
    asyncio.run(connect(control))
    return tmp_path / "home"


async def connect(control: Control) -> None:
    settings = load_settings()
    site = load_platforms(platform_settings(settings))["youtube"]
    grant = await sign_in(site, control)
    who = await site.oauth.identify(grant.access_token)
    await site.close()
    database = await open_database(settings)
    async with database.begin() as uow:
        anna = await uow.operators.ensure(1001, locale="en", timezone="UTC")
        account = await uow.accounts.connect(
            platform="youtube",
            external_id=who.external_id,
            title=who.title,
            handle=who.handle,
            scopes=set(grant.scopes),
            operator_id=anna.id,
        )
        tokens = Tokens(grant.access_token, grant.refresh_token, grant.expires_at, frozenset(grant.scopes))
        await uow.credentials.store(account.id, tokens)
        await uow.commit()
    await database.dispose()


def command(file: Path, *more: str, account: str = "1", title: str = "From a script") -> list[str]:
    return ["upload", str(file), "--account", account, "--title", title, "--json", *more]


def test_a_file_is_published_and_told_of_in_json(
    home: Path, control: Control, clips: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = spoken_clip(clips, 4, size=VERTICAL)
    assert main(command(file, "--privacy", "unlisted", "--description", "Rye")) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    (video,) = [each for each in control.get("/youtube/videos")["videos"] if each["title"] == "From a script"]
    assert (told["success"], told["platform"], told["status"]) == (True, "youtube", "completed")
    assert told["video_id"] == video["id"]
    assert video["id"] in told["video_url"]
    assert told["publish_id"]
    assert told["upload_time_seconds"] > 0
    assert told["metadata"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest() == video["sha256"]
    assert video["privacy"] == "unlisted"
    assert file.exists()


def test_what_cannot_be_published_is_said_before_anything_is_sent(
    home: Path, control: Control, clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = spoken_clip(clips, 4, size=VERTICAL)
    before = control.get("/requests?service=youtube")["requests"]
    (tmp_path / "notes.mp4").write_text("no video")
    refused = {
        "no file": command(tmp_path / "none.mp4"),
        "No account": command(file, account="Evening Tales"),
        "video": command(tmp_path / "notes.mp4"),
        "101": command(file, title="x" * 101),
        "<": command(file, title="a < b"),
    }
    for words, argv in refused.items():
        assert main(argv) == 1
        said = capsys.readouterr()
        assert words in json.loads(said.out)["error"]
        assert words in said.err
    assert control.get("/requests?service=youtube")["requests"] == before


def test_beside_a_running_fabric_it_says_so(home: Path, clips: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = spoken_clip(clips, 4, size=VERTICAL)
    with Home(home).lock():
        assert main(command(file)) == 1
    assert "Content Fabric is running" in capsys.readouterr().err


def test_a_voice_of_the_models_folder_reads_the_subtitles_beside_the_file(
    home: Path, control: Control, clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / "tale.mp4"
    clip.write_bytes(spoken_clip(clips, 3, size=SMALL, music=False).read_bytes())
    assert main(["voice", "models", "import", "--trust", str(save_package(tmp_path / "hum.pt"))]) == 0
    preset = 'method = "silero"\n[settings]\nmodel = "hum.pt"\nstress = false\n[mix]\nmusic = "none"\n'
    (home / "voices" / "hum.toml").write_text(preset)
    for content, sentence in ((None, "has to know them"), ("no times", "cannot be read")):
        if content is not None:
            clip.with_suffix(".srt").write_text(content)
        capsys.readouterr()
        assert main(command(clip, "--voice", "hum")) == 1
        assert sentence in json.loads(capsys.readouterr().out)["error"]
        assert not list((home / "media").iterdir())
    clip.with_suffix(".srt").write_text("1\n00:00:00,500 --> 00:00:02,000\nДоброе утро\n", encoding="utf-8")
    assert main(command(clip, "--voice", "hum")) == 0
    told = json.loads(capsys.readouterr().out)
    (video,) = [each for each in control.get("/youtube/videos")["videos"] if each["id"] == told["video_id"]]
    assert video["sha256"] != told["metadata"]["sha256"]
