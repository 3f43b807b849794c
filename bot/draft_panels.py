"""The parts of a draft's card that open in its place: accounts, texts, voice, time, privacy, discard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from bot import formats
from bot.callbacks import ConnectButton, DraftAct, voice_key
from bot.card import Card
from bot.card_lines import press, voice_title, when_line
from bot.frame_panel import cover_panel, frame_panel
from bot.interaction_panel import comment_panel, interactions_panel
from bot.music_panel import music_rows, music_text
from bot.screen import Button, Rows, shorten
from bot.texts import Markup, Speech
from bot.words_panel import words_rows, words_text
from storage.values import Account, AccountStatus

Panel: TypeAlias = Callable[[Card, Speech], tuple[str, Rows]]

PRIVACIES = ("public", "unlisted", "private")
TIME_PRESETS: Mapping[str, str] = {"in_1h": "+1h", "in_3h": "+3h", "evening": "19:00", "morning": "tomorrow 9:00"}
"""Named times of the time panel, and what they mean, as if they had been typed."""
EVENING = TIME_PRESETS["evening"]


def _accounts(card: Card, t: Speech) -> tuple[str, Rows]:
    toggles: Rows = tuple(
        (
            Button(
                f"{'✅' if account.id in card.draft.account_ids else '⬜'} {shorten(account.title, 40)}"
                f" · {card.platform_title(account.platform)}",
                data=press(card, DraftAct.TOGGLE_ACCOUNT, _switch_to(card, account)),
            ),
        )
        for account in card.accounts
        if account.status is AccountStatus.ACTIVE or account.id in card.draft.account_ids
    )
    connect: Rows = tuple(
        (
            Button(
                t.plain("button.connect", platform=title),
                data=ConnectButton(platform=name).pack(),
                style=None if toggles else "primary",
            ),
        )
        for name, title in card.platforms
    )
    text = t("panel.accounts") if toggles else t("panel.no_accounts")
    return text, (*toggles, *connect, (_done(card, t),))


def _text(card: Card, t: Speech) -> tuple[str, Rows]:
    description = shorten(card.draft.description, 2000) or t.plain("card.no_description")
    title = shorten(card.draft.title, 1000) or t.plain("card.untitled")
    keywords = shorten(", ".join(card.draft.keywords), 500) or t.plain("card.no_keywords")
    text = t("panel.text", title=title, description=description, keywords=keywords)
    texts = (_open(card, t, "title"), _open(card, t, "description"))
    return text, (texts, (_open(card, t, "keywords"), _done(card, t)))


def _title(card: Card, t: Speech) -> tuple[str, Rows]:
    return t("panel.title", limit=card.title_limit), ((_back(card, t),),)


def _asked(key: str) -> Panel:
    def panel(card: Card, t: Speech) -> tuple[str, Rows]:
        return t(key), ((_back(card, t),),)

    return panel


def _voice(card: Card, t: Speech) -> tuple[str, Rows]:
    lines, buttons = [t("panel.voice"), ""], []
    for name in ("", *(voice.name for voice in card.voices if voice.name)):
        title = voice_title(name, card.voices, t)
        key = f"voice.{name or 'original'}.about"
        about = t.plain("panel.voice_line", about=t.plain(key)) if t.knows(key) else ""
        lines.append(t("card.heading", title=title) + about)
        mark = "✅ " if card.draft.voice_preset == name else ""
        buttons.append(Button(mark + shorten(title, 30), data=press(card, DraftAct.VOICE, voice_key(name))))
    lines += ["", music_text(card, t), *words_text(card, t)]
    return "\n".join(lines), (*_pairs(buttons), *music_rows(card, t), *words_rows(card, t), (_back(card, t),))


def _time(card: Card, t: Speech) -> tuple[str, Rows]:
    is_chosen = card.draft.publish_now or card.draft.scheduled_time is not None
    chosen = Markup(t("panel.time_chosen", when=when_line(card, t))) if is_chosen else ""
    key = "panel.time_clock" if card.has_chosen_timezone else "panel.time_clock_assumed"
    clock = t(key, now=formats.clock(card.now, card.timezone), zone=formats.offset(card.timezone, card.now))
    text = t("panel.time", chosen=chosen, clock=Markup(clock))
    presets = [Button(_preset_label(card, name, t), data=press(card, DraftAct.AT, name)) for name in TIME_PRESETS]
    now = Button(t.plain("button.now"), data=press(card, DraftAct.NOW), style="primary")
    return text, ((now,), *_pairs(presets), (_back(card, t),))


def _preset_label(card: Card, name: str, t: Speech) -> str:
    """A named time as it would be understood now, on the operator's clock."""
    if name == "evening" and formats.clock(card.now, card.timezone) >= EVENING:
        name = "evening_tomorrow"
    return t.plain(f"button.time.{name}")


def _privacy(card: Card, t: Speech) -> tuple[str, Rows]:
    chosen, kids = card.draft.options.get("privacy_status", "public"), bool(card.draft.options.get("made_for_kids"))
    privacies: Rows = tuple(
        (Button(_mark(chosen == name) + t.plain(f"privacy.{name}"), data=press(card, DraftAct.PRIVACY, name)),)
        for name in PRIVACIES
    )
    audience = (
        Button(_mark(not kids) + t.plain("card.not_for_kids"), data=press(card, DraftAct.KIDS, "0")),
        Button(_mark(kids) + t.plain("card.for_kids"), data=press(card, DraftAct.KIDS, "1")),
    )
    return t("panel.privacy"), (*privacies, audience, (_done(card, t),))


def _discard(card: Card, t: Speech) -> tuple[str, Rows]:
    yes = Button(t.plain("button.discard_yes"), data=press(card, DraftAct.DISCARD), style="danger")
    return t("panel.discard"), ((yes, Button(t.plain("button.keep"), data=press(card, DraftAct.PANEL))),)


def _switch_to(card: Card, account: Account) -> str:
    return f"{account.id}.{0 if account.id in card.draft.account_ids else 1}"


def _mark(is_chosen: bool) -> str:
    return "✅ " if is_chosen else ""


def _open(card: Card, t: Speech, question: str) -> Button:
    return Button(t.plain(f"button.{question}"), data=press(card, DraftAct.PANEL, question))


def _done(card: Card, t: Speech) -> Button:
    return Button(t.plain("button.done"), data=press(card, DraftAct.PANEL))


def _back(card: Card, t: Speech) -> Button:
    return Button(t.plain("button.back"), data=press(card, DraftAct.PANEL))


def _pairs(buttons: list[Button]) -> Rows:
    return tuple(tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2))


PANELS: Mapping[str, Panel] = {
    "accounts": _accounts,
    "text": _text,
    "title": _title,
    "description": _asked("panel.description"),
    "keywords": _asked("panel.keywords"),
    "voice": _voice,
    "time": _time,
    "privacy": _privacy,
    "frame": frame_panel,
    "cover": cover_panel,
    "discard": _discard,
    "interactions": interactions_panel,
    "comment": comment_panel,
}
