"""`/accounts`: the channels and users that posts can go to, and what can be done with each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.callbacks import AccountAct, AccountButton, ConnectButton, ViewButton
from bot.screen import Button, Rows, Screen, Style, shorten
from bot.views.context import ViewContext
from storage.errors import NotFoundError
from storage.values import Account, AccountStatus

MARKS = {AccountStatus.ACTIVE: "🟢", AccountStatus.DISABLED: "⏸", AccountStatus.NEEDS_REAUTH: "🔑"}


async def accounts_view(context: ViewContext, _: Mapping[str, Any]) -> Screen:
    """Every account that is connected, and a button per platform to connect one more."""
    t = context.t
    accounts = [a for a in await context.uow.accounts.list() if a.status is not AccountStatus.DISCONNECTED]
    lines = [t("accounts.title") if accounts else t("accounts.none")]
    lines += [_line(context, account) for account in accounts]
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
        return _disconnect_question(context, account)
    about = context.t(f"account.about.{account.status.value}")
    return Screen(f"{_line(context, account)}\n\n{about}", _account_rows(context, account))


def _account_rows(context: ViewContext, account: Account) -> Rows:
    t = context.t
    switch = {
        AccountStatus.ACTIVE: _press(account, AccountAct.DISABLE, t.plain("button.disable")),
        AccountStatus.DISABLED: _press(account, AccountAct.ENABLE, t.plain("button.enable"), "primary"),
    }.get(account.status)
    if switch is None:
        label = t.plain("button.reconnect")
        switch = Button(label, data=ConnectButton(platform=account.platform).pack(), style="primary")
    disconnect = _press(account, AccountAct.ASK_DISCONNECT, t.plain("button.disconnect"))
    return ((switch, disconnect), (_to_list(context),))


def _disconnect_question(context: ViewContext, account: Account) -> Screen:
    t = context.t
    yes = _press(account, AccountAct.DISCONNECT, t.plain("button.disconnect_yes"), "danger")
    keep = _press(account, AccountAct.SHOW, t.plain("button.keep"))
    return Screen(t("account.disconnect_question", account=account.title), ((yes, keep),))


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
    return tuple(
        (
            Button(
                context.t.plain("button.connect", platform=choice.display_name),
                data=ConnectButton(platform=choice.name).pack(),
                style="primary" if is_first else None,
            ),
        )
        for choice in context.services.accounts.platforms()
    )


def _press(account: Account, act: AccountAct, label: str, style: Style | None = None) -> Button:
    return Button(label, data=AccountButton(account=account.id, act=act).pack(), style=style)


def _to_list(context: ViewContext) -> Button:
    return Button(context.t.plain("button.all_accounts"), data=ViewButton(view="accounts").pack())
