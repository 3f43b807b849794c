"""`/accounts`: the channels and users that posts can go to, and what can be done with each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot import formats
from bot.account_news import confirm_rows, days_left, lacks_line, reconnect_button
from bot.callbacks import AccountAct, AccountButton, CodeButton, ConnectButton, ViewButton
from bot.ports import PlatformChoice
from bot.screen import Button, Rows, Screen, Style, shorten
from bot.views.context import ViewContext
from scheduler.holding import not_yet_held
from storage.errors import NotFoundError
from storage.values import Account, AccountStatus

MARKS = {
    AccountStatus.ACTIVE: "🟢",
    AccountStatus.DISABLED: "⏸",
    AccountStatus.NEEDS_REAUTH: "🔑",
    AccountStatus.UNCONFIRMED: "❔",
}
NEAR_DAYS = 14


async def accounts_view(context: ViewContext, _: Mapping[str, Any]) -> Screen:
    """Every account that is connected, and a button per platform to connect one more."""
    t = context.t
    accounts = [a for a in await context.uow.accounts.list() if a.status is not AccountStatus.DISCONNECTED]
    lines = [t("accounts.title") if accounts else t("accounts.none")]
    lines += [await _listed(context, account) for account in accounts]
    if not context.services.accounts.platforms():
        lines += ["", t("accounts.no_platforms")]
    rows: Rows = tuple((_press(account, AccountAct.SHOW, f"⚙️ {shorten(account.title, 40)}"),) for account in accounts)
    return Screen("\n".join(lines), (*rows, *connect_rows(context, is_first=not accounts)))


async def account_view(context: ViewContext, args: Mapping[str, Any]) -> Screen:
    """One account."""
    try:
        account = await context.uow.accounts.get(int(args["account_id"]))
    except NotFoundError:
        return await accounts_view(context, args)
    if account.status is AccountStatus.DISCONNECTED:
        return await accounts_view(context, args)
    if args.get("is_asked"):
        return await _disconnect_question(context, account)
    about = [context.t(f"account.about.{account.status.value}"), await _ends(context, account)]
    about.append(lacks_line(context, account))
    text = "\n".join(filter(None, about))
    return Screen(f"{_line(context, account)}\n\n{text}", _account_rows(context, account))


async def _listed(context: ViewContext, account: Account) -> str:
    """The account's line in the list, with the days that are left where they are few, and what it cannot do."""
    ends_at = await context.uow.credentials.ends_at(account.id)
    days = days_left(ends_at, context.now) if ends_at is not None else NEAR_DAYS + 1
    few = context.t("account.few_days", left=context.t.count("time.days", days)) if days <= NEAR_DAYS else ""
    more = [each for each in (few, lacks_line(context, account)) if each]
    return "\n".join([_line(context, account), *(f"      {each}" for each in more)])


async def _ends(context: ViewContext, account: Account) -> str:
    """When the permission ends, as far as that is known."""
    ends_at = await context.uow.credentials.ends_at(account.id)
    if ends_at is None or account.status is AccountStatus.NEEDS_REAUTH:
        return ""
    when = formats.moment(ends_at, context.operator.timezone, context.now, context.t)
    left = context.t.count("time.days", days_left(ends_at, context.now))
    return context.t("account.ends", when=when, left=left)


def _account_rows(context: ViewContext, account: Account) -> Rows:
    t = context.t
    if account.status is AccountStatus.UNCONFIRMED:
        return (*confirm_rows(context, account), (_to_list(context),))
    switch = {
        AccountStatus.ACTIVE: _press(account, AccountAct.DISABLE, t.plain("button.disable")),
        AccountStatus.DISABLED: _press(account, AccountAct.ENABLE, t.plain("button.enable"), "primary"),
    }.get(account.status)
    disconnect = _press(account, AccountAct.ASK_DISCONNECT, t.plain("button.disconnect"))
    again = reconnect_button(context, account)
    if switch is None:
        return ((again, disconnect), (_to_list(context),))
    return ((switch, disconnect), (replace(again, style=None),), (_to_list(context),))


async def _disconnect_question(context: ViewContext, account: Account) -> Screen:
    t = context.t
    yes = _press(account, AccountAct.DISCONNECT, t.plain("button.disconnect_yes"), "danger")
    keep = _press(account, AccountAct.SHOW, t.plain("button.keep"))
    question = t("account.disconnect_question", account=account.title)
    if await not_yet_held(context.uow, account.id, context.now):
        holds = t("account.disconnect_holds", platform=context.platform_title(account.platform))
        question = f"{question}\n\n{holds}"
    return Screen(question, ((yes, keep),))


def _line(context: ViewContext, account: Account) -> str:
    return context.t(
        "accounts.line",
        mark=MARKS.get(account.status, "•"),
        title=shorten(account.title, 60),
        handle=f" {account.handle}" if account.handle else "",
        platform=context.platform_title(account.platform),
        state=context.t.plain(f"account.state.{account.status.value}"),
    )


def connect_rows(context: ViewContext, *, is_first: bool) -> Rows:
    """A button per platform that begins to connect an account of it."""
    return tuple(_connect_row(context, choice, is_first=is_first) for choice in context.services.accounts.platforms())


def _connect_row(context: ViewContext, choice: PlatformChoice, *, is_first: bool) -> tuple[Button, ...]:
    connect = Button(
        context.t.plain("button.connect", platform=choice.display_name),
        data=ConnectButton(platform=choice.name).pack(),
        style="primary" if is_first else None,
    )
    if not choice.by_code:
        return (connect,)
    return connect, Button(context.t.plain("button.connect_code"), data=CodeButton(platform=choice.name).pack())


def _press(account: Account, act: AccountAct, label: str, style: Style | None = None) -> Button:
    return Button(label, data=AccountButton(account=account.id, act=act).pack(), style=style)


def _to_list(context: ViewContext) -> Button:
    return Button(context.t.plain("button.all_accounts"), data=ViewButton(view="accounts").pack())
