"""Every test that asks for `db` runs twice: on SQLite and on a throwaway MariaDB."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.database import Database
from storage.keyring import Keyring, generate_key
from tests.storage.scene import Clock, Scene, empty
from tests.support.mariadb import MariadbServer, MariadbUnavailableError, running_mariadb


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring([generate_key()])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariadbServer]:
    try:
        context = running_mariadb()
        server = context.__enter__()
    except MariadbUnavailableError as reason:
        pytest.skip(f"needs MariaDB: {reason}")
    yield server
    context.__exit__(None, None, None)


@pytest.fixture(scope="session")
def mariadb_url(mariadb: MariadbServer) -> str:
    """A migrated database; each test leaves it empty."""
    url = mariadb.create_database("contract")
    _migrate(url)
    return url


@pytest.fixture(params=["sqlite", "mariadb"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated, empty database."""
    if request.param == "mariadb":
        return str(request.getfixturevalue("mariadb_url"))
    return f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_template'), tmp_path / 'fabric.db')}"


@pytest.fixture
async def db(url: str, keyring: Keyring, clock: Clock) -> AsyncIterator[Database]:
    database = Database(url, keyring, clock=clock)
    yield database
    if database.dialect == "mysql":
        await empty(database)
    await database.dispose()


@pytest.fixture
async def mariadb_db(mariadb_url: str, keyring: Keyring, clock: Clock) -> AsyncIterator[Database]:
    """For what only a database with several writers can show."""
    database = Database(mariadb_url, keyring, clock=clock)
    yield database
    await empty(database)
    await database.dispose()


@pytest.fixture
async def sqlite_db(tmp_path: Path, sqlite_template: Path, keyring: Keyring, clock: Clock) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'alone.db')}", keyring, clock=clock)
    yield database
    await database.dispose()


@pytest.fixture
async def scene(db: Database, clock: Clock) -> Scene:
    return await Scene.build(db, clock)


def _migrate(url: str) -> None:
    async def migrate() -> None:
        database = Database(url, Keyring([generate_key()]), clock=Clock())
        await database.migrate()
        await database.dispose()

    asyncio.run(migrate())
