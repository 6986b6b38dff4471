"""Of a run, by which of several servers it is moved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.add_column("run", sa.Column("epoch", sa.BigInteger, nullable=False, server_default="0"))
