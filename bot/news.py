"""Messages that make the phone ring: results, failures, questions, postponements."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot import formats
from bot.account_news import account_news, show_card_button
from bot.callbacks import ConnectButton, ViewButton
from bot.post_card import task_buttons
from bot.screen import Button, Rows, Screen, shorten
from bot.texts import Markup
from bot.views.context import ViewContext
from bot.voice_notes import note_lines, notes_of
from storage.values import Fault, JsonObject, Task

TITLE_SHOWN = 100


def fault_to_json(fault: Fault) -> JsonObject:
    """A fault as it travels in the outbox."""
    return {"code": fault.code, "params": dict(fault.params)}


def fault_from_json(data: Mapping[str, Any]) -> Fault:
    """The inverse of `fault_to_json`."""
    return Fault(str(data["code"]), data.get("params") or {})


async def news_screen(context: ViewContext, payload: Mapping[str, Any]) -> Screen:
    """The message for one piece of news. Raises NotFoundError where its subject is gone."""
    if "task_id" in payload:
        return await _task_news(context, await context.uow.tasks.get(int(payload["task_id"])), payload)
    if "account_id" in payload:
        return await account_news(context, payload)
    return _connect_failed(context, payload)


async def _task_news(context: ViewContext, task: Task, payload: Mapping[str, Any]) -> Screen:
    account = await context.uow.accounts.get(task.account_id)
    fault = fault_from_json(payload["fault"]) if payload.get("fault") else None
    text = context.t(
        f"news.{payload['news']}",
        title=shorten(task.title, TITLE_SHOWN),
        account=account.title,
        platform=context.platform_title(task.platform),
        why=_why(context, fault),
        when=_when(context, payload),
        deed=context.t.plain(f"deed.{payload['deed']}") if "deed" in payload else "",
    )
    is_over = payload["news"] in ("completed", "delivered")
    notes = note_lines(await notes_of(context.uow, [task]), context.t) if is_over else []
    return Screen("\n".join([text, *notes]), await _task_rows(context, task, payload))


async def _task_rows(context: ViewContext, task: Task, payload: Mapping[str, Any]) -> Rows:
    upload = await context.uow.uploads.by_task(task.id)
    rows = task_buttons(task, context.t, url=payload.get("url"), upload_id=upload.id if upload is not None else None)
    if payload["news"] == "failed" and not payload.get("can_retry", True):
        rows = ()
    draft = await context.uow.drafts.by_post(task.post_id)
    if draft is None:
        return rows
    return rows if payload["news"] in ("completed", "delivered") else (*rows, (show_card_button(context, draft),))


def _connect_failed(context: ViewContext, payload: Mapping[str, Any]) -> Screen:
    t, platform = context.t, str(payload["platform"])
    text = t(
        "news.connect_failed",
        platform=context.platform_title(platform),
        why=_why(context, fault_from_json(payload["fault"])),
    )
    again = Button(t.plain("button.try_again"), data=ConnectButton(platform=platform).pack(), style="primary")
    accounts = Button(t.plain("button.all_accounts"), data=ViewButton(view="accounts").pack())
    return Screen(text, ((again,), (accounts,)))


def _why(context: ViewContext, fault: Fault | None) -> Markup:
    if fault is None:
        return Markup("")
    return Markup(formats.fault_sentence(fault, context.t, zone=context.operator.timezone, now=context.now))


def _when(context: ViewContext, payload: Mapping[str, Any]) -> str:
    if not payload.get("until"):
        return ""
    until = datetime.fromisoformat(str(payload["until"]))
    return formats.moment(until, context.operator.timezone, context.now, context.t)
