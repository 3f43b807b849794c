"""Consents that are given by a code: what is asked for, when it is asked for again, and which message shows it."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from storage.errors import SecretError
from storage.tables import code_consents
from storage.transaction import Record, Transaction, columns
from storage.values import CodeConsent, SettledConsent

_OPEN = code_consents.c.ended_at.is_(None)


class CodeConsentRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, consent: CodeConsent) -> None:
        """Keep it with its secret sealed."""
        keyring = self._tx.keyring
        await self._tx.connection.execute(
            code_consents.insert().values(
                code_sha256=consent.key,
                operator_id=consent.operator_id,
                chat_id=consent.chat_id,
                platform=consent.platform,
                account_id=consent.account_id,
                device_code=keyring.encrypt(consent.device_code, consent.key, "device_code"),
                user_code=consent.user_code,
                verification_url=consent.verification_url,
                kid=keyring.newest,
                interval_s=math.ceil(consent.interval.total_seconds()),
                next_poll_at=consent.next_poll_at,
                expires_at=consent.expires_at,
            )
        )

    async def due(self, now: datetime) -> tuple[CodeConsent, ...]:
        """The open ones that are to be asked about, the longest waiting first.

        One whose secret no key opens any more ends here, as if it had expired: it must not hide the others.
        """
        is_due = _OPEN & (code_consents.c.next_poll_at <= now)
        readable = []
        for row in await self._tx.rows(columns(code_consents).where(is_due).order_by(code_consents.c.next_poll_at)):
            try:
                readable.append(self._consent(row))
            except SecretError:
                is_it = code_consents.c.code_sha256 == row["code_sha256"]
                await self._tx.change(update(code_consents).where(is_it).values(ended_at=row["expires_at"]))
        return tuple(readable)

    async def next_due(self) -> datetime | None:
        """When the next question is to be asked; None: nothing is open."""
        moment: datetime | None = await self._tx.scalar(select(func.min(code_consents.c.next_poll_at)).where(_OPEN))
        return moment

    async def asked(self, key: str, *, next_poll_at: datetime, interval: timedelta) -> None:
        """Written before the question, so that a process that dies in it does not ask too soon."""
        values = {"next_poll_at": next_poll_at, "interval_s": math.ceil(interval.total_seconds())}
        await self._tx.change(update(code_consents).where(code_consents.c.code_sha256 == key).values(values))

    async def end(self, key: str, now: datetime) -> bool:
        """Ask no more; False: it was over already."""
        is_it = (code_consents.c.code_sha256 == key) & _OPEN
        return await self._tx.change(update(code_consents).where(is_it).values(ended_at=now)) == 1

    async def shown(self, key: str, message_id: int) -> None:
        """Remember which message shows the code."""
        is_it = code_consents.c.code_sha256 == key
        await self._tx.change(update(code_consents).where(is_it).values(message_id=message_id))

    async def settle(self) -> tuple[SettledConsent, ...]:
        """The shown ones that are over by now; each is given out once."""
        is_settled = code_consents.c.message_id.is_not(None) & code_consents.c.ended_at.is_not(None)
        rows = await self._tx.rows(columns(code_consents).where(is_settled).order_by(code_consents.c.expires_at))
        if rows:
            given_out = update(code_consents).where(
                code_consents.c.code_sha256.in_([row["code_sha256"] for row in rows])
            )
            await self._tx.change(given_out.values(message_id=None))
        return tuple(
            SettledConsent(row["chat_id"], row["message_id"], row["platform"], row["ended_at"] < row["expires_at"])
            for row in rows
        )

    async def prune(self, before: datetime) -> int:
        """Remove what expired before that moment; returns how many."""
        return await self._tx.change(delete(code_consents).where(code_consents.c.expires_at < before))

    def _consent(self, row: Record) -> CodeConsent:
        return CodeConsent(
            operator_id=row["operator_id"],
            chat_id=row["chat_id"],
            platform=row["platform"],
            account_id=row["account_id"],
            device_code=self._tx.keyring.decrypt(row["device_code"], row["code_sha256"], "device_code"),
            user_code=row["user_code"],
            verification_url=row["verification_url"],
            interval=timedelta(seconds=row["interval_s"]),
            next_poll_at=row["next_poll_at"],
            expires_at=row["expires_at"],
        )
