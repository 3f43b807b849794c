"""A team's set-up: the bot and a worker as two processes over one MariaDB and one home folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clips import SMALL, spoken_clip
from tests.support.fabric import OPERATOR, Fabric, Person
from tests.support.mariadb import MariadbServer, MariadbUnavailableError
from tests.support.sandbox import Sandbox
from tests.support.story import approve_now, choose, connect, published, send_clip


class Role(Fabric):
    """One process of the team, told the outside world's addresses as a real one would be."""

    def __init__(self, sandbox: Sandbox, home: Path, role: str, **environment: str) -> None:
        info = sandbox.info()
        self.program = (*Fabric.program, "--role", role)
        world = {
            "FABRIC_YOUTUBE_CLIENT_ID": info["oauth_client_id"],
            "FABRIC_YOUTUBE_CLIENT_SECRET": info["oauth_client_secret"],
            "FABRIC_YOUTUBE_API_URL": f"{sandbox.url}/youtube",
            "FABRIC_GOOGLE_OAUTH_URL": f"{sandbox.url}/google/oauth",
            "FABRIC_GOOGLE_ACCOUNTS_URL": f"{sandbox.url}/google/accounts",
        }
        super().__init__(sandbox, home, **world | environment)


@pytest.fixture
def database() -> Iterator[str]:
    try:
        server = MariadbServer.create()
    except MariadbUnavailableError as error:
        pytest.skip(f"no MariaDB here: {error}")
    yield server.create_database("team")
    server.destroy()


@pytest.fixture
def team(sandbox: Sandbox, database: str, tmp_path: Path) -> Iterator[tuple[Fabric, Fabric]]:
    home, telegram = tmp_path / "home", {"FABRIC_TELEGRAM_API_URL": f"{sandbox.url}/telegram"}
    telegram |= {"FABRIC_BOT_TOKEN": sandbox.info()["bot_token"], "FABRIC_ADMINS": str(OPERATOR)}
    bot = Role(sandbox, home, "bot", FABRIC_DATABASE_URL=database, **telegram)
    worker = Role(sandbox, home, "worker", FABRIC_DATABASE_URL=database)
    bot.start()
    worker.start()
    yield bot, worker
    worker.stop()
    bot.stop()


@pytest.mark.long
@pytest.mark.timeout(180)
def test_what_the_bot_approves_a_worker_without_a_token_publishes_and_the_chat_says_so(
    sandbox: Sandbox, team: tuple[Fabric, Fabric], tmp_path: Path
) -> None:
    person = Person(sandbox)
    connect(person)
    card = send_clip(person, spoken_clip(tmp_path, 2, size=SMALL), "From a team")
    approve_now(person, choose(person, card, voice="Deeper"))
    published(person, card)
    assert [video["title"] for video in sandbox.videos()] == ["From a team"]
    assert all(part.process is not None and part.process.poll() is None for part in team)


@pytest.mark.long
@pytest.mark.timeout(180)
def test_a_second_bot_on_the_same_database_is_refused_with_a_sentence(
    sandbox: Sandbox, team: tuple[Fabric, Fabric], tmp_path: Path
) -> None:
    person, (first, _) = Person(sandbox), team
    person.wait_text("Welcome", after=person.say("/start"))
    second = Role(sandbox, tmp_path / "second", "bot", **first.environment)
    second.start()
    assert second.process is not None
    assert second.process.wait(60) == 1
    assert "cannot start: another process that uses this database server is content-fabric-bot:" in second.log
    assert first.process is not None
    assert first.process.poll() is None
