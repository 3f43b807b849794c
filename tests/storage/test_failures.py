"""What the drivers' errors mean to us."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from storage.errors import ConflictError, StorageError, UnavailableError
from storage.failures import translate


def mysql_error(number: int) -> DBAPIError:
    return OperationalError("SELECT 1", {}, Exception(number, "words that differ between servers"))


def sqlite_error(code: int) -> DBAPIError:
    origin = sqlite3.OperationalError("words")
    origin.sqlite_errorcode = code
    return OperationalError("SELECT 1", {}, origin)


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (mysql_error(1213), ConflictError),
        (mysql_error(1205), ConflictError),
        (mysql_error(2013), UnavailableError),
        (mysql_error(1040), UnavailableError),
        (sqlite_error(sqlite3.SQLITE_BUSY), ConflictError),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), ConflictError),
        (sqlite_error(sqlite3.SQLITE_FULL), UnavailableError),
        (sqlite_error(sqlite3.SQLITE_IOERR_WRITE), UnavailableError),
        (sqlite_error(sqlite3.SQLITE_CANTOPEN), UnavailableError),
    ],
)
def test_a_drivers_error_becomes_ours(error: DBAPIError, ours: type[StorageError]) -> None:
    assert type(translate(error)) is ours


@pytest.mark.parametrize("error", [mysql_error(1064), sqlite_error(sqlite3.SQLITE_ERROR), ValueError("bug")])
def test_a_bug_stays_what_it_is(error: Exception) -> None:
    assert translate(error) is None
