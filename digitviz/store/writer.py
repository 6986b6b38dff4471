"""The thread that opens the database and writes to it."""

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
"""Seconds before each new attempt; the last delay repeats."""
SECONDS_ASIDE_IS_TOLD = 86_400
"""Time for which pages report that a damaged file was renamed, or that the database was removed."""
SECONDS_TO_SAVE = 5.0
"""Time after which a queued save counts as a problem."""
SECONDS_IDLE = 3600.0
"""Maximum time between two checks for chores."""

_log = logging.getLogger(__name__)


class Writer:
    """Writes queued changes in a separate thread, and retries after errors.

    Parameters
    ----------
    database : Database
        A database that is not open yet.
    pending : Pending
    formats : dict of str to str
        Format of each kind of value.
    limits : Limits
    delays : sequence of float
        Seconds before each new attempt.
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
        """Set after the first attempt to open the database, whether it worked or not."""
        self.saved: dict[str, int] = {}
        """Saved step of each run that was written or read since the database was opened."""
        self.found: dict[str, tuple[int, bool]] = {}
        """Epoch of each run written or watched since the database was opened, and True if it was deleted."""
        self.written = 0
        """Approximate number of bytes of runs and drawings written since `written` was set to 0."""
        self._watched: frozenset[str] = frozenset()
        self._visits: dict[str, float] = {}
        self._trouble: Trouble | None = None
        self._aside: Trouble | None = None
        self._chores: Chores | None = None
        self._reported: Exception | None = None
        self._failures = 0
        self._refused: Exception | None = None
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="digitviz-store", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> Trouble | None:
        """The current problem, or a database that was damaged or removed in the last 24 hours; None without either."""
        trouble, aside = self._trouble, self._aside
        if trouble is None and (waited := self._pending.seconds_waited) > SECONDS_TO_SAVE:
            trouble = Trouble(Kind.GONE, self._clock() - waited)
        if trouble is not None:
            return replace(trouble, unsaved=len(self._pending.changes("run")))
        return aside if aside is not None and self._clock() < aside.since + SECONDS_ASIDE_IS_TOLD else None

    def report(self, error: Exception) -> None:
        """Report a reader's error. It counts as trouble until this thread has checked the database."""
        if self._trouble is None:
            self._trouble = Trouble(self._database.kind_of(error), self._clock())
        self._reported = error  # set after `_trouble`, which the check of this error resets
        self._pending.wake()

    @property
    def is_unanswered(self) -> bool:
        """True if a reader got no answer, and this thread has not checked the database since."""
        reported = self._reported
        return reported is not None and self._database.kind_of(reported) is Kind.GONE

    def watch(self, ids: Iterable[str]) -> None:
        """Read the epochs of these runs soon, and whether they are deleted."""
        self._watched = frozenset(ids)
        self._pending.wake()

    def visit(self, owner: str, seconds: float) -> None:
        """Record the visit of an owner, in seconds since 1970."""
        self._visits[owner] = seconds
        self._pending.wake()

    def end(self, seconds: float) -> None:
        """Try once to write all changes, then end the thread; wait at most `seconds` for it."""
        self._ends.set()
        self._pending.wake()
        self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            error = self._try()
            if error is None:
                self._failures, self._trouble = 0, None
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
        """Do all waiting work; return the error that stopped it, or None."""
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
            while any(step() for step in steps):
                pass
        except Exception as error:
            return error
        return self._refused

    def _open(self) -> None:
        from digitviz.store.chores import Chores

        self._database.open()
        if self.saved and (self._aside is None or self._aside.kind is Kind.REMOVED):  # opened again
            self._aside = None if self._seen(self.saved) else Trouble(Kind.REMOVED, self._clock())
        self.written = sys.maxsize  # the size of all runs must be counted again
        self.saved.clear()  # the database may have been replaced
        self.found.clear()
        self._chores = Chores(self._database, self._formats, self._limits, self._visits)

    def _seen(self, runs: Iterable[str]) -> dict[str, tuple[int, bool]]:
        from digitviz.store.queries import Reader

        with self._database.reading() as connection:
            return Reader(connection).seen(runs)

    def _write_owned(self) -> bool:
        """Write runs, drawings, sweeps and outcomes, except changes that the database refuses; return if any."""
        from digitviz.store.queries import write_owned

        self._refused, is_written = None, False
        for work in self._pending.take_owned():
            try:
                with self._database.writing() as connection:
                    found = write_owned(connection, work)
            except Exception as error:
                if self._database.kind_of(error) is not Kind.OTHER:
                    raise
                self._refused = error
                continue
            self.found.update(found)
            for (what, id), change in work.changes.items():
                if what == "run" and change.row is not None and id in found and found[id][0] == change.row["epoch"]:
                    self.saved[id] = change.row["step"]
            self.written += work.nbytes
            self._pending.done(work)
            is_written = True
        return is_written

    def _write_values(self) -> bool:
        """Write changes to values; return whether there were any. Drop those that the database refuses."""
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
            _log.warning("values were not saved: %s", _cause(error))
            self._reported = error  # their tables may be missing
        self._pending.done(work)
        return True

    def _look(self) -> bool:
        """Read the epochs of watched runs; return whether there were any."""
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
            _log.warning("a chore failed; the next attempt is tomorrow: %s", _cause(error))
            chores.skip()
        return True

    def _stumble(self, error: Exception) -> float:
        """Log an error, and renew or replace the database; return the seconds before the next attempt."""
        kind, now = self._database.kind_of(error), self._clock()
        self._trouble = Trouble(kind, now if self._trouble is None else self._trouble.since)
        if self._failures == 0:
            _log.warning("saving failed, the database is %s: %s", kind, _cause(error))
        self._failures += 1
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
        except Exception as error:  # a file system error, or another server is renaming it
            _log.warning("could not rename the damaged database: %s", error)
            return None
        if aside is not None:
            _log.warning("renamed the damaged database to %s", aside)
        return aside


def _cause(error: Exception) -> BaseException:
    """Return the database's own error, without the SQL statement, which may contain personal data."""
    return getattr(error, "orig", None) or error
