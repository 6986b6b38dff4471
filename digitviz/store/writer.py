"""The one thread that opens the database and writes to it."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from digitviz.store.database import Database, Limits
from digitviz.store.pending import Pending
from digitviz.store.records import Kind, Trouble

if TYPE_CHECKING:
    from digitviz.store.chores import Chores

DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds after which it tries again; the last one again and again."""
SECONDS_ASIDE_IS_TOLD = 86_400
"""How long a page says that a damaged file was put aside, or that runs were removed with theirs."""
SECONDS_TO_SAVE = 5.0
"""After this, a save that still waits counts as unsaved."""
SECONDS_IDLE = 3600.0
"""How often it looks for chores."""

_log = logging.getLogger(__name__)


class Writer:
    """Writes what waits, in a thread of its own that never gives up.

    Parameters
    ----------
    database : Database
        Not opened yet.
    pending : Pending
    formats : dict of str to str
        The format of each kind of value.
    limits : Limits
        How much is kept.
    delays : sequence of float
        Seconds after which it tries again.
    clock : callable
        Returns the seconds since 1970.
    """

    def __init__(
        self,
        database: Database,
        pending: Pending,
        formats: dict[str, str],
        limits: Limits,
        delays: Sequence[float],
        clock: Callable[[], float],
    ) -> None:
        self._database, self._pending, self._delays, self._clock = database, pending, delays, clock
        self._formats, self._limits = formats, limits
        self.tried = threading.Event()
        """Set when the database was opened, or could not be."""
        self.saved: dict[str, int] = {}
        """Up to which step runs are in the database, as far as they were written or read since it was opened."""
        self.found: dict[str, tuple[int, bool]] = {}
        """The epoch of each run when it was last written since the database was opened, and whether it was deleted."""
        self.written = 0
        """Bytes of runs and drawings that this thread has written since somebody set this to 0, roughly."""
        self._watched: frozenset[str] = frozenset()
        self._visits: dict[str, float] = {}
        self._trouble: Trouble | None = None
        self._aside: Trouble | None = None
        self._chores: Chores | None = None
        self._reported: Exception | None = None
        self._failures = 0
        self._singly = False
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="digitviz-store", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong now, or that saves get no answer; else, for a day, that a file was put aside or removed."""
        trouble, aside = self._trouble, self._aside
        if trouble is None and (waited := self._pending.seconds_waited) > SECONDS_TO_SAVE:
            trouble = Trouble(Kind.GONE, self._clock() - waited)
        if trouble is not None:
            return replace(trouble, unsaved=len(self._pending.runs))
        return aside if aside is not None and self._clock() < aside.since + SECONDS_ASIDE_IS_TOLD else None

    def report(self, error: Exception) -> None:
        """Note that somebody could not read: there is trouble until this thread finds that there is none."""
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
        """Record when an owner was here."""
        self._visits[owner] = seconds
        self._pending.wake()

    def end(self, seconds: float) -> None:
        """Write what can be written now, and end; wait for that, but not longer than this."""
        self._ends.set()
        self._pending.wake()
        self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            error = self._try()
            if error is None:
                self._failures, self._singly, self._trouble = 0, False, None
            delay = 0.0 if error is None else self._stumble(error)
            self.tried.set()
            if self._ends.is_set():
                break
            if error is None:
                self._pending.wait(SECONDS_IDLE, self._is_called)
            else:
                self._ends.wait(delay)
        self._database.close()

    def _is_called(self) -> bool:
        return self._ends.is_set() or self._reported is not None or bool(self._watched or self._visits)

    def _try(self) -> Exception | None:
        """Do everything there is to do; return the error that stopped it."""
        reported, self._reported = self._reported, None
        try:
            if reported is not None and self._database.kind_of(reported) is Kind.DAMAGED:
                return reported
            if not self._database.is_open:
                self._open()
            elif reported is not None or self._trouble is not None:
                self._database.check()
            self.tried.set()
            steps = [self._write_owned, self._write_values, self._look, self._do_a_chore]
            if self._singly:  # what is refused must not keep others waiting
                steps = [self._write_values, self._write_owned, self._look, self._do_a_chore]
            while any(step() for step in steps):
                pass
        except Exception as error:
            return error
        return None

    def _open(self) -> None:
        from digitviz.store.chores import Chores

        self._database.open()
        if self.saved and (self._aside is None or self._aside.kind is Kind.REMOVED):  # it was open before
            self._aside = None if self._seen(self.saved) else Trouble(Kind.REMOVED, self._clock())
        self.written = sys.maxsize  # what was counted is no longer true
        self.saved.clear()  # it may be another one, or an older one
        self.found.clear()
        self._chores = Chores(self._database, self._formats, self._limits, self._visits)

    def _seen(self, runs: Iterable[str]) -> dict[str, tuple[int, bool]]:
        from digitviz.store.queries import Reader

        with self._database.reading() as connection:
            return Reader(connection).seen(runs)

    def _write_owned(self) -> bool:
        """Write runs and drawings, if `_singly` each on its own, come what may; return whether there were any."""
        from digitviz.store.queries import write_owned

        refused, works = None, self._pending.take_owned(self._singly)
        for work in works:
            try:
                with self._database.writing() as connection:
                    found = write_owned(connection, work)
            except Exception as error:
                if not self._singly or self._database.kind_of(error) is not Kind.OTHER:
                    raise
                refused = error
                continue
            self.found.update(found)
            for id, change in work.runs.items():
                if change.row is not None and id in found and found[id][0] == change.row["epoch"]:
                    self.saved[id] = change.row["step"]
            self.written += work.nbytes
            self._pending.done(work)
        if refused is not None:
            raise refused
        return bool(works)

    def _write_values(self) -> bool:
        """Write what becomes of values; return whether there were any. What is refused is left out."""
        from digitviz.store.queries import write_values

        work = self._pending.take_values()
        if not work:
            return False
        writable = replace(work, pieces={}) if self._limits.missing(self._database) else work
        try:
            with self._database.writing() as connection:
                added = write_values(connection, writable, self._formats, self._clock())
            if self._chores is not None:
                self._chores.note(added)
        except Exception as error:
            if self._database.kind_of(error) is not Kind.OTHER:
                raise
            _log.warning("values were not kept: %s", _cause(error))
            self._reported = error  # perhaps their tables are gone
        self._pending.done(work)
        return True

    def _look(self) -> bool:
        """Look for runs that are watched; return whether there were any."""
        watched, self._watched = self._watched, frozenset()
        if watched:
            self.found.update(self._seen(watched))
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
        self._trouble = Trouble(kind, now if self._trouble is None else self._trouble.since)
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
