"""Who owns what, and since when nobody has seen them: for whoever runs the server, who alone removes what is theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, func, literal, or_, select, update

from digitviz.store import tables
from digitviz.store.database import Database
from digitviz.store.room import BYTES_OF_A_DRAWING

SECONDS_OF_A_DAY = 86_400
OWNERS_AT_ONCE = 100
"""That one transaction removes."""


@dataclass(frozen=True)
class Owner:
    """What one owner has.

    Parameters
    ----------
    id : str
        SHA-256 of the owner's key.
    seen : float
        Seconds since 1970: the day of their last visit, or the moment when something of theirs changed last, if that
        was later.
    runs, drawings : int
        Those that were deleted and can be restored counted.
    nbytes : int
        Of states, recipes and drawings, roughly.
    """

    id: str
    seen: float
    runs: int
    drawings: int
    nbytes: int


def note_visits(database: Database, connection: Connection, visits: Mapping[str, float]) -> None:
    """Write down on which day owners were here, at so many seconds since 1970; of who owns nothing, nothing."""
    run, drawing = tables.run.c, tables.drawing.c
    for owner, seconds in sorted(visits.items()):
        owns = or_(exists().where(run.owner == owner), exists().where(drawing.owner == owner))
        if connection.execute(select(owns)).scalar_one():
            day = {"day": seconds // SECONDS_OF_A_DAY * SECONDS_OF_A_DAY}
            insert = database.insert(tables.visit).on_conflict_do_update(index_elements=["owner"], set_=day)
            connection.execute(insert, {"owner": owner} | day)


def forget_visits(connection: Connection) -> None:
    """Forget when those were here who own nothing any more."""
    owner = tables.visit.c.owner
    owns = or_(exists().where(tables.run.c.owner == owner), exists().where(tables.drawing.c.owner == owner))
    connection.execute(delete(tables.visit).where(~owns))


def owners(connection: Connection, ids: Iterable[str] | None = None) -> list[Owner]:
    """Return all owners, or those of some ids, and what they have; who was not seen for longest comes first."""
    run, drawing, chunk, visit = tables.run.c, tables.drawing.c, tables.run_chunk.c, tables.visit.c
    states = select(run.owner, func.sum(func.length(chunk.data))).join_from(tables.run_chunk, tables.run)
    asked: list[Select[Any]] = [
        select(
            run.owner, func.max(run.changed), func.count(), literal(0), func.sum(func.length(run.recipe))
        ).group_by(run.owner),
        select(
            drawing.owner, func.max(drawing.created), literal(0), func.count(), func.count() * BYTES_OF_A_DRAWING
        ).group_by(drawing.owner),
    ]  # fmt: skip
    seen = {id: float(day) for id, day in connection.execute(select(visit.owner, visit.day))}
    sizes = {id: int(nbytes) for id, nbytes in connection.execute(states.group_by(run.owner))}
    found: dict[str, Owner] = {}
    for question in asked:
        for id, changed, runs, drawings, nbytes in connection.execute(question):
            one = found.get(id, Owner(id, seen.get(id, 0.0), 0, 0, sizes.get(id, 0)))
            found[id] = Owner(
                id, max(one.seen, changed), one.runs + runs, one.drawings + drawings, one.nbytes + int(nbytes)
            )
    wanted = found.keys() if ids is None else found.keys() & set(ids)
    return sorted((found[id] for id in wanted), key=lambda one: (one.seen, one.id))


def remove(database: Database, ids: Iterable[str], before: float) -> int:
    """Remove all that owners have who were not seen since a moment, for good; return how many owners that were.

    A drawing that others' runs learnt from stays as one that was deleted. Who has come since then is left alone.

    Parameters
    ----------
    database : Database
        Open.
    ids : iterable of str
    before : float
        Seconds since 1970.
    """
    removed, wanted = 0, sorted(ids)
    run, drawing, learnt = tables.run, tables.drawing, tables.run_drawing.c
    for first in range(0, len(wanted), OWNERS_AT_ONCE):
        with database.writing() as connection:
            some = wanted[first : first + OWNERS_AT_ONCE]
            gone = [each.id for each in owners(connection, some) if each.seen < before]
            connection.execute(delete(run).where(run.c.owner.in_(gone)))
            theirs = drawing.c.owner.in_(gone)
            needed = exists(select(learnt.drawing).where(learnt.drawing == drawing.c.id))
            connection.execute(delete(drawing).where(theirs, ~needed))
            connection.execute(update(drawing).where(theirs, drawing.c.deleted.is_(None)).values(deleted=before))
            connection.execute(delete(tables.visit).where(tables.visit.c.owner.in_(gone)))
        removed += len(gone)
    return removed
