"""From a clip that came in to a post that was approved."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Text, UniqueConstraint

from storage.tables.base import keyed_table, moment, reference, table
from storage.types import ID, JsonText

clips = table(
    "clips",
    reference("operator", "operators"),
    Column("chat_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("file_id", String(255), nullable=False),
    Column("file_unique_id", String(255), nullable=False),
    Column("file_name", Text),
    Column("mime_type", String(255)),
    Column("declared_size", BigInteger),
    Column("state", String(32), nullable=False, index=True),
    Column("path", Text),
    Column("facts", JsonText),
    Column("fault", JsonText),
    moment("created_at"),
    moment("updated_at"),
    UniqueConstraint("chat_id", "message_id"),
)

drafts = table(
    "drafts",
    reference("operator", "operators"),
    reference("clip", "clips", unique=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("card_message_id", BigInteger),
    Column("state", String(32), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("account_ids", JsonText, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("keywords", JsonText, nullable=False),
    Column("voice_preset", String(191)),
    moment("scheduled_time", nullable=True),
    Column("publish_now", Boolean, nullable=False),
    Column("options", JsonText, nullable=False),
    # No foreign key: posts point at drafts, and two tables that point at each other cannot be made in order.
    Column("post", ID, key="post_id", index=True),
    moment("created_at"),
    moment("updated_at"),
)

conversations = keyed_table(
    "conversations",
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("question", String(191), nullable=False),
    reference("draft", "drafts", nullable=True),
    Column("params", JsonText, nullable=False),
    moment("updated_at"),
)

posts = table(
    "posts",
    reference("operator", "operators"),
    reference("clip", "clips"),
    reference("draft", "drafts", nullable=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("keywords", JsonText, nullable=False),
    Column("voice_preset", String(191), nullable=False),
    moment("scheduled_time"),
    Column("timezone", String(64), nullable=False),
    Column("options", JsonText, nullable=False),
    moment("created_at"),
)
