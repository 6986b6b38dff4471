"""SQL queries and statements of the store, inside a transaction."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, delete, exists, func, insert, select, update

from digitviz.store import tables
from digitviz.store.pending import Change, Owned, Work
from digitviz.store.records import ONCE, Row, joined, parts_of

BYTES_OF_A_DRAWING = 12_000
SECONDS_A_USE_IS_FRESH = 60
"""Minimum time between two updates of the last use of a value."""

Seen = tuple[int, bool]
"""The epoch of a run, and whether the run is deleted."""

_run, _drawing, _learnt = tables.run.c, tables.drawing.c, tables.run_drawing.c
_sweep, _outcome = tables.sweep.c, tables.outcome.c
_state, _chunk, _value = tables.run_chunk.c, tables.chunk.c, tables.value.c


class Reader:
    """Queries in a transaction with a consistent snapshot. They include deleted rows unless stated otherwise."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def pieces_of(self, kind: str, id: str, format: str) -> tuple[dict[int, bytes], int | None]:
        """Return the pieces of a value by number, up to the first damaged one, and the number of the damaged one."""
        of_value = (_value.kind == kind) & (_value.id == id) & (_value.format == format)
        rows = select(tables.chunk).join(tables.value).where(of_value).order_by(_chunk.number, _chunk.part)
        pieces: dict[int, bytes] = {}
        for number, parts in itertools.groupby(self._connection.execute(rows).mappings(), lambda row: row["number"]):
            try:
                pieces[number] = joined([dict(part) for part in parts])
            except ValueError:
                return pieces, number
        return pieces, None

    def state_of(self, run: str) -> list[Row]:
        """Return the parts of a run's state."""
        parts = select(tables.run_chunk).where(_state.run == run).order_by(_state.part)
        return [dict(row) for row in self._connection.execute(parts).mappings()]

    def rows(self, what: Owned, column: str, values: Iterable[str]) -> dict[str, Row]:
        """Return the runs, drawings or sweeps with one of the values in a column, or in the `drawings` of a run."""
        table = tables.metadata.tables[what]
        if column == "drawings":
            which = _run.id.in_(select(_learnt.run).where(_learnt.drawing.in_(values)))
        else:
            which = table.c[column].in_(values)
        rows = {row["id"]: dict(row) for row in self._connection.execute(select(table).where(which)).mappings()}
        if table is tables.run:
            pairs = select(_learnt.run, _learnt.drawing).join(tables.run).where(which)
            for row in rows.values():
                row["drawings"] = ()
            for run, drawing in self._connection.execute(pairs.order_by(_learnt.run, _learnt.position)):
                rows[run]["drawings"] += (drawing,)
        return rows

    def outcomes_of(self, sweep: str) -> dict[str, bytes]:
        """Return the outcomes of a sweep, by recipe."""
        found = self._connection.execute(select(_outcome.recipe, _outcome.data).where(_outcome.sweep == sweep))
        return {recipe: bytes(data) for recipe, data in found}

    def outcome_counts(self, owner: str) -> dict[str, int]:
        """Return the number of outcomes of each of an owner's sweeps. Sweeps without outcomes are missing."""
        counted = select(_outcome.sweep, func.count()).join_from(tables.outcome, tables.sweep)
        found = self._connection.execute(counted.where(_sweep.owner == owner).group_by(_outcome.sweep))
        return {sweep: int(count) for sweep, count in found}

    def ids_of_owner(self, what: Owned, owner: str) -> set[str]:
        """Return the ids of an owner's rows in a table, without deleted ones."""
        table = tables.metadata.tables[what]
        which = (table.c.owner == owner) & table.c.deleted.is_(None)
        return set(self._connection.execute(select(table.c.id).where(which)).scalars())

    def bytes_of_owner(self, owner: str) -> int:
        """Return the size of an owner's runs and sweeps; deleted ones count half."""

        def theirs(table: Any) -> Any:
            return table.c.owner == owner

        return (self._bytes(theirs) + self._bytes(theirs, lambda table: table.c.deleted.is_(None))) // 2

    def bytes_owned(self) -> int:
        """Return the size of all runs, sweeps and drawings."""
        drawings = self._connection.execute(select(func.count()).select_from(tables.drawing)).scalar_one()
        return self._bytes() + drawings * BYTES_OF_A_DRAWING

    def _bytes(self, *which: Callable[[Any], Any]) -> int:
        """Return the size of the runs and sweeps that meet all conditions, with their states and outcomes."""
        nbytes = 0
        for told, parts in ((_run.recipe, tables.run_chunk), (_sweep.definition, tables.outcome)):
            conditions = [condition(told.table) for condition in which]
            for size in (select(_total(told)), select(_total(parts.c.data)).join_from(parts, told.table)):
                nbytes += self._connection.execute(size.where(*conditions)).scalar_one()
        return nbytes

    def seen(self, runs: Iterable[str]) -> dict[str, Seen]:
        """Return the epoch of each run and whether it is deleted, by id. Missing runs are left out."""
        rows = self._connection.execute(select(_run.id, _run.epoch, _run.deleted).where(_run.id.in_(runs)))
        return {id: (epoch, deleted is not None) for id, epoch, deleted in rows}


