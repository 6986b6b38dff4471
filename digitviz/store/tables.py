"""The tables as the newest migration leaves them. A test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

value = Table(
    "value",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("id", String(100), primary_key=True),
    Column("format", String(40), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("used", Double, nullable=False),
    Index("value_used", "used"),
)

chunk = Table(
    "chunk",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("id", String(100), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("parts", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    ForeignKeyConstraint(["kind", "id"], ["value.kind", "value.id"], ondelete="CASCADE"),
)

run = Table(
    "run",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("title", String(80), nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("created", Double, nullable=False),
    Column("changed", Double, nullable=False),
    Column("deleted", Double),
    Column("recipe", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("training_data", Text, nullable=False),
    Column("parent", String(32)),
    Column("left_at", BigInteger),
    Column("step", BigInteger, nullable=False),
    Column("total_steps", BigInteger, nullable=False),
    Column("speed", Double),
    Column("wants_to_go_on", Boolean, nullable=False),
    Column("accuracy", Double),
    Column("state", String(40), nullable=False),
    Column("sketch", LargeBinary, nullable=False),
    Column("epoch", BigInteger, nullable=False, server_default="0"),
    Index("run_owner", "owner"),
)

run_chunk = Table(
    "run_chunk",
    metadata,
    Column("run", String(32), ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("parts", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

drawing = Table(
    "drawing",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("ink", LargeBinary, nullable=False),
    Column("digit", LargeBinary, nullable=False),
    Column("label", Integer, nullable=False),
    Column("probabilities", LargeBinary, nullable=False),
    Column("created", Double, nullable=False),
    Column("deleted", Double),
    Index("drawing_owner", "owner"),
)

run_drawing = Table(
    "run_drawing",
    metadata,
    Column("run", String(32), ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("drawing", String(64), nullable=False),
    Index("run_drawing_drawing", "drawing"),
)

visit = Table(
    "visit",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("day", Double, nullable=False),
)

purge = Table(
    "purge",
    metadata,
    Column("at", Double, primary_key=True),
)
