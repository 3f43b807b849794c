"""What the next plain text from a chat answers."""

from __future__ import annotations

from sqlalchemy import delete, update

from storage.tables import conversations
from storage.transaction import Transaction, columns
from storage.values import Conversation, JsonObject


class ConversationRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def get(self, chat_id: int) -> Conversation | None:
        row = await self._tx.row(columns(conversations).where(conversations.c.chat_id == chat_id))
        return None if row is None else Conversation(chat_id, row["question"], row["draft_id"], row["params"])

    async def ask(
        self, chat_id: int, question: str, draft_id: int | None = None, params: JsonObject | None = None
    ) -> None:
        """Expect an answer to this question; it takes the place of an earlier one."""
        values = {
            "question": question,
            "draft_id": draft_id,
            "params": dict(params or {}),
            "updated_at": self._tx.clock(),
        }
        await self._tx.insert_if_new(conversations, {"chat_id": chat_id, **values})
        await self._tx.change(update(conversations).where(conversations.c.chat_id == chat_id).values(values))

    async def clear(self, chat_id: int) -> None:
        await self._tx.change(delete(conversations).where(conversations.c.chat_id == chat_id))
