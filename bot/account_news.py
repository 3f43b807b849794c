"""Messages about accounts: one was connected, is to be confirmed, lets nobody in any more, or soon will not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot import formats
from bot.callbacks import AccountAct, AccountButton, ConnectButton, PostAct, PostButton, ReconnectButton
from bot.post_card import WAITS_FOR_ACCOUNT
from bot.screen import Button, Screen
from bot.texts import Markup, Speech
from bot.views.context import ViewContext
from storage.errors import NotFoundError
from storage.values import Account, AccountStatus, Draft, Operator, Task

DAY_S = 86_400


async def account_news(context: ViewContext, payload: Mapping[str, Any]) -> Screen:
    """The message for one piece of news. Raises NotFoundError where the account is gone."""
    account = await context.uow.accounts.get(int(payload["account_id"]))
    match payload["news"]:
        case "confirm":
            return await _confirm(context, account, payload)
        case "not_confirmed":
            return _not_confirmed(context, account)
        case "expiring":
            return _expiring(context, account, datetime.fromisoformat(str(payload["until"])))
        case news if news == WAITS_FOR_ACCOUNT:
            return Screen(_say(context, "news.reauth", account), ((reconnect_button(context, account),),))
    return await _connected(context, account, payload)


def reconnect_button(context: ViewContext, account: Account) -> Button:
    """Begins to connect this very account again."""
    return Button(context.t.plain("button.reconnect"), data=ReconnectButton(account=account.id).pack(), style="primary")


def confirm_rows(context: ViewContext, account: Account) -> tuple[tuple[Button, ...], ...]:
    """Yes, or another one."""
    yes = AccountButton(account=account.id, act=AccountAct.CONFIRM).pack()
    other = AccountButton(account=account.id, act=AccountAct.OTHER).pack()
    t = context.t
    return (
        (Button(t.plain("button.use_account"), data=yes, style="primary"),),
        (Button(t.plain("button.another_account"), data=other),),
    )


async def _confirm(context: ViewContext, account: Account, payload: Mapping[str, Any]) -> Screen:
    if account.status is not AccountStatus.UNCONFIRMED:
        # The answer was given before the question was sent.
        return Screen(_say(context, "news.connected", account))
    text = _say(context, "news.confirm", account, handle=f" ({account.handle})" if account.handle else "")
    if expected := await _expected(context, payload):
        text = f"{text}\n\n{context.t('news.another_came', account=account.title, expected=expected.title)}"
    return Screen(text, confirm_rows(context, account))


async def _connected(context: ViewContext, account: Account, payload: Mapping[str, Any]) -> Screen:
    t, resumed = context.t, int(payload.get("resumed_tasks", 0))
    said = _say(context, "news.connected", account)
    if expected := await _expected(context, payload):
        other = t("news.another_came", account=account.title, expected=expected.title)
        return Screen(f"{said}\n\n{other}", ((reconnect_button(context, expected),),))
    if lacking := lacks_line(context, account):
        said = f"{said}\n{lacking}"
    if resumed:
        return Screen(f"{said}\n{t.count('news.resumed', resumed)}")
    drafts = await context.uow.drafts.open_of(context.operator.id)
    if not drafts:
        return Screen(f"{said}\n{t('news.connected_next')}")
    return Screen(f"{said}\n{t('news.connected_draft')}", ((show_card_button(context, drafts[-1]),),))


def _not_confirmed(context: ViewContext, account: Account) -> Screen:
    again = Button(
        context.t.plain("button.connect", platform=context.platform_title(account.platform)),
        data=ConnectButton(platform=account.platform).pack(),
        style="primary",
    )
    return Screen(_say(context, "news.not_confirmed", account), ((again,),))


def _expiring(context: ViewContext, account: Account, ends_at: datetime) -> Screen:
    when = formats.moment(ends_at, context.operator.timezone, context.now, context.t)
    days = days_left(ends_at, context.now)
    text = _say(context, "news.expiring", account, left=context.t.count("time.days", days), when=when)
    return Screen(text, ((reconnect_button(context, account),),))


def not_disconnected(
    account: Account, waiting: Sequence[Task], operator: Operator, platform: str, t: Speech, now: datetime
) -> Screen:
    """What the site would still make public by itself, and the choice that is left."""
    posts = "\n".join(
        t("account.waits_there", title=task.title, when=formats.moment(task.scheduled_time, operator.timezone, now, t))
        for task in waiting
    )
    anyway = AccountButton(account=account.id, act=AccountAct.DISCONNECT_ANYWAY).pack()
    keep = AccountButton(account=account.id, act=AccountAct.SHOW).pack()
    text = t("account.not_disconnected", account=account.title, platform=platform, posts=Markup(posts))
    row = (
        Button(t.plain("button.disconnect_anyway"), data=anyway, style="danger"),
        Button(t.plain("button.keep"), data=keep),
    )
    return Screen(text, (row,))


def days_left(ends_at: datetime, now: datetime) -> int:
    """Whole days, the begun one included; 0 when it is over."""
    return max(0, math.ceil((ends_at - now).total_seconds() / DAY_S))


def lacks_line(context: ViewContext, account: Account) -> str:
    """What the account's permission does not cover; empty where it covers the usual."""
    lacking = context.services.accounts.lacking(account)
    named = [context.t.plain(f"power.{name}") for name in lacking if context.t.knows(f"power.{name}")]
    return context.t("account.lacks", what=", ".join(named)) if named else ""


def show_card_button(context: ViewContext, draft: Draft) -> Button:
    """Leads to a draft's card."""
    show = PostButton(draft=draft.id, version=draft.version, act=PostAct.SHOW).pack()
    return Button(context.t.plain("button.show_card"), data=show)


async def _expected(context: ViewContext, payload: Mapping[str, Any]) -> Account | None:
    """The account that was to be connected again, where another one came."""
    if not payload.get("instead_of"):
        return None
    try:
        return await context.uow.accounts.get(int(payload["instead_of"]))
    except NotFoundError:
        return None


def _say(context: ViewContext, key: str, account: Account, **more: Any) -> str:
    return context.t(key, account=account.title, platform=context.platform_title(account.platform), **more)
