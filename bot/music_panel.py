"""What becomes of music under a new voice: a row of the voice panel, and a line of the card."""

from __future__ import annotations

from bot.callbacks import DraftAct
from bot.card import Card
from bot.card_lines import press
from bot.screen import Button, Rows
from bot.texts import Speech

MUSIC = "voice_music"
"""The option that holds the wish; without it the voice's preset decides, which mostly means listening for music."""
WISHES = ("automatic", "keep", "none")


def music_text(card: Card, t: Speech) -> str:
    """What the buttons mean, and how good it will be."""
    return t("panel.music_rough" if card.separates_roughly else "panel.music")


def music_rows(card: Card, t: Speech) -> Rows:
    """One button for each wish."""
    chosen = card.draft.options.get(MUSIC, WISHES[0])
    return (
        tuple(
            Button(("✅ " if chosen == wish else "") + t.plain(f"music.{wish}"), data=press(card, DraftAct.MUSIC, wish))
            for wish in WISHES
        ),
    )


def music_lines(card: Card, t: Speech) -> list[str]:
    """The line of the overview: only where a voice changes and something about the music is worth saying."""
    wish = card.draft.options.get(MUSIC, WISHES[0])
    if not card.draft.voice_preset or (wish == WISHES[0] and not card.separates_roughly):
        return []
    is_rough = card.separates_roughly and wish != "none"
    return [t("card.music_rough" if is_rough else "card.music", music=t.plain(f"music.{wish}"))]
