"""The channels of the sandbox: who owns them, and whether the bot is an administrator there who may post."""

from typing import Any

from sandbox.telegram.errors import ApiError, bad_request, forbidden
from sandbox.telegram.people import People, bot_user
from sandbox.telegram.settings import BOT_ID, OPERATOR_ID
from sandbox.world import World

Channel = dict[str, Any]
_KIND = "telegram.channel"
_BORN: tuple[Channel, ...] = (
    {"id": -1001000000001, "title": "Evening Reels", "username": "evening_reels", "creator": OPERATOR_ID},
    {"id": -1001000000002, "title": "Back Room", "username": None, "creator": OPERATOR_ID},
)
_FRESH: Channel = {"admins": [], "bot": "administrator", "can_post_messages": True}
BOT_STATES = ("administrator", "member", "left", "kicked")
_RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members", "can_promote_members",
    "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
    "can_edit_messages",
)  # fmt: skip


class Channels:
    """Channels by id, on disk. A public one is also found by its @username, whether or not the bot is in it."""

    def __init__(self, world: World, people: People) -> None:
        self._store = world.store
        self._people = people
        with self._store.transaction():
            for channel in _BORN:
                if self._store.get(_KIND, channel["id"]) is None:
                    self._store.put(_KIND, channel["id"], {**_FRESH, **channel})

    def all(self) -> list[Channel]:
        return self._store.list(_KIND)

    def put(self, channel_id: int, **changes: Any) -> Channel:
        """Change a channel, or add one of a new id."""
        known = self._store.get(_KIND, channel_id) or {
            **_FRESH, "id": channel_id, "title": f"Channel {channel_id}", "username": None, "creator": OPERATOR_ID,
        }  # fmt: skip
        channel = {**known, **changes}
        self._store.put(_KIND, channel_id, channel)
        return channel

    def find(self, chat_id: str | int | None) -> Channel | None:
        """By id or @username; None for what is no channel at all."""
        wanted = str(chat_id or "")
        if wanted.startswith("@"):
            names = {str(channel["username"]).lower(): channel for channel in self.all() if channel["username"]}
            return names.get(wanted[1:].lower())
        return self._store.get(_KIND, wanted) if wanted.startswith("-") else None

    def names_one(self, chat_id: str | int | None) -> bool:
        """Whether a chat id is that of a channel, known or not: people have positive numbers."""
        return str(chat_id or "").startswith(("@", "-"))

    def seen_by_bot(self, chat_id: str | int | None) -> Channel:
        """The channel as far as the bot can see it: a private one only from within."""
        channel = self.find(chat_id)
        if channel is None or (not channel["username"] and channel["bot"] == "left"):
            raise bad_request("chat not found")
        if channel["bot"] == "kicked":
            raise forbidden("bot was kicked from the channel chat")
        return channel

    def postable(self, chat_id: str | int | None) -> int:
        """The channel that the bot may post to now."""
        channel = self.seen_by_bot(chat_id)
        if channel["bot"] == "left":
            raise forbidden("bot is not a member of the channel chat")
        if channel["bot"] != "administrator" or not channel["can_post_messages"]:
            raise bad_request("need administrator rights in the channel chat")
        return int(channel["id"])

    def chat(self, channel: Channel) -> dict[str, Any]:
        """As a Bot API Chat."""
        named = {"username": channel["username"]} if channel["username"] else {}
        return {"id": channel["id"], "type": "channel", "title": channel["title"], **named}

    def member(self, channel: Channel, user_id: int | None) -> dict[str, Any]:
        """As a Bot API ChatMember; only administrators may look."""
        if channel["bot"] != "administrator":
            raise bad_request("member list is inaccessible")
        if user_id == BOT_ID:
            return _administrator(bot_user(), can_post=channel["can_post_messages"])
        try:
            user = self._people.user(int(user_id or 0))
        except KeyError:
            raise ApiError(400, "Bad Request: member not found") from None
        if user_id == channel["creator"]:
            return {"status": "creator", "user": user, "is_anonymous": False}
        if user_id in channel["admins"]:
            return _administrator(user, can_post=True)
        return {"status": "left", "user": user}


def _administrator(user: dict[str, Any], *, can_post: bool) -> dict[str, Any]:
    rights = {**dict.fromkeys(_RIGHTS, False), "can_manage_chat": True, "can_post_messages": can_post}
    return {"status": "administrator", "user": user, "can_be_edited": False, "is_anonymous": False, **rights}


def post_address(channel: Channel, message_id: int) -> str:
    """Where a post is read: by the channel's name, or for its members alone."""
    return f"https://t.me/{post_path(channel, message_id)}"


def post_path(channel: Channel, message_id: int) -> str:
    """The path of that address."""
    place = channel["username"] or f"c/{str(channel['id']).removeprefix('-100')}"
    return f"{place}/{message_id}"
