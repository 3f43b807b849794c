"""The methods about the bot itself: who it is, its updates, files, commands and the chats it knows."""

from typing import Any

from sandbox.telegram.call import Call
from sandbox.telegram.errors import bad_request
from sandbox.telegram.people import bot_user
from sandbox.telegram.settings import BOT_ID
from sandbox.telegram.telegram import Telegram

Answer = Any
_TEXTS = "telegram.texts"
_GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
_RIGHTS = (
    "can_join_groups", "can_read_all_group_messages", "supports_inline_queries", "can_connect_to_business",
    "has_main_web_app", "has_topics_enabled", "allows_users_to_create_topics",
)  # fmt: skip


def get_me(_: Telegram, __: Call) -> Answer:
    return {**bot_user(), **dict.fromkeys(_RIGHTS, False), "can_join_groups": True}


async def get_updates(telegram: Telegram, call: Call) -> Answer:
    allowed = call.structure("allowed_updates", "allowed updates")
    if allowed is not None and not isinstance(allowed, list):
        raise bad_request("can't parse allowed updates: expected an Array of String")
    limit = call.integer("limit", 100) or 100
    timeout_s = call.integer("timeout", 0) or 0
    return await telegram.updates.poll(call.integer("offset", 0) or 0, max(1, min(limit, 100)), timeout_s, allowed)


def set_webhook(telegram: Telegram, call: Call) -> Answer:
    options: dict[str, Any] = {"max_connections": call.integer("max_connections", 40)}
    allowed = call.structure("allowed_updates", "allowed updates")
    if allowed is not None:
        options["allowed_updates"] = allowed
    telegram.updates.set_webhook(call.text("url") or "", local=telegram.settings.local, options=options)
    if call.flag("drop_pending_updates"):
        telegram.updates.drop_all()
    return True


def delete_webhook(telegram: Telegram, call: Call) -> Answer:
    telegram.updates.set_webhook("", local=True, options={})
    if call.flag("drop_pending_updates"):
        telegram.updates.drop_all()
    return True


def get_webhook_info(telegram: Telegram, _: Call) -> Answer:
    webhook = telegram.updates.webhook()
    info = {"url": webhook.get("url", ""), "has_custom_certificate": False}
    info["pending_update_count"] = len(telegram.updates.pending())
    if webhook:
        info["max_connections"] = webhook.get("max_connections", 40)
    if allowed := telegram.updates.allowed():
        info["allowed_updates"] = allowed
    return info


def get_file(telegram: Telegram, call: Call) -> Answer:
    file_id = call.text("file_id")
    if file_id is None:
        raise bad_request("file_id not specified")
    file = telegram.files.find(file_id)
    if file is None:
        raise bad_request("invalid file_id")
    settings = telegram.settings
    if not settings.local and file["file_size"] > settings.download_limit:
        raise bad_request("file is too big")
    answer = {name: file[name] for name in ("file_id", "file_unique_id", "file_size", "file_path")}
    if settings.local:
        answer["file_path"] = str(telegram.files.path_of(file))
    return answer


def get_chat(telegram: Telegram, call: Call) -> Answer:
    if telegram.channels.names_one(call.chat_id):
        channel = telegram.channels.seen_by_bot(call.chat_id)
        return {
            **telegram.channels.chat(channel),
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(_GIFTS, True),
        }
    person = telegram.people.seen_by_bot(call.chat_id)
    return {
        **telegram.people.chat(person["id"]),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "active_usernames": [person["username"]],
        "accepted_gift_types": dict.fromkeys(_GIFTS, True),
    }


def get_chat_member(telegram: Telegram, call: Call) -> Answer:
    if telegram.channels.names_one(call.chat_id):
        return telegram.channels.member(telegram.channels.seen_by_bot(call.chat_id), call.integer("user_id"))
    person = telegram.people.seen_by_bot(call.chat_id)
    user_id = call.integer("user_id")
    if user_id == BOT_ID:
        return {"status": "member", "user": bot_user()}
    if user_id != person["id"]:
        raise bad_request("member not found")
    return {"status": "member", "user": telegram.people.user(person["id"])}


def set_my_commands(telegram: Telegram, call: Call) -> Answer:
    commands = call.structure("commands", "commands")
    telegram.commands.set(commands, call.structure("scope", "BotCommandScope"), call.text("language_code") or "")
    return True


def get_my_commands(telegram: Telegram, call: Call) -> Answer:
    return telegram.commands.get(call.structure("scope", "BotCommandScope"), call.text("language_code") or "")


def delete_my_commands(telegram: Telegram, call: Call) -> Answer:
    telegram.commands.delete(call.structure("scope", "BotCommandScope"), call.text("language_code") or "")
    return True


class OwnText:
    """setMyDescription / getMyDescription and their sisters: one text per language."""

    def __init__(self, field: str, limit: int, default: str = "") -> None:
        self._field, self._limit, self._default = field, limit, default

    def set(self, telegram: Telegram, call: Call) -> Answer:
        text = call.text(self._field) or ""
        if len(text) > self._limit:
            raise bad_request(f"{self._field.upper()}_TOO_LONG")
        telegram.world.store.put(_TEXTS, self._key(call), {"text": text})
        telegram.world.events.publish("telegram.commands", {})
        return True

    def get(self, telegram: Telegram, call: Call) -> Answer:
        stored = telegram.world.store.get(_TEXTS, self._key(call))
        return {self._field: stored["text"] if stored else self._default}

    def _key(self, call: Call) -> str:
        return f"{self._field}/{call.text('language_code') or ''}"


def set_menu_button(_: Telegram, __: Call) -> Answer:
    return True


def get_menu_button(_: Telegram, __: Call) -> Answer:
    return {"type": "commands"}


def leave(_: Telegram, __: Call) -> Answer:
    """logOut and close: there is no other server to move to."""
    return True
