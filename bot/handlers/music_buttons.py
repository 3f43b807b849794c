"""What the operator decides about music under a new voice."""

from __future__ import annotations

from bot.music_panel import MUSIC, WISHES
from bot.turn import RefusedError, Turn
from storage.values import Draft


async def choose_music(turn: Turn, draft: Draft, arg: str) -> None:
    """The panel stays open, for it shows what was chosen; what happens unasked is left out of the options."""
    if arg not in WISHES:
        raise RefusedError(turn.t.plain("toast.stale"), draft=draft)
    others = {name: each for name, each in draft.options.items() if name != MUSIC}
    options = others if arg == WISHES[0] else {**others, MUSIC: arg}
    await turn.uow.drafts.change(draft.id, version=draft.version, options=options)
