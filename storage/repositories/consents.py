"""Attempts to connect an account: each answer is honoured once, for the operator who asked."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import delete, func, select, update

from storage.errors import ConsentExpiredError, ConsentUnknownError, ConsentUsedError
from storage.tables import consents
from storage.transaction import Transaction, columns
from storage.values import Consent, SettledConsent


class ConsentRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, consent: Consent) -> None:
        """Keep a hash of the state and the sealed verifier: a copy of the database cannot finish the sign-in."""
        digest = _digest(consent.state)
        await self._tx.connection.execute(
            consents.insert().values(
                state_sha256=digest,
                operator_id=consent.operator_id,
                chat_id=consent.chat_id,
                platform=consent.platform,
                code_verifier=self._tx.keyring.encrypt(consent.code_verifier, digest, "code_verifier"),
                redirect_uri=consent.redirect_uri,
                kid=self._tx.keyring.newest,
                expires_at=consent.expires_at,
                account_id=consent.account_id,
            )
        )

    async def consume(self, state: str, *, operator_id: int | None, now: datetime) -> Consent:
        """Use the consent up. `operator_id` None: the caller cannot know who answers (a browser's callback).

        Raises ConsentUnknownError (also for another operator's state), ConsentUsedError or ConsentExpiredError.
        """
        digest = _digest(state)
        row = await self._tx.row(columns(consents).where(consents.c.state_sha256 == digest))
        if row is None or (operator_id is not None and row["operator_id"] != operator_id):
            raise ConsentUnknownError
        if row["used_at"] is not None:
            raise ConsentUsedError
        if row["expires_at"] <= now:
            raise ConsentExpiredError
        # Two answers at once both read "unused"; only one of them changes the row.
        is_unused = (consents.c.state_sha256 == digest) & consents.c.used_at.is_(None)
        if not await self._tx.change(update(consents).where(is_unused).values(used_at=now)):
            raise ConsentUsedError
        return Consent(
            state=state,
            operator_id=row["operator_id"],
            chat_id=row["chat_id"],
            platform=row["platform"],
            code_verifier=self._tx.keyring.decrypt(row["code_verifier"], digest, "code_verifier"),
            redirect_uri=row["redirect_uri"],
            expires_at=row["expires_at"],
            account_id=row["account_id"],
        )

    async def open_until(self, now: datetime) -> datetime | None:
        """When the last of the consents ends that can still be answered; None: there is none."""
        is_open = consents.c.used_at.is_(None) & (consents.c.expires_at > now)
        latest: datetime | None = await self._tx.scalar(select(func.max(consents.c.expires_at)).where(is_open))
        return latest

    async def shown(self, state: str, message_id: int) -> None:
        """Remember which message shows the link, so that the link can be taken back when the consent is over."""
        is_it = consents.c.state_sha256 == _digest(state)
        await self._tx.change(update(consents).where(is_it).values(message_id=message_id))

    async def settle(self, now: datetime) -> tuple[SettledConsent, ...]:
        """The shown consents that are over by now; each is given out once."""
        is_over = consents.c.used_at.is_not(None) | (consents.c.expires_at <= now)
        is_settled = consents.c.message_id.is_not(None) & is_over
        rows = await self._tx.rows(columns(consents).where(is_settled).order_by(consents.c.expires_at))
        if rows:
            digests = [row["state_sha256"] for row in rows]
            given_out = update(consents).where(consents.c.state_sha256.in_(digests)).values(message_id=None)
            await self._tx.change(given_out)
        return tuple(
            SettledConsent(row["chat_id"], row["message_id"], row["platform"], row["used_at"] is not None)
            for row in rows
        )

    async def prune(self, before: datetime) -> int:
        """Remove what expired before that moment; returns how many."""
        return await self._tx.change(delete(consents).where(consents.c.expires_at < before))


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
