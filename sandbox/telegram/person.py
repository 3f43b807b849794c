"""A person at the other end: writes, sends files, presses buttons, blocks the bot."""

from typing import Any

from sandbox.telegram.files import Description, Upload
from sandbox.telegram.messages import media_body, text_body
from sandbox.telegram.people import bot_user
from sandbox.telegram.telegram import Telegram
from sandbox.telegram.texts import CAPTION_LIMIT, TEXT_LIMIT, read_plain

KINDS = ("auto", "video", "document", "animation", "audio", "voice", "video_note", "photo")


class CannotDoError(Exception):
    """A person can't do that in a real client either."""


class Person:
    """Acts for one user of the sandbox; raises CannotDoError, or KeyError for an unknown user."""

    def __init__(self, telegram: Telegram, user_id: int) -> None:
        self._telegram = telegram
        self._who = telegram.people.get(user_id)
        self.user_id = user_id

    def say(self, text: str, reply_to: int | None = None) -> list[dict[str, Any]]:
        """A text; a long one goes out in pieces, as clients do it."""
        pieces = [read_plain(text[at : at + TEXT_LIMIT]) for at in range(0, len(text), TEXT_LIMIT)]
        bodies = [{**text_body(piece), **self._reply(reply_to)} for piece in pieces if piece.text]
        if not bodies:
            raise CannotDoError("an empty message can't be sent")
        self._unblock()
        return self._telegram.messages.receive(self.user_id, bodies)

    def send_files(
        self, uploads: list[Upload], send_as: str, said: Description, caption: str, reply_to: int | None = None
    ) -> list[dict[str, Any]]:
        """One file, or an album of up to ten, the caption on the first."""
        if send_as not in KINDS:
            raise CannotDoError(f"as is one of {', '.join(KINDS)}")
        if not 1 <= len(uploads) <= 10:
            raise CannotDoError("one to ten files at a time")
        words = read_plain(caption[:CAPTION_LIMIT])
        bodies = []
        for number, upload in enumerate(uploads):
            file = self._file(upload, send_as, said)
            body = media_body(file, words if words.text and number == 0 else None)
            bodies.append({**body, **self._reply(reply_to)})
        if len(bodies) > 1:
            group = str(13_000_000_000_000_000 + self._telegram.world.store.next_id("telegram.group"))
            bodies = [{**body, "media_group_id": group} for body in bodies]
        self._unblock()
        return self._telegram.messages.receive(self.user_id, bodies)

    def press(self, message_id: int, *, data: str | None, label: str | None, forge: bool) -> str:
        """A button by its data or its label; `forge` presses data it has not. Gives the query id."""
        doc = self._telegram.messages.find(self.user_id, message_id)
        if doc is None:
            raise CannotDoError("there is no such message")
        if forge and data is not None:
            return self._telegram.queries.press(self.user_id, doc["message"], data)
        rows = doc["message"].get("reply_markup", {}).get("inline_keyboard", [])
        for button in (button for row in rows for button in row):
            wanted = button.get("callback_data") == data if data is not None else button["text"] == label
            if wanted and "callback_data" in button and not button.get("disabled"):
                return self._telegram.queries.press(self.user_id, doc["message"], button["callback_data"])
        raise CannotDoError("the message has no such button")

    def block(self, blocked: bool) -> None:
        """Block or unblock the bot; it hears of it as my_chat_member."""
        if self._telegram.people.get(self.user_id)["blocked"] == blocked:
            return
        member: dict[str, Any] = {"status": "member", "user": bot_user()}
        kicked: dict[str, Any] = {"status": "kicked", "user": bot_user(), "until_date": 0}
        with self._telegram.world.store.transaction():
            self._telegram.people.change(self.user_id, blocked=blocked)
            change = {
                "chat": self._telegram.people.chat(self.user_id),
                "from": self._telegram.people.user(self.user_id),
                "date": int(self._telegram.world.clock.now().timestamp()),
                "old_chat_member": member if blocked else kicked,
                "new_chat_member": kicked if blocked else member,
            }
            self._telegram.updates.add("my_chat_member", change)
        self._telegram.updates.announce()
        self._telegram.world.events.publish("telegram.user", {"chat_id": self.user_id, "blocked": blocked})

    def _unblock(self) -> None:
        if self._who["blocked"]:
            self.block(False)

    def _reply(self, reply_to: int | None) -> dict[str, Any]:
        return {} if reply_to is None else self._telegram.messages.reply_target(self.user_id, reply_to)

    def _file(self, upload: Upload, send_as: str, said: Description) -> dict[str, Any]:
        kind = _kind_of(upload) if send_as == "auto" else send_as
        file = self._telegram.files.add(kind, upload, said)
        if kind == "video" and not file["has_sound"]:
            # Telegram makes an animation of a video without sound.
            return self._telegram.files.become(file, "animation")
        return file


def _kind_of(upload: Upload) -> str:
    family = (upload.content_type or "").split("/")[0]
    return {"video": "video", "audio": "audio", "image": "photo"}.get(family, "document")
