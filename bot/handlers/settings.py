"""The operator's language and clock."""

from __future__ import annotations

from zoneinfo import available_timezones

from aiogram import Router
from aiogram.types import CallbackQuery

from bot.callbacks import SettingAct, SettingButton
from bot.handlers.questions import close_question
from bot.screen import shorten
from bot.turn import RefusedError, Turn


def known_zone(text: str) -> str | None:
    """The IANA name that was meant: `europe/moscow`, `Moscow` and `New York` are understood."""
    wanted = text.strip().replace(" ", "_").lower()
    zones = available_timezones()
    exact = next((name for name in zones if name.lower() == wanted), None)
    if exact is not None:
        return exact
    cities = sorted(name for name in zones if "/" in name and name.split("/")[-1].lower() == wanted)
    return cities[0] if cities else None


async def set_zone(turn: Turn, text: str) -> None:
    """Take a typed zone as the operator's own and show the settings; one that nobody knows gets a sentence."""
    zone, asked = known_zone(text), await turn.uow.conversations.get(turn.chat_id)
    is_asked = asked is not None and asked.question == "timezone"
    if zone is None:
        typed = shorten(text, 60)
        if is_asked:
            await turn.replies.ask("timezone", "settings.unknown_timezone", text=typed)
        else:
            await turn.replies.text("settings.unknown_timezone", text=typed)
        return
    await turn.uow.operators.set_timezone(turn.operator.id, zone)
    if is_asked:
        await turn.uow.conversations.clear(turn.chat_id)
    await turn.replies.view("settings")


async def on_setting_button(query: CallbackQuery, callback_data: SettingButton, turn: Turn) -> None:
    """Change a setting and show them again in the same message."""
    match callback_data.act:
        case SettingAct.LANGUAGE:
            await turn.uow.operators.set_locale(turn.operator.id, callback_data.arg[:8])
        case SettingAct.TIMEZONE:
            zone = known_zone(callback_data.arg)
            if zone is None:
                raise RefusedError(turn.t.plain("toast.unknown"))
            await turn.uow.operators.set_timezone(turn.operator.id, zone)
        case SettingAct.TYPE_TIMEZONE:
            await close_question(turn)
            await turn.uow.conversations.ask(turn.chat_id, "timezone")
            await turn.replies.ask("timezone", "settings.ask_timezone")
            return
    await turn.replies.view("settings", message_id=query.message.message_id if query.message else None)


def build() -> Router:
    """The router of the settings."""
    router = Router(name="settings")
    router.callback_query.register(on_setting_button, SettingButton.filter())
    return router
