"""An open draft's card: what the clip is, what was chosen, and what is still missing."""

from __future__ import annotations

from bot import draft_panels, formats, option_panels
from bot.callbacks import DraftAct
from bot.card import Card
from bot.card_lines import facts_line, press, privacy_line, title_of, voice_title, when_line
from bot.frame_panel import cover_lines
from bot.interaction_panel import after_line
from bot.music_panel import music_lines
from bot.option_panels import SiteCard
from bot.screen import Button, Rows, Screen, shorten
from bot.texts import Markup, Speech
from bot.verdict_lines import untold, verdict_lines
from bot.words_panel import words_lines
from scheduler.options import Choice
from storage.values import ClipState, DraftState

DESCRIPTION_SHOWN = 300
"""UTF-16 units of a description on the card: the rest is a tap away."""

DISCARD = "discard"
"""The panel that asks whether to discard the draft."""
MAY_PASS = frozenset({"clip.download_failed", "clip.disk_full", "clip.gone", "clip.too_big_for_bot_api"})
"""Troubles with a clip that may be over: the disk was tidied up, or the owner has set up a local Bot API server."""


def render_draft(card: Card, t: Speech) -> Screen:
    """The card of a draft that is not approved."""
    if card.draft.state is DraftState.DISCARDED:
        return Screen(t("card.discarded", title=title_of(card, t)))
    # A clip that does not come, or came to nothing, can be discarded like any other.
    if card.clip.state is ClipState.RECEIVING and card.panel != DISCARD:
        return Screen(t("card.receiving", title=title_of(card, t)), ((_discard(card, t),),))
    if card.clip.state is ClipState.FAILED and card.panel != DISCARD:
        return _failed(card, t)
    panel = draft_panels.PANELS.get(card.panel or "")
    if panel is not None:
        text, rows = panel(card, t)
        return Screen(f"{t('card.heading', title=title_of(card, t))}\n\n{text}", rows)
    if site := _open_site(card):
        text, rows = option_panels.render(card.draft, site, card.panel or "", t, zone=card.timezone, now=card.now)
        return Screen(f"{t('card.heading', title=title_of(card, t))}\n\n{text}", rows)
    return Screen(_overview(card, t), _buttons(card, t))


def _open_site(card: Card) -> SiteCard | None:
    """The site whose options are open."""
    name = option_panels.site_of(card.panel or "")
    return next((site for site in card.sites if site.name == name and site.options.options), None)


def _failed(card: Card, t: Speech) -> Screen:
    fault = card.clip.fault
    why = formats.fault_sentence(fault, t, zone=card.timezone, now=card.now) if fault else t("error.unknown")
    text = f"{t('card.heading', title=title_of(card, t))}\n\n⚠️ {why}"
    retry = Button(t.plain("button.try_again"), data=press(card, DraftAct.RETRY_CLIP), style="primary")
    can_retry = fault is not None and fault.code in MAY_PASS
    return Screen(text, ((retry,), (_discard(card, t),)) if can_retry else ((_discard(card, t),),))


def _overview(card: Card, t: Speech) -> str:
    lines = [t("card.heading", title=title_of(card, t)), Markup(facts_line(card, t))]
    if card.draft.description:
        lines += ["", t("card.description", text=shorten(card.draft.description, DESCRIPTION_SHOWN))]
    accounts = _chosen_accounts(card) or t.plain("card.not_chosen")
    lines += [
        "",
        t("card.accounts", accounts=accounts),
        t("card.voice", voice=voice_title(card.draft.voice_preset, card.voices, t)),
        *music_lines(card, t),
        *words_lines(card, t),
        t("card.when", when=when_line(card, t)),
        t("card.privacy", privacy=privacy_line(card, t)),
        *cover_lines(card, t),
    ]
    lines += [t("card.option", platform=site.title, value=value) for site in card.sites for value in _required(site, t)]
    lines += (
        ["", *notes]
        if (notes := [note for site in card.sites for note in option_panels.note_lines(site, t, is_card=True)])
        else []
    )
    if outlooks := verdict_lines(card, t):
        lines += ["", *outlooks]
    if (after := after_line(card, t)) is not None:
        lines.append(after)
    missing = [formats.fault_sentence(fault, t, zone=card.timezone, now=card.now) for fault in untold(card)]
    if missing:
        lines += ["", t("card.missing"), *(f"• {sentence}" for sentence in missing)]
    return "\n".join(lines)


def _chosen_accounts(card: Card) -> str:
    """Their titles; with the site's name where they are on several, since people call their channels alike."""
    are_mixed = len({account.platform for account in card.chosen}) > 1
    return ", ".join(
        f"{account.title} ({card.platform_title(account.platform)})" if are_mixed else account.title
        for account in card.chosen
    )


def _required(site: SiteCard, t: Speech) -> list[str]:
    """What only the operator could choose, as it was chosen."""
    choices = (option for option in site.options.shown(site.values) if isinstance(option, Choice))
    return [
        option_panels.value_title(site, choice, site.values.get(choice.key), t)
        for choice in choices
        if choice.is_required
    ]


def _buttons(card: Card, t: Speech) -> Rows:
    def panel(name: str) -> Button:
        return Button(t.plain(f"button.{name}"), data=press(card, DraftAct.PANEL, name))

    approve = Button(
        t.plain("button.approve"), data=press(card, DraftAct.APPROVE), style=None if card.problems else "success"
    )
    rows: Rows = (
        (panel("accounts"), panel("voice")),
        (panel("time"), panel("text")),
        *_site_rows(card),
        (panel("privacy"), panel("frame")),
        (panel("interactions"), _discard(card, t)),
        (approve,),
    )
    return (_next_step(card, t), *rows) if _next_step(card, t) else rows


def _next_step(card: Card, t: Speech) -> tuple[Button, ...]:
    """The first thing that is missing, as a wide button: whoever only ever taps the top button gets through."""
    draft = card.draft
    missing = {
        "accounts": not card.chosen,
        "title": not draft.title,
        "voice": draft.voice_preset is None,
        "time": draft.scheduled_time is None and not draft.publish_now,
    }
    for panel, is_missing in missing.items():
        if is_missing:
            label = t.plain("button.next", step=t.plain(f"step.choose_{panel}"))
            return (Button(label, data=press(card, DraftAct.PANEL, panel), style="primary"),)
    for site in card.sites:
        if site.options.missing(site.values):
            label = t.plain("button.next", step=t.plain("step.choose_options", platform=site.title))
            data = press(card, DraftAct.PANEL, option_panels.panel_name(site.name))
            return (Button(label, data=data, style="primary"),)
    return ()


def _site_rows(card: Card) -> Rows:
    """A button for each chosen site that lets people choose something."""
    buttons = tuple(
        Button(f"⚙️ {site.title}", data=press(card, DraftAct.PANEL, option_panels.panel_name(site.name)))
        for site in card.sites
        if site.options.options
    )
    return (buttons,) if buttons else ()


def _discard(card: Card, t: Speech) -> Button:
    return Button(t.plain("button.discard"), data=press(card, DraftAct.PANEL, DISCARD))
