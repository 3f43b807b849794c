"""Channels and users on the platforms."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import update

from storage.errors import NotFoundError
from storage.tables import accounts
from storage.transaction import Record, Transaction, columns
from storage.values import Account, AccountStatus


class AccountRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def connect(
        self,
        *,
        platform: str,
        external_id: str,
        title: str,
        handle: str,
        scopes: Iterable[str],
        operator_id: int,
        status: AccountStatus = AccountStatus.ACTIVE,
    ) -> Account:
        """Insert the account, or bring the known one up to date; either way it has this status, and there is one."""
        now = self._tx.clock()
        key = {"platform": platform, "external_id": external_id}
        news = {
            "title": title,
            "handle": handle,
            "scopes": sorted(scopes),
            "status": status,
            "operator_id": operator_id,
            "updated_at": now,
        }
        is_it = (accounts.c.platform == platform) & (accounts.c.external_id == external_id)
        await self._tx.insert_if_new(accounts, {**key, **news, "created_at": now})
        await self._tx.change(update(accounts).where(is_it).values(news))
        row = await self._tx.row(columns(accounts).where(is_it))
        if row is None:
            raise NotFoundError(f"no account {external_id} on {platform}")
        return _account(row)

    async def get(self, account_id: int) -> Account:
        row = await self._tx.row(columns(accounts).where(accounts.c.id == account_id))
        if row is None:
            raise NotFoundError(f"no account {account_id}", id=account_id)
        return _account(row)

    async def find(self, platform: str, external_id: str) -> Account | None:
        """The account by the site's own id of it."""
        is_it = (accounts.c.platform == platform) & (accounts.c.external_id == external_id)
        row = await self._tx.row(columns(accounts).where(is_it))
        return None if row is None else _account(row)

    async def unconfirmed_since(self, before: datetime) -> tuple[Account, ...]:
        """The accounts that wait for their operator's yes, and have done so since before that moment."""
        is_old = (accounts.c.status == AccountStatus.UNCONFIRMED) & (accounts.c.updated_at < before)
        return tuple(map(_account, await self._tx.rows(columns(accounts).where(is_old).order_by(accounts.c.id))))

    async def list(
        self, *, platform: str | None = None, statuses: Collection[AccountStatus] | None = None
    ) -> tuple[Account, ...]:
        statement = columns(accounts).order_by(accounts.c.platform, accounts.c.id)
        if platform is not None:
            statement = statement.where(accounts.c.platform == platform)
        if statuses is not None:
            statement = statement.where(accounts.c.status.in_(list(statuses)))
        return tuple(map(_account, await self._tx.rows(statement)))

    async def set_status(self, account_id: int, status: AccountStatus) -> None:
        values = {"status": status, "updated_at": self._tx.clock()}
        if not await self._tx.change(update(accounts).where(accounts.c.id == account_id).values(values)):
            raise NotFoundError(f"no account {account_id}", id=account_id)


def _account(row: Record) -> Account:
    return Account(
        id=row["id"],
        platform=row["platform"],
        external_id=row["external_id"],
        title=row["title"],
        handle=row["handle"],
        status=AccountStatus(row["status"]),
        scopes=frozenset(row["scopes"]),
        operator_id=row["operator_id"],
        created_at=row["created_at"],
    )
