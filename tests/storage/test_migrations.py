"""The schema that migrations make is the schema that the code means, on both databases."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

import storage.migrations
from storage.database import Database
from storage.errors import MigrationError
from storage.keyring import Keyring
from storage.migrations import HEAD
from storage.tables import metadata
from tests.storage.scene import Clock

numbers = itertools.count(1)


@pytest.fixture(params=["sqlite", "mariadb"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'fabric.db'}"
    return str(request.getfixturevalue("mariadb").create_database(f"migrations{next(numbers)}"))


@pytest.fixture
async def new_db(empty_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    """A database that was never migrated."""
    database = Database(empty_url, keyring, clock=Clock())
    yield database
    await database.dispose()


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.migrations.__file__).parent))
    return ScriptDirectory.from_config(config)


async def test_migrations_and_metadata_agree(db: Database) -> None:
    async with db.read() as uow:
        assert await uow.transaction.connection.run_sync(differences) == []


async def test_texts_on_mariadb_are_utf8_and_differ_by_every_bit(
    mariadb_db: Database,
) -> None:
    query = text(
        "SELECT DISTINCT collation_name FROM information_schema.columns"
        " WHERE table_schema = DATABASE() AND collation_name IS NOT NULL AND table_name <> 'alembic_version'"
    )
    async with mariadb_db.read() as uow:
        found = (await uow.transaction.connection.execute(query)).scalars().all()
    assert found == ["utf8mb4_bin"]


async def test_the_comparison_sees_a_missing_column(new_db: Database) -> None:
    await new_db.migrate()
    async with new_db.begin() as uow:
        await uow.transaction.connection.execute(text("ALTER TABLE posts DROP COLUMN timezone"))
        assert await uow.transaction.connection.run_sync(differences) != []


def test_the_known_head_is_the_real_head() -> None:
    assert scripts().get_heads() == [HEAD]


async def test_the_names_of_the_original_design_are_kept(db: Database) -> None:
    def names(connection: Connection) -> dict[str, set[str]]:
        tables = ("tasks", "uploads", "post_interactions")
        return {table: {column["name"] for column in inspect(connection).get_columns(table)} for table in tables}

    async with db.read() as uow:
        found = await uow.transaction.connection.run_sync(names)
    assert found["tasks"] >= {
        *("id", "account", "video", "title", "description", "keywords", "scheduled_time"),
        *("status", "retry_count", "created_at", "updated_at"),
    }
    assert found["uploads"] == {
        *("id", "task", "video_id", "upload_id", "platform", "account", "video_url", "upload_time"),
    }
    assert found["post_interactions"] >= {"upload", "interaction_type", "content"}


async def test_tasks_are_indexed_as_the_original_design_asks(db: Database) -> None:
    def indexed(connection: Connection) -> set[str | None]:
        return {index["column_names"][0] for index in inspect(connection).get_indexes("tasks")}

    async with db.read() as uow:
        assert await uow.transaction.connection.run_sync(indexed) >= {"status", "scheduled_time", "account"}


async def test_several_processes_may_start_on_an_empty_database_at_once(empty_url: str, keyring: Keyring) -> None:
    databases = [Database(empty_url, keyring, clock=Clock()) for _ in range(3)]
    await asyncio.gather(*(db.migrate() for db in databases))
    async with databases[0].read() as uow:
        found = await uow.transaction.connection.execute(text("SELECT version_num FROM alembic_version"))
        assert found.scalars().all() == [HEAD]
    for db in databases:
        await db.dispose()


async def test_an_interrupted_upgrade_is_finished_by_the_next_start(new_db: Database) -> None:
    await new_db.migrate()
    async with new_db.begin() as uow:
        connection = uow.transaction.connection
        for table in ("quota_spends", "quota_overrides", "statistics", "post_interactions", "uploads", "tasks"):
            await connection.execute(text(f"DROP TABLE {table}"))
        for table in ("renders", "outbox", "inbox"):
            await connection.execute(text(f"DROP TABLE {table}"))
        await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        await uow.commit()
    await new_db.migrate()
    async with new_db.read() as uow:
        assert await uow.transaction.connection.run_sync(differences) == []


async def test_a_schema_of_a_newer_program_is_refused(db: Database) -> None:
    async with db.begin() as uow:
        await uow.transaction.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await uow.commit()
    try:
        with pytest.raises(MigrationError, match="newer"):
            await db.migrate()
    finally:
        async with db.begin() as uow:
            await uow.transaction.connection.execute(text(f"UPDATE alembic_version SET version_num = '{HEAD}'"))
            await uow.commit()


async def test_a_new_database_file_is_closed_to_other_users(tmp_path: Path, keyring: Keyring) -> None:
    db = Database(f"sqlite:///{tmp_path / 'fabric.db'}", keyring, clock=Clock())
    await db.migrate()
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(modes, 0o600)
    await db.dispose()


def test_a_start_on_a_current_schema_does_not_import_alembic(sqlite_template: Path) -> None:
    program = f"""
import asyncio, sys
from datetime import UTC, datetime
from storage.database import Database
from storage.keyring import Keyring

async def main():
    db = Database("sqlite:///{sqlite_template}", Keyring([bytes(32)]), clock=lambda: datetime.now(UTC))
    await db.migrate()
    await db.dispose()

asyncio.run(main())
print([name for name in ("alembic", "aiomysql") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
