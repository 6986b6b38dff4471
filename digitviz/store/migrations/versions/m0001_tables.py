"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _values()
    _runs()
    _drawings()
    if op.get_bind().dialect.name == "postgresql":  # floats hardly get smaller, and trying takes longer than writing
        op.execute("ALTER TABLE chunk ALTER COLUMN data SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE run_chunk ALTER COLUMN data SET STORAGE EXTERNAL")


def _values() -> None:
    op.create_table(
        "value",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("format", sa.String(40), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("used", sa.Double, nullable=False),
    )
    op.create_index("value_used", "value", ["used"])
    op.create_table(
        "chunk",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["kind", "id"], ["value.kind", "value.id"], ondelete="CASCADE"),
    )


def _runs() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("changed", sa.Double, nullable=False),
        sa.Column("deleted", sa.Double),
        sa.Column("recipe", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("training_data", sa.Text, nullable=False),
        sa.Column("parent", sa.String(32)),
        sa.Column("left_at", sa.BigInteger),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("total_steps", sa.BigInteger, nullable=False),
        sa.Column("speed", sa.Double),
        sa.Column("wants_to_go_on", sa.Boolean, nullable=False),
        sa.Column("accuracy", sa.Double),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("sketch", sa.LargeBinary, nullable=False),
    )
    op.create_index("run_owner", "run", ["owner"])
    op.create_table(
        "run_chunk",
        sa.Column("run", sa.String(32), sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )


def _drawings() -> None:
    op.create_table(
        "drawing",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("ink", sa.LargeBinary, nullable=False),
        sa.Column("digit", sa.LargeBinary, nullable=False),
        sa.Column("label", sa.Integer, nullable=False),
        sa.Column("probabilities", sa.LargeBinary, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("deleted", sa.Double),
    )
    op.create_index("drawing_owner", "drawing", ["owner"])
    op.create_table(
        "run_drawing",
        sa.Column("run", sa.String(32), sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("drawing", sa.String(64), nullable=False),
    )
    op.create_index("run_drawing_drawing", "run_drawing", ["drawing"])
