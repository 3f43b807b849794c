"""Connecting by a code: people type it at the site on any device, and we ask whether they did, at the site's pace.

A consent that waits is a row, so it holds no worker and survives a restart. A process that dies between the site's yes
and our note of it loses that grant (the site gives it once): the next question is answered "expired", and that is said.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from platforms.base import DeviceCode, DeviceFlow, Grant, HasDevice, Platform
from platforms.errors import PlatformError, RateLimitedError, TransientError
from scheduler.account_book import AccountBook, Wish
from scheduler.errors import CodeExpiredError, UnknownPlatformError
from scheduler.faults import fault_of
from scheduler.notices import ConnectFailed, NoticeListener
from storage.database import Database
from storage.errors import ConsentError
from storage.unit_of_work import UnitOfWork
from storage.values import CodeConsent, Fault, Operator

log = logging.getLogger(__name__)

PAUSE_AFTER_TROUBLE = timedelta(seconds=15)


class CodeConsents:
    """Begins consents by a code, and asks after them; run by one process, or the site would be asked too often."""

    def __init__(
        self,
        db: Database,
        platforms: Mapping[str, Platform],
        listener: NoticeListener,
        clock: Callable[[], datetime],
        *,
        book: AccountBook,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._db = db
        self._platforms = platforms
        self._listener = listener
        self._clock = clock
        self._book = book
        self._wake = wake

    def is_possible(self, platform: str) -> bool:
        """Whether the site gives codes, and is set up for it."""
        return _device(self._platforms.get(platform)) is not None

    async def begin(
        self, operator: Operator, chat_id: int, platform: str, account_id: int | None = None
    ) -> CodeConsent:
        """Get a code to show. Raises UnknownPlatformError, or PlatformError, which was told to the listener already."""
        device = _device(self._platforms.get(platform))
        if device is None:
            raise UnknownPlatformError(platform=platform)
        try:
            code = await device.begin()
        except PlatformError as error:
            failed = ConnectFailed(operator.id, chat_id, platform, fault_of(error))
            await self._db.run(lambda uow: self._listener.hear(uow, failed))
            raise
        consent = CodeConsent(
            operator_id=operator.id,
            chat_id=chat_id,
            platform=platform,
            device_code=code.device_code,
            user_code=code.user_code,
            verification_url=code.verification_url,
            interval=code.interval,
            next_poll_at=self._clock() + code.interval,
            expires_at=code.expires_at,
            account_id=account_id,
        )
        await self._db.run(lambda uow: uow.code_consents.add(consent))
        return consent

    async def ask_due(self) -> datetime | None:
        """Ask the site after every consent whose pause is over; answers when the next question is due."""
        due = await self._db.run(lambda uow: uow.code_consents.due(self._clock()))
        for consent in due:
            await self._ask(consent)
        async with self._db.read() as uow:
            return await uow.code_consents.next_due()

    async def _ask(self, consent: CodeConsent) -> None:
        device = _device(self._platforms.get(consent.platform))
        if device is None or consent.expires_at <= self._clock():
            await self._fail(consent, fault_of(CodeExpiredError(platform=consent.platform)))
            return
        await self._pause(consent, consent.interval)
        try:
            answer = await device.poll(_code(consent))
        except (TransientError, RateLimitedError) as error:
            log.info("the site was not asked after a code: %s", error.code)
            await self._pause(consent, max(consent.interval, PAUSE_AFTER_TROUBLE))
        except PlatformError as error:
            await self._fail(consent, fault_of(error))
        else:
            await self._take(consent, answer)

    async def _take(self, consent: CodeConsent, answer: Grant | DeviceCode) -> None:
        if isinstance(answer, DeviceCode):
            await self._pause(consent, answer.interval)
            return
        try:
            oauth = self._platforms[consent.platform].oauth
            if oauth is None:
                raise UnknownPlatformError(platform=consent.platform)
            identity = await oauth.identify(answer.access_token)
            wish = Wish(consent.operator_id, consent.chat_id, consent.platform, consent.account_id)

            async def enter(uow: UnitOfWork) -> None:
                if await uow.code_consents.end(consent.key, self._clock()):
                    await self._book.enter(uow, wish, [(answer, identity)])

            await self._db.run(enter)
        except (PlatformError, ConsentError) as error:
            await self._fail(consent, fault_of(error))
        self._wake()

    async def _pause(self, consent: CodeConsent, interval: timedelta) -> None:
        at = self._clock() + interval
        await self._db.run(lambda uow: uow.code_consents.asked(consent.key, next_poll_at=at, interval=interval))

    async def _fail(self, consent: CodeConsent, fault: Fault) -> None:
        async def tell(uow: UnitOfWork) -> None:
            if await uow.code_consents.end(consent.key, self._clock()):
                failed = ConnectFailed(consent.operator_id, consent.chat_id, consent.platform, fault)
                await self._listener.hear(uow, failed)

        await self._db.run(tell)


def _device(site: Platform | None) -> DeviceFlow | None:
    return site.device if isinstance(site, HasDevice) else None


def _code(consent: CodeConsent) -> DeviceCode:
    return DeviceCode(
        consent.device_code, consent.user_code, consent.verification_url, consent.expires_at, consent.interval
    )
