"""What every view is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from bot.ports import Services
from bot.screen import Screen
from bot.texts import Speech
from storage.unit_of_work import UnitOfWork
from storage.values import Operator


@dataclass(frozen=True, slots=True)
class ViewContext:
    """The open transaction, who looks, in which language, and when."""

    uow: UnitOfWork
    operator: Operator
    t: Speech
    services: Services
    now: datetime
    languages: tuple[str, ...]

    def platform_title(self, name: str) -> str:
        """A platform's name as people write it."""
        titles = {choice.name: choice.display_name for choice in self.services.accounts.platforms()}
        return titles.get(name, name)


View: TypeAlias = Callable[[ViewContext, Mapping[str, Any]], Awaitable[Screen]]
