"""Chores of the idle writer: deleting old values and long-deleted rows, a few at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, exists, false, func, insert, or_, select

from digitviz.store import tables
from digitviz.store.database import Database, Limits
from digitviz.store.owners import forget_visits, note_visits
from digitviz.store.queries import Reader

EVERY = 86_400
"""Seconds between two rounds of chores."""
PURGES_APART = 80_000
"""Minimum time between two purges: nearly a day, because their delays vary."""
SECONDS_OF_UNDO = 30 * 86_400
SECONDS_OF_UNDO_WHEN_FULL = 86_400
"""Deleted rows are purged after this time if runs and drawings have reached their maximum size."""
BYTES_AT_ONCE = 50_000_000
"""Maximum size of the values that one transaction deletes, which delays a save by about ten milliseconds."""
MAX_AT_ONCE = 1000
ROOM = 0.05
"""Fraction of the cache that is freed at once, so that evictions are rare."""
COUNTED = 0.01
"""Fraction of the cache that may be added before its size is counted again."""


class Chores:
    """The schedule of chores.

    Parameters
    ----------
    database : Database
    formats : dict of str to str
        Format of each kind of value.
    limits : Limits
    visits : dict of str to float
        Times of visits by owner, in seconds since 1970. Each entry is removed when it is written.
    """

    def __init__(self, database: Database, formats: dict[str, str], limits: Limits, visits: dict[str, float]) -> None:
        self._database, self._formats, self._limits, self._visits = database, formats, limits, visits
        self._due: list[Callable[[Connection, float], bool]] = []
        self._added = 0
        self._next = 0.0

    def note(self, added: int) -> None:
        """Record that the cache grew by `added` bytes."""
        self._added += added
        if self._added > COUNTED * self._limits.cache or self._limits.missing(self._database):
            self._added = 0
            self._due += [self._evict, self._give_room]

    def due(self, now: float) -> bool:
        """Return whether a chore is due."""
        if not self._next - EVERY <= now < self._next:  # or the clock was set back
            self._next = now + EVERY
            self._due = [self._purge, self._forget_formats, self._evict, self._give_room]
        return bool(self._due or self._visits)

    def skip(self) -> None:
        """Skip the due chores until the next round."""
        self._due = []
        self._visits.clear()

    def do_next(self, connection: Connection, now: float) -> None:
        """Do one transaction of the first chore that is due."""
        if visits := self._visits.copy():
            note_visits(connection, visits)
            for owner in visits:
                self._visits.pop(owner, None)
        elif not (chore := self._due[0])(connection, now):
            self._due = [other for other in self._due if other != chore]

    def _purge(self, connection: Connection, now: float) -> bool:
        """Permanently delete rows that their owners deleted 30 days ago, except drawings that a run learned from.

        Also delete runs without a step, title or pin after 30 days: they are only settings. A purge cannot be undone,
        and a clock may be wrong for a moment. So use the earlier of this machine's and the database's clock, purge
        only if the previous purge was about a day ago, and count the 30 days back from that one.
        """
        now = min(now, self._database.seconds(connection))
        run, drawing, learnt = tables.run.c, tables.drawing.c, tables.run_drawing.c
        then = connection.execute(select(tables.purge.c.at)).scalar()
        if then is not None and then <= now < then + PURGES_APART:
            return False
        connection.execute(delete(tables.purge))
        connection.execute(insert(tables.purge).values(at=now))
        if then is None or now < then:  # the first purge, or the clock was ahead
            return False
        is_full = Reader(connection).bytes_owned() >= self._limits.owned
        before = then - (SECONDS_OF_UNDO_WHEN_FULL if is_full else SECONDS_OF_UNDO)
        at_its_start = and_(run.step == 0, run.title == "", ~run.pinned, run.changed < then - SECONDS_OF_UNDO)
        connection.execute(delete(tables.run).where(or_(run.deleted < before, at_its_start)))
        connection.execute(delete(tables.sweep).where(tables.sweep.c.deleted < before))
        needed = exists(select(learnt.drawing).where(learnt.drawing == drawing.id))
        connection.execute(delete(tables.drawing).where(drawing.deleted < before, ~needed))
        forget_visits(connection)
        return False

    def _forget_formats(self, connection: Connection, now: float) -> bool:
        """Delete values in an outdated format."""
        value = tables.value.c
        old = or_(false(), *((value.kind == kind) & (value.format != name) for kind, name in self._formats.items()))
        return self._delete(connection, select(value.kind, value.id, value.bytes).where(old), BYTES_AT_ONCE)

    def _evict(self, connection: Connection, now: float) -> bool:
        """Delete the least recently used values if the cache is too large or the disk is nearly full."""
        value = tables.value.c
        total = connection.execute(select(func.coalesce(func.sum(value.bytes), 0))).scalar_one()
        excess, missing = int(total) - self._limits.cache, self._limits.missing(self._database)
        if missing:
            missing -= self._database.free_bytes_inside(connection)
        if excess <= 0 and missing <= 0:
            return False
        oldest = select(value.kind, value.id, value.bytes).order_by(value.used, value.kind, value.id)
        limit = excess + int(ROOM * self._limits.cache) if excess > 0 else missing
        return self._delete(connection, oldest, min(limit, BYTES_AT_ONCE))

    def _give_room(self, connection: Connection, now: float) -> bool:
        return self._database.give_room(connection)

    def _delete(self, connection: Connection, which: Select[Any], limit: int) -> bool:
        """Delete values of about `limit` bytes; return whether there were any."""
        values, freed = connection.execute(which.limit(MAX_AT_ONCE)).all(), 0
        for kind, id, nbytes in values:
            if freed >= limit:
                break
            connection.execute(delete(tables.value).where(tables.value.c.kind == kind, tables.value.c.id == id))
            freed += nbytes
        return bool(values)
