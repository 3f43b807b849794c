"""The part of a draft's card that says what follows a publication: the first comment and a like, if a site has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.callbacks import DraftAct
from bot.card import Card
from bot.card_lines import press
from bot.powers import can, lacks_lines
from bot.screen import Button, Rows, shorten
from bot.texts import Markup, Speech
from storage.values import Draft

OPTION = "interactions"
SHOWN = 300
"""UTF-16 units of a comment on the panel."""


def chosen(draft: Draft) -> Mapping[str, Any]:
    """What the draft asks for after its publication."""
    asked = draft.options.get(OPTION)
    return asked if isinstance(asked, Mapping) else {}


def with_choice(draft: Draft, **changes: Any) -> dict[str, Any]:
    """The draft's options with a change of what follows."""
    return {**draft.options, OPTION: {**chosen(draft), **changes}}


def interactions_panel(card: Card, t: Speech) -> tuple[str, Rows]:
    """What was chosen, and what each of the chosen sites makes of it."""
    asked, offered = chosen(card.draft), _offered(card)
    comment = str(asked.get("comment", ""))
    lines = [t("panel.interactions"), ""]
    lines.append(t("panel.comment", text=shorten(comment, SHOWN)) if comment else t("panel.no_comment"))
    sites = [_site_line(card, name, t) for name in sorted({account.platform for account in card.chosen})]
    if sites:
        lines += ["", *sites, *lacks_lines(card, t, "comment", "like")]
    rows: Rows = ()
    if "comment" in offered or comment:
        rows = ((Button(t.plain("button.comment"), data=press(card, DraftAct.PANEL, "comment")),),)
        if comment:
            remove = Button(t.plain("button.no_comment"), data=press(card, DraftAct.NO_COMMENT))
            rows = ((*rows[0], remove),)
    if "like" in offered or asked.get("like"):
        mark = "✅ " if asked.get("like") else "⬜ "
        like = Button(mark + t.plain("button.like"), data=press(card, DraftAct.LIKE, "0" if asked.get("like") else "1"))
        rows = (*rows, (like,))
    return "\n".join(lines), (*rows, (Button(t.plain("button.done"), data=press(card, DraftAct.PANEL)),))


def comment_panel(card: Card, t: Speech) -> tuple[str, Rows]:
    """The question for the comment's text."""
    back = Button(t.plain("button.back"), data=press(card, DraftAct.PANEL, "interactions"))
    return t("panel.type_comment"), ((back,),)


def after_line(card: Card, t: Speech) -> Markup | None:
    """What follows the publication, in one line of the card; None where nothing does."""
    asked = chosen(card.draft)
    said = [t.plain(f"deed.{name}") for name in ("comment", "like") if asked.get(name)]
    return Markup(t("card.after", deeds=", ".join(said))) if said else None


def _offered(card: Card) -> frozenset[str]:
    """What at least one of the chosen accounts can; with none chosen yet, any site."""
    if card.chosen:
        return frozenset().union(*(can(card, account) for account in card.chosen))
    return frozenset().union(*(card.abilities.get(name, frozenset()) for name, _ in card.platforms))


def _site_line(card: Card, platform: str, t: Speech) -> str:
    offered = card.abilities.get(platform, frozenset())
    key = {(True, True): "both", (True, False): "comment", (False, True): "like"}.get(
        ("comment" in offered, "like" in offered), "neither"
    )
    return t(f"panel.site_offers.{key}", platform=card.platform_title(platform))
