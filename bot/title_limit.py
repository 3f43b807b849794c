"""How long a title may be: as the sites want it where it goes, or, while nobody knows that, where it may go."""

from __future__ import annotations

from collections.abc import Iterable

from bot.ports import Services
from storage.values import Account, AccountStatus

FALLBACK = 100
"""Characters, while no site is configured."""


def title_limit(services: Services, accounts: Iterable[Account], chosen_ids: Iterable[int] = ()) -> int:
    """Characters that every chosen site takes; with none chosen every site with a channel, with no channel all."""
    accounts, chosen = tuple(accounts), frozenset(chosen_ids)
    sites = {account.platform for account in accounts if account.id in chosen}
    sites = sites or {account.platform for account in accounts if account.status is AccountStatus.ACTIVE}
    sites = sites or {choice.name for choice in services.accounts.platforms()}
    return services.options.title_limit(sites) or FALLBACK
