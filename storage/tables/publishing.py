"""From a task to what it became on the platform, and what that cost."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)

from storage.tables.base import moment, reference, table
from storage.types import ID, JsonText

renders = table(
    "renders",
    Column("clip_sha256", String(64), nullable=False),
    Column("preset_digest", String(191), nullable=False),
    Column("profile", String(191), nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("duration_s", Double(), nullable=False),
    Column("media", JsonText),
    Column("notes", JsonText),
    moment("created_at", index=True),
    UniqueConstraint("clip_sha256", "preset_digest", "profile"),
)

tasks = table(
    "tasks",
    reference("post", "posts"),
    reference("account", "accounts"),
    Column("video", ID, ForeignKey("clips.id"), key="clip_id", nullable=False, index=True),
    Column("platform", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("keywords", JsonText, nullable=False),
    Column("voice_preset", String(191), nullable=False),
    Column("options", JsonText, nullable=False),
    moment("scheduled_time", index=True),
    Column("status", String(32), nullable=False, index=True),
    Column("stage", String(32), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("retry_count", Integer, nullable=False),
    Column("begun_anew", Integer, nullable=False, server_default="0"),
    Column("same_error_count", Integer, nullable=False, server_default="0"),
    moment("next_attempt_at", nullable=True),
    Column("fence", BigInteger, nullable=False),
    Column("lease_owner", String(191)),
    moment("lease_until", nullable=True),
    # Holds the account's id while this task uploads, else NULL: the unique index admits one upload per account.
    Column("running_account", ID, unique=True),
    reference("render", "renders", nullable=True),
    Column("session", Text),
    Column("session_kid", String(16), index=True),
    moment("opened_at", nullable=True),
    Column("bytes_confirmed", BigInteger, nullable=False),
    Column("bytes_total", BigInteger, nullable=False),
    moment("commit_started_at", nullable=True),
    Column("video_id", String(191)),
    Column("fault", JsonText),
    moment("created_at"),
    moment("updated_at"),
    Index("ix_tasks_due", "status", "next_attempt_at", "id"),
)

uploads = table(
    "uploads",
    reference("task", "tasks", unique=True),
    Column("video_id", String(191), nullable=False),
    Column("upload_id", Text),
    Column("platform", String(64), nullable=False),
    reference("account", "accounts"),
    Column("video_url", Text, nullable=False),
    moment("upload_time", index=True),
)

post_interactions = table(
    "post_interactions",
    reference("upload", "uploads"),
    Column("interaction_type", String(16), nullable=False),
    Column("content", Text, nullable=False),
    moment("created_at"),
    Column("state", String(16), nullable=False, server_default="done"),
    Column("is_asked", Boolean, nullable=False, server_default="0"),
    moment("next_attempt_at", nullable=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    moment("attempted_at", nullable=True),
    moment("absent_since", nullable=True),
    Column("remote_id", String(191)),
    Column("fault", JsonText),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("lease_owner", String(191)),
    moment("lease_until", nullable=True),
    Index("ix_post_interactions_due", "state", "next_attempt_at", "id"),
)

statistics = table(
    "statistics",
    reference("upload", "uploads"),
    moment("captured_at"),
    Column("figures", JsonText, nullable=False),
    UniqueConstraint("upload_id", "captured_at"),
)

quota_spends = table(
    "quota_spends",
    Column("platform", String(64), nullable=False),
    Column("bucket", String(64), nullable=False),
    reference("account", "accounts", nullable=True),
    Column("cost", Integer, nullable=False),
    moment("spent_at", index=True),
    Index("ix_quota_spends_ledger", "platform", "bucket", "account_id", "spent_at"),
)

quota_overrides = table(
    "quota_overrides",
    Column("platform", String(64), nullable=False),
    Column("bucket", String(64), nullable=False),
    # The account's id, or 0 for the app's own bucket: a unique index lets NULL in twice.
    Column("scope", ID, nullable=False),
    Column("size", Integer, nullable=False),
    moment("updated_at"),
    UniqueConstraint("platform", "bucket", "scope"),
)

quota_locks = table(
    "quota_locks",
    Column("platform", String(64), nullable=False),
    Column("bucket", String(64), nullable=False),
    Column("scope", ID, nullable=False),
    UniqueConstraint("platform", "bucket", "scope"),
)
"""A row per bucket that was ever spent from (`scope` as above): whoever spends holds it until they commit."""
