"""One update being handled: the open transaction, who speaks, and what is said back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot import formats
from bot.ports import Services
from bot.replies import Replies
from bot.texts import Speech
from storage.unit_of_work import UnitOfWork
from storage.values import Draft, Fault, Operator


@dataclass(frozen=True, slots=True)
class Turn:
    """What every handler is given."""

    uow: UnitOfWork
    operator: Operator
    t: Speech
    replies: Replies
    services: Services
    now: datetime

    @property
    def chat_id(self) -> int:
        return self.replies.chat_id

    def explain(self, fault: Fault) -> str:
        """A fault in plain text, for a toast."""
        return formats.fault_toast(fault, self.t, zone=self.operator.timezone, now=self.now)


class RefusedError(Exception):
    """A press that cannot be obeyed: whatever the handler wrote is rolled back, and the person is told why.

    `toast` is plain text; `draft`, if given, is shown anew, so the person sees how things stand.
    """

    def __init__(self, toast: str, *, draft: Draft | None = None, is_alert: bool = False) -> None:
        super().__init__(toast)
        self.toast = toast
        self.draft = draft
        self.is_alert = is_alert
