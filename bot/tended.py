"""What was done with a published video, as lines of its card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot import formats
from bot.texts import Markup, Speech
from storage.repositories.interactions import Interaction, InteractionState

UNSEEN = frozenset({"follow", "count"})
"""Deeds that no card tells of."""


def tended_lines(rows: Sequence[Interaction], t: Speech, *, zone: str, now: datetime) -> list[str]:
    """One line per deed, the newest of its kind: `💬 first comment posted`."""
    newest = {row.interaction_type: row for row in rows if row.interaction_type not in UNSEEN}
    return [_line(row, t, zone, now) for row in newest.values()]


def _line(row: Interaction, t: Speech, zone: str, now: datetime) -> str:
    deed = t.plain(f"deed.{row.interaction_type}")
    if row.state is InteractionState.DONE:
        return t(f"done.{row.interaction_type}")
    if row.fault is not None and row.next_attempt_at is None:
        return t("tended.not_done", deed=deed, why=Markup(formats.fault_sentence(row.fault, t, zone=zone, now=now)))
    if row.next_attempt_at is None:
        return t("tended.dropped", deed=deed)
    return t("tended.to_come", deed=deed)