def write_owned(connection: Connection, work: Work) -> dict[str, Seen]:
    """Write a run, a drawing or a sweep, or outcomes in a fixed order, which prevents deadlocks between servers.

    Returns
    -------
    dict of str to tuple
        The current epoch of each run, and whether it is deleted. If it differs from the epoch of the change, another
        server has taken the run, and the change was not saved.
    """
    seen = dict[str, Seen | None]()
    for what, id in sorted(work.changes):
        change, table = work.changes[what, id], tables.metadata.tables[what]
        if what == "run":
            seen[id] = _write_run(connection, id, change)
            continue
        if change.row is not None:
            connection.execute(_upsert(connection.dialect.name, table), change.row)
        _set(connection, table, id, change)
    if work.outcomes:
        rows = [
            {"of": sweep, "which": recipe, "bytes": data} for (sweep, recipe), data in sorted(work.outcomes.items())
        ]
        connection.execute(_keep_outcome(connection.dialect.name), rows)
    known = {id: found for id, found in seen.items() if found is not None}
    return known | (Reader(connection).seen(seen.keys() - known) if seen.keys() - known else {})


def _write_run(connection: Connection, id: str, change: Change) -> Seen | None:
    """Write a run; return its epoch and whether it is deleted, or None if that takes another query."""
    seen, allowed = None, [*change.allowed]
    if change.row is not None:
        row = change.row | {"allowed": allowed}
        seen = connection.execute(_upsert(connection.dialect.name, tables.run), row).first()
    elif change.epoch is not None:
        taking = update(tables.run).where(_run.id == id, _run.epoch.in_(allowed)).values(epoch=change.epoch)
        connection.execute(taking)
    _set(connection, tables.run, id, change)
    if change.row is None or seen is None:
        return None
    if drawings := change.row["drawings"]:
        rows = [{"run": id, "position": at, "drawing": drawing} for at, drawing in enumerate(drawings)]
        connection.execute(insert_new(connection, tables.run_drawing), rows)
    if change.state is not None:
        connection.execute(_FORGET_STATE, {"of": id})
        connection.execute(_KEEP_STATE, [{"run": id} | part for part in parts_of(change.state)])
    return None if change.sets else (seen.epoch, seen.deleted is not None)


# The statements of a save are built once, because SQLAlchemy takes a millisecond for each new statement.
_FORGET_STATE = delete(tables.run_chunk).where(_state.run == bindparam("of"))
_KEEP_STATE = insert(tables.run_chunk)


@cache
def _upsert(dialect: str, table: Table) -> Any:
    """Return the statement that saves a run or a drawing. If the row exists, it does not change the columns `ONCE`."""
    inserting = _insert(dialect)(table)
    moves = {column.name: inserting.excluded[column.name] for column in table.c if column.name not in ONCE}
    allowed = _run.epoch.in_(bindparam("allowed", expanding=True)) if table is tables.run else None
    upsert = inserting.on_conflict_do_update(index_elements=["id"], set_=moves, where=allowed)
    return upsert.returning(_run.epoch, _run.deleted) if table is tables.run else upsert


