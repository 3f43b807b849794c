"""How often a task's session was begun anew, and how many tries in a row ended in the same error."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLE = "tasks"


def upgrade() -> None:
    add(sa.Column("begun_anew", sa.Integer(), nullable=False, server_default="0"))
    add(sa.Column("same_error_count", sa.Integer(), nullable=False, server_default="0"))


def add(column: sa.Column[Any]) -> None:
    """MySQL commits each change by itself: after an interrupted upgrade some columns may be there already."""
    known = {each["name"] for each in sa.inspect(op.get_bind()).get_columns(TABLE)}
    if column.name not in known:
        op.add_column(TABLE, column)
