"""Asks a site what it offers the chosen accounts for a panel that is open, and puts the answers where it reads them."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from bot.news import fault_to_json
from bot.option_panels import site_of
from bot.ports import OptionDesk
from bot.replies import queue_card
from scheduler.faults import fault_of
from storage.database import Database
from storage.errors import ConflictError, NotFoundError, UnavailableError
from storage.unit_of_work import UnitOfWork
from storage.values import JsonObject

log = logging.getLogger(__name__)


async def ask_choices(db: Database, desk: OptionDesk, *, chat_id: int, draft_id: int, site: str) -> None:
    """Ask for each account; the card shows the answers, or why there is none."""
    async with db.read() as uow:
        account_ids = await _accounts(uow, draft_id, site)
    answers = await asyncio.gather(*(_answer(desk, account_id) for account_id in account_ids))
    told = dict(zip(map(str, account_ids), answers, strict=True))
    await db.run(lambda uow: _put(uow, chat_id, draft_id, site, told))


async def ask_limits(db: Database, desk: OptionDesk, *, draft_id: int, site: str) -> None:
    """Ask for each account, for what the desk learns by the way; the card is shown anew if that was news."""
    before = desk.longest_s()
    async with db.read() as uow:
        account_ids = await _accounts(uow, draft_id, site)
    await asyncio.gather(*(_answer(desk, account_id) for account_id in account_ids))
    if desk.longest_s() != before:
        await db.run(lambda uow: _show(uow, draft_id))


async def _show(uow: UnitOfWork, draft_id: int) -> None:
    await queue_card(uow, await uow.drafts.get(draft_id))


async def _accounts(uow: UnitOfWork, draft_id: int, site: str) -> list[int]:
    try:
        draft = await uow.drafts.get(draft_id)
        accounts = [await uow.accounts.get(account_id) for account_id in draft.account_ids]
    except NotFoundError:
        return []
    return [account.id for account in accounts if account.platform == site]


async def _answer(desk: OptionDesk, account_id: int) -> JsonObject:
    try:
        return dict(await desk.choices(account_id))
    except (ConflictError, UnavailableError):
        raise
    except Exception as error:  # noqa: BLE001
        # The border to the scheduler and, behind it, the site: its errors have codes, anything else is a bug.
        fault = fault_of(error)
        log.info("account %s: what it is offered is not known: %s", account_id, fault.code)
        return {"fault": fault_to_json(fault)}


async def _put(uow: UnitOfWork, chat_id: int, draft_id: int, site: str, answers: dict[str, Any]) -> None:
    """Only if the person still looks at it: what is asked for another panel is asked when that one opens."""
    asked = await uow.conversations.get(chat_id)
    if asked is None or asked.draft_id != draft_id or site_of(asked.question) != site:
        return
    await uow.conversations.ask(chat_id, asked.question, draft_id, {**asked.params, "choices": answers})
    await queue_card(uow, await uow.drafts.get(draft_id))
