"""What an operator should know of how a render came about: a phrase too long for its place, a rough separation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import JsonText

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # MySQL commits each change by itself: after an interrupted upgrade the column may be there already.
    known = {each["name"] for each in sa.inspect(op.get_bind()).get_columns("renders")}
    if "notes" not in known:
        op.add_column("renders", sa.Column("notes", JsonText(), nullable=True))