@cache
def _keep_outcome(dialect: str) -> Any:
    """Return the statement that inserts an outcome, unless it exists or its sweep does not."""
    types = tables.outcome.c
    values = (
        bindparam("of", type_=types.sweep.type), bindparam("which", type_=types.recipe.type),
        bindparam("bytes", type_=types.data.type),
    )  # fmt: skip
    found = select(*values).where(exists().where(_sweep.id == bindparam("of", type_=types.sweep.type)))
    return _insert(dialect)(tables.outcome).from_select(["sweep", "recipe", "data"], found).on_conflict_do_nothing()


def _insert(dialect: str) -> Any:
    return import_module(f"sqlalchemy.dialects.{dialect}").insert


def insert_new(connection: Connection, table: Table) -> Any:
    """Begin an INSERT that ignores existing rows."""
    return _insert(connection.dialect.name)(table).on_conflict_do_nothing()


def _set(connection: Connection, table: Table, id: str, change: Change) -> None:
    if change.sets:
        connection.execute(update(table).where(table.c.id == id).values(change.sets))


def write_values(connection: Connection, work: Work, formats: dict[str, str], now: float) -> int:
    """Write changes to values; return the number of bytes added."""
    for (kind, id), drop in sorted(work.drops.items(), key=lambda item: item[0]):
        _drop(connection, kind, id, drop.number)
    added, keys = 0, sorted({key[:2] for key in work.pieces})
    for kind, id in keys:
        pieces = {key[2]: data for key, data in work.pieces.items() if key[:2] == (kind, id)}
        added += _add(connection, kind, id, formats.get(kind, ""), pieces, now)
    if touched := sorted(work.touched.keys() - set(keys)):
        used = update(tables.value).where(*_is(bindparam("of"), bindparam("which"))).values(used=now)
        stale = used.where(_value.used < now - SECONDS_A_USE_IS_FRESH)
        connection.execute(stale, [{"of": kind, "which": id} for kind, id in touched])
    return added


def _drop(connection: Connection, kind: str, id: str, number: int) -> None:
    of_value = (_chunk.kind == kind) & (_chunk.id == id)
    connection.execute(delete(tables.chunk).where(of_value, _chunk.number >= number))
    left: Select[Any] = select(_total(_chunk.data)).where(of_value)
    connection.execute(update(tables.value).where(*_is(kind, id)).values(bytes=left.scalar_subquery()))
    connection.execute(delete(tables.value).where(*_is(kind, id), _value.bytes == 0))


def _add(connection: Connection, kind: str, id: str, format: str, pieces: dict[int, bytes], now: float) -> int:
    """Insert the missing pieces of a value; return their size in bytes."""
    connection.execute(delete(tables.value).where(*_is(kind, id), _value.format != format))
    row = {"kind": kind, "id": id, "format": format, "bytes": 0, "used": now}
    connection.execute(insert_new(connection, tables.value), row)
    numbers = select(_chunk.number).where(_chunk.kind == kind, _chunk.id == id, _chunk.part == 0)
    added, there = 0, set(connection.execute(numbers).scalars())
    for number in sorted(pieces.keys() - there):
        first, *others = ({"kind": kind, "id": id, "number": number} | part for part in parts_of(pieces[number]))
        inserting = insert_new(connection, tables.chunk).returning(_chunk.number)
        if connection.execute(inserting, first).first() is None:  # another server has just written the whole piece
            continue
        added += len(pieces[number])
        if others:
            connection.execute(insert(tables.chunk), others)
    more = {"bytes": _value.bytes + added, "used": now}
    connection.execute(update(tables.value).where(*_is(kind, id)).values(more))
    return added


def _is(kind: Any, id: Any) -> tuple[Any, Any]:
    return _value.kind == kind, _value.id == id


def _total(column: Any) -> Any:
    return func.coalesce(func.sum(func.length(column)), 0)
