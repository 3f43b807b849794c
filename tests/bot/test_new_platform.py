"""A new platform is one folder: the one of docs/new-platform.md, put into an empty room, is everywhere at once."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

import platforms
from app.doctor import examine
from app.settings import load_settings, unknown_names
from app.sites import bucket_sizes, platform_settings
from platforms.base import Platform
from platforms.registry import load_platforms, platform_names
from scheduler.quota import QuotaBook
from tests.bot.chat import TEXTS, Chat

PAGE = Path(__file__).resolve().parents[2] / "docs" / "new-platform.md"
FILE = re.compile(r"^`platforms/(club/[\w./]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The page's files, where Python and the fabric look for platforms."""
    room = tmp_path / "room"
    for name, text in FILE.findall(PAGE.read_text(encoding="utf-8")):
        path = room / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(platforms, "__path__", [*platforms.__path__, str(room)])
    for name in [name for name in os.environ if name.startswith("FABRIC_")]:
        monkeypatch.delenv(name)
    yield room
    for name in [name for name in sys.modules if name.startswith("platforms.club")]:
        del sys.modules[name]
    vars(platforms).pop("club", None)
    importlib.invalidate_caches()


@pytest.fixture
async def club(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Platform]:
    monkeypatch.setenv("FABRIC_CLUB_KEY", "club-canary")
    built = load_platforms(platform_settings(load_settings(None)))["club"]
    yield built
    await built.close()


def test_the_page_holds_the_whole_folder(folder: Path) -> None:
    assert {path.name for path in (folder / "club").rglob("*.*")} == {
        "__init__.py",
        "declared.py",
        "adapter.py",
        "en.po",
    }
    assert "club" in platform_names()


async def test_its_settings_are_known_checked_and_kept_secret(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FABRIC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FABRIC_BOT_TOKEN", "1:x")
    monkeypatch.setenv("FABRIC_TELEGRAM_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("FABRIC_CLUB_KEY", "club-canary")
    monkeypatch.setenv("FABRIC_CLUB_UPLOADS_LIMIT", "7")
    settings = load_settings(None)
    assert unknown_names() == ()
    assert "canary" not in repr(settings)
    assert platform_settings(settings)["club"]["api_url"] == "https://club.example"
    assert ("club", "uploads", 7) in set(bucket_sizes(settings))
    assert "✓ Club: app set" in [finding.line() for finding in await examine(settings)]


def test_without_its_key_it_is_left_out(folder: Path) -> None:
    assert "club" not in load_platforms(platform_settings(load_settings(None)))


async def test_the_chat_connects_it_shows_it_and_counts_it(
    chat: Chat, club: Platform, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TEXTS, "_rooms", (*TEXTS._rooms, folder))
    monkeypatch.setattr(TEXTS, "_read", {})
    chat.platforms["club"] = club
    await chat.say("/accounts")
    await chat.press("Connect Club")
    assert chat.last == "Which club? Send its @name."
    await chat.say("night readers")
    assert "A club's name begins with @." in chat.last
    await chat.press("Try again")
    await chat.say("@night_readers")
    assert "Connected: Night_Readers (Club)." in chat.last
    await chat.say("/quota")
    assert "Club, Night_Readers" in chat.last
    assert "videos in 24 hours" in chat.last
    await chat.send_video("A title that is far too long for what Club allows")
    card = chat.screen("A title that is far")
    assert "<b>A title that is far too long for what C…</b>" in card.text  # cut to what Club allows
    assert "Night_Readers · Club: sent as it is" in card.text
    assert any("Club" in label for label in chat.labels()), chat.labels()


async def test_a_full_bucket_of_its_moves_its_posts(chat: Chat, club: Platform) -> None:
    chat.platforms["club"] = club
    await chat.say("/accounts")
    await chat.press("Connect Club")
    await chat.say("@club")
    book = QuotaBook(chat.platforms)
    async with chat.db.begin() as uow:
        (account,) = await uow.accounts.list(platform="club")
        for _ in range(3):
            await book.spend(uow, "club", "publish", account.id, chat.clock())
        (row,) = [row for row in await book.report(uow, chat.clock()) if row.platform == "club"]
    assert (row.used, row.size, row.account) == (3, 3, account)
