"""What is done when nothing else is: old values and what was deleted long ago are forgotten, a little at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, exists, false, func, insert, or_, select

from digitviz.store import tables
from digitviz.store.database import Database
from digitviz.store.owners import forget_visits, note_visits
from digitviz.store.room import Room

EVERY = 86_400
"""Seconds after which all are done again."""
PURGES_APART = 80_000
"""Seconds between two purges that have to agree: nearly a day, for they are not always equally late."""
SECONDS_OF_UNDO = 30 * 86_400
SECONDS_OF_UNDO_WHEN_FULL = 86_400
"""What was deleted makes way earlier where people own as much as they may."""
BYTES_AT_ONCE = 50_000_000
"""Of values, that one transaction deletes: it holds up a save by some ten milliseconds."""
MOST_AT_ONCE = 1000
ROOM = 0.05
"""Of the cache, that is made together, so that not every new piece costs an old one."""
COUNTED = 0.01
"""Of the cache, that may be added before all values are counted again."""


class Chores:
    """Which chores are due, and the next of them.

    Parameters
    ----------
    database : Database
    formats : mapping of str to str
        Of each kind of value.
    cache_bytes : int
        Size of all values together.
    room : Room
        For what people own.
    visits : dict of str to float
        When owners were here, in seconds since 1970: to be written down, and taken out then.
    """

    def __init__(
        self, database: Database, formats: Mapping[str, str], cache_bytes: int, room: Room, visits: dict[str, float]
    ) -> None:
        self._visits = visits
        self._database, self._formats, self._cache_bytes, self._room = database, formats, cache_bytes, room
        self._due: list[Callable[[Connection, float], bool]] = []
        self._added = 0
        self._next = 0.0

    def note(self, added: int) -> None:
        """Take note that values grew by so many bytes."""
        self._added += added
        if self._added > COUNTED * self._cache_bytes or self._room.missing:
            self._added = 0
            self._due += [self._evict, self._give_room]

    def due(self, now: float) -> bool:
        """Tell whether there is something to do."""
        if not self._next - EVERY <= now < self._next:  # or the clock was set back
            self._next = now + EVERY
            self._due = [self._purge, self._forget_formats, self._evict, self._give_room]
        return bool(self._due or self._visits)

    def skip(self) -> None:
        """Leave those that are due undone until all are due again."""
        self._due = []
        self._visits.clear()

    def do_next(self, connection: Connection, now: float) -> None:
        """Do a little of the first that is due."""
        if self._visits:
            visits = self._visits.copy()
            note_visits(self._database, connection, visits)
            for owner in visits:
                self._visits.pop(owner, None)
            return
        chore = self._due[0]
        if not chore(connection, now):
            self._due = [other for other in self._due if other != chore]

    def _purge(self, connection: Connection, now: float) -> bool:
        """Delete what was deleted 30 days ago; a drawing that runs learnt from goes with the last of these.

        With it goes what has stood at its start for as long, unless its owner gave it a title or a pin: nothing has
        become of it but its settings. A clock may be wrong for a moment, and this is for good. So two clocks have to
        agree where the database has its own, and two purges a day apart: it is the time of the earlier that counts.
        """
        self._room.count(connection)
        now = min(now, self._database.seconds(connection))
        run, drawing, learnt = tables.run.c, tables.drawing.c, tables.run_drawing.c
        then = connection.execute(select(tables.purge.c.at)).scalar()
        if then is not None and then <= now < then + PURGES_APART:
            return False
        connection.execute(delete(tables.purge))
        connection.execute(insert(tables.purge).values(at=now))
        if then is None or now < then:  # the first, or the clock was ahead
            return False
        before = then - (SECONDS_OF_UNDO_WHEN_FULL if self._room.is_overfull else SECONDS_OF_UNDO)
        at_its_start = and_(run.step == 0, run.title == "", ~run.pinned, run.changed < then - SECONDS_OF_UNDO)
        connection.execute(delete(tables.run).where(or_(run.deleted < before, at_its_start)))
        needed = exists(select(learnt.drawing).where(learnt.drawing == drawing.id))
        connection.execute(delete(tables.drawing).where(drawing.deleted < before, ~needed))
        forget_visits(connection)
        self._room.count(connection)
        return False

    def _forget_formats(self, connection: Connection, now: float) -> bool:
        """Delete values whose format is not that of today."""
        value = tables.value.c
        old = or_(
            *(and_(value.kind == kind, value.format != format) for kind, format in self._formats.items()), false()
        )
        return self._delete(connection, select(value.kind, value.id, value.bytes).where(old), BYTES_AT_ONCE)

    def _evict(self, connection: Connection, now: float) -> bool:
        """Delete the least recently used values if there are too many, or the disk is nearly full."""
        value = tables.value.c
        total = connection.execute(select(func.coalesce(func.sum(value.bytes), 0))).scalar_one()
        excess, missing = int(total) - self._cache_bytes, self._room.missing
        if missing:
            missing -= self._database.free_bytes_inside(connection)
        if excess <= 0 and missing <= 0:
            return False
        oldest = select(value.kind, value.id, value.bytes).order_by(value.used, value.kind, value.id)
        most_bytes = excess + int(ROOM * self._cache_bytes) if excess > 0 else missing
        return self._delete(connection, oldest, min(most_bytes, BYTES_AT_ONCE))

    def _give_room(self, connection: Connection, now: float) -> bool:
        return self._database.give_room(connection)

    def _delete(self, connection: Connection, which: Select[Any], most_bytes: int) -> bool:
        """Delete values until so many bytes are free; return whether there were any."""
        values, freed = connection.execute(which.limit(MOST_AT_ONCE)).all(), 0
        for kind, id, nbytes in values:
            if freed >= most_bytes:
                break
            connection.execute(delete(tables.value).where(tables.value.c.kind == kind, tables.value.c.id == id))
            freed += nbytes
        return bool(values)
