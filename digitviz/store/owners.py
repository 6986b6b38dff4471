"""Owners, the amount of their data and their last visits, so that an administrator can delete abandoned data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, exists, func, literal, or_, select, union_all, update

from digitviz.store import tables
from digitviz.store.database import Database
from digitviz.store.queries import BYTES_OF_A_DRAWING, insert_new

SECONDS_OF_A_DAY = 86_400
OWNERS_AT_ONCE = 100
"""Maximum number of owners whose data one transaction deletes."""
COUNTED = ("runs", "drawings", "sweeps", "nbytes")


@dataclass(frozen=True)
class Owner:
    """The amount of an owner's data.

    Parameters
    ----------
    id : str
        SHA-256 of the owner's key.
    seen : float
        Day of the last visit or time of the last change, whichever is later, in seconds since 1970.
    runs, drawings, sweeps : int
        Numbers of runs, drawings and sweeps, including deleted ones that can be restored.
    nbytes : int
        Approximate size of states, recipes, drawings and outcomes.
    """

    id: str
    seen: float
    runs: int
    drawings: int
    sweeps: int
    nbytes: int


def note_visits(connection: Connection, visits: Mapping[str, float]) -> None:
    """Record the day of each owner's last visit, from seconds since 1970. Visitors who own nothing are not recorded."""
    for owner, seconds in sorted(visits.items()):
        if connection.execute(select(_owns(owner))).scalar_one():
            connection.execute(delete(tables.visit).where(tables.visit.c.owner == owner))
            day = seconds // SECONDS_OF_A_DAY * SECONDS_OF_A_DAY
            connection.execute(insert_new(connection, tables.visit), {"owner": owner, "day": day})


def forget_visits(connection: Connection) -> None:
    """Delete the visits of visitors who no longer own anything."""
    connection.execute(delete(tables.visit).where(~_owns(tables.visit.c.owner)))


def _owns(owner: Any) -> Any:
    """Return the SQL condition that an owner has a run, a drawing or a sweep."""
    return or_(*(exists().where(table.c.owner == owner) for table in (tables.run, tables.drawing, tables.sweep)))


def owners(connection: Connection, ids: Iterable[str] | None = None) -> list[Owner]:
    """Return all owners, or those with some ids, in order of their last visits."""
    run, drawing, chunk, visit = tables.run.c, tables.drawing.c, tables.run_chunk.c, tables.visit.c
    sweep, outcome = tables.sweep.c, tables.outcome.c
    none, one, length = literal(0), literal(1), func.length
    states = select(run.owner, literal(0.0), none, none, none, length(chunk.data))
    outcomes = select(sweep.owner, literal(0.0), none, none, none, length(outcome.data))
    each = (
        union_all(
            select(visit.owner.label("id"), visit.day.label("seen"), *(none.label(name) for name in COUNTED)),
            select(run.owner, run.changed, one, none, none, length(run.recipe)),
            select(drawing.owner, drawing.created, none, one, none, literal(BYTES_OF_A_DRAWING)),
            select(sweep.owner, sweep.changed, none, none, one, length(sweep.definition)),
            states.join_from(tables.run_chunk, tables.run),
            outcomes.join_from(tables.outcome, tables.sweep),
        )
        .subquery()
        .c
    )
    seen, counts = func.max(each.seen), [func.sum(each[name]) for name in COUNTED]
    found = (
        select(each.id, seen, *counts)
        .group_by(each.id)
        .having(counts[0] + counts[1] + counts[2] > 0)
        .order_by(seen, each.id)
    )
    if ids is not None:
        found = found.where(each.id.in_(ids))
    return [Owner(id, float(seen), *map(int, counts)) for id, seen, *counts in connection.execute(found)]


def remove(database: Database, ids: Iterable[str], before: float) -> int:
    """Permanently delete the data of owners last seen before `before`; return the number of deleted owners.

    Drawings in the training data of other owners' runs are only marked as deleted.

    Parameters
    ----------
    database : Database
        An open database.
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
            connection.execute(delete(tables.sweep).where(tables.sweep.c.owner.in_(gone)))
            theirs = drawing.c.owner.in_(gone)
            needed = exists(select(learnt.drawing).where(learnt.drawing == drawing.c.id))
            connection.execute(delete(drawing).where(theirs, ~needed))
            connection.execute(update(drawing).where(theirs, drawing.c.deleted.is_(None)).values(deleted=before))
            connection.execute(delete(tables.visit).where(tables.visit.c.owner.in_(gone)))
        removed += len(gone)
    return removed
