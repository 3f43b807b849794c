"""What all tables share: one metadata, named constraints, and MySQL's options spelled out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, MetaData, Table
from sqlalchemy.schema import SchemaItem

from storage.types import ID, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Binary collation: ids and tokens that differ in case are different, on every database.
OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}


def table(name: str, *items: SchemaItem) -> Table:
    """A table with an `id` that is never given twice (drafts' buttons and outbox order rely on it)."""
    return Table(name, metadata, Column("id", ID, primary_key=True), *items, sqlite_autoincrement=True, **OPTIONS)


def keyed_table(name: str, *items: SchemaItem) -> Table:
    """A table that brings its own primary key."""
    return Table(name, metadata, *items, **OPTIONS)


def reference(name: str, target: str, *, nullable: bool = False, unique: bool = False) -> Column[int]:
    """A column `name`, called `<name>_id` in Python unless a different key is needed, that points at `target`.id."""
    return Column(
        name, ID, ForeignKey(f"{target}.id"), key=f"{name}_id", nullable=nullable, index=not unique, unique=unique
    )


def moment(name: str, *, nullable: bool = False, index: bool = False) -> Column[Any]:
    """A column of aware UTC datetimes with microseconds."""
    return Column(name, UtcDateTime(), nullable=nullable, index=index)
