"""What the probe found in a render: the sites are told of the file that they get, not of the clip."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import JsonText

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # MySQL commits each change by itself: after an interrupted upgrade the column may be there already.
    known = {each["name"] for each in sa.inspect(op.get_bind()).get_columns("renders")}
    if "media" not in known:
        op.add_column("renders", sa.Column("media", JsonText(), nullable=True))
