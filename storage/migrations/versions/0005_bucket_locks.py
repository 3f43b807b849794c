"""A row per allowance, which whoever spends from it holds until they commit."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.types import ID

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OPTIONS: Any = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    op.create_table(
        "quota_locks",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("bucket", sa.String(length=64), nullable=False),
        sa.Column("scope", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_locks")),
        sa.UniqueConstraint("platform", "bucket", "scope", name=op.f("uq_quota_locks_platform_bucket_scope")),
        sqlite_autoincrement=True,
        if_not_exists=True,  # MySQL commits each change by itself: an interrupted upgrade may have made it
        **OPTIONS,
    )
