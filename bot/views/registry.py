"""The views by name; a name travels in buttons and in the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.callbacks import ViewButton
from bot.screen import Button, Screen
from bot.views.accounts import account_view, accounts_view
from bot.views.context import View, ViewContext
from bot.views.queue import queue_view
from bot.views.quota import quota_view
from bot.views.settings import settings_view


async def _start(context: ViewContext, _: Mapping[str, Any]) -> Screen:
    t = context.t
    accounts = await context.uow.accounts.list()
    connect = Button(t.plain("button.accounts_list"), data=ViewButton(view="accounts").pack())
    if not accounts:
        return Screen(t("start.first_time"), ((connect,),))
    return Screen(t("start.ready"))


async def _help(context: ViewContext, _: Mapping[str, Any]) -> Screen:
    return Screen(context.t("help.text"))


async def _moved(context: ViewContext, _: Mapping[str, Any]) -> Screen:
    return Screen(context.t("card.moved"))


VIEWS: Mapping[str, View] = {
    "start": _start,
    "help": _help,
    "queue": queue_view,
    "accounts": accounts_view,
    "account": account_view,
    "quota": quota_view,
    "settings": settings_view,
    "moved": _moved,
}
BUTTON_VIEWS = frozenset({"help", "queue", "accounts", "quota", "settings"})
"""Views that a button may ask for by name alone."""
