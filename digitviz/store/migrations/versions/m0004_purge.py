"""When what was deleted long ago was looked for last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table, of one row."""
    op.create_table("purge", sa.Column("at", sa.Double, primary_key=True))
