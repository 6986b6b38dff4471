"""What is asked of the database, inside a transaction that sees one moment."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

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


def ids_of_owner(connection: Connection, name: str, owner: str) -> set[str]:
    """Return the ids of an owner's rows in the table of that name that were not deleted."""
    table = tables.metadata.tables[name]
    which = (table.c.owner == owner) & table.c.deleted.is_(None)
    return set(connection.execute(select(table.c.id).where(which)).scalars())


def bytes_owned(connection: Connection, of_a_drawing: int) -> int:
    """Return how many bytes people own, with what was deleted: states, recipes, and drawings of so many bytes each."""
    states = select(func.coalesce(func.sum(func.length(tables.run_chunk.c.data)), 0))
    recipes = select(func.coalesce(func.sum(func.length(tables.run.c.recipe)), 0))
    drawings = select(func.count() * of_a_drawing).select_from(tables.drawing)
    return sum(int(connection.execute(one).scalar_one()) for one in (states, recipes, drawings))


def bytes_of_owner(connection: Connection, owner: str) -> int:
    """Return how many bytes the runs of an owner take: states and recipes; those that were deleted count by half."""
    run, chunk = tables.run.c, tables.run_chunk.c
    taken = 0
    for which in (run.owner == owner, (run.owner == owner) & run.deleted.is_(None)):
        states = select(func.coalesce(func.sum(func.length(chunk.data)), 0)).join(tables.run).where(which)
        recipes = select(func.coalesce(func.sum(func.length(run.recipe)), 0)).where(which)
        taken += sum(int(connection.execute(one).scalar_one()) for one in (states, recipes))
    return taken // 2


def bytes_of_states(connection: Connection, runs: Iterable[str]) -> dict[str, int]:
    """Return how many bytes the states of runs take, by their ids; those that have none are left out."""
    chunk, sizes = tables.run_chunk.c, dict[str, int]()
    for some in _divided(runs):
        each = select(chunk.run, func.sum(func.length(chunk.data))).where(chunk.run.in_(some)).group_by(chunk.run)
        sizes |= {run: int(size) for run, size in connection.execute(each)}
    return sizes


def standings(connection: Connection, runs: Iterable[str]) -> dict[str, tuple[int, bool]]:
    """Return the epochs of runs and whether they are deleted, by their ids; those that are not there are left out."""
    run, found = tables.run.c, dict[str, tuple[int, bool]]()
    for some in _divided(runs):
        rows = connection.execute(select(run.id, run.epoch, run.deleted).where(run.id.in_(some)))
        found |= {id: (epoch, deleted is not None) for id, epoch, deleted in rows}
    return found


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
