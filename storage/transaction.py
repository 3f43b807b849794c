"""What a repository is given: an open transaction, the keys and the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Delete, Insert, Select, Table, Update, insert, select
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.keyring import Keyring

Clock: TypeAlias = Callable[[], datetime]
"""Returns the current moment as an aware UTC datetime."""

Record: TypeAlias = Mapping[str, Any]
"""One row, by the column's Python names (`account_id`, not `account`)."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """Statements in, plain records out. Ends with its unit of work."""

    connection: AsyncConnection
    keyring: Keyring
    clock: Clock

    @property
    def is_sqlite(self) -> bool:
        return self.connection.dialect.name == "sqlite"

    async def rows(self, statement: Select[Any]) -> Sequence[Record]:
        found: Sequence[Record] = (await self.connection.execute(statement)).mappings().all()
        return found

    async def row(self, statement: Select[Any]) -> Record | None:
        found: Record | None = (await self.connection.execute(statement)).mappings().first()
        return found

    async def scalar(self, statement: Select[Any]) -> Any:
        return (await self.connection.execute(statement)).scalar()

    async def change(self, statement: Update | Delete) -> int:
        """How many rows matched."""
        return (await self.connection.execute(statement)).rowcount

    async def insert(self, table: Table, values: Record) -> int:
        """The new row's id."""
        result = await self.connection.execute(insert(table).values(dict(values)))
        key = result.inserted_primary_key
        if key is None:
            raise RuntimeError(f"{table.name} has no generated key")
        return int(key[0])

    async def insert_if_new(self, table: Table, values: Record) -> None:
        """Insert unless a row with one of the table's unique keys exists; then nothing happens.

        Not MySQL's INSERT IGNORE: that one would also swallow truncation and broken references.
        """
        await self.connection.execute(self._insert_if_new(table).values(dict(values)))

    def _insert_if_new(self, table: Table) -> Insert:
        if self.is_sqlite:
            return sqlite.insert(table).on_conflict_do_nothing()
        key = next(iter(table.primary_key.columns))
        return mysql.insert(table).on_duplicate_key_update({key.key: key})


def columns(table: Table) -> Select[Any]:
    """SELECT of every column under its Python name."""
    return select(*(column.label(column.key) for column in table.c))
