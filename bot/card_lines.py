"""The lines that several cards share."""

from __future__ import annotations

from bot import formats
from bot.callbacks import DraftAct, DraftButton
from bot.card import Card, Voice
from bot.screen import shorten
from bot.texts import Speech

TITLE_SHOWN = 200
"""UTF-16 units of a title on a card: some sites take whole captions for titles."""


def press(card: Card, act: DraftAct, arg: str = "") -> str:
    """The data of a button on this card."""
    return DraftButton(draft=card.draft.id, version=card.draft.version, act=act, arg=arg).pack()


def facts_line(card: Card, t: Speech) -> str:
    """What was found in the file: `0:20 · 1080×1920 · 3.4 MB`; sound is what one expects, so only its lack is said."""
    facts = card.clip.facts
    if facts is None:
        return ""
    parts = (formats.duration(facts.duration_s), f"{facts.width}×{facts.height}", formats.size(facts.size, t))
    return " · ".join(parts if facts.audio_codec else (*parts, t("card.no_sound")))


def voice_title(name: str | None, voices: tuple[Voice, ...], t: Speech) -> str:
    """A voice by the name that people know; plain text."""
    if name is None:
        return t.plain("card.not_chosen")
    if not name:
        return t.plain("voice.original")
    if t.knows(f"voice.{name}"):
        return t.plain(f"voice.{name}")
    return next((voice.title for voice in voices if voice.name == name), name) or name


def when_line(card: Card, t: Speech) -> str:
    """When it is to be published, on the operator's clock; plain text."""
    if card.draft.scheduled_time is not None:
        return formats.moment(card.draft.scheduled_time, card.timezone, card.now, t)
    return t.plain("card.when_now") if card.draft.publish_now else t.plain("card.not_chosen")


def privacy_line(card: Card, t: Speech) -> str:
    """Who may see it, and whether it is for children; plain text."""
    privacy = str(card.draft.options.get("privacy_status", "public"))
    kids = "card.for_kids" if card.draft.options.get("made_for_kids") else "card.not_for_kids"
    return f"{t.plain(f'privacy.{privacy}')}, {t.plain(kids)}"


def title_of(card: Card, t: Speech) -> str:
    """The title, or what stands for it; plain text."""
    return shorten(card.draft.title, TITLE_SHOWN) or t.plain("card.untitled")
