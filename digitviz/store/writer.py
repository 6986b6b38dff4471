"""The one thread that opens the database and writes to it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from digitviz.store.database import Database
from digitviz.store.pending import Owned, Pending
from digitviz.store.records import Kind, Trouble
from digitviz.store.room import Room

if TYPE_CHECKING:
    from digitviz.store.chores import Chores

DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds after which it tries again what failed; the last one again and again."""
SECONDS_ASIDE_IS_TOLD = 86_400
"""After a damaged file was put aside, or runs were removed with theirs."""

SECONDS_TO_SAVE = 5.0
"""After which a save that still waits is said not to be saved."""
SECONDS_IDLE = 3600.0
"""After which it looks for chores."""

_log = logging.getLogger(__name__)


class Writer:
    """Writes what waits, in a thread of its own that never gives up.

    Parameters
    ----------
    database : Database
        Not opened yet.
    pending : Pending
        What waits.
    formats : mapping of str to str
        Of each kind of value.
    cache_bytes : int
        Size of all values together.
    room : Room
        For what people own.
    delays : sequence of float
        Seconds after which it tries again.
    clock : callable
        Tells the seconds since 1970.
    """

    def __init__(
        self, database: Database, pending: Pending, formats: Mapping[str, str], cache_bytes: int,
        room: Room, delays: Sequence[float] = DELAYS, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._database, self._pending, self._delays, self._clock = database, pending, delays, clock
        self._formats, self._cache_bytes, self._room = dict(formats), cache_bytes, room
        self.tried = threading.Event()
        """Set when the database was opened, or could not be."""
        self.saved: dict[str, int] = {}
        """Up to which step each run is in the database, of those that were written or read since it was opened."""
        self.found: dict[str, tuple[int, bool]] = {}
        """The epoch of each run when it was written last, since the database was opened, and whether it was deleted."""
        self._watched: frozenset[str] = frozenset()
        self._visits: dict[str, float] = {}
        self._trouble: Trouble | None = None
        self._aside: Trouble | None = None
        self._chores: Chores | None = None
        self._reported: Exception | None = None
        self._failures = 0
        self._singly = False
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._work, name="digitviz-store", daemon=True)

    def start(self) -> None:
        """Begin: open the database first."""
        self._thread.start()

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong now, or that saves get no answer; else, for a day, that a file was put aside or removed."""
        trouble, aside = self._trouble, self._aside
        if trouble is None and (waited := self._pending.seconds_waited) > SECONDS_TO_SAVE:
            trouble = Trouble(Kind.GONE, self._clock() - waited)
        if trouble is not None:
            return replace(trouble, unsaved=self._pending.unsaved)
        return aside if aside is not None and self._clock() < aside.since + SECONDS_ASIDE_IS_TOLD else None

    def report(self, error: Exception) -> None:
        """Take note that somebody could not read: there is trouble until this thread finds that there is none."""
        if self._trouble is None:
            self._trouble = Trouble(self._database.kind_of(error), self._clock())
        self._reported = error  # after the trouble, which is over when this has been looked into
        self._pending.wake()

    @property
    def is_unanswered(self) -> bool:
        """True if somebody who read had no answer, and this thread has not looked into it yet."""
        reported = self._reported
        return reported is not None and self._database.kind_of(reported) is Kind.GONE

    def watch(self, ids: Iterable[str]) -> None:
        """Find out soon what epoch these runs have and whether they are deleted, without writing anything."""
        self._watched = frozenset(ids)
        self._pending.wake()

    def visit(self, owner: str, seconds: float) -> None:
        """Write down when an owner was here."""
        self._visits[owner] = seconds
        self._pending.wake()

    def end(self, seconds: float) -> None:
        """Write what can be written now, and end; wait for that, but not longer than this."""
        self._ends.set()
        self._pending.wake()
        self._thread.join(seconds)

    def _work(self) -> None:
        while True:
            error = self._try()
            seconds = SECONDS_IDLE if error is None else self._stumble(error)
            if error is None:
                self._failures, self._singly, self._trouble = 0, False, None
            self.tried.set()
            if self._ends.is_set():
                break
            if error is None:
                self._pending.wait(seconds, self._is_called)
            else:
                self._ends.wait(seconds)
        self._database.close()

    def _is_called(self) -> bool:
        return self._ends.is_set() or self._reported is not None or bool(self._watched or self._visits)

    def _try(self) -> Exception | None:
        """Do all there is to do; return the error that stopped it."""
        reported, self._reported = self._reported, None
        try:
            if reported is not None and self._database.kind_of(reported) is Kind.DAMAGED:
                return reported
            if not self._database.is_open:
                self._open()
            elif reported is not None or self._trouble is not None:
                self._database.check()
            self.tried.set()
            steps = [self._write_owned, self._write_computed, self._look, self._do_a_chore]
            if self._singly:  # what is refused must not keep others waiting
                steps = [self._write_computed, self._write_owned, self._look, self._do_a_chore]
            while any(step() for step in steps):
                pass
        except Exception as error:
            self._pending.put_back()
            return error
        return None

    def _open(self) -> None:
        from digitviz.store.chores import Chores

        self._database.open()
        self._look_for_what_was_there()
        self.saved.clear()  # it may be another one, or an older one
        self.found.clear()
        self._room.forget()
        self._chores = Chores(self._database, self._formats, self._cache_bytes, self._room, self._visits)

    def _look_for_what_was_there(self) -> None:
        """Take note if the database was opened again and has none of its runs; or has them, after they were missing."""
        aside = self._aside
        if not self.saved or (aside is not None and aside.kind is not Kind.REMOVED):
            return
        from digitviz.store.reading import standings

        with self._database.reading() as connection:
            is_there = bool(standings(connection, self.saved))
        self._aside = None if is_there else Trouble(Kind.REMOVED, self._clock())

    def _write_owned(self) -> bool:
        """Write what people own, if `_singly` each by itself, come what may; return whether there was any."""
        refused, written = None, False
        for _ in range(self._pending.owned if self._singly else 1):
            owned = self._pending.take_owned(self._singly)
            written |= bool(owned)
            try:
                self._write(owned)
            except Exception as error:
                if not self._singly or self._database.kind_of(error) is not Kind.OTHER:
                    raise
                self._pending.put_back(last=True)
                refused = error
        if refused is not None:
            raise refused
        return written

    def _write(self, owned: Owned) -> None:
        if owned:
            from digitviz.store.writing import write_owned

            with self._database.writing() as connection:
                growth = self._room.growth(connection, owned)
                found = write_owned(self._database, connection, owned)
            self._room.grew(growth, owned)
            self.found.update(found)
            for id, change in owned.runs.items():
                epoch, _ = found.get(id, (None, False))
                if change.row is not None and epoch == change.row["epoch"]:
                    self.saved[id] = change.row["step"]
            self._pending.done()

    def _write_computed(self) -> bool:
        """Write what is to become of values; return whether there was any. What is refused is left out."""
        computed = self._pending.take_computed()
        if not computed:
            return False
        if self._room.missing:  # values are the first that make way
            computed.pieces.clear()
        from digitviz.store.writing import write_computed

        try:
            with self._database.writing() as connection:
                added = write_computed(self._database, connection, computed, self._formats, self._clock())
            if self._chores is not None:
                self._chores.note(added)
        except Exception as error:
            if self._database.kind_of(error) is not Kind.OTHER:
                raise
            _log.warning("values were not kept: %s", _cause(error))
            self._reported = error  # perhaps their tables are gone
        self._pending.done()
        return True

    def _look(self) -> bool:
        """Look for runs that are watched; return whether there were any."""
        watched, self._watched = self._watched, frozenset()
        if watched:
            from digitviz.store.reading import standings

            with self._database.reading() as connection:
                self.found.update(standings(connection, watched))
        return bool(watched)

    def _do_a_chore(self) -> bool:
        chores, now = self._chores, self._clock()
        if chores is None or self._ends.is_set() or not chores.due(now):
            return False
        try:
            with self._database.writing() as connection:
                chores.do_next(connection, now)
        except Exception as error:
            if self._database.kind_of(error) is not Kind.OTHER:
                raise
            _log.warning("a chore is left for tomorrow: %s", _cause(error))
            chores.skip()
        return True

    def _stumble(self, error: Exception) -> float:
        """Say what is wrong, do what can be done about it, and return after how many seconds to try again."""
        kind, now = self._database.kind_of(error), self._clock()
        since = now if self._trouble is None else self._trouble.since
        self._trouble = Trouble(kind, since)
        if self._failures == 0:
            _log.warning("nothing is saved, the database is %s: %s", kind, _cause(error))
        self._failures += 1
        self._singly = kind is Kind.OTHER
        if kind is Kind.DAMAGED and (aside := self._set_aside()) is not None:
            self._aside = self._trouble = Trouble(Kind.DAMAGED, now, aside=aside)
            return 0
        if kind in {Kind.GONE, Kind.DAMAGED}:
            self._database.close()
        else:
            self._database.renew()
        return self._delays[min(self._failures, len(self._delays)) - 1]

    def _set_aside(self) -> str | None:
        try:
            aside = self._database.set_aside()
        except Exception as error:  # of the file system, or another server renames it now
            _log.warning("the damaged database cannot be renamed: %s", error)
            return None
        if aside is not None:
            _log.warning("the damaged database is now %s", aside)
        return aside


def _cause(error: Exception) -> BaseException:
    """Return what the database said, without the statement, which holds what people own."""
    return getattr(error, "orig", None) or error
