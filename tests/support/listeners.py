"""A listener that remembers what it heard in transactions that were committed."""

from __future__ import annotations

from typing import TypeVar

from scheduler.notices import Notice
from storage.unit_of_work import UnitOfWork

T = TypeVar("T")


class Recorder:
    """Hears everything; what a rolled-back transaction said is remembered too, so tests count carefully."""

    def __init__(self) -> None:
        self.heard: list[Notice] = []

    async def hear(self, uow: UnitOfWork, notice: Notice) -> None:
        self.heard.append(notice)

    def of(self, kind: type[T]) -> list[T]:
        return [notice for notice in self.heard if isinstance(notice, kind)]
