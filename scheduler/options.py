"""The options of a post, site by site: which there are, what they come to, and what an account is offered just now.

They lie in `options` of a draft, post or task: the shared ones plainly, a site's own in a section under its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from platforms.base import Platform, TellsChoices
from platforms.errors import TokenRejectedError
from platforms.options import NO_OPTIONS, Choice, Names, Note, Option, PostOptions, Toggle, Words, offered
from scheduler.quota import QuotaBook
from scheduler.tokens import TokenKeeper
from storage.database import Database
from storage.values import JsonObject

__all__ = [
    "Choice",
    "Names",
    "Note",
    "Option",
    "OptionDesk",
    "PostOptions",
    "Toggle",
    "Words",
    "offered",
    "section_of",
    "site_options",
    "with_defaults",
]


def section_of(options: JsonObject, site: str) -> Mapping[str, Any]:
    """What was chosen for one site."""
    section = options.get(site)
    return section if isinstance(section, Mapping) else {}


def site_options(options: JsonObject, site: str) -> dict[str, Any]:
    """The options as a site's adapter reads them: the shared ones and, over them, its own."""
    shared = {key: value for key, value in options.items() if not isinstance(value, Mapping)}
    return {**shared, **section_of(options, site)}


def with_defaults(options: JsonObject, sites: Mapping[str, Platform], names: Iterable[str]) -> dict[str, Any]:
    """The same options, each named site's section complete: what is approved is said in full."""
    sections = {
        name: sites[name].post_options.settled(section_of(options, name))
        for name in sorted(set(names) & sites.keys())
        if sites[name].post_options.options
    }
    return {**options, **sections}


class OptionDesk:
    """What can be chosen for a post."""

    def __init__(
        self,
        db: Database,
        platforms: Mapping[str, Platform],
        tokens: TokenKeeper,
        quota: QuotaBook,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._platforms = platforms
        self._tokens = tokens
        self._quota = quota
        self._clock = clock
        self._answers: dict[int, tuple[datetime, Mapping[str, Any]]] = {}
        self._longest_s: dict[int, float] = {}

    def of(self, site: str) -> PostOptions:
        """What a site lets people choose; nothing of a site that is not configured."""
        return self._platforms[site].post_options if site in self._platforms else NO_OPTIONS

    def title_limit(self, sites: Iterable[str]) -> int | None:
        """The tightest limit of a title on these sites, in characters; None where there is none of them."""
        limits = [self._platforms[site].text_limits for site in sites if site in self._platforms]
        return min((limit.title_max_characters for limit in limits), default=None)

    def longest_s(self) -> Mapping[int, float]:
        """How long a video may be, in seconds by the account's id, as the sites last told of those asked about."""
        return dict(self._longest_s)

    async def choices(self, account_id: int) -> Mapping[str, Any]:
        """What the site offers this account just now, as far as its options need it.

        It costs a call, unless an answer is fresh enough to be shown again. Raises PlatformError, QuotaFullError.
        """
        async with self._db.read() as uow:
            account = await uow.accounts.get(account_id)
        options = self.of(account.platform)
        site: object = self._platforms.get(account.platform)
        if not options.asked or not isinstance(site, TellsChoices):
            return {}
        fresh_until, known = self._answers.get(account_id, (self._clock(), {}))
        if fresh_until > self._clock():
            return known
        await self._pay(account.platform, account_id)
        answer = await self._ask(site, account_id)
        told = {name: answer[name] for name in options.asked if name in answer}
        if isinstance(limit := told.get("max_duration_s"), int | float):
            self._longest_s[account_id] = float(limit)
        if options.fresh_for:
            self._answers[account_id] = (self._clock() + options.fresh_for, told)
        return told

    async def _pay(self, site: str, account_id: int) -> None:
        async with self._db.begin() as uow:
            await self._quota.spend(uow, site, "account_choices", account_id, self._clock())
            await uow.commit()

    async def _ask(self, site: TellsChoices, account_id: int) -> Mapping[str, Any]:
        token = await self._tokens.access_token(account_id)
        try:
            return await site.account_choices(token)
        except TokenRejectedError:
            return await site.account_choices(await self._tokens.replace(account_id, token))
