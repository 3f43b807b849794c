"""What is done with an upload after its publication: when, how often it was tried, and what became of it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.types import JsonText, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLE = "post_interactions"
INDEX = "ix_post_interactions_due"


def upgrade() -> None:
    # A row of an older version is one that nobody was going to work on.
    add(sa.Column("state", sa.String(length=16), nullable=False, server_default="done"))
    add(sa.Column("is_asked", sa.Boolean(), nullable=False, server_default="0"))
    add(sa.Column("next_attempt_at", UtcDateTime(), nullable=True))
    add(sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    add(sa.Column("attempted_at", UtcDateTime(), nullable=True))
    add(sa.Column("absent_since", UtcDateTime(), nullable=True))
    add(sa.Column("remote_id", sa.String(length=191), nullable=True))
    add(sa.Column("fault", JsonText(), nullable=True))
    add(sa.Column("fence", sa.BigInteger(), nullable=False, server_default="0"))
    add(sa.Column("lease_owner", sa.String(length=191), nullable=True))
    add(sa.Column("lease_until", UtcDateTime(), nullable=True))
    if INDEX not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(TABLE)}:
        op.create_index(INDEX, TABLE, ["state", "next_attempt_at", "id"], unique=False)


def add(column: sa.Column[Any]) -> None:
    """MySQL commits each change by itself: after an interrupted upgrade some columns may be there already."""
    known = {each["name"] for each in sa.inspect(op.get_bind()).get_columns(TABLE)}
    if column.name not in known:
        op.add_column(TABLE, column)
