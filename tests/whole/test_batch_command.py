"""`python -m app batch`: verdicts for each file and account, all or nothing per file, and never twice."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.settings import load_settings
from app.upkeep import open_database
from scheduler.intake import Intake
from storage.home import Home
from storage.values import ClipFacts, Task, TaskStatus, Tokens
from tests.support.clips import VERTICAL, spoken_clip

SETTINGS = {
    "FABRIC_YOUTUBE_CLIENT_ID": "id",
    "FABRIC_YOUTUBE_CLIENT_SECRET": "secret",
    "FABRIC_TIKTOK_CLIENT_KEY": "key",
    "FABRIC_TIKTOK_CLIENT_SECRET": "secret",
}
CHANNELS = {"youtube": "Morning Tales", "tiktok": "Quiet Kitchen"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with an account on two sites; no site is ever asked."""
    for name in list(os.environ):
        if name.startswith("FABRIC_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    for name, value in {**SETTINGS, "FABRIC_HOME": str(tmp_path / "home")}.items():
        monkeypatch.setenv(name, value)
    asyncio.run(connect())
    return tmp_path / "home"


async def connect() -> None:
    database = await open_database(load_settings())
    async with database.begin() as uow:
        anna = await uow.operators.ensure(1001, locale="en", timezone="Europe/Berlin")
        for platform, title in CHANNELS.items():
            account = await uow.accounts.connect(
                platform=platform, external_id=title, title=title, handle="", scopes=set(), operator_id=anna.id
            )
            await uow.credentials.store(account.id, Tokens("a", "r", None, frozenset()))
        await uow.commit()
    await database.dispose()


@pytest.fixture
def folder(tmp_path: Path, clips: Path) -> Path:
    """A folder with a clip in it."""
    there = tmp_path / "batch"
    there.mkdir()
    os.link(spoken_clip(clips, 4, size=VERTICAL), there / "rye.mp4")
    return there


def entry(**changes: Any) -> dict[str, Any]:
    return {"file": "rye.mp4", "title": "Rye", "accounts": list(CHANNELS.values()), "time": "+2h", **changes}


def run(folder: Path, *entries: object, dry: bool = False) -> int:
    (folder / "clips_metadata.json").write_text(json.dumps(entries))
    return main(["batch", str(folder / "clips_metadata.json"), *(["--dry-run"] if dry else [])])


def tasks() -> list[Task]:
    async def read() -> list[Task]:
        database = await open_database(load_settings())
        async with database.read() as uow:
            accounts = await uow.accounts.list()
            found = [each for a in accounts for each in await uow.tasks.of_account(a.id, frozenset(TaskStatus))]
        await database.dispose()
        return found

    return asyncio.run(read())


def test_each_file_becomes_a_post_once(home: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = entry(keywords=["bread"], voice="deeper", options={"youtube": {"privacy_status": "unlisted"}})
    assert run(folder, one) == 0
    assert "1. rye.mp4: taken" in capsys.readouterr().out
    made = tasks()
    assert sorted(task.platform for task in made) == ["tiktok", "youtube"]
    assert {(task.title, task.keywords, task.voice_preset) for task in made} == {("Rye", ("bread",), "deeper")}
    assert len(list((home / "media").glob("batch-*.mp4"))) == 1

    assert run(folder, {**one, "title": "Rye, corrected"}, entry(time="+3h")) == 0
    said = capsys.readouterr().out
    assert "1. rye.mp4: taken before" in said
    assert "2. rye.mp4: taken\n" in said
    assert len(tasks()) == 4


def test_a_dry_run_tells_of_each_file_and_account_and_changes_nothing(
    home: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "notes.mp4").write_text("no video")
    entries = [
        entry(),
        entry(file="notes.mp4"),
        entry(title="x" * 101),
        entry(file="none.mp4"),
        entry(accounts=["Evening Tales"]),
        entry(time="25:99"),
        entry(time="2020-01-01T10:00:00+00:00"),
    ]
    assert run(folder, *entries, dry=True) == 1
    said = capsys.readouterr().out
    assert "1. rye.mp4: fits\n   ✅ Morning Tales (youtube)" in said
    assert [line for line in said.splitlines() if line[:1].isdigit()] == [
        f"{n}. {each['file']}: {'fits' if n == 1 else 'refused'}" for n, each in enumerate(entries, start=1)
    ]
    for words in ("101", "There is no such file", "No account is called Evening Tales"):
        assert words in said
    assert tasks() == []
    assert not list((home / "media").glob("batch-*"))


def test_a_file_is_taken_for_all_its_accounts_or_for_none(
    home: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # TikTok takes titles of this length; YouTube does not.
    assert run(folder, entry(title="x" * 101), entry()) == 1
    said = capsys.readouterr().out
    assert "⛔ Morning Tales" in said
    assert "⛔ Quiet Kitchen" not in said
    assert {task.title for task in tasks()} == {"Rye"}


def test_all_files_are_looked_into_at_a_time(home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most, real = 0, 0, Intake.examine

    async def watched(self: Intake, path: Path) -> ClipFacts:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        try:
            return await real(self, path)
        finally:
            at_once -= 1

    monkeypatch.setattr(Intake, "examine", watched)
    names = [f"{number}.mp4" for number in range(4)]
    for name in names:
        os.link(folder / "rye.mp4", folder / name)
    assert run(folder, *(entry(file=name, time=f"+{hour}h") for hour, name in enumerate(names, start=2))) == 0
    assert most == 4
    assert len(tasks()) == 8


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "list of 1"),
        ([{"file": "rye.mp4"}], "Entry 1: has no title."),
        ([entry(colour="red")], "unknown field 'colour'"),
        ([entry(file="../rye.mp4")], "has to lie beside the batch"),
        ([entry(file="/etc/passwd")], "has to lie beside the batch"),
        ([entry(file="link.mp4")], "has to lie beside the batch"),
        ([entry(keywords="bread")], "its keywords has to be a list of texts"),
        ([entry(options={"youtube": 1})], "its options has to be"),
        (["rye.mp4", entry(title=3)], "Entry 1: has to be an object.\nEntry 2: its title has to be a text."),
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(
    home: Path, folder: Path, capsys: pytest.CaptureFixture[str], given: list[Any], words: str
) -> None:
    (folder / "link.mp4").symlink_to("/etc/passwd")
    assert run(folder, *given) == 1
    assert words in capsys.readouterr().err
    assert tasks() == []


def test_beside_a_running_fabric_it_says_so(home: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Home(home).lock():
        assert run(folder, entry(), dry=True) == 1
    assert "Content Fabric is running" in capsys.readouterr().err
