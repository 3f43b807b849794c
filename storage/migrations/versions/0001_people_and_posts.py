"""Operators, accounts, clips, drafts and posts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.types import ID, JsonText, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OPTIONS: Any = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    create_people()
    create_authoring()


def create_people() -> None:
    op.create_table(
        "operators",
        sa.Column("id", ID, nullable=False),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operators")),
        sa.UniqueConstraint("telegram_id", name=op.f("uq_operators_telegram_id")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    op.create_table(
        "accounts",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=191), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("scopes", JsonText(), nullable=False),
        sa.Column("operator", ID, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["operator"], ["operators.id"], name=op.f("fk_accounts_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("platform", "external_id", name=op.f("uq_accounts_platform_external_id")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    op.create_index(op.f("ix_accounts_operator"), "accounts", ["operator"], unique=False)
    op.create_table(
        "credentials",
        sa.Column("account", ID, autoincrement=False, nullable=False),
        sa.Column("access_token", sa.Text(), nullable=False),
        sa.Column("refresh_token", sa.Text()),
        sa.Column("expires_at", UtcDateTime()),
        sa.Column("refresh_expires_at", UtcDateTime()),
        sa.Column("scopes", JsonText(), nullable=False),
        sa.Column("kid", sa.String(length=16), nullable=False),
        sa.Column("refresh_owner", sa.String(length=191)),
        sa.Column("refresh_until", UtcDateTime()),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_credentials_account")),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_credentials")),
        **OPTIONS,
    )
    op.create_index(op.f("ix_credentials_expires_at"), "credentials", ["expires_at"], unique=False)
    op.create_index(op.f("ix_credentials_kid"), "credentials", ["kid"], unique=False)
    op.create_table(
        "consents",
        sa.Column("state_sha256", sa.String(length=64), nullable=False),
        sa.Column("operator", ID, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("code_verifier", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("kid", sa.String(length=16), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["operator"], ["operators.id"], name=op.f("fk_consents_operator")),
        sa.PrimaryKeyConstraint("state_sha256", name=op.f("pk_consents")),
        **OPTIONS,
    )
    op.create_index(op.f("ix_consents_expires_at"), "consents", ["expires_at"], unique=False)
    op.create_index(op.f("ix_consents_kid"), "consents", ["kid"], unique=False)
    op.create_index(op.f("ix_consents_operator"), "consents", ["operator"], unique=False)


def create_authoring() -> None:
    op.create_table(
        "clips",
        sa.Column("id", ID, nullable=False),
        sa.Column("operator", ID, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.String(length=255), nullable=False),
        sa.Column("file_unique_id", sa.String(length=255), nullable=False),
        sa.Column("file_name", sa.Text()),
        sa.Column("mime_type", sa.String(length=255)),
        sa.Column("declared_size", sa.BigInteger()),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("path", sa.Text()),
        sa.Column("facts", JsonText()),
        sa.Column("fault", JsonText()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["operator"], ["operators.id"], name=op.f("fk_clips_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clips")),
        sa.UniqueConstraint("chat_id", "message_id", name=op.f("uq_clips_chat_id_message_id")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    op.create_index(op.f("ix_clips_operator"), "clips", ["operator"], unique=False)
    op.create_index(op.f("ix_clips_state"), "clips", ["state"], unique=False)
    op.create_table(
        "drafts",
        sa.Column("id", ID, nullable=False),
        sa.Column("operator", ID, nullable=False),
        sa.Column("clip", ID, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("card_message_id", sa.BigInteger()),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_ids", JsonText(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("keywords", JsonText(), nullable=False),
        sa.Column("voice_preset", sa.String(length=191)),
        sa.Column("scheduled_time", UtcDateTime()),
        sa.Column("publish_now", sa.Boolean(), nullable=False),
        sa.Column("options", JsonText(), nullable=False),
        sa.Column("post", ID),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["clip"], ["clips.id"], name=op.f("fk_drafts_clip")),
        sa.ForeignKeyConstraint(["operator"], ["operators.id"], name=op.f("fk_drafts_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("clip", name=op.f("uq_drafts_clip")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    op.create_index(op.f("ix_drafts_operator"), "drafts", ["operator"], unique=False)
    op.create_index(op.f("ix_drafts_post"), "drafts", ["post"], unique=False)
    op.create_index(op.f("ix_drafts_state"), "drafts", ["state"], unique=False)
    op.create_table(
        "conversations",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("question", sa.String(length=191), nullable=False),
        sa.Column("draft", ID),
        sa.Column("params", JsonText(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["draft"], ["drafts.id"], name=op.f("fk_conversations_draft")),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_conversations")),
        **OPTIONS,
    )
    op.create_index(op.f("ix_conversations_draft"), "conversations", ["draft"], unique=False)
    op.create_table(
        "posts",
        sa.Column("id", ID, nullable=False),
        sa.Column("operator", ID, nullable=False),
        sa.Column("clip", ID, nullable=False),
        sa.Column("draft", ID),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("keywords", JsonText(), nullable=False),
        sa.Column("voice_preset", sa.String(length=191), nullable=False),
        sa.Column("scheduled_time", UtcDateTime(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("options", JsonText(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["clip"], ["clips.id"], name=op.f("fk_posts_clip")),
        sa.ForeignKeyConstraint(["draft"], ["drafts.id"], name=op.f("fk_posts_draft")),
        sa.ForeignKeyConstraint(["operator"], ["operators.id"], name=op.f("fk_posts_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    op.create_index(op.f("ix_posts_clip"), "posts", ["clip"], unique=False)
    op.create_index(op.f("ix_posts_draft"), "posts", ["draft"], unique=False)
    op.create_index(op.f("ix_posts_operator"), "posts", ["operator"], unique=False)
