"""Access tokens that are valid when they are needed: renewed ahead of time, and by one worker at a time.

Two renewals at once can kill a whole token family (a site may void the old refresh token when it gives a new one), so
a renewal is claimed by a lease in the credentials row, the HTTP call happens outside any transaction, and whoever gets
the claim reads the row again before it calls.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from platforms.base import Grant, Platform
from platforms.errors import NeedsReauthError, PlatformError
from scheduler.faults import fault_of
from scheduler.notices import AccountNeedsReauth, NoticeListener
from scheduler.pausing import NEEDS_REAUTH, pause
from scheduler.settings import Pace
from storage.database import Database
from storage.values import Account, AccountStatus, Fault, Tokens

log = logging.getLogger(__name__)

WAIT_S = 0.2
"""Between two looks at a renewal that another worker makes."""


class TokenKeeper:
    """Gives valid access tokens; NeedsReauthError where only the operator can help."""

    def __init__(
        self,
        db: Database,
        platforms: Mapping[str, Platform],
        listener: NoticeListener,
        clock: Callable[[], datetime],
        *,
        owner: str,
        pace: Pace,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db = db
        self._platforms = platforms
        self._listener = listener
        self._clock = clock
        self._owner = owner
        self._pace = pace
        self._sleep = sleep
        self._at_work: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def access_token(self, account_id: int) -> str:
        """A token that lives for some minutes yet."""
        account, tokens = await self._load(account_id)
        if tokens is not None and self._lives(tokens):
            return tokens.access_token
        return (await self._renewed(account, lambda current: self._lives(current))).access_token

    async def replace(self, account_id: int, rejected: str) -> str:
        """A token other than `rejected`, which the site refused whatever its expiry says."""
        account, _ = await self._load(account_id)
        return (await self._renewed(account, lambda current: current.access_token != rejected)).access_token

    async def renew_ahead(self) -> None:
        """Renew what expires soon, so that no publication waits for it; the site being away is no news here."""
        longest = max((self._ahead(name) for name in self._platforms), default=self._pace.token_ahead)
        async with self._db.read() as uow:
            expiring = await uow.credentials.expiring(self._clock() + longest)
        for account_id in expiring:
            try:
                await self._renew_one(account_id)
            except PlatformError as error:
                log.warning("account %s: renewing ahead failed: %s", account_id, error.code)

    async def _renew_one(self, account_id: int) -> None:
        account, tokens = await self._load(account_id)
        soon = self._clock() + self._ahead(account.platform)
        if tokens is not None and tokens.refresh_token is not None:
            await self._renewed(account, lambda current: _outlives(current, soon))

    def _ahead(self, platform: str) -> timedelta:
        """How long before its end a token is renewed: some sites renew only what still lives, so long before."""
        site = self._platforms.get(platform)
        wanted = getattr(site.oauth, "renew_ahead", timedelta()) if site is not None else timedelta()
        return max(self._pace.token_ahead, wanted)

    def _lives(self, tokens: Tokens) -> bool:
        return _outlives(tokens, self._clock() + self._pace.token_margin)

    async def _load(self, account_id: int) -> tuple[Account, Tokens | None]:
        async with self._db.read() as uow:
            account = await uow.accounts.get(account_id)
            tokens = await uow.credentials.load(account_id)
        if account.status in (AccountStatus.NEEDS_REAUTH, AccountStatus.DISCONNECTED, AccountStatus.UNCONFIRMED):
            raise NeedsReauthError("the account has to be connected again", platform=account.platform)
        return account, tokens

    async def _renewed(self, account: Account, is_good: Callable[[Tokens], bool]) -> Tokens:
        async with self._at_work[account.id]:
            while True:
                claimed, tokens = await self._claim(account.id, is_good)
                if claimed:
                    return await self._renew(account, tokens)
                if tokens is not None and is_good(tokens):
                    return tokens
                await self._sleep(WAIT_S)

    async def _claim(self, account_id: int, is_good: Callable[[Tokens], bool]) -> tuple[bool, Tokens | None]:
        """Whether the renewal is ours to make, and the tokens as they are in that very transaction."""
        until = self._clock() + self._pace.refresh_lease
        async with self._db.begin() as uow:
            tokens = await uow.credentials.load(account_id)
            if tokens is not None and is_good(tokens):
                return False, tokens
            claimed = tokens is None or await uow.credentials.claim_refresh(account_id, self._owner, until)
            await uow.commit()
        return claimed, tokens

    async def _renew(self, account: Account, tokens: Tokens | None) -> Tokens:
        oauth = self._platforms[account.platform].oauth
        if tokens is None or tokens.refresh_token is None or oauth is None:
            error = NeedsReauthError("there is no refresh token", platform=account.platform)
            await self._needs_person(account, error)
            raise error
        try:
            grant = await oauth.refresh(tokens.refresh_token)
        except NeedsReauthError as error:
            await self._needs_person(account, error)
            raise
        except Exception:
            await self._release(account.id)
            raise
        return await self._store(account.id, tokens, grant)

    async def _store(self, account_id: int, old: Tokens, grant: Grant) -> Tokens:
        new = Tokens(
            access_token=grant.access_token,
            refresh_token=grant.refresh_token or old.refresh_token,
            expires_at=grant.expires_at,
            scopes=grant.scopes or old.scopes,
            refresh_expires_at=grant.refresh_expires_at or old.refresh_expires_at,
        )
        async with self._db.begin() as uow:
            await uow.credentials.store(account_id, new)
            await uow.credentials.release_refresh(account_id, self._owner)
            await uow.commit()
        return new

    async def _release(self, account_id: int) -> None:
        async with self._db.begin() as uow:
            await uow.credentials.release_refresh(account_id, self._owner)
            await uow.commit()

    async def _needs_person(self, account: Account, error: NeedsReauthError) -> None:
        await self.suspend(account.id, fault_of(error))
        await self._release(account.id)

    async def suspend(self, account_id: int, cause: Fault) -> None:
        """The grant is gone: the account waits for its operator, its tasks with it, and it is said once."""
        async with self._db.begin() as uow:
            account = await uow.accounts.get(account_id)
            if account.status is AccountStatus.ACTIVE:
                named = {"account": account.title, "platform": account.platform}
                fault = Fault(NEEDS_REAUTH, {**cause.params, **named})
                await uow.accounts.set_status(account.id, AccountStatus.NEEDS_REAUTH)
                await pause(uow, self._listener, account, fault)
                await self._listener.hear(uow, AccountNeedsReauth(account.id, fault))
            await uow.commit()


def _outlives(tokens: Tokens, moment: datetime) -> bool:
    return tokens.expires_at is None or tokens.expires_at > moment
