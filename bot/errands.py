"""Things asked for in the chat that need another site's answer: they run from the outbox, outside any transaction."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from bot import formats
from bot.account_news import not_disconnected
from bot.choice_errand import ask_choices, ask_limits
from bot.consents import ConsentWindow
from bot.ports import Accounts, OptionDesk, UploadQuestions
from bot.renderer import Outgoing
from bot.screen import Button, Screen
from bot.texts import Texts
from bot.upload_errands import UploadErrands
from bot.words_errand import WordsErrand
from scheduler.faults import fault_of
from storage.database import Database
from storage.errors import (
    ConflictError,
    ConsentExpiredError,
    ConsentUnknownError,
    ConsentUsedError,
    StaleVersionError,
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
        questions: UploadQuestions,
        window: ConsentWindow,
        words: WordsErrand,
        texts: Texts,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._accounts = accounts
        self._options = options
        self._uploads = UploadErrands(questions, texts, clock)
        self._window = window
        self._words = words
        self._texts = texts
        self._clock = clock

    async def run(self, operator: Operator, chat_id: int, payload: Mapping[str, Any]) -> Outgoing | None:
        """Run one errand."""
        match payload["errand"]:
            case "connect":
                return await self._connect(operator, chat_id, str(payload["platform"]), payload.get("account_id"))
            case "connect_code":
                return await self._connect_code(operator, chat_id, str(payload["platform"]), payload.get("account_id"))
            case "choose_another":
                return await self._choose_another(operator, chat_id, int(payload["account_id"]))
            case "finish_connect":
                screen = await self._finish_connect(operator, payload["answer"])
                return Outgoing(screen) if screen is not None else None
            case "connect_named":
                screen = await self._connect_named(operator, chat_id, str(payload["platform"]), str(payload["named"]))
                return Outgoing(screen) if screen is not None else None
            case "disconnect":
                is_urgent = bool(payload.get("anyway"))
                return Outgoing(await self._disconnect(operator, int(payload["account_id"]), anyway=is_urgent))
            case "words":
                screen = await self._words.run(payload, self._texts.of(operator.locale))
                return Outgoing(screen) if screen is not None else None
            case "playlists" | "report":
                return await self._uploads.run(operator, payload)
            case "choices":
                draft_id, site = int(payload["draft_id"]), str(payload["site"])
                await ask_choices(self._db, self._options, chat_id=chat_id, draft_id=draft_id, site=site)
            case "limits":
                await ask_limits(self._db, self._options, draft_id=int(payload["draft_id"]), site=str(payload["site"]))
        return None

    async def _connect(self, operator: Operator, chat_id: int, platform: str, account_id: int | None) -> Outgoing:
        t = self._texts.of(operator.locale)
        request = await self._accounts.begin_connect(operator, chat_id, platform, account_id)
        await self._window.open_until(request.expires_at)
        until = formats.moment(request.expires_at, operator.timezone, self._clock(), t)
        title = self._title(platform)
        button = Button(t.plain("button.open_consent", platform=title), url=request.url, style="primary")
        return Outgoing(Screen(t("connect.go", until=until), ((button,),)), consent_state=request.state)

    def _title(self, platform: str) -> str:
        titles = {choice.name: choice.display_name for choice in self._accounts.platforms()}
        return titles.get(platform, platform)

    async def _connect_code(
        self, operator: Operator, chat_id: int, platform: str, account_id: int | None
    ) -> Outgoing | None:
        """Show a code to type at the site; where there is none, a notice has told why."""
        t = self._texts.of(operator.locale)
        try:
            consent = await self._accounts.begin_code(operator, chat_id, platform, account_id)
        except (ConflictError, UnavailableError):
            raise
        except Exception as error:  # noqa: BLE001
            # The border, as in `_told`.
            fault = fault_of(error)
            log.info("no code was given: %s", fault.code)
            is_told = fault.code not in ("task.unexpected", "platform.unknown")
            return None if is_told else Outgoing(Screen(t("error.internal")))
        until = formats.moment(consent.expires_at, operator.timezone, self._clock(), t)
        button = Button(t.plain("button.open_code_page"), url=consent.verification_url, style="primary")
        text = t("connect.code", code=consent.user_code, url=consent.verification_url, until=until)
        return Outgoing(Screen(text, ((button,),)), code_key=consent.key)

    async def _choose_another(self, operator: Operator, chat_id: int, account_id: int) -> Outgoing:
        """The account that came is not the one: give it back, and ask for another. A second tap only asks."""
        try:
            platform = (await self._accounts.reject(account_id)).platform
        except StaleVersionError:
            async with self._db.read() as uow:
                platform = (await uow.accounts.get(account_id)).platform
        return await self._connect(operator, chat_id, platform, None)

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

    async def _disconnect(self, operator: Operator, account_id: int, *, anyway: bool) -> Screen:
        t = self._texts.of(operator.locale)
        async with self._db.read() as uow:
            account = await uow.accounts.get(account_id)
        if waiting := await self._accounts.disconnect(account_id, anyway=anyway):
            return not_disconnected(account, waiting, operator, self._title(account.platform), t, self._clock())
        return Screen(t("account.disconnected", account=account.title))
