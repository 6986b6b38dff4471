"""Numbered migration steps from the tables of earlier versions to the newest.

A released step never changes, so this module does not use code that may change elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import logging
from math import prod
from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from safetensors.numpy import save

BEFORE, AFTER = "digitviz piece 1", "digitviz chunk 1"
CURVES = ("train_accuracy", "test_accuracy", "train_loss", "test_loss")
TYPES: dict[str, np.dtype[Any]] = {
    name: np.dtype(kind) for name, kind in {"F64": "<f8", "F32": "<f4", "I64": "<i8", "U8": "u1"}.items()
}
BYTES_OF_A_PART = 1_000_000

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
        pieces = [new[at : at + BYTES_OF_A_PART] for at in range(0, len(new), BYTES_OF_A_PART)]
        for number, piece in enumerate(pieces):
            about = {"part": number, "parts": len(pieces), "digest": hashlib.blake2b(piece, digest_size=16).digest()}
            connection.execute(sa.insert(table).values(run=run, data=piece, **about))


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


def chunk_of(piece: bytes) -> bytes:
    """Convert a "digitviz piece 1" into a "digitviz chunk 1".

    Both are safetensors files with notes and a hash in their metadata.
    """
    notes, arrays = _unpacked(piece)
    curves = arrays["of_batches"]
    new = {"losses": arrays["losses"]} | {f"curve.{name}": curves[row] for row, name in enumerate(CURVES)}
    if "stops" in arrays:
        new["checkpoints"] = arrays["stops"]
    new |= {name.replace("checkpoint.", "state."): each for name, each in arrays.items() if "checkpoint." in name}
    said = {name: notes[name] for name in ("first", "step", "known_since")}
    said |= {"recipe": notes["source"], "checkpoints": notes["stops"], "stuck": notes["spells"]}
    return _packed(said, {name: np.require(each, requirements="C") for name, each in new.items()})


def _unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    text = json.loads(header.pop("__metadata__")["digitviz"])
    arrays: dict[str, np.ndarray] = {}
    for name, described in header.items():
        start, end = described["data_offsets"]
        kind = TYPES[described["dtype"]]
        if prod(described["shape"]) * kind.itemsize != end - start:
            raise ValueError(f"{name} does not have the size of bytes {start} to {end}")
        arrays[name] = np.frombuffer(data[8 + size + start : 8 + size + end], kind).reshape(described["shape"])
    if text["format"] != BEFORE or text["sha256"] != _hash(BEFORE, text["notes"], arrays):
        raise ValueError("the format or the hash is wrong")
    return json.loads(text["notes"]), arrays


def _packed(notes: dict[str, Any], arrays: dict[str, np.ndarray]) -> bytes:
    said = json.dumps(notes, separators=(",", ":"))
    text = json.dumps({"format": AFTER, "notes": said, "sha256": _hash(AFTER, said, arrays)})
    return bytes(save(arrays, {"digitviz": text}))


def _hash(form: str, notes: str, arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256(f"{form}\n{notes}\n".encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.name} {arrays[name].shape}\n".encode())
        digest.update(arrays[name].reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


STEPS = {"0002": add_epochs, "0003": add_visits, "0004": add_purge, "0005": make_chunks, "0006": add_sweeps}
