"""What a handler says: rows in the outbox of its own transaction, and things to do once that is committed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from storage.unit_of_work import UnitOfWork
from storage.values import Draft, JsonObject


async def queue_card(uow: UnitOfWork, draft: Draft, *, is_progress: bool = False) -> None:
    """Have a draft's card shown as it is; several refreshes that wait are one. Progress goes out at its own pace."""
    payload = {"draft_id": draft.id} | ({"is_progress": True} if is_progress else {})
    await uow.outbox.add(chat_id=draft.chat_id, kind="card", payload=payload, dedupe_key=f"card:{draft.id}")


@dataclass(slots=True)
class Replies:
    """The answers to one update. Nothing here touches the network."""

    uow: UnitOfWork
    chat_id: int
    toast_text: str = ""
    toast_is_alert: bool = False
    wakes_scheduler: bool = field(default=False)
    wakes_downloads: bool = field(default=False)

    async def card(self, draft: Draft) -> None:
        """Show a draft's card where it stands."""
        await queue_card(self.uow, draft)

    async def new_card(self, draft: Draft) -> None:
        """Show a draft's card as a new message at the end of the chat; later changes edit that one."""
        await self._add("card", {"draft_id": draft.id, "is_new": True})

    async def text(self, key: str, **params: Any) -> None:
        """Say a sentence."""
        await self._add("text", {"key": key, "params": params})

    async def ask(self, question: str, key: str, **params: Any) -> None:
        """Say a sentence that a typed answer is expected to, with a button to stop that."""
        await self._add("text", {"key": key, "params": params, "question": question})

    async def ask_again(self, question: str, fault: JsonObject) -> None:
        """Say what was wrong with a typed answer, with a button to stop asking."""
        await self._add("text", {"fault": fault, "question": question})

    async def to_stranger(self, key: str, *, locale: str | None, **params: Any) -> None:
        """Say a sentence to somebody whom we know nothing about but the language of their client."""
        await self._add("text", {"key": key, "params": params, "locale": locale})

    async def view(self, name: str, *, message_id: int | None = None, **args: Any) -> None:
        """Show a view: in the message with this id, or as a new one."""
        await self._add("view", {"view": name, "message_id": message_id, "args": args})

    async def errand(self, name: str, **params: Any) -> None:
        """Have something done that needs the network, after the commit and even after a restart."""
        await self._add("errand", {"errand": name, **params})

    def toast(self, text: str, *, alert: bool = False) -> None:
        """Answer the pressed button with a few words of plain text."""
        self.toast_text, self.toast_is_alert = text, alert

    async def _add(self, kind: str, payload: dict[str, Any]) -> None:
        await self.uow.outbox.add(chat_id=self.chat_id, kind=kind, payload=payload)
