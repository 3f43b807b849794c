"""How uploads fare: views, likes and whatever else a platform counts, by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update

from storage.tables import statistics
from storage.transaction import Transaction, columns


@dataclass(frozen=True, slots=True)
class Statistic:
    """An upload's figures at one moment."""

    upload_id: int
    captured_at: datetime
    values: Mapping[str, int]


class StatisticRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, upload_id: int, captured_at: datetime, values: Mapping[str, int]) -> None:
        """Record figures; those of the same moment are replaced."""
        key = {"upload_id": upload_id, "captured_at": captured_at}
        is_it = (statistics.c.upload_id == upload_id) & (statistics.c.captured_at == captured_at)
        await self._tx.insert_if_new(statistics, {**key, "figures": dict(values)})
        await self._tx.change(update(statistics).where(is_it).values(figures=dict(values)))

    async def latest(self, upload_id: int) -> Statistic | None:
        newest = statistics.c.captured_at.desc()
        row = await self._tx.row(
            columns(statistics).where(statistics.c.upload_id == upload_id).order_by(newest).limit(1)
        )
        return None if row is None else Statistic(upload_id, row["captured_at"], row["figures"])

    async def newest(self, upload_ids: Collection[int], *, until: datetime | None = None) -> dict[int, Statistic]:
        """The last figures of each of these uploads, as of `until`; an upload without any is left out."""
        limits = () if until is None else (statistics.c.captured_at <= until,)
        return await self._one_each(upload_ids, func.max(statistics.c.captured_at), *limits)

    async def oldest(self, upload_ids: Collection[int]) -> dict[int, Statistic]:
        """The first figures of each of these uploads."""
        return await self._one_each(upload_ids, func.min(statistics.c.captured_at))

    async def _one_each(
        self, upload_ids: Collection[int], moment: ColumnElement[datetime], *limits: ColumnElement[bool]
    ) -> dict[int, Statistic]:
        wanted = statistics.c.upload_id.in_(sorted(upload_ids))
        chosen = (
            select(statistics.c.upload_id.label("upload_id"), moment.label("captured_at"))
            .where(wanted, *limits)
            .group_by(statistics.c.upload_id)
            .subquery()
        )
        is_it = (statistics.c.upload_id == chosen.c.upload_id) & (statistics.c.captured_at == chosen.c.captured_at)
        rows = await self._tx.rows(columns(statistics).join(chosen, is_it))
        return {row["upload_id"]: Statistic(row["upload_id"], row["captured_at"], row["figures"]) for row in rows}
