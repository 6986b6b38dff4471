"""The newest tables. A test compares them with the result of the migrations."""

from __future__ import annotations

from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Double, Integer, LargeBinary, String, Text

metadata = sa.MetaData()
_key = partial(sa.Column, primary_key=True)
_column = partial(sa.Column, nullable=False)
_optional = sa.Column


def _part() -> list[sa.Column[Any]]:
    """Return the columns for a part of some bytes, see `records.parts_of`."""
    about = [_key("part", Integer), _column("parts", Integer)]
    return [*about, _column("digest", LargeBinary), _column("data", LargeBinary)]


value = sa.Table(
    "value",
    metadata,
    _key("kind", String(20)),
    _key("id", String(100)),
    _column("format", String(40)),
    _column("bytes", BigInteger),
    _column("used", Double),
    sa.Index("value_used", "used"),
)

chunk = sa.Table(
    "chunk",
    metadata,
    _key("kind", String(20)),
    _key("id", String(100)),
    _key("number", Integer),
    *_part(),
    sa.ForeignKeyConstraint(["kind", "id"], ["value.kind", "value.id"], ondelete="CASCADE"),
)

run = sa.Table(
    "run",
    metadata,
    _key("id", String(32)),
    _column("owner", String(64)),
    _column("title", String(80)),
    _column("pinned", Boolean),
    _column("created", Double),
    _column("changed", Double),
    _optional("deleted", Double),
    _column("recipe", Text),
    _column("settings", Text),
    _column("training_data", Text),
    _optional("parent", String(32)),
    _optional("left_at", BigInteger),
    _column("step", BigInteger),
    _column("total_steps", BigInteger),
    _optional("speed", Double),
    _column("wants_to_go_on", Boolean),
    _optional("accuracy", Double),
    _column("state", String(40)),
    _column("sketch", LargeBinary),
    _column("epoch", BigInteger, server_default="0"),
    sa.Index("run_owner", "owner"),
)

run_chunk = sa.Table(
    "run_chunk", metadata, _key("run", String(32), sa.ForeignKey("run.id", ondelete="CASCADE")), *_part()
)

drawing = sa.Table(
    "drawing",
    metadata,
    _key("id", String(64)),
    _column("owner", String(64)),
    _column("ink", LargeBinary),
    _column("digit", LargeBinary),
    _column("label", Integer),
    _column("probabilities", LargeBinary),
    _column("created", Double),
    _optional("deleted", Double),
    sa.Index("drawing_owner", "owner"),
)

run_drawing = sa.Table(
    "run_drawing",
    metadata,
    _key("run", String(32), sa.ForeignKey("run.id", ondelete="CASCADE")),
    _key("position", Integer),
    _column("drawing", String(64)),
    sa.Index("run_drawing_drawing", "drawing"),
)

sweep = sa.Table(
    "sweep",
    metadata,
    _key("id", String(32)),
    _column("owner", String(64)),
    _column("created", Double),
    _column("changed", Double),
    _optional("deleted", Double),
    _column("definition", Text),
    _column("training_data", Text),
    _column("wants_to_go_on", Boolean),
    _column("title", String(80), server_default=sa.text("''")),
    sa.Index("sweep_owner", "owner"),
)

outcome = sa.Table(
    "outcome",
    metadata,
    _key("sweep", String(32), sa.ForeignKey("sweep.id", ondelete="CASCADE")),
    _key("recipe", String(64)),
    _column("data", LargeBinary),
)

visit = sa.Table("visit", metadata, _key("owner", String(64)), _column("day", Double))

purge = sa.Table("purge", metadata, _key("at", Double))

for _table in (chunk, run_chunk):  # PostgreSQL's compression of floats is slow and useless
    _store = sa.DDL("ALTER TABLE %(table)s ALTER COLUMN data SET STORAGE EXTERNAL")
    sa.event.listen(_table, "after_create", _store.execute_if(dialect="postgresql"))
