"""`/settings`: the language of the chat and the clock that times are shown by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot import formats
from bot.callbacks import SettingAct, SettingButton
from bot.screen import Button, Rows, Screen
from bot.views.context import ViewContext

COMMON_ZONES = (
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Kyiv",
    "Europe/Moscow",
    "Asia/Yekaterinburg",
    "Asia/Almaty",
    "America/New_York",
)
"""Offered as buttons; every other IANA name can be typed."""


async def settings_view(context: ViewContext, _: Mapping[str, Any]) -> Screen:
    """Both settings, with buttons for the usual answers."""
    t, operator = context.t, context.operator
    text = t(
        "settings.title",
        language=t.plain(f"language.{t.locale}"),
        zone=formats.offset(operator.timezone, context.now),
        now=formats.moment(context.now, operator.timezone, context.now, t),
    )
    languages = tuple(_language(context, name) for name in context.languages)
    zones = [_zone(context, name) for name in COMMON_ZONES]
    typed = Button(t.plain("button.type_timezone"), data=SettingButton(act=SettingAct.TYPE_TIMEZONE).pack())
    rows: Rows = tuple(tuple(zones[at : at + 2]) for at in range(0, len(zones), 2))
    return Screen(text, (languages, *rows, (typed,)))


def _language(context: ViewContext, name: str) -> Button:
    mark = "✅ " if context.t.locale == name else ""
    label = mark + context.t.plain(f"language.{name}")
    return Button(label, data=SettingButton(act=SettingAct.LANGUAGE, arg=name).pack())


def _zone(context: ViewContext, name: str) -> Button:
    mark = "✅ " if context.operator.timezone == name else ""
    label = mark + name.split("/")[-1].replace("_", " ")
    return Button(label, data=SettingButton(act=SettingAct.TIMEZONE, arg=name).pack())
