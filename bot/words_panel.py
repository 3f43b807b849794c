"""Subtitles for a voice that says the words anew: a line of the card, and a part of the voice panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.callbacks import DraftAct
from bot.card import Card
from bot.card_lines import press
from bot.screen import Button, Rows
from bot.texts import Speech
from scheduler.transcripts import TRANSCRIPT


def words_lines(card: Card, t: Speech) -> list[str]:
    """The line of the overview, once there are subtitles."""
    words = _words(card)
    if words is None:
        return []
    is_idle = card.draft.voice_preset is not None and card.draft.voice_preset not in _speakers(card)
    key = "card.words_idle" if is_idle else "card.words"
    return [t.count(key, int(words.get("phrases", 0)), file=words.get("name", ""))]


def words_text(card: Card, t: Speech) -> list[str]:
    """What the voice panel says where a voice wants to know the words."""
    return ["", t("panel.words")] if _speakers(card) and _words(card) is None else []


def words_rows(card: Card, t: Speech) -> Rows:
    """A button to do without them."""
    words = _words(card)
    if words is None:
        return ()
    label = t.plain("button.drop_words", file=words.get("name", ""))
    return ((Button(label, data=press(card, DraftAct.NO_WORDS)),),)


def _words(card: Card) -> Mapping[str, Any] | None:
    words = card.draft.options.get(TRANSCRIPT)
    return words if isinstance(words, Mapping) else None


def _speakers(card: Card) -> set[str]:
    return {voice.name for voice in card.voices if voice.takes_words}
