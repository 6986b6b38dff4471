"""Numbered migration steps from the tables of earlier versions to the newest.

A released step never changes. `tests/store/test_old_database.py` fails if code that a step uses changes.
"""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from digitviz.packing import pack, unpack
from digitviz.store.records import parts_of

BEFORE, AFTER = "digitviz piece 1", "digitviz chunk 1"
CURVES = ("train_accuracy", "test_accuracy", "train_loss", "test_loss")

log = logging.getLogger(__name__)


def take(connection: sa.Connection, after: str) -> None:
    """Run all steps with numbers greater than `after`, in the transaction of the connection."""
    op = Operations(MigrationContext.configure(connection))
    for number, step in STEPS.items():
        if number > after:
            step(op)


def add_epochs(op: Operations) -> None:
    """Add the epoch of each run, which identifies the server that trains it."""
    op.add_column("run", sa.Column("epoch", sa.BigInteger, nullable=False, server_default="0"))


def add_visits(op: Operations) -> None:
    """Add the day of each owner's last visit."""
    owner = sa.Column("owner", sa.String(64), primary_key=True)
    op.create_table("visit", owner, sa.Column("day", sa.Double, nullable=False))


def add_purge(op: Operations) -> None:
    """Add a table with one row for the time of the last purge."""
    op.create_table("purge", sa.Column("at", sa.Double, primary_key=True))


def make_chunks(op: Operations) -> None:
    """Convert the state of each run into a chunk, which has curves by name, engine states and no hash chain.

    Delete damaged states: their runs continue from their chunks, or are trained again.
    """
    connection = op.get_bind()
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("run", "part", "parts", "digest", "data")]
    table = sa.table("run_chunk", *columns)
    for run in connection.execute(sa.select(table.c.run).distinct()).scalars().all():
        parts = connection.execute(sa.select(table.c.data).where(table.c.run == run).order_by(table.c.part)).scalars()
        old = b"".join(map(bytes, parts))
        connection.execute(sa.delete(table).where(table.c.run == run))
        try:
            new = chunk_of(old)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("the saved state of a run is damaged and was deleted: %r", error)
            continue
        connection.execute(sa.insert(table), [{"run": run} | part for part in parts_of(new)])


def add_sweeps(op: Operations) -> None:
    """Add the sweeps of owners, and the outcomes of their trainings."""
    op.create_table(
        "sweep",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("changed", sa.Double, nullable=False),
        sa.Column("deleted", sa.Double),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("training_data", sa.Text, nullable=False),
        sa.Column("wants_to_go_on", sa.Boolean, nullable=False),
    )
    op.create_index("sweep_owner", "sweep", ["owner"])
    op.create_table(
        "outcome",
        sa.Column("sweep", sa.String(32), sa.ForeignKey("sweep.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("recipe", sa.String(64), primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )


def add_titles(op: Operations) -> None:
    """Add the titles of sweeps."""
    op.add_column("sweep", sa.Column("title", sa.String(80), nullable=False, server_default=sa.text("''")))


def chunk_of(piece: bytes) -> bytes:
    """Convert a "digitviz piece 1" into a "digitviz chunk 1".

    Both are safetensors files with notes and a hash in their metadata.
    """
    notes, arrays = unpack(BEFORE, piece)
    curves = arrays["of_batches"]
    new = {"losses": arrays["losses"]} | {f"curve.{name}": curves[row] for row, name in enumerate(CURVES)}
    if "stops" in arrays:
        new["checkpoints"] = arrays["stops"]
    new |= {name.replace("checkpoint.", "state."): each for name, each in arrays.items() if "checkpoint." in name}
    said = {name: notes[name] for name in ("first", "step", "known_since")}
    said |= {"recipe": notes["source"], "checkpoints": notes["stops"], "stuck": notes["spells"]}
    return pack(AFTER, said, new)


_IN_ORDER = add_epochs, add_visits, add_purge, make_chunks, add_sweeps, add_titles
STEPS = {f"{number:04d}": step for number, step in enumerate(_IN_ORDER, 2)}
