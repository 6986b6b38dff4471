"""Migration of the tables of earlier versions to the newest.

Missing tables and columns are added as `tables` defines them, so a new column must be optional or have a default of the
server. Only a change of what is in a column needs a function, which never changes once it is released:
`tests/store/test_old_database.py` fails if code that it uses changes.
"""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from digitviz.packing import pack, unpack
from digitviz.store.records import parts_of
from digitviz.store.tables import metadata

WITH_CHUNKS = "0005"
"""Number of the version since which the state of a run is a chunk."""
BEFORE, AFTER = "digitviz piece 1", "digitviz chunk 1"
CURVES = ("train_accuracy", "test_accuracy", "train_loss", "test_loss")

log = logging.getLogger(__name__)


def take(connection: sa.Connection, after: str) -> None:
    """Migrate the tables of the version with the number `after`, in the transaction of the connection."""
    op, there = Operations(MigrationContext.configure(connection)), sa.inspect(connection)
    for table in filter(lambda table: there.has_table(table.name), metadata.sorted_tables):
        known = {column["name"] for column in there.get_columns(table.name)}
        for column in table.c:
            if column.name not in known:
                op.add_column(table.name, column)
    metadata.create_all(connection)
    if after < WITH_CHUNKS:
        make_chunks(connection)


def make_chunks(connection: sa.Connection) -> None:
    """Convert the state of each run into a chunk, which has curves by name, engine states and no hash chain.

    Delete damaged states: their runs continue from their chunks, or are trained again.
    """
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
