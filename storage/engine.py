"""Engines whose transactions mean the same on SQLite and on MySQL or MariaDB."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_S = 30
LOCK_WAIT_S = 5
STATEMENT_LIMIT_S = 60

DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "mysql": "mysql+aiomysql",
    "mysql+aiomysql": "mysql+aiomysql",
    "mariadb": "mysql+aiomysql",
    "mariadb+aiomysql": "mysql+aiomysql",
}

# sql_mode differs between MySQL and MariaDB, so it is pinned. A cancelled query goes on running on the server,
# so the server gets a limit: MariaDB alone reads the first comment, MySQL 8 alone the second.
MYSQL_SESSION = (
    "SET SESSION sql_mode='ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', "
    f"SESSION time_zone='+00:00', SESSION innodb_lock_wait_timeout={LOCK_WAIT_S}"
    f" /*M!100100 , SESSION max_statement_time={STATEMENT_LIMIT_S} */"
    f" /*!80000 , SESSION max_execution_time={STATEMENT_LIMIT_S * 1000} */"
)


def parse_url(url: str) -> URL:
    """A database URL with its async driver named; `sqlite:///…`, `mysql://…` and `mariadb://…` are enough."""
    parsed = make_url(url)
    parsed = parsed.set(drivername=DRIVERS.get(parsed.drivername, parsed.drivername))
    if parsed.drivername not in {"sqlite+aiosqlite", "mysql+aiomysql"}:
        raise ValueError(f"the database must be SQLite, MySQL or MariaDB, not {parsed.drivername!r}")
    if parsed.drivername == "sqlite+aiosqlite" and parsed.database in {None, "", ":memory:"}:
        raise ValueError("the SQLite database must be a file")
    return parsed


def writing_engine(url: URL) -> AsyncEngine:
    return _sqlite_writer(url) if url.get_backend_name() == "sqlite" else _mysql(url)


def reading_engine(url: URL, writer: AsyncEngine) -> AsyncEngine:
    """On SQLite a second engine, so that readers never wait for the one writer; on MySQL the same one."""
    return _sqlite_reader(url) if url.get_backend_name() == "sqlite" else writer


def _sqlite_writer(url: URL) -> AsyncEngine:
    # One connection: SQLite has one writer anyway, and waiting for the pool is fair where its busy loop is not.
    engine = create_async_engine(
        url,
        pool_size=1,
        max_overflow=0,
        pool_timeout=BUSY_TIMEOUT_S,
        connect_args={"timeout": BUSY_TIMEOUT_S},
        hide_parameters=True,
    )
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
    _prepare_sqlite(engine, pragmas, "BEGIN IMMEDIATE")
    return engine


def _sqlite_reader(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url, pool_size=1, max_overflow=3, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True
    )
    _prepare_sqlite(engine, ("query_only=ON",), "BEGIN")
    return engine


def _prepare_sqlite(engine: AsyncEngine, pragmas: tuple[str, ...], begin: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def set_pragmas(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # The driver's own late BEGIN would let a reader turn writer on a stale snapshot and lose updates.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={BUSY_TIMEOUT_S * 1000}", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin_transaction(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def _mysql(url: URL) -> AsyncEngine:
    return create_async_engine(
        url.update_query_dict({"charset": "utf8mb4"}),
        isolation_level="READ COMMITTED",
        pool_size=5,
        max_overflow=10,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={"init_command": MYSQL_SESSION, "connect_timeout": 10},
        hide_parameters=True,
    )
