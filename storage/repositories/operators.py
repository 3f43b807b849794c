"""The people who may drive the fabric."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from storage.errors import NotFoundError
from storage.tables import operators
from storage.transaction import Record, Transaction, columns
from storage.values import Operator


class OperatorRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def ensure(self, telegram_id: int, *, locale: str, timezone: str) -> Operator:
        """The operator with this Telegram id; made with these preferences when new, else left as is."""
        values = {"telegram_id": telegram_id, "locale": locale, "timezone": timezone, "created_at": self._tx.clock()}
        await self._tx.insert_if_new(operators, values)
        operator = await self.by_telegram(telegram_id)
        if operator is None:
            raise NotFoundError(telegram_id=telegram_id)
        return operator

    async def get(self, operator_id: int) -> Operator:
        row = await self._tx.row(columns(operators).where(operators.c.id == operator_id))
        if row is None:
            raise NotFoundError(f"no operator {operator_id}", id=operator_id)
        return _operator(row)

    async def by_telegram(self, telegram_id: int) -> Operator | None:
        row = await self._tx.row(columns(operators).where(operators.c.telegram_id == telegram_id))
        return None if row is None else _operator(row)

    async def set_locale(self, operator_id: int, locale: str) -> None:
        await self._set(operator_id, locale=locale)

    async def set_timezone(self, operator_id: int, timezone: str) -> None:
        """Remembers, too, that the operator has chosen one."""
        await self._set(operator_id, timezone=timezone, timezone_chosen_at=self._tx.clock())

    async def all(self) -> tuple[Operator, ...]:
        return tuple(map(_operator, await self._tx.rows(columns(operators).order_by(operators.c.id))))

    async def _set(self, operator_id: int, **values: Any) -> None:
        if not await self._tx.change(update(operators).where(operators.c.id == operator_id).values(values)):
            raise NotFoundError(f"no operator {operator_id}", id=operator_id)


def _operator(row: Record) -> Operator:
    has_chosen = row["timezone_chosen_at"] is not None
    return Operator(row["id"], row["telegram_id"], row["locale"], row["timezone"], has_chosen)
