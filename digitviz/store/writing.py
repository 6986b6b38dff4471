"""What the writer says to the database, inside a transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, delete, func, insert, select, update

from digitviz.store import tables
from digitviz.store.database import Database
from digitviz.store.pending import Change, Computed, Key, Owned
from digitviz.store.reading import standings
from digitviz.store.rows import parts_of

SECONDS_A_USE_IS_FRESH = 60
"""For so long, using a value again is not written down."""

Found = tuple[int, bool]
"""The epoch of a run, and whether it is deleted."""

# What every save says is put together once: SQLAlchemy takes a millisecond for each statement that it has not seen.
_MAY_BE_WRITTEN = (tables.run.c.id == bindparam("of")) & tables.run.c.epoch.in_(bindparam("allowed", expanding=True))
_MOVE = update(tables.run).where(_MAY_BE_WRITTEN).returning(tables.run.c.epoch, tables.run.c.deleted)
_FORGET_STATE = delete(tables.run_chunk).where(tables.run_chunk.c.run == bindparam("of"))
_KEEP_STATE = insert(tables.run_chunk)


def write_owned(database: Database, connection: Connection, owned: Owned) -> dict[str, Found]:
    """Write what people own; in the order of ids, so that two servers do not wait for each other.

    Returns
    -------
    dict of str to tuple
        The epoch that each run has now, and whether it is deleted. Where the epoch is another, another server has taken
        the run, and nothing was saved of it.
    """
    found = {id: _write_run(database, connection, id, owned.runs[id]) for id in sorted(owned.runs)}
    for id in sorted(owned.drawings):
        change, drawing = owned.drawings[id], tables.drawing
        if change.row is not None:
            upsert = database.insert(drawing).on_conflict_do_update(index_elements=["id"], set_=change.moves)
            connection.execute(upsert, change.row)
        _set(connection, drawing, id, change)
    known = {id: seen for id, seen in found.items() if seen is not None}
    return known | standings(connection, found.keys() - known)


def write_computed(
    database: Database, connection: Connection, computed: Computed, formats: dict[str, str], now: float
) -> int:
    """Write what is to become of values; return how many bytes came to them."""
    for (kind, id), number in sorted(computed.drops.items()):
        _drop(connection, (kind, id), number)
    keys = sorted({key[:2] for key in computed.pieces})
    added = 0
    for key in keys:
        pieces = {piece[2]: data for piece, data in computed.pieces.items() if piece[:2] == key}
        added += _insert(database, connection, key, formats.get(key[0], ""), pieces, now)
    touched = [{"of": kind, "which": id} for kind, id in sorted(computed.touched - set(keys))]
    if touched:
        at = (tables.value.c.kind == bindparam("of")) & (tables.value.c.id == bindparam("which"))
        stale = tables.value.c.used < now - SECONDS_A_USE_IS_FRESH
        connection.execute(update(tables.value).where(at, stale).values(used=now), touched)
    return added


def _write_run(database: Database, connection: Connection, id: str, change: Change) -> Found | None:
    """Write what is to become of a run; return what is found of it then, if that need not be asked for."""
    found = _moved(connection, id, change)
    is_mine = found is not None or _write_row_of_run(database, connection, id, change)
    _set(connection, tables.run, id, change)
    if is_mine and change.row is not None and change.drawings:
        rows = [{"run": id, "position": at, "drawing": drawing} for at, drawing in enumerate(change.drawings)]
        connection.execute(database.insert(tables.run_drawing).on_conflict_do_nothing(), rows)
    if is_mine and change.state is not None:
        connection.execute(_FORGET_STATE, {"of": id})
        connection.execute(_KEEP_STATE, [{"run": id} | part for part in parts_of(change.state)])
    return None if change.sets else found


def _moved(connection: Connection, id: str, change: Change) -> Found | None:
    """Write a later save over what is there, as is done every second; None if it is the first, or is refused."""
    if change.row is None:
        return None
    seen = connection.execute(_MOVE, change.moves | {"of": id, "allowed": [*change.allowed]}).first()
    return None if seen is None else (seen.epoch, seen.deleted is not None)


def _write_row_of_run(database: Database, connection: Connection, id: str, change: Change) -> bool:
    """Write the row of a run, or its epoch alone; return whether that was allowed."""
    allowed = tables.run.c.epoch.in_(change.allowed)
    if change.row is not None:
        upsert = database.insert(tables.run).on_conflict_do_update(
            index_elements=["id"], set_=change.moves, where=allowed
        )
        return connection.execute(upsert.returning(tables.run.c.id), change.row).first() is not None
    if change.epoch is not None:
        taking = update(tables.run).where(tables.run.c.id == id, allowed).values(epoch=change.epoch)
        return connection.execute(taking).rowcount != 0
    return True


def _set(connection: Connection, table: Table, id: str, change: Change) -> None:
    if change.sets:
        connection.execute(update(table).where(table.c.id == id).values(change.sets))


def _drop(connection: Connection, key: Key, number: int) -> None:
    chunk, value = tables.chunk.c, tables.value.c
    gone = (chunk.kind == key[0]) & (chunk.id == key[1]) & (chunk.number >= number)
    connection.execute(delete(tables.chunk).where(gone))
    connection.execute(update(tables.value).where(*_is(key)).values(bytes=_bytes_of(key).scalar_subquery()))
    connection.execute(delete(tables.value).where(*_is(key), value.bytes == 0))


def _bytes_of(key: Key) -> Select[Any]:
    chunk = tables.chunk.c
    size = func.coalesce(func.sum(func.length(chunk.data)), 0)
    return select(size).where(chunk.kind == key[0], chunk.id == key[1])


def _insert(
    database: Database, connection: Connection, key: Key, format: str, pieces: dict[int, bytes], now: float
) -> int:
    """Insert the pieces that are not there yet; return how many bytes these are."""
    kind, id = key
    connection.execute(delete(tables.value).where(*_is(key), tables.value.c.format != format))
    row = {"kind": kind, "id": id, "format": format, "bytes": 0, "used": now}
    connection.execute(database.insert(tables.value).on_conflict_do_nothing(), row)
    chunk, added = tables.chunk.c, 0
    numbers = select(chunk.number).where(chunk.kind == kind, chunk.id == id, chunk.part == 0)
    there = set(connection.execute(numbers).scalars())
    for number in sorted(pieces.keys() - there):
        first, *others = ({"kind": kind, "id": id, "number": number} | part for part in parts_of(pieces[number]))
        inserting = database.insert(tables.chunk).on_conflict_do_nothing().returning(chunk.number)
        if connection.execute(inserting, first).first() is None:  # another server has just written it, all its parts
            continue
        added += len(pieces[number])
        if others:
            connection.execute(insert(tables.chunk), others)
    more = {"bytes": tables.value.c.bytes + added, "used": now}
    connection.execute(update(tables.value).where(*_is(key)).values(more))
    return added


def _is(key: Key) -> tuple[Any, Any]:
    return tables.value.c.kind == key[0], tables.value.c.id == key[1]
