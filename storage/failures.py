"""What a database driver's error means to us: one table, most specific first."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from storage.errors import ConflictError, StorageError, UnavailableError

# https://mariadb.com/kb/en/mariadb-error-code-reference/ ; 2xxx are the client library's.
MYSQL_CONFLICTS = frozenset({1205, 1213, 1020})
MYSQL_UNAVAILABLE = frozenset({1040, 1053, 1077, 1203, 1226, 1927, 1969, 2002, 2003, 2006, 2013, 2055, 3024})
SQLITE_CONFLICTS = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
SQLITE_UNAVAILABLE = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
)


def translate(error: Exception) -> StorageError | None:
    """ConflictError, UnavailableError, or None for what is a bug of ours and should be seen as it is."""
    if isinstance(error, PoolTimeoutError):
        return UnavailableError("no database connection came free in time")
    if not isinstance(error, DBAPIError):
        return None
    code = _code(error.orig)
    if code in MYSQL_CONFLICTS or (code is not None and code in SQLITE_CONFLICTS):
        return ConflictError()
    if error.connection_invalidated or code in MYSQL_UNAVAILABLE or code in SQLITE_UNAVAILABLE:
        return UnavailableError()
    return None


def _code(origin: BaseException | None) -> int | None:
    """MySQL's error number, or SQLite's primary result code (the low byte of the extended one)."""
    cause: BaseException | None = origin
    while cause is not None:
        extended = getattr(cause, "sqlite_errorcode", None)
        if isinstance(extended, int):
            return extended & 0xFF
        if cause.args and isinstance(cause.args[0], int):
            return cause.args[0]
        cause = cause.__cause__
    return None
