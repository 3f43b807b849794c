"""Tasks and what they become, quotas, the inbox and the outbox."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.types import ID, LONG_TEXT, JsonText, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OPTIONS: Any = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    create_publishing()
    create_quotas()
    create_mail()


def create_publishing() -> None:
    op.create_table(
        "renders",
        sa.Column("id", ID, nullable=False),
        sa.Column("clip_sha256", sa.String(length=64), nullable=False),
        sa.Column("preset_digest", sa.String(length=191), nullable=False),
        sa.Column("profile", sa.String(length=191), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renders")),
        sa.UniqueConstraint(
            "clip_sha256", "preset_digest", "profile", name=op.f("uq_renders_clip_sha256_preset_digest_profile")
        ),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    op.create_index(op.f("ix_renders_created_at"), "renders", ["created_at"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("id", ID, nullable=False),
        sa.Column("post", ID, nullable=False),
        sa.Column("account", ID, nullable=False),
        sa.Column("video", ID, nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("keywords", JsonText(), nullable=False),
        sa.Column("voice_preset", sa.String(length=191), nullable=False),
        sa.Column("options", JsonText(), nullable=False),
        sa.Column("scheduled_time", UtcDateTime(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("retry_count", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime()),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("lease_owner", sa.String(length=191)),
        sa.Column("lease_until", UtcDateTime()),
        sa.Column("running_account", ID),
        sa.Column("render", ID),
        sa.Column("session", sa.Text()),
        sa.Column("session_kid", sa.String(length=16)),
        sa.Column("opened_at", UtcDateTime()),
        sa.Column("bytes_confirmed", sa.BigInteger(), nullable=False),
        sa.Column("bytes_total", sa.BigInteger(), nullable=False),
        sa.Column("commit_started_at", UtcDateTime()),
        sa.Column("video_id", sa.String(length=191)),
        sa.Column("fault", JsonText()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_tasks_account")),
        sa.ForeignKeyConstraint(["post"], ["posts.id"], name=op.f("fk_tasks_post")),
        sa.ForeignKeyConstraint(["render"], ["renders.id"], name=op.f("fk_tasks_render")),
        sa.ForeignKeyConstraint(["video"], ["clips.id"], name=op.f("fk_tasks_video")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("running_account", name=op.f("uq_tasks_running_account")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    op.create_index(op.f("ix_tasks_account"), "tasks", ["account"], unique=False)
    op.create_index("ix_tasks_due", "tasks", ["status", "next_attempt_at", "id"], unique=False)
    op.create_index(op.f("ix_tasks_post"), "tasks", ["post"], unique=False)
    op.create_index(op.f("ix_tasks_render"), "tasks", ["render"], unique=False)
    op.create_index(op.f("ix_tasks_scheduled_time"), "tasks", ["scheduled_time"], unique=False)
    op.create_index(op.f("ix_tasks_session_kid"), "tasks", ["session_kid"], unique=False)
    op.create_index(op.f("ix_tasks_status"), "tasks", ["status"], unique=False)
    op.create_index(op.f("ix_tasks_video"), "tasks", ["video"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("id", ID, nullable=False),
        sa.Column("task", ID, nullable=False),
        sa.Column("video_id", sa.String(length=191), nullable=False),
        sa.Column("upload_id", sa.Text()),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("account", ID, nullable=False),
        sa.Column("video_url", sa.Text(), nullable=False),
        sa.Column("upload_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_uploads_account")),
        sa.ForeignKeyConstraint(["task"], ["tasks.id"], name=op.f("fk_uploads_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        sa.UniqueConstraint("task", name=op.f("uq_uploads_task")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    op.create_index(op.f("ix_uploads_account"), "uploads", ["account"], unique=False)
    op.create_index(op.f("ix_uploads_upload_time"), "uploads", ["upload_time"], unique=False)
    op.create_table(
        "post_interactions",
        sa.Column("id", ID, nullable=False),
        sa.Column("upload", ID, nullable=False),
        sa.Column("interaction_type", sa.String(length=16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["upload"], ["uploads.id"], name=op.f("fk_post_interactions_upload")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_interactions")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    op.create_index(op.f("ix_post_interactions_upload"), "post_interactions", ["upload"], unique=False)
    op.create_table(
        "statistics",
        sa.Column("id", ID, nullable=False),
        sa.Column("upload", ID, nullable=False),
        sa.Column("captured_at", UtcDateTime(), nullable=False),
        sa.Column("figures", JsonText(), nullable=False),
        sa.ForeignKeyConstraint(["upload"], ["uploads.id"], name=op.f("fk_statistics_upload")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statistics")),
        sa.UniqueConstraint("upload", "captured_at", name=op.f("uq_statistics_upload_captured_at")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    op.create_index(op.f("ix_statistics_upload"), "statistics", ["upload"], unique=False)


def create_quotas() -> None:
    op.create_table(
        "quota_spends",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("bucket", sa.String(length=64), nullable=False),
        sa.Column("account", ID),
        sa.Column("cost", sa.Integer(), nullable=False),
        sa.Column("spent_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_quota_spends_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_spends")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    op.create_index(op.f("ix_quota_spends_account"), "quota_spends", ["account"], unique=False)
    op.create_index(
        "ix_quota_spends_ledger", "quota_spends", ["platform", "bucket", "account", "spent_at"], unique=False
    )
    op.create_index(op.f("ix_quota_spends_spent_at"), "quota_spends", ["spent_at"], unique=False)
    op.create_table(
        "quota_overrides",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("bucket", sa.String(length=64), nullable=False),
        sa.Column("scope", ID, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_overrides")),
        sa.UniqueConstraint("platform", "bucket", "scope", name=op.f("uq_quota_overrides_platform_bucket_scope")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )


def create_mail() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("payload", JsonText(), nullable=False),
        sa.Column("dedupe_key", sa.String(length=191)),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_outbox_dedupe_key")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    op.create_index(op.f("ix_outbox_chat_id"), "outbox", ["chat_id"], unique=False)
    op.create_index(op.f("ix_outbox_state"), "outbox", ["state"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("update_id", sa.BigInteger(), nullable=False),
        sa.Column("user_key", sa.String(length=191), nullable=False),
        sa.Column("payload", LONG_TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("bot_id", "update_id", name=op.f("uq_inbox_bot_id_update_id")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    op.create_index(op.f("ix_inbox_received_at"), "inbox", ["received_at"], unique=False)
    op.create_index(op.f("ix_inbox_state"), "inbox", ["state"], unique=False)
