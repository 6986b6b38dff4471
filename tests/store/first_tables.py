"""The tables of the first version, where the migrations start. They never change."""

from __future__ import annotations

import sqlalchemy as sa

from digitviz.store.database import Database

FIRST = sa.MetaData()


def _columns(keys: dict[str, object], others: dict[str, object], optional: dict[str, object]) -> list[sa.Column]:
    return [
        *(sa.Column(name, kind, primary_key=True) for name, kind in keys.items()),
        *(sa.Column(name, kind, nullable=False) for name, kind in others.items()),
        *(sa.Column(name, kind) for name, kind in optional.items()),
    ]


sa.Table(
    "value", FIRST,
    *_columns(
        {"kind": sa.String(20), "id": sa.String(100)},
        {"format": sa.String(40), "bytes": sa.BigInteger, "used": sa.Double}, {},
    ),
    sa.Index("value_used", "used"),
)  # fmt: skip
sa.Table(
    "chunk", FIRST,
    *_columns(
        {"kind": sa.String(20), "id": sa.String(100), "number": sa.Integer, "part": sa.Integer},
        {"parts": sa.Integer, "digest": sa.LargeBinary, "data": sa.LargeBinary}, {},
    ),
    sa.ForeignKeyConstraint(["kind", "id"], ["value.kind", "value.id"], ondelete="CASCADE"),
)  # fmt: skip
sa.Table(
    "run", FIRST,
    *_columns(
        {"id": sa.String(32)},
        {
            "owner": sa.String(64), "title": sa.String(80), "pinned": sa.Boolean, "created": sa.Double,
            "changed": sa.Double, "recipe": sa.Text, "settings": sa.Text, "training_data": sa.Text,
            "step": sa.BigInteger, "total_steps": sa.BigInteger, "wants_to_go_on": sa.Boolean, "state": sa.String(40),
            "sketch": sa.LargeBinary,
        },
        {
            "deleted": sa.Double, "parent": sa.String(32), "left_at": sa.BigInteger, "speed": sa.Double,
            "accuracy": sa.Double,
        },
    ),
    sa.Index("run_owner", "owner"),
)  # fmt: skip
sa.Table(
    "run_chunk", FIRST,
    sa.Column("run", sa.String(32), sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    *_columns({"part": sa.Integer}, {"parts": sa.Integer, "digest": sa.LargeBinary, "data": sa.LargeBinary}, {}),
)  # fmt: skip
sa.Table(
    "drawing", FIRST,
    *_columns(
        {"id": sa.String(64)},
        {
            "owner": sa.String(64), "ink": sa.LargeBinary, "digit": sa.LargeBinary, "label": sa.Integer,
            "probabilities": sa.LargeBinary, "created": sa.Double,
        },
        {"deleted": sa.Double},
    ),
    sa.Index("drawing_owner", "owner"),
)  # fmt: skip
sa.Table(
    "run_drawing", FIRST,
    sa.Column("run", sa.String(32), sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True), sa.Column("drawing", sa.String(64), nullable=False),
    sa.Index("run_drawing_drawing", "drawing"),
)  # fmt: skip


def make_first_tables(database: Database, *inserts: sa.Insert) -> None:
    """Create the tables of the first version in an empty database, and insert rows."""
    engine = database._connected()
    with database._transaction(engine, writes=True) as connection:
        FIRST.create_all(connection)
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('0001')")
        for insert in inserts:
            connection.execute(insert)
    engine.dispose()
