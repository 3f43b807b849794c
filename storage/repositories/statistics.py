"""How uploads fare: views, likes and whatever else a platform counts, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

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
