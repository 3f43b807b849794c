"""The views by name; a name travels in buttons and in the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.callbacks import ConnectButton, ViewButton
from bot.screen import Button, Screen
from bot.views.accounts import account_view, accounts_view, connect_rows
from bot.views.context import View, ViewContext
from bot.views.posts import posts_view
from bot.views.queue import queue_view
from bot.views.quota import quota_view
from bot.views.settings import settings_view
from bot.views.stats import stats_view
from bot.views.upload import upload_view
from storage.values import AccountStatus


async def _start(context: ViewContext, _: Mapping[str, Any]) -> Screen:
    t = context.t
    if any(account.status is not AccountStatus.DISCONNECTED for account in await context.uow.accounts.list()):
        return Screen(t("start.ready"))
    rows = connect_rows(context, is_first=True)
    if not rows:
        rows = ((Button(t.plain("button.accounts_list"), data=ViewButton(view="accounts").pack(), style="primary"),),)
    return Screen(t("start.first_time"), rows)


async def _help(context: ViewContext, _: Mapping[str, Any]) -> Screen:
    return Screen(context.t("help.text"))


async def _moved(context: ViewContext, _: Mapping[str, Any]) -> Screen:
    return Screen(context.t("card.moved"))


async def _consent_over(context: ViewContext, args: Mapping[str, Any]) -> Screen:
    platform = str(args["platform"])
    title = context.platform_title(platform)
    if args["is_used"]:
        return Screen(context.t("connect.used", platform=title))
    again = Button(
        context.t.plain("button.connect", platform=title),
        data=ConnectButton(platform=platform).pack(),
        style="primary",
    )
    return Screen(context.t("connect.expired", platform=title), ((again,),))


async def _stopped(context: ViewContext, args: Mapping[str, Any]) -> Screen:
    return Screen(context.t(f"cancelled.{args['question']}"))


MOVED = "moved"
EPITAPHS = frozenset({MOVED, "consent_over"})
"""Views that only change a message which is there: they have no sense as a new one."""

VIEWS: Mapping[str, View] = {
    "start": _start,
    "help": _help,
    "queue": queue_view,
    "posts": posts_view,
    "stats": stats_view,
    "upload": upload_view,
    "accounts": accounts_view,
    "account": account_view,
    "quota": quota_view,
    "settings": settings_view,
    MOVED: _moved,
    "consent_over": _consent_over,
    "stopped": _stopped,
}
BUTTON_VIEWS = frozenset({"help", "queue", "posts", "stats", "accounts", "quota", "settings"})
"""Views that a button may ask for by name alone."""
