"""Access to accounts: sealed tokens, and the lease that lets one worker refresh them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, or_, select, update

from storage.errors import NotFoundError
from storage.tables import accounts, credentials
from storage.transaction import Transaction, columns
from storage.values import AccountStatus, Tokens


class CredentialRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def store(self, account_id: int, tokens: Tokens) -> None:
        """Seal and keep the tokens. A grant without a refresh token keeps the one that is stored."""
        refresh_token, refresh_expires_at = tokens.refresh_token, tokens.refresh_expires_at
        if refresh_token is None and (stored := await self.load(account_id)) is not None:
            # Sealed anew below, so the row has one key id.
            refresh_token = stored.refresh_token
            refresh_expires_at = refresh_expires_at or stored.refresh_expires_at
        values = {
            "access_token": await self._seal(account_id, "access_token", tokens.access_token),
            "refresh_token": await self._seal(account_id, "refresh_token", refresh_token),
            "expires_at": tokens.expires_at,
            "refresh_expires_at": refresh_expires_at,
            "scopes": sorted(tokens.scopes),
            "kid": self._tx.keyring.newest,
            "updated_at": self._tx.clock(),
        }
        await self._tx.insert_if_new(credentials, {"account_id": account_id, **values})
        await self._tx.change(update(credentials).where(credentials.c.account_id == account_id).values(values))

    async def load(self, account_id: int) -> Tokens | None:
        """The tokens in clear; raises SecretError when the row was damaged or belongs to another account."""
        row = await self._tx.row(columns(credentials).where(credentials.c.account_id == account_id))
        if row is None:
            return None
        return Tokens(
            access_token=await self._open(account_id, "access_token", row["access_token"]),
            refresh_token=await self._open(account_id, "refresh_token", row["refresh_token"])
            if row["refresh_token"] is not None
            else None,
            expires_at=row["expires_at"],
            scopes=frozenset(row["scopes"]),
            refresh_expires_at=row["refresh_expires_at"],
        )

    async def forget(self, account_id: int) -> None:
        await self._tx.change(delete(credentials).where(credentials.c.account_id == account_id))

    async def claim_refresh(self, account_id: int, owner: str, until: datetime) -> bool:
        """Take the right to refresh until a moment; False while another owner's lease is alive.

        The request to the platform is made with no transaction open, so this is a lease and not a lock:
        two refreshes at once would make platforms that rotate refresh tokens revoke the whole family.
        """
        is_free = or_(
            credentials.c.refresh_until.is_(None),
            credentials.c.refresh_until <= self._tx.clock(),
            credentials.c.refresh_owner == owner,
        )
        claim = update(credentials).where(credentials.c.account_id == account_id, is_free)
        return await self._tx.change(claim.values(refresh_owner=owner, refresh_until=until)) == 1

    async def release_refresh(self, account_id: int, owner: str) -> None:
        """Give the lease back; nothing happens when another owner has it by now."""
        is_mine = (credentials.c.account_id == account_id) & (credentials.c.refresh_owner == owner)
        await self._tx.change(update(credentials).where(is_mine).values(refresh_owner=None, refresh_until=None))

    async def expiring(self, before: datetime) -> tuple[int, ...]:
        """Ids of active accounts whose access token ends before that moment, the soonest first."""
        statement = (
            select(credentials.c.account_id.label("account_id"))
            .join(accounts, accounts.c.id == credentials.c.account_id)
            .where(accounts.c.status == AccountStatus.ACTIVE, credentials.c.expires_at < before)
            .order_by(credentials.c.expires_at)
        )
        return tuple(row["account_id"] for row in await self._tx.rows(statement))

    async def ending(self, before: datetime) -> tuple[tuple[int, datetime, int | None], ...]:
        """Account, end, and the last announced days of active accounts whose whole permission ends before then."""
        statement = (
            select(
                credentials.c.account_id.label("account_id"),
                credentials.c.refresh_expires_at.label("ends_at"),
                credentials.c.warned_days.label("warned_days"),
            )
            .join(accounts, accounts.c.id == credentials.c.account_id)
            .where(accounts.c.status == AccountStatus.ACTIVE, credentials.c.refresh_expires_at < before)
            .order_by(credentials.c.refresh_expires_at)
        )
        rows = await self._tx.rows(statement)
        return tuple((row["account_id"], row["ends_at"], row["warned_days"]) for row in rows)

    async def ends_at(self, account_id: int) -> datetime | None:
        """When the whole permission ends, unless it is renewed before; None: never, or nobody knows."""
        column = credentials.c.refresh_expires_at
        moment: datetime | None = await self._tx.scalar(select(column).where(credentials.c.account_id == account_id))
        return moment

    async def announce(self, account_id: int, days: int) -> bool:
        """Note that so many days before the end it was said; False: somebody has said it already."""
        is_news = credentials.c.warned_days.is_(None) | (credentials.c.warned_days > days)
        said = update(credentials).where(credentials.c.account_id == account_id, is_news)
        return await self._tx.change(said.values(warned_days=days)) == 1

    async def begin_countdown(self, account_id: int, days: int | None) -> None:
        """A new permission: what is nearer to its end than so many days is announced, what is farther is not."""
        is_it = credentials.c.account_id == account_id
        await self._tx.change(update(credentials).where(is_it).values(warned_days=days))

    async def unannounce(self, *, ends_after: datetime) -> None:
        """Permissions that were prolonged: their end is announced anew when it comes near."""
        is_far = credentials.c.warned_days.is_not(None) & (credentials.c.refresh_expires_at >= ends_after)
        await self._tx.change(update(credentials).where(is_far).values(warned_days=None))

    async def _seal(self, account_id: int, field: str, token: str | None) -> str | None:
        if token is None:
            return None
        return self._tx.keyring.encrypt(token, account_id, await self._platform(account_id), field)

    async def _open(self, account_id: int, field: str, sealed: str) -> str:
        return self._tx.keyring.decrypt(sealed, account_id, await self._platform(account_id), field)

    async def _platform(self, account_id: int) -> str:
        platform = await self._tx.scalar(select(accounts.c.platform).where(accounts.c.id == account_id))
        if platform is None:
            raise NotFoundError(f"no account {account_id}", id=account_id)
        return str(platform)
