"""What a chosen account cannot do because its permission is smaller than the usual one, said where it is chosen."""

from __future__ import annotations

from bot.card import Card
from bot.screen import shorten
from bot.texts import Speech
from storage.values import Account


def can(card: Card, account: Account) -> frozenset[str]:
    """The deeds that the site offers to this very account."""
    return card.abilities.get(account.platform, frozenset()) - card.lacking.get(account.id, frozenset())


def lacks_lines(card: Card, t: Speech, *powers: str) -> list[str]:
    """A line for each chosen account that lacks one of these powers."""
    lines = []
    for account in card.chosen:
        named = [t.plain(f"power.{power}") for power in powers if power in card.lacking.get(account.id, ())]
        if named:
            lines.append(t("panel.account_lacks", account=shorten(account.title, 40), what=", ".join(named)))
    return lines
