"""What is asked of the database, inside a transaction that sees one moment."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from digitviz.store import tables
from digitviz.store.rows import Row, joined

MOST_IDS = 500
"""In one statement."""

Found = tuple[Row, tuple[str, ...]]
"""The row of a run, and the drawings it learnt from."""


def pieces_of(connection: Connection, kind: str, id: str, format: str) -> tuple[dict[int, bytes], int | None]:
    """Return the pieces of a value, by number, up to the first that is damaged, and the number of that."""
    chunk, value = tables.chunk.c, tables.value.c
    same = (chunk.kind == value.kind) & (chunk.id == value.id)
    of_value = (value.kind == kind) & (value.id == id) & (value.format == format)
    rows = select(tables.chunk).join(tables.value, same).where(of_value).order_by(chunk.number, chunk.part)
    pieces: dict[int, bytes] = {}
    for number, parts in itertools.groupby(connection.execute(rows).mappings(), lambda row: row["number"]):
        try:
            pieces[number] = joined([dict(part) for part in parts])
        except ValueError:
            return pieces, number
    return pieces, None


def state_of(connection: Connection, run: str) -> list[Row]:
    """Return the parts of the state of a run."""
    chunk = tables.run_chunk.c
    rows = connection.execute(select(tables.run_chunk).where(chunk.run == run).order_by(chunk.part)).mappings()
    return [dict(row) for row in rows]


def runs_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, Found]:
    """Return runs by their ids, those that were deleted too."""
    return _runs(connection, [tables.run.c.id.in_(some) for some in _divided(ids)])


def runs_of(connection: Connection, owner: str) -> dict[str, Found]:
    """Return the runs of an owner, those that were deleted too."""
    return _runs(connection, [tables.run.c.owner == owner])


def runs_that_learnt(connection: Connection, drawings: Iterable[str]) -> dict[str, Found]:
    """Return the runs that learnt from any of these drawings."""
    learnt = tables.run_drawing.c
    which = [select(learnt.run).where(learnt.drawing.in_(some)) for some in _divided(drawings)]
    return _runs(connection, [tables.run.c.id.in_(one) for one in which])


def drawings_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, Row]:
    """Return drawings by their ids, those that were deleted too."""
    found = [select(tables.drawing).where(tables.drawing.c.id.in_(some)) for some in _divided(ids)]
    return _by_id(connection, found)


def drawings_of(connection: Connection, owner: str) -> dict[str, Row]:
    """Return the drawings of an owner, those that were deleted too."""
    return _by_id(connection, [select(tables.drawing).where(tables.drawing.c.owner == owner)])


def _runs(connection: Connection, conditions: Iterable[ColumnElement[bool]]) -> dict[str, Found]:
    found: dict[str, Found] = {}
    learnt = tables.run_drawing.c
    for condition in conditions:
        which = select(tables.run.c.id).where(condition)
        pairs = select(learnt.run, learnt.drawing).where(learnt.run.in_(which)).order_by(learnt.run, learnt.position)
        drawings: dict[str, list[str]] = {}
        for run, drawing in connection.execute(pairs):
            drawings.setdefault(run, []).append(drawing)
        rows = _by_id(connection, [select(tables.run).where(condition)])
        found |= {id: (row, tuple(drawings.get(id, ()))) for id, row in rows.items()}
    return found


def _by_id(connection: Connection, statements: Iterable[Select[Any]]) -> dict[str, Row]:
    found = itertools.chain.from_iterable(connection.execute(one).mappings() for one in statements)
    return {row["id"]: dict(row) for row in found}


def _divided(ids: Iterable[str]) -> list[Sequence[str]]:
    unique = sorted(set(ids))
    return [unique[at : at + MOST_IDS] for at in range(0, len(unique), MOST_IDS)]
