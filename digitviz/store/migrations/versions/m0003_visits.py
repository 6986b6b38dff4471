"""Of owners, when they were here last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "visit",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("day", sa.Double, nullable=False),
    )
