"""Sealing every secret anew with the newest key, in small transactions that can stop and go on anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Select, Table, func, select, update

from storage.database import Database
from storage.keyring import Keyring
from storage.repositories.task_rows import session_context
from storage.tables import accounts, code_consents, consents, credentials, tasks
from storage.transaction import Record
from storage.unit_of_work import UnitOfWork

BATCH_ROWS = 100


@dataclass(frozen=True, slots=True)
class Sealed:
    """A table with sealed fields: its key, its key-id column, and what each field is bound to."""

    table: Table
    key: Column[object]
    kid: Column[str]
    fields: tuple[str, ...]
    context: Callable[[Record, str], tuple[object, ...]]

    def old_rows(self, newest: str) -> ColumnElement[bool]:
        return self.kid.is_not(None) & (self.kid != newest)


def sealed_tables() -> tuple[Sealed, ...]:
    """Every place where a secret is stored."""
    return (
        Sealed(
            credentials,
            credentials.c.account_id,
            credentials.c.kid,
            ("access_token", "refresh_token"),
            lambda row, field: (row["account_id"], row["platform"], field),
        ),
        Sealed(
            consents,
            consents.c.state_sha256,
            consents.c.kid,
            ("code_verifier",),
            lambda row, field: (row["key"], field),
        ),
        Sealed(
            code_consents,
            code_consents.c.code_sha256,
            code_consents.c.kid,
            ("device_code",),
            lambda row, field: (row["key"], field),
        ),
        Sealed(
            tasks,
            tasks.c.id,
            tasks.c.session_kid,
            ("session",),
            lambda row, _field: session_context(row["key"], row["account_id"], row["platform"]),
        ),
    )


async def rotate(db: Database, keyring: Keyring) -> int:
    """Seal with the newest key whatever is sealed with an older one; returns how many rows were changed.

    Safe beside running workers, and safe to kill: both keys stay readable, and a second call goes on where the
    first stopped. Raises SecretError when a row cannot be opened with any key of the ring.
    """
    changed = 0
    for sealed in sealed_tables():
        while batch := await db.run(lambda uow, sealed=sealed: _rotate_batch(uow, keyring, sealed)):  # type: ignore[misc]
            changed += batch
    return changed


async def remaining(db: Database, keyring: Keyring) -> int:
    """How many rows still need an older key; at 0 the older keys may be dropped."""
    async with db.read() as uow:
        counts = [
            await uow.transaction.scalar(
                select(func.count()).select_from(sealed.table).where(sealed.old_rows(keyring.newest))
            )
            for sealed in sealed_tables()
        ]
    return sum(counts)


async def _rotate_batch(uow: UnitOfWork, keyring: Keyring, sealed: Sealed) -> int:
    rows = await uow.transaction.rows(_batch(sealed, keyring.newest))
    for row in rows:
        anew: dict[str, str] = {sealed.kid.key: keyring.newest}
        for field in sealed.fields:
            if row[field] is not None:
                context = sealed.context(row, field)
                anew[field] = keyring.encrypt(keyring.decrypt(row[field], *context), *context)
        await uow.transaction.change(update(sealed.table).where(sealed.key == row["key"]).values(anew))
    return len(rows)


def _batch(sealed: Sealed, newest: str) -> Select[tuple[object, ...]]:
    fields = [sealed.table.c[field].label(field) for field in sealed.fields]
    statement = select(sealed.key.label("key"), *fields)
    if sealed.table not in (consents, code_consents):
        account_id = sealed.table.c.account_id
        statement = statement.add_columns(account_id.label("account_id"), accounts.c.platform.label("platform"))
        statement = statement.join(accounts, accounts.c.id == account_id)
    # Locked, so that tokens which a worker stores in this moment are not overwritten with the old ones.
    return statement.where(sealed.old_rows(newest)).limit(BATCH_ROWS).with_for_update(of=sealed.table)
