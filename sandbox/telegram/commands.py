"""The bot's command menu, per scope and language, and which of them a person sees."""

import json
import re
from typing import Any

from sandbox.telegram.errors import bad_request
from sandbox.world import World

_KIND = "telegram.commands"
_NAME = re.compile(r"/?[a-z0-9_]{1,32}")
_SCOPES = {"default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat",
           "chat_administrators", "chat_member"}  # fmt: skip
_MAX = 100


class CommandMenu:
    """setMyCommands and its inverse."""

    def __init__(self, world: World) -> None:
        self._world = world

    def set(self, commands: Any, scope: Any, language: str) -> None:
        if not isinstance(commands, list):
            raise bad_request("can't parse commands: expected an Array of BotCommand")
        if len(commands) > _MAX:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        kept = [_checked(command) for command in commands]
        self._world.store.put(_KIND, _key(scope, language), {"commands": kept})
        self._world.events.publish("telegram.commands", {})

    def get(self, scope: Any, language: str) -> list[dict[str, Any]]:
        stored = self._world.store.get(_KIND, _key(scope, language)) or {"commands": []}
        return list(stored["commands"])

    def delete(self, scope: Any, language: str) -> None:
        self._world.store.delete(_KIND, _key(scope, language))
        self._world.events.publish("telegram.commands", {})

    def seen_by(self, chat_id: int, language: str) -> list[dict[str, Any]]:
        """The first list in Telegram's order: the chat's, the private chats', the default; own language first."""
        for scope in ({"type": "chat", "chat_id": chat_id}, {"type": "all_private_chats"}, {"type": "default"}):
            for code in (language, ""):
                if found := self.get(scope, code):
                    return found
        return []


def _checked(command: Any) -> dict[str, str]:
    if not isinstance(command, dict) or not isinstance(command.get("command"), str):
        raise bad_request("can't parse BotCommand: Can't find field \"command\"")
    if not _NAME.fullmatch(command["command"]):
        raise bad_request("BOT_COMMAND_INVALID")
    description = str(command.get("description") or "")
    if not 1 <= len(description) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": command["command"].lstrip("/"), "description": description}


def _key(scope: Any, language: str) -> str:
    scope = scope or {"type": "default"}
    if not isinstance(scope, dict) or scope.get("type") not in _SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    place = {name: str(scope[name]) for name in ("type", "chat_id", "user_id") if name in scope}
    return json.dumps([place, language], sort_keys=True)
