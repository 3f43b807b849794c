"""Things asked for in the chat that need another site's answer: they run from the outbox, outside any transaction."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from bot import formats
from bot.choice_errand import ask_choices
from bot.consents import ConsentWindow
from bot.ports import Accounts, OptionDesk
from bot.renderer import Outgoing
from bot.screen import Button, Screen
from bot.texts import Texts
from scheduler.faults import fault_of
from storage.database import Database
from storage.errors import (
    ConflictError,
    ConsentExpiredError,
    ConsentUnknownError,
    ConsentUsedError,
    UnavailableError,
)
from storage.values import Account, Operator

log = logging.getLogger(__name__)


class Errands:
    """Runs errands by name; each answers the message to send, or None where a notice tells the outcome."""

    def __init__(
        self,
        *,
        db: Database,
        accounts: Accounts,
        options: OptionDesk,
        window: ConsentWindow,
        texts: Texts,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._accounts = accounts
        self._options = options
        self._window = window
        self._texts = texts
        self._clock = clock

    async def run(self, operator: Operator, chat_id: int, payload: Mapping[str, Any]) -> Outgoing | None:
        """Run one errand."""
        match payload["errand"]:
            case "connect":
                return await self._connect(operator, chat_id, str(payload["platform"]))
            case "finish_connect":
                screen = await self._finish_connect(operator, payload["answer"])
                return Outgoing(screen) if screen is not None else None
            case "connect_named":
                screen = await self._connect_named(operator, chat_id, str(payload["platform"]), str(payload["named"]))
                return Outgoing(screen) if screen is not None else None
            case "disconnect":
                return Outgoing(await self._disconnect(operator, int(payload["account_id"])))
            case "choices":
                draft_id, site = int(payload["draft_id"]), str(payload["site"])
                await ask_choices(self._db, self._options, chat_id=chat_id, draft_id=draft_id, site=site)
        return None

    async def _connect(self, operator: Operator, chat_id: int, platform: str) -> Outgoing:
        t = self._texts.of(operator.locale)
        request = await self._accounts.begin_connect(operator, chat_id, platform)
        await self._window.open_until(request.expires_at)
        until = formats.moment(request.expires_at, operator.timezone, self._clock(), t)
        titles = {choice.name: choice.display_name for choice in self._accounts.platforms()}
        title = titles.get(platform, platform)
        button = Button(t.plain("button.open_consent", platform=title), url=request.url, style="primary")
        return Outgoing(Screen(t("connect.go", until=until), ((button,),)), consent_state=request.state)

    async def _finish_connect(self, operator: Operator, answer: Mapping[str, str]) -> Screen | None:
        """A consent that was good but did not become an account is told by a notice; a bad one is told here."""
        t = self._texts.of(operator.locale)
        try:
            return await self._told(operator, self._accounts.complete_connect(params=answer, operator_id=operator.id))
        except (ConsentUnknownError, ConsentUsedError, ConsentExpiredError) as error:
            return Screen(t(f"error.{error.code}"))

    async def _connect_named(self, operator: Operator, chat_id: int, platform: str, named: str) -> Screen | None:
        """What became of it is told by a notice, either way."""
        return await self._told(operator, self._accounts.connect_named(operator, chat_id, platform, named))

    async def _told(self, operator: Operator, connecting: Awaitable[Account]) -> Screen | None:
        """Wait for an account; None where a notice says how it went, and a sentence where nobody else says it."""
        try:
            await connecting
        except (ConsentUnknownError, ConsentUsedError, ConsentExpiredError):
            raise
        except (ConflictError, UnavailableError):
            raise
        except Exception as error:  # noqa: BLE001
            # The border to the scheduler and, behind it, the site: its errors have codes, anything else is a bug.
            fault = fault_of(error)
            log.info("an account was not connected: %s", fault.code)
            t = self._texts.of(operator.locale)
            return Screen(t("error.internal")) if fault.code == "task.unexpected" else None
        return None

    async def _disconnect(self, operator: Operator, account_id: int) -> Screen:
        t = self._texts.of(operator.locale)
        async with self._db.read() as uow:
            account = await uow.accounts.get(account_id)
        await self._accounts.disconnect(account_id)
        return Screen(t("account.disconnected", account=account.title))
