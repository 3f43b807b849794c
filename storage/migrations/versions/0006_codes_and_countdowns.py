"""Consents by a code, the account that a consent is to renew, and which end of a permission was already announced."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.types import ID, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPTIONS: Any = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    add("consents", sa.Column("account", ID, nullable=True))
    add("credentials", sa.Column("warned_days", sa.Integer(), nullable=True))
    if "code_consents" not in sa.inspect(op.get_bind()).get_table_names():
        create_code_consents()


def create_code_consents() -> None:
    op.create_table(
        "code_consents",
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("operator", ID, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("account", ID, nullable=True),
        sa.Column("device_code", sa.Text(), nullable=False),
        sa.Column("user_code", sa.String(length=64), nullable=False),
        sa.Column("verification_url", sa.Text(), nullable=False),
        sa.Column("kid", sa.String(length=16), nullable=False, index=True),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("next_poll_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False, index=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["operator"], ["operators.id"], name=op.f("fk_code_consents_operator")),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_code_consents")),
        **OPTIONS,
    )
    op.create_index(op.f("ix_code_consents_operator"), "code_consents", ["operator"], unique=False)


def add(table: str, column: sa.Column[Any]) -> None:
    """MySQL commits each change by itself: after an interrupted upgrade the first column may be there already."""
    known = {each["name"] for each in sa.inspect(op.get_bind()).get_columns(table)}
    if column.name not in known:
        op.add_column(table, column)
