"""The Telegram of one sandbox: its people, chats, files, updates and settings in one place."""

from collections import deque
from typing import Any
from weakref import WeakKeyDictionary

from sandbox.telegram.channels import Channels
from sandbox.telegram.commands import CommandMenu
from sandbox.telegram.files import FileShelf
from sandbox.telegram.flood import FloodGate
from sandbox.telegram.messages import MessageBook
from sandbox.telegram.people import People
from sandbox.telegram.presence import Presence
from sandbox.telegram.queries import Queries
from sandbox.telegram.settings import Settings, load_settings
from sandbox.telegram.updates import Updates
from sandbox.world import World

_LOG_LENGTH = 2000
_made: "WeakKeyDictionary[World, Telegram]" = WeakKeyDictionary()


class Telegram:
    """Built once per world; the Bot API and the control routes share it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people = People(world)
        self.channels = Channels(world, self.people)
        self.updates = Updates(world)
        self.messages = MessageBook(world, self.people, self.channels, self.updates)
        self.queries = Queries(world, self.people, self.updates)
        self.files = FileShelf(world)
        self.commands = CommandMenu(world)
        self.flood = FloodGate()
        self.presence = Presence()
        self.log: deque[dict[str, Any]] = deque(maxlen=_LOG_LENGTH)

    @property
    def settings(self) -> Settings:
        return load_settings(self.world)

    def reachable(self, chat_id: str | None) -> int:
        """The person or the channel that the bot may write to now."""
        if self.channels.names_one(chat_id):
            return self.channels.postable(chat_id)
        return self.people.reachable(chat_id)

    def seen(self, chat_id: str | None) -> int:
        """The person or the channel behind a chat id, as far as the bot knows it."""
        if self.channels.names_one(chat_id):
            return int(self.channels.seen_by_bot(chat_id)["id"])
        return int(self.people.seen_by_bot(chat_id)["id"])

    def pace(self, chat_id: int) -> None:
        """Refuse with 429 a bot that writes too fast into this chat."""
        self.flood.pass_through(chat_id, self.world.clock.now(), self.settings)


def telegram_of(world: World) -> Telegram:
    """The one Telegram of this world."""
    if world not in _made:
        _made[world] = Telegram(world)
    return _made[world]
