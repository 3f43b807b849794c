"""Grants become accounts: one per channel however often it is connected, and none before its operator knows it.

Where one sign-in owns several channels, the one that came need not be the one that was meant. Such an account is
entered as unconfirmed: its tokens are sealed like any other's, nothing is published on it, and what nobody confirms is
given back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from platforms.base import Grant, Identity, Platform
from platforms.errors import PlatformError
from scheduler.countdown import announced_days
from scheduler.errors import NoRefreshTokenError
from scheduler.notices import AccountConnected, AccountNotConfirmed, AccountToConfirm, NoticeListener
from scheduler.pausing import NEEDS_REAUTH, pause, resume
from storage.database import Database
from storage.errors import StaleVersionError
from storage.unit_of_work import UnitOfWork
from storage.values import Account, AccountStatus, Fault, Tokens

log = logging.getLogger(__name__)

CONFIRM_WITHIN = timedelta(hours=1)
ASKED_AGAIN = (AccountStatus.DISCONNECTED, AccountStatus.UNCONFIRMED)


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants an account of which site connected, and where they are told; `account_id`: which one, again."""

    operator_id: int
    chat_id: int
    platform: str
    account_id: int | None = None


class AccountBook:
    """Enters what came of a consent, and takes the operator's yes or no."""

    def __init__(
        self,
        db: Database,
        platforms: Mapping[str, Platform],
        listener: NoticeListener,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._platforms = platforms
        self._listener = listener
        self._clock = clock

    async def enter(self, uow: UnitOfWork, wish: Wish, granted: Sequence[tuple[Grant, Identity]]) -> list[Account]:
        """The accounts that a consent covers, each told to the listener. Raises NoRefreshTokenError."""
        accounts = [await self._enter(uow, wish, grant, identity) for grant, identity in granted]
        is_another = wish.account_id is not None and wish.account_id not in {account.id for account in accounts}
        for account in accounts:
            await self._tell(uow, wish, account, wish.account_id if is_another else None)
        return accounts

    async def _enter(self, uow: UnitOfWork, wish: Wish, grant: Grant, identity: Identity) -> Account:
        known = await uow.accounts.find(wish.platform, identity.external_id)
        asks = self._platforms[wish.platform].capabilities.confirm_identity
        is_unknown = known is None or known.status in ASKED_AGAIN
        account = await uow.accounts.connect(
            platform=wish.platform,
            external_id=identity.external_id,
            title=identity.title,
            handle=identity.handle,
            scopes=grant.scopes,
            operator_id=wish.operator_id,
            status=AccountStatus.UNCONFIRMED if asks and is_unknown else AccountStatus.ACTIVE,
        )
        if grant.refresh_token is None and grant.expires_at is not None:
            stored = await uow.credentials.load(account.id)
            if stored is None or stored.refresh_token is None:
                raise NoRefreshTokenError(platform=wish.platform)
        tokens = Tokens(
            access_token=grant.access_token,
            refresh_token=grant.refresh_token,
            expires_at=grant.expires_at,
            scopes=grant.scopes,
            refresh_expires_at=grant.refresh_expires_at,
        )
        await uow.credentials.store(account.id, tokens)
        days = announced_days(grant.refresh_expires_at, self._clock())
        await uow.credentials.begin_countdown(account.id, days)
        return account

    async def _tell(self, uow: UnitOfWork, wish: Wish, account: Account, instead_of: int | None) -> None:
        if account.status is AccountStatus.UNCONFIRMED:
            asked = AccountToConfirm(account.id, wish.operator_id, wish.chat_id, instead_of)
            await self._listener.hear(uow, asked)
            return
        resumed = await resume(uow, self._listener, account.id, self._clock())
        connected = AccountConnected(account.id, wish.operator_id, wish.chat_id, resumed, instead_of)
        await self._listener.hear(uow, connected)

    async def confirm(self, uow: UnitOfWork, account_id: int, operator_id: int, chat_id: int) -> None:
        """It is the one they meant: posts can go there now. Raises StaleVersionError when that is no question."""
        account = await self._unconfirmed(uow, account_id)
        await uow.accounts.set_status(account.id, AccountStatus.ACTIVE)
        resumed = await resume(uow, self._listener, account.id, self._clock())
        await self._listener.hear(uow, AccountConnected(account.id, operator_id, chat_id, resumed))

    async def reject(self, account_id: int) -> Account:
        """It is another one: forgotten here at once, then given back at the site. Raises StaleVersionError."""

        async def forget(uow: UnitOfWork) -> tuple[Account, Tokens | None]:
            account = await self._unconfirmed(uow, account_id)
            tokens = await uow.credentials.load(account_id)
            await self.forget(uow, account)
            return account, tokens

        # Forgotten first: a "yes" that is tapped meanwhile must not keep an account whose grant is being given back.
        account, tokens = await self._db.run(forget)
        if tokens is not None:
            await self.give_back(account, tokens)
        return account

    async def lapse(self) -> None:
        """Give back what nobody confirmed in time, and say so."""
        async with self._db.read() as uow:
            old = await uow.accounts.unconfirmed_since(self._clock() - CONFIRM_WITHIN)
        for account in old:
            try:
                await self.reject(account.id)
            except StaleVersionError:
                continue
            await self._db.run(lambda uow, gone=account: self._listener.hear(uow, AccountNotConfirmed(gone.id)))  # type: ignore[misc]

    async def forget(self, uow: UnitOfWork, account: Account) -> None:
        """Disconnect: the tokens go, its tasks wait."""
        await uow.credentials.forget(account.id)
        await uow.accounts.set_status(account.id, AccountStatus.DISCONNECTED)
        named = {"account": account.title, "platform": account.platform}
        await pause(uow, self._listener, account, Fault(NEEDS_REAUTH, named))

    async def give_back(self, account: Account, tokens: Tokens) -> None:
        """Revoke the grant, unless other accounts live by it too. A site that is away is no reason to keep anything."""
        site = self._platforms.get(account.platform)
        async with self._db.read() as uow:
            is_shared = await _is_shared(uow, account, tokens)
        if site is None or site.oauth is None or is_shared:
            return
        try:
            await site.oauth.revoke(tokens.refresh_token or tokens.access_token)
        except PlatformError as error:
            log.warning("account %s: revoking failed: %s", account.id, error.code)

    @staticmethod
    async def _unconfirmed(uow: UnitOfWork, account_id: int) -> Account:
        account = await uow.accounts.get(account_id)
        if account.status is not AccountStatus.UNCONFIRMED:
            raise StaleVersionError(f"account {account_id} waits for no answer")
        return account


async def _is_shared(uow: UnitOfWork, account: Account, tokens: Tokens) -> bool:
    """Whether another account of the site was connected by the same consent."""
    if tokens.refresh_token is None:
        return False
    for other in await uow.accounts.list(platform=account.platform):
        theirs = await uow.credentials.load(other.id) if other.id != account.id else None
        if theirs is not None and theirs.refresh_token == tokens.refresh_token:
            return True
    return False
