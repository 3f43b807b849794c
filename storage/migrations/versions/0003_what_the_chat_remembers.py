"""Which message shows a consent's link, and whether an operator has ever chosen a time zone."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add("consents", sa.Column("message_id", sa.BigInteger(), nullable=True))
    add("operators", sa.Column("timezone_chosen_at", UtcDateTime(), nullable=True))


def add(table: str, column: sa.Column[Any]) -> None:
    """MySQL commits each change by itself: after an interrupted upgrade the first column may be there already."""
    known = {each["name"] for each in sa.inspect(op.get_bind()).get_columns(table)}
    if column.name not in known:
        op.add_column(table, column)
