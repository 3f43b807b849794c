"""A simulated `kill -9`: an exception that no handler of ours catches, and nothing works after it."""

from __future__ import annotations

from copy import copy

from storage.database import Database
from storage.unit_of_work import UnitOfWork


class Killed(BaseException):
    """The process is dead."""


class Executioner:
    """Counts the points that a run passes and kills at number `at`; None never kills.

    `points` names what was passed, so that a test can say where it killed.
    """

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.points: list[str] = []
        self.dead = False

    def __call__(self, point: str) -> None:
        if self.dead:
            raise Killed(point)
        self.points.append(point)
        if len(self.points) == self.at:
            self.dead = True
            raise Killed(point)


class MortalUnitOfWork(UnitOfWork):
    """Passes a point before and after each commit."""

    pass_point: Executioner

    async def commit(self) -> None:
        self.pass_point("before commit")
        await super().commit()
        self.pass_point("after commit")


class MortalDatabase(Database):
    """A database whose process may die at any commit."""

    executioner: Executioner

    def in_process_of(self, executioner: Executioner) -> MortalDatabase:
        """The same database as another process sees it."""
        other = copy(self)
        other.executioner = executioner
        return other

    def begin(self) -> UnitOfWork:
        uow = MortalUnitOfWork(self._writer, self._keyring, self._clock)
        uow.pass_point = self.executioner
        return uow
