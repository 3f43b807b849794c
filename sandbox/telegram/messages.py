"""The chats: every message as the Bot API shows it, kept on disk, and each change told to whoever watches."""

from typing import Any

from sandbox.telegram.channels import Channels
from sandbox.telegram.errors import NOT_MODIFIED, bad_request
from sandbox.telegram.files import media_fields
from sandbox.telegram.people import People, bot_user
from sandbox.telegram.texts import Text
from sandbox.telegram.updates import Updates
from sandbox.telegram.views import message_view
from sandbox.world import World

Message = dict[str, Any]
MEDIA_KINDS = ("video", "animation", "audio", "voice", "video_note", "photo", "document")
_DELETE_WINDOW_S = 48 * 3600


class MessageBook:
    """Messages by chat. A document is ``{"message": <Bot API Message>, "out": sent by the bot?, "deleted": bool}``."""

    def __init__(self, world: World, people: People, channels: Channels, updates: Updates) -> None:
        self._world = world
        self._people = people
        self._channels = channels
        self._updates = updates

    # -- reading -------------------------------------------------------------------------------------------------

    def of_chat(self, chat_id: int) -> list[dict[str, Any]]:
        """Documents in order, the deleted ones left out."""
        return [doc for doc in self._world.store.list(_kind(chat_id)) if not doc["deleted"]]

    def find(self, chat_id: int, message_id: int | None) -> dict[str, Any] | None:
        doc = None if message_id is None else self._world.store.get(_kind(chat_id), message_id)
        return None if doc is None or doc["deleted"] else doc

    # -- writing -------------------------------------------------------------------------------------------------

    def send(self, chat_id: int, body: dict[str, Any], *, markup: Message | None = None, **extra: Any) -> Message:
        """A message of the bot's. A reply keyboard is kept beside the message: the Bot API doesn't show it."""
        inline = markup if markup and "inline_keyboard" in markup else None
        with self._world.store.transaction():
            message = self._new(chat_id, bot_user(), {**body, **extra})
            if inline:
                message["reply_markup"] = inline
            doc = {"message": message, "out": True, "deleted": False, "keyboard": None if inline else markup}
            self._keep(chat_id, doc)
        self._publish("message", doc)
        return message

    def receive(self, user_id: int, bodies: list[dict[str, Any]]) -> list[Message]:
        """What a person sent: messages and their updates become durable together."""
        docs: list[dict[str, Any]] = []
        with self._world.store.transaction():
            self._people.change(user_id, started=True)
            for body in bodies:
                message = self._new(user_id, self._people.user(user_id), body)
                doc = {"message": message, "out": False, "deleted": False, "keyboard": None}
                self._keep(user_id, doc)
                self._updates.add("message", message)
                docs.append(doc)
        self._updates.announce()
        for doc in docs:
            self._publish("message", doc)
        return [doc["message"] for doc in docs]

    def edit(self, chat_id: int, message_id: int | None, changes: dict[str, Any], drop: tuple[str, ...]) -> Message:
        """The bot's message with `drop` fields removed and `changes` put in; `400` when nothing changes."""
        doc = self.own(chat_id, message_id)
        before = doc["message"]
        after = {name: value for name, value in before.items() if name not in drop}
        after.update({name: value for name, value in changes.items() if value is not None})
        if {**after, "edit_date": 0} == {**before, "edit_date": 0}:
            raise bad_request(NOT_MODIFIED)
        after["edit_date"] = self._now()
        doc["message"] = after
        self._keep(chat_id, doc)
        self._publish("edit", doc)
        return after

    def own(self, chat_id: int, message_id: int | None) -> dict[str, Any]:
        """The document of a message that the bot may edit."""
        doc = self.find(chat_id, message_id)
        if doc is None:
            raise bad_request("message to edit not found")
        if not doc["out"]:
            raise bad_request("message can't be edited")
        return doc

    def delete(self, chat_id: int, message_id: int | None) -> None:
        """Hidden from then on; older than 48 hours it stays."""
        doc = self.find(chat_id, message_id)
        if doc is None:
            raise bad_request("message to delete not found")
        if self._now() - doc["message"]["date"] > _DELETE_WINDOW_S:
            raise bad_request("message can't be deleted for everyone")
        self._keep(chat_id, {**doc, "deleted": True})
        place = "channel" if chat_id < 0 else "telegram"
        self._world.events.publish(f"{place}.delete", {"chat_id": chat_id, "message_id": message_id})

    def reply_target(self, chat_id: int, message_id: int, *, lenient: bool = False) -> dict[str, Any]:
        """``{"reply_to_message": …}``; when the message isn't there: nothing if `lenient`, else `400`."""
        doc = self.find(chat_id, message_id)
        if doc is None:
            if lenient:
                return {}
            raise bad_request("message to be replied not found")
        return {"reply_to_message": {k: v for k, v in doc["message"].items() if k != "reply_to_message"}}

    # -- parts ---------------------------------------------------------------------------------------------------

    def _new(self, chat_id: int, sender: Message, body: dict[str, Any]) -> Message:
        channel = self._channels.find(chat_id)
        if channel is not None:
            # A channel counts its own posts, and speaks for itself: nobody is named as the sender.
            chat = self._channels.chat(channel)
            number = self._world.store.next_id(f"telegram.post.{chat_id}")
            return {"message_id": number, "sender_chat": chat, "chat": chat, "date": self._now(), **body}
        return {
            "message_id": self._world.store.next_id("telegram.message"),
            "from": sender,
            "chat": self._people.chat(chat_id),
            "date": self._now(),
            **body,
        }

    def _keep(self, chat_id: int, doc: dict[str, Any]) -> None:
        self._world.store.put(_kind(chat_id), doc["message"]["message_id"], doc)

    def _publish(self, what: str, doc: dict[str, Any]) -> None:
        # What a channel shows hangs on the wall; people's chats are the chat page's.
        place = "channel" if doc["message"]["chat"]["type"] == "channel" else "telegram"
        self._world.events.publish(f"{place}.{what}", message_view(doc))

    def _now(self) -> int:
        return int(self._world.clock.now().timestamp())


def text_body(text: Text) -> dict[str, Any]:
    """The fields of a text message."""
    return {"text": text.text, **({"entities": list(text.entities)} if text.entities else {})}


def caption_body(caption: Text | None) -> dict[str, Any]:
    """The fields of a caption, if there is one."""
    if caption is None:
        return {}
    entities = {"caption_entities": list(caption.entities)} if caption.entities else {}
    return {"caption": caption.text, **entities}


def media_body(file: dict[str, Any], caption: Text | None) -> dict[str, Any]:
    """The fields of a message that carries a file."""
    return {**media_fields(file), **caption_body(caption)}


def media_kind(message: Message) -> str | None:
    """Which of the media fields the message has (an animation is one before it is a document)."""
    return next((kind for kind in MEDIA_KINDS if kind in message), None)


def _kind(chat_id: int) -> str:
    return f"telegram.message.{chat_id}"
