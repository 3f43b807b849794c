"""Bringing the schema up to date, by one process at a time.

SQLite: the whole upgrade is one BEGIN IMMEDIATE transaction, which is the lock. MySQL commits each DDL
statement by itself, so a named server lock keeps other processes out. Alembic is imported only when there is
something to do: it costs a good part of the start.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.errors import MigrationError
from storage.migrations import HEAD

LOCK_NAME = "content_fabric_migrate"
LOCK_WAIT_S = 120


async def upgrade(engine: AsyncEngine) -> None:
    """Raises MigrationError when the schema belongs to a newer program or the upgrade failed."""
    if engine.dialect.name == "sqlite":
        _create_private_file(Path(str(engine.url.database)))
    try:
        async with engine.connect() as connection:
            if await connection.run_sync(current_revision) == HEAD:
                return
        async with engine.connect() as connection:
            await _upgrade_alone(connection)
    except SQLAlchemyError as error:
        raise MigrationError(f"the database schema could not be upgraded: {error}") from error


def current_revision(connection: Connection) -> str | None:
    """The revision that the database says it has; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


async def _upgrade_alone(connection: AsyncConnection) -> None:
    if connection.dialect.name == "sqlite":
        await connection.run_sync(_run_alembic)
        await connection.commit()
        return
    # Creating an index on a long table may take longer than a statement is allowed elsewhere.
    await connection.exec_driver_sql("SET SESSION innodb_lock_wait_timeout=50 /*M!100100 , max_statement_time=0 */")
    lock = text("SELECT GET_LOCK(:name, :wait)").bindparams(name=LOCK_NAME, wait=LOCK_WAIT_S)
    if (await connection.execute(lock)).scalar() != 1:
        raise MigrationError("another process is upgrading the database and does not finish")
    try:
        await connection.run_sync(_run_alembic)
        await connection.commit()
    finally:
        await connection.execute(text("SELECT RELEASE_LOCK(:name)").bindparams(name=LOCK_NAME))
        # The session limits above are not the pool's.
        await connection.invalidate()


def _run_alembic(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    found = current_revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise MigrationError(f"the database has schema {found}, which is newer than this program's {HEAD}")
    command.upgrade(config, HEAD)


def _create_private_file(path: Path) -> None:
    # SQLite gives its WAL the mode of the database file, so it is made before SQLite makes it.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)
