"""Views, likes and what else sites count, as lines of a message."""

from __future__ import annotations

from collections.abc import Mapping

from bot import formats
from bot.texts import Speech

COUNTS = ("views", "reach", "likes", "comments", "shares", "saves", "reposts")
"""What is shown, in this order; each has the sentence `figure.<name>`. What else a site counts is kept, not shown."""
TIMES_S = {"average_watch_ms": 0.001, "average_watch_s": 1.0, "watched_ms": 0.001, "watched_minutes": 60.0}
"""Lengths, and the seconds that one unit of each is."""
TOTALS = ("views", "likes", "comments", "shares")
"""What is added up over several sites."""


def figure_lines(values: Mapping[str, int], before: Mapping[str, int], t: Speech) -> list[str]:
    """One line per figure, with what it has gained since `before`, where that is known."""
    lines = [_count(name, values[name], before.get(name), t) for name in COUNTS if name in values]
    times = [(name, values[name] * unit) for name, unit in TIMES_S.items() if name in values]
    return lines + [t("figure.line", name=_name(name, t), n=formats.duration(seconds)) for name, seconds in times]


def _count(name: str, count: int, before: int | None, t: Speech) -> str:
    shown, gained = formats.number(count, t), count - before if before is not None else 0
    if not gained:
        return t("figure.line", name=_name(name, t), n=shown)
    change = f"{gained:+}" if abs(gained) < 1000 else ("+" if gained > 0 else "-") + formats.number(abs(gained), t)
    return t("figure.line_change", name=_name(name, t), n=shown, change=change)


def _name(name: str, t: Speech) -> str:
    unit = next((tail for tail in ("_ms", "_s", "_minutes") if name.endswith(tail)), "")
    return t.plain(f"figure.{name.removesuffix(unit)}")
