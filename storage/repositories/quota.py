"""The ledger of calls that platforms count, and the bucket sizes that they told us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement, delete, func, select, update

from storage.tables import quota_locks, quota_overrides, quota_spends
from storage.transaction import Transaction, columns
from storage.values import QuotaSpend

BucketKey: TypeAlias = tuple[str, str, int | None]
"""(platform, bucket, account id; None for the app's own bucket)"""

APP_SCOPE = 0


class QuotaRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def lock(self, platform: str, bucket: str, account_id: int | None) -> None:
        """Let nobody else spend from the bucket until this transaction ends: what is read now holds until then.

        SQLite has one writer at a time anyway.
        """
        if not self._tx.is_sqlite:
            # The statement takes the row's exclusive lock, whether it makes the row or finds it.
            key = {"platform": platform, "bucket": bucket, "scope": account_id or APP_SCOPE}
            await self._tx.insert_if_new(quota_locks, key)

    async def spends(
        self, platform: str, bucket: str, account_id: int | None, since: datetime
    ) -> Sequence[tuple[datetime, int]]:
        """When what was spent, from `since` on, the oldest first."""
        asked = (
            select(quota_spends.c.spent_at, quota_spends.c.cost)
            .where(*_of(platform, bucket, account_id, since))
            .order_by(quota_spends.c.spent_at, quota_spends.c.id)
        )
        return [(row["spent_at"], row["cost"]) for row in await self._tx.rows(asked)]

    async def spend(self, spend: QuotaSpend) -> None:
        values = {
            "platform": spend.platform,
            "bucket": spend.bucket,
            "account_id": spend.account_id,
            "cost": spend.cost,
            "spent_at": spend.spent_at,
        }
        await self._tx.insert(quota_spends, values)

    async def used(self, platform: str, bucket: str, account_id: int | None, since: datetime) -> int:
        """The cost of all calls from `since` on."""
        spent = func.coalesce(func.sum(quota_spends.c.cost), 0)
        return int(await self._tx.scalar(select(spent).where(*_of(platform, bucket, account_id, since))))

    async def oldest(self, platform: str, bucket: str, account_id: int | None, since: datetime) -> datetime | None:
        """When the first call from `since` on was made: in a rolling window it is the next to fall out."""
        first = func.min(quota_spends.c.spent_at)
        moment: datetime | None = await self._tx.scalar(select(first).where(*_of(platform, bucket, account_id, since)))
        return moment

    async def override(self, platform: str, bucket: str, account_id: int | None, size: int | None) -> None:
        """Remember a size that goes before the documented one; None: the documented one counts again."""
        key = {"platform": platform, "bucket": bucket, "scope": account_id or APP_SCOPE}
        is_it = [quota_overrides.c[name] == value for name, value in key.items()]
        if size is None:
            await self._tx.change(delete(quota_overrides).where(*is_it))
            return
        values = {"size": size, "updated_at": self._tx.clock()}
        await self._tx.insert_if_new(quota_overrides, {**key, **values})
        await self._tx.change(update(quota_overrides).where(*is_it).values(values))

    async def overrides(self) -> Mapping[BucketKey, int]:
        rows = await self._tx.rows(columns(quota_overrides))
        return {(row["platform"], row["bucket"], row["scope"] or None): row["size"] for row in rows}

    async def prune(self, before: datetime) -> int:
        return await self._tx.change(delete(quota_spends).where(quota_spends.c.spent_at < before))


def _of(platform: str, bucket: str, account_id: int | None, since: datetime) -> list[ColumnElement[bool]]:
    account = quota_spends.c.account_id
    return [
        quota_spends.c.platform == platform,
        quota_spends.c.bucket == bucket,
        account.is_(None) if account_id is None else account == account_id,
        quota_spends.c.spent_at >= since,
    ]
