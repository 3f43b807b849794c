"""Who runs where: a bot and workers as processes of their own, and the sandbox apart from everything real."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from app.cli import main
from app.compose import pace
from app.run import MissingTokenError, apart, plays_in_sandbox
from app.settings import Settings, load_settings

TEAM_DATABASE = "mysql+aiomysql://u:p@db.example/fabric"


@pytest.fixture(autouse=True)
def own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    import os

    for name in [name for name in os.environ if name.startswith("FABRIC_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FABRIC_HOME", str(tmp_path / "home"))
    return monkeypatch


def settings_of(**given: object) -> Settings:
    return load_settings(None, **given)


def test_without_a_token_the_whole_plays_in_the_sandbox() -> None:
    assert plays_in_sandbox(settings_of(), "all")
    assert not plays_in_sandbox(settings_of(bot_token="1:x"), "all")


def test_a_worker_alone_is_a_real_one_without_a_token() -> None:
    assert not plays_in_sandbox(settings_of(), "worker")


def test_a_bot_alone_without_a_token_is_refused_and_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(MissingTokenError):
        plays_in_sandbox(settings_of(), "bot")
    assert main(["run", "--role", "bot"]) == 1
    assert "FABRIC_BOT_TOKEN" in capsys.readouterr().err


def test_the_sandbox_never_touches_the_database_that_the_settings_name(tmp_path: Path) -> None:
    inside = apart(settings_of(database_url=TEAM_DATABASE))
    assert inside.resolved_database_url == f"sqlite+aiosqlite:///{tmp_path}/home/sandbox/fabric.db"


def test_a_worker_that_nobody_can_wake_looks_often_by_itself() -> None:
    assert pace(settings_of(), role="worker").sweep <= timedelta(seconds=2)
    assert pace(settings_of(), role="all").sweep > timedelta(seconds=2)
