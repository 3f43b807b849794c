"""What the operator decides about the picture of a draft: frame, loudness, cover."""

from __future__ import annotations

import re
from typing import Any

from bot.frame_panel import COVER_MS, EVEN_LUFS, FRAMES, moment
from bot.screen import shorten
from bot.turn import RefusedError, Turn
from storage.values import Draft

_MOMENT = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,5}(?:[.,]\d{1,3})?)")
ECHOED = 40
"""UTF-16 units of a typed text that are repeated in a sentence about it."""


async def choose_frame(turn: Turn, draft: Draft, arg: str) -> None:
    """Keep, pad or crop; the panel stays open, for it shows what was chosen."""
    if arg not in FRAMES:
        raise RefusedError(turn.t.plain("toast.stale"), draft=draft)
    await _set(turn, draft, "frame", arg if arg != FRAMES[0] else None)


async def choose_loudness(turn: Turn, draft: Draft, arg: str) -> None:
    """As it is, or even."""
    await _set(turn, draft, "loudness_lufs", EVEN_LUFS if arg == "1" else None)


async def choose_cover(turn: Turn, draft: Draft, arg: str) -> None:
    """An offered moment, or none."""
    at_ms = int(arg) if arg.isdecimal() else None
    if at_ms is not None and not await _is_inside(turn, draft, at_ms):
        raise RefusedError(turn.t.plain("toast.stale"), draft=draft)
    await _set(turn, draft, COVER_MS, at_ms)
    await turn.uow.conversations.clear(turn.chat_id)


async def answer_cover(turn: Turn, draft: Draft, text: str) -> bool:
    """A typed moment; whether it was one within the video."""
    at_ms = read_moment(text)
    if at_ms is None:
        await turn.replies.text("sorry.cover", text=shorten(text, ECHOED))
        return False
    if not await _is_inside(turn, draft, at_ms):
        await turn.replies.text("sorry.cover_outside", at=moment(at_ms))
        return False
    await _set(turn, draft, COVER_MS, at_ms)
    return True


def read_moment(text: str) -> int | None:
    """Milliseconds of `7`, `7.5`, `0:07`, `1:02:03`; None for anything else."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds = found.groups()
    return round((int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds.replace(",", "."))) * 1000)


async def _is_inside(turn: Turn, draft: Draft, at_ms: int) -> bool:
    facts = (await turn.uow.clips.get(draft.clip_id)).facts
    return facts is not None and at_ms < facts.duration_s * 1000


async def _set(turn: Turn, draft: Draft, option: str, value: Any) -> None:
    """An option that is as it would be unasked is left out."""
    others = {name: each for name, each in draft.options.items() if name != option}
    options = others if value is None else {**others, option: value}
    await turn.uow.drafts.change(draft.id, version=draft.version, options=options)
