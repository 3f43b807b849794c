"""The commands of `python -m app`, called as the shell calls them."""

from __future__ import annotations

import asyncio
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import app.doctor_voices
from app.cli import main
from app.settings import load_settings
from app.upkeep import open_database
from storage.keyring import add_key
from storage.values import Tokens


async def no_gpu(_: str) -> str:
    """Without a child that imports torch."""
    return "cpu"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("FABRIC_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FABRIC_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(app.doctor_voices, "_ask", no_gpu)
    return tmp_path / "home"


@pytest.fixture
def stranger_on_the_port() -> Iterator[int]:
    """Another program that speaks HTTP where the sandbox would like to be."""

    class Teapot(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(418)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = http.server.HTTPServer(("127.0.0.1", 0), Teapot)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


async def add_account() -> None:
    database = await open_database(load_settings())
    async with database.begin() as uow:
        anna = await uow.operators.ensure(1001, locale="en", timezone="UTC")
        account = await uow.accounts.connect(
            platform="youtube",
            external_id="UC1",
            title="Morning Tales",
            handle="@tales",
            scopes=frozenset(),
            operator_id=anna.id,
        )
        await uow.credentials.store(account.id, Tokens("access-canary", "refresh-canary", None, frozenset()))
        await uow.commit()
    await database.dispose()


async def stored_tokens() -> Tokens | None:
    database = await open_database(load_settings())
    try:
        async with database.read() as uow:
            return await uow.credentials.load(1)
    finally:
        await database.dispose()


def test_a_wrong_setting_ends_every_command_with_its_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FABRIC_HTTP_PORT", "seventy")
    assert main(["doctor"]) == 2
    assert "FABRIC_HTTP_PORT" in capsys.readouterr().err


def test_the_doctor_names_what_is_missing_and_fails(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FABRIC_BOT_TOKEN", "1:x")
    monkeypatch.setenv("FABRIC_TELEGRAM_API_URL", "http://127.0.0.1:9")
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "✗ FABRIC_ADMINS" in said
    assert "✗ Telegram: not reachable" in said
    assert "! sites: none with an app of its own" in said
    assert "FABRIC_YOUTUBE_CLIENT_ID" in said


def test_without_a_token_the_doctor_finds_everything_well(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert "✗" not in capsys.readouterr().out


def test_the_doctor_finds_half_an_app(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FABRIC_BOT_TOKEN", "1:x")
    monkeypatch.setenv("FABRIC_TELEGRAM_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("FABRIC_TIKTOK_CLIENT_KEY", "key")
    main(["doctor"])
    told = capsys.readouterr().out
    assert "✗ TikTok: half an app\n    Set FABRIC_TIKTOK_CLIENT_SECRET too" in told
    assert "✓ Instagram: no app, so it is left out" in told


def test_the_doctor_warns_of_settings_that_others_can_read(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(".env").touch(mode=0o644)
    main(["doctor"])
    assert "! .env: can be read by other users" in capsys.readouterr().out
    Path(".env").chmod(0o600)
    main(["doctor"])
    assert ".env" not in capsys.readouterr().out


def test_the_doctor_warns_of_voices_that_could_fill_the_machine(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FABRIC_VOICE_MEMORY_GB", "100000")
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert "! memory:" in told
    assert "Set FABRIC_VOICE_MEMORY_GB=" in told


def test_accounts_are_listed_without_their_secrets(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["accounts"]) == 0
    assert "No account" in capsys.readouterr().out
    asyncio.run(add_account())
    assert main(["accounts"]) == 0
    said = capsys.readouterr().out
    assert "Morning Tales" in said
    assert "canary" not in said


def test_a_rotated_key_opens_what_the_old_one_sealed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(add_account())
    before = (home / "master.key").read_text()
    assert main(["keys", "rotate"]) == 0
    assert (home / "master.key").read_text() != before
    tokens = asyncio.run(stored_tokens())
    assert tokens is not None
    assert (tokens.access_token, tokens.refresh_token) == ("access-canary", "refresh-canary")


def test_an_older_key_is_kept_while_a_secret_needs_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(add_account())
    add_key(home / "master.key")
    assert main(["keys", "drop-old"]) == 1
    assert "keys rotate" in capsys.readouterr().err
    assert main(["keys", "rotate"]) == 0
    assert main(["keys", "drop-old"]) == 0


def test_with_nothing_sealed_older_keys_go(home: Path) -> None:
    main(["migrate"])
    add_key(home / "master.key")
    assert main(["keys", "drop-old"]) == 0
    assert len((home / "master.key").read_text().split()) == 1


def test_a_key_that_the_settings_hold_cannot_be_rotated_and_it_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["migrate"])
    monkeypatch.setenv("FABRIC_MASTER_KEY", (home / "master.key").read_text().strip())
    assert main(["keys", "rotate"]) == 1
    assert "FABRIC_MASTER_KEY_FILE" in capsys.readouterr().err


def test_a_start_on_a_port_of_another_program_says_which_setting_to_change(
    home: Path,
    stranger_on_the_port: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FABRIC_SANDBOX_PORT", str(stranger_on_the_port))
    assert main(["run"]) == 1
    assert "FABRIC_SANDBOX_PORT" in capsys.readouterr().err
    assert home.stat().st_mode & 0o777 == 0o700, "a home that is made for the sandbox is the real one later"
