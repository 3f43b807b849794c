"""What came from Telegram and was not handled yet, and what is to be said there."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, String, Text, UniqueConstraint

from storage.tables.base import moment, table
from storage.types import LONG_TEXT, JsonText

outbox = table(
    "outbox",
    Column("chat_id", BigInteger, nullable=False, index=True),
    Column("kind", String(64), nullable=False),
    Column("payload", JsonText, nullable=False),
    # NULL once sending begins: what changes while a message is under way must be said again.
    Column("dedupe_key", String(191), unique=True),
    Column("state", String(32), nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    moment("next_attempt_at"),
    Column("message_id", BigInteger),
    Column("error", Text),
    moment("created_at"),
    moment("updated_at"),
)

inbox = table(
    "inbox",
    Column("bot_id", BigInteger, nullable=False),
    Column("update_id", BigInteger, nullable=False),
    Column("user_key", String(191), nullable=False),
    Column("payload", LONG_TEXT, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", String(32), nullable=False, index=True),
    Column("error", Text),
    moment("received_at", index=True),
    UniqueConstraint("bot_id", "update_id"),
)
