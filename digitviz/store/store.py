"""The interface of the store for pages and runs: reading and saving runs, drawings and values."""

from __future__ import annotations

import atexit
import itertools
import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from digitviz import settings
from digitviz.store import records
from digitviz.store.database import Database, Limits, NotOpen, Waiting
from digitviz.store.pending import Change, Owned, Pending
from digitviz.store.postgresql import PostgreSQL
from digitviz.store.records import KeptDrawing, KeptRun, KeptSweep, NoRoom, Row, Standing, Trouble, Unavailable
from digitviz.store.sqlite import SQLite
from digitviz.store.writer import DELAYS, Writer

if TYPE_CHECKING:
    from digitviz.store.queries import Reader

PATIENCE = 2.0
"""Seconds for which a transaction waits for another one to end."""
SECONDS_TO_OPEN = 10.0
"""Maximum wait of the first page. Opening takes half a second, but the machine may be busy."""
SECONDS_TO_CLOSE = 5.0
SECONDS_OF_A_DAY = 86_400
MAX_VISITS = 10_000
MAX_CHARACTERS_OF_A_KIND = 20
MAX_CHARACTERS_OF_AN_ID = 100
MAX_RUNS = 500
MAX_DRAWINGS = 200
MAX_SWEEPS = 50
MAX_OF_AN_OWNER = {"run": MAX_RUNS, "drawing": MAX_DRAWINGS, "sweep": MAX_SWEEPS}
"""Maximum numbers of an owner's runs, drawings and sweeps, without deleted ones."""
SQLITE = "sqlite:///"

_T = TypeVar("_T")
_RECORDS: dict[Owned, Any] = {"run": KeptRun, "drawing": KeptDrawing, "sweep": KeptSweep}
_log = logging.getLogger(__name__)


def default_url() -> str:
    """Return the database URL from the environment, or else that of a file in the user's data folder."""
    if url := settings.DATABASE.value:
        return url
    home = settings.HOME.value
    if not home:
        from platformdirs import user_data_path

        home = str(user_data_path("digitviz", appauthor=False))
    return SQLITE + str(Path(home).expanduser().absolute() / "digitviz.db")


def database_of(url: str, patience: float, waiting: Waiting = nullcontext) -> Database:
    """Return the database at a URL, not opened yet. Opening it raises an error if the URL is wrong.

    Parameters
    ----------
    url : str
        ``sqlite:///path`` or ``postgresql+psycopg://...``.
    patience : float
        Seconds for which a transaction waits for another one to end.
    waiting : callable, optional
        Returns a context for the time that a thread waits for a server.
    """
    if url.startswith(SQLITE):
        return SQLite(Path(url.removeprefix(SQLITE)), patience)
    return PostgreSQL(url, patience, waiting)


class Store:
    """Saves runs and drawings, and caches values. It is a `values.ByteCache`.

    Methods that change something return at once; a thread writes the change later, and readers already see it. While
    the database cannot be read, reading runs and drawings raises `Unavailable`, and values count as missing.

    Parameters
    ----------
    url : str
        URL of a database, see `database_of`. A thread opens it; if that fails, `trouble` is not None.
    formats : mapping of str to str, optional
        Format of each kind of value. Values in another format are deleted.
    limits : Limits, optional
        Maximum sizes.
    patience : float
        Seconds for which a transaction waits for another one to end.
    delays : sequence of float
        Seconds before each new attempt of a failed save; the last delay repeats.
    clock : callable
        Returns the seconds since 1970.
    waiting : callable, optional
        Returns a context, which a thread enters while it waits for the database.
    """

    def __init__(
        self,
        url: str,
        formats: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        *,
        patience: float = PATIENCE,
        delays: Sequence[float] = DELAYS,
        clock: Callable[[], float] = time.time,
        waiting: Waiting = nullcontext,
    ) -> None:
        self._formats, self._limits = dict(formats or {}), limits or Limits()
        self._clock, self._waiting = clock, waiting
        self._database, self._pending = database_of(url, patience, waiting), Pending()
        self._owned: int | None = None  # last counted size of all runs and drawings
        self._visits: dict[str, int] = {}  # day of each owner's last visit
        self._writer = Writer(self._database, self._pending, self._formats, self._limits, delays, clock)
        atexit.register(self.close)

    @property
    def trouble(self) -> Trouble | None:
        """The current problem with the database, or None."""
        return self._writer.trouble

    def flush(self, seconds: float) -> bool:
        """Wait at most `seconds` until everything is written; return whether it is."""
        return self._pending.wait_until_empty(seconds)

    def close(self) -> None:
        """Write all queued changes and close the database. Later changes are not saved."""
        atexit.unregister(self.close)
        self._writer.end(SECONDS_TO_CLOSE)

    def load(self, kind: str, id: str, first: int = 1) -> list[bytes]:
        """Return the pieces of a value from number `first` up to the first missing one. Delete damaged ones."""
        dropped, waiting = self._pending.value(kind, id)
        try:
            found, damaged = self._ask(lambda ask: ask.pieces_of(kind, id, self._formats.get(kind, "")))
        except Unavailable:
            found, damaged = {}, None
        if found:
            self._pending.touch(kind, id)
        if damaged is not None and dropped is None:
            _log.warning("piece %d of a %s is damaged and will be deleted", damaged, kind)
            self._pending.drop(kind, id, damaged)
        there = {number: data for number, data in found.items() if dropped is None or number < dropped} | waiting
        return [there[number] for number in itertools.takewhile(there.__contains__, itertools.count(first))]

    def keep(self, kind: str, id: str, number: int, data: bytes) -> None:
        """Save a piece of a value unless it exists."""
        if len(kind) > MAX_CHARACTERS_OF_A_KIND or len(id) > MAX_CHARACTERS_OF_AN_ID:
            raise ValueError(f"a value's kind or id is too long: {kind}, {id}")
        self._pending.keep(kind, id, number, data)

    def drop(self, kind: str, id: str, number: int) -> None:
        """Delete a damaged piece of a value and all later ones."""
        self._pending.drop(kind, id, number)

    def save_run(self, run: KeptRun, state: bytes | None) -> None:
        """Save the current state of a run. If several saves are queued, only the latest is written.

        The first save of a run writes everything. Later saves do not change its title, pin, recipe and origin. If the
        run has a different epoch in the database, the save has no effect: see `standing`.

        Parameters
        ----------
        run : KeptRun
        state : bytes or None
            Output of `training.run.saved_state`; None leaves the saved one unchanged.

        Raises
        ------
        TypeError
            If its settings cannot be converted to JSON.
        """
        self._pending.change("run", run.id, Change(records.row_of(run), state, epoch=run.epoch))

    def take(self, run_id: str, found: int, epoch: int) -> None:
        """Give a run a new epoch, if its epoch in the database is still `found`."""
        self._pending.change("run", run_id, Change(epoch=epoch, epochs=frozenset({found})))

    def standing(self, run_id: str, epoch: int) -> Standing:
        """Return the standing of a run that this server saves with an epoch, as of the last write or `watch`."""
        waits = self._pending.changes("run").get(run_id, Change())
        found, is_deleted = self._writer.found.get(run_id, (epoch, False))
        if is_deleted if waits.is_deleted is None else waits.is_deleted:
            return Standing.DELETED
        takes = waits.epoch == epoch and waits.allowed != {epoch}  # a queued save does not count: it may be refused
        if found != epoch and not takes:
            return Standing.TAKEN
        is_unknown = ((trouble := self.trouble) is None or trouble.is_over) and self.saved(run_id) is None
        return Standing.UNKNOWN if is_unknown else Standing.KEPT

    def watch(self, run_ids: Iterable[str]) -> None:
        """Check soon, in one query, whether another server has taken or deleted these runs: see `standing`."""
        self._writer.watch(run_ids)

    def visited(self, owner: str) -> None:
        """Record the visit of an owner. It is written once a day, if the owner has runs or drawings."""
        day = int(self._clock() // SECONDS_OF_A_DAY)
        if self._visits.get(owner) != day:
            if len(self._visits) >= MAX_VISITS:
                self._visits.clear()
            self._visits[owner] = day
            self._writer.visit(owner, self._clock())

    def saved(self, run_id: str) -> int | None:
        """Return the step at which a run is saved, or None if that is unknown.

        It becomes unknown when the database is reopened, which may be a different one by then. Save an open run again
        unless this is its step.
        """
        return self._writer.saved.get(run_id)

    def run(self, id: str) -> KeptRun | None:
        """Return a run, or None if it does not exist or is deleted."""
        return next(iter(self._kept("run", "id", [id])), None)

    def state(self, id: str) -> bytes | None:
        """Return the last saved state of a run, or None if it is missing or damaged."""
        if (waiting := self._pending.changes("run").get(id, Change()).state) is not None:
            return waiting
        parts = self._ask(lambda ask: ask.state_of(id))
        return next(iter(records.readable(records.joined, [parts] if parts else [])), None)

    def runs_of(self, owner: str, deleted: bool = False) -> list[KeptRun]:
        """Return an owner's runs, or the deleted ones: pinned runs first, then by latest change."""
        return sorted(self._kept("run", "owner", [owner], deleted), key=_place_in_lists)

    def learnt_from(self, drawing_ids: Iterable[str]) -> list[KeptRun]:
        """Return the runs that learned from any of these drawings, in the order of `runs_of`, without deleted ones."""
        return sorted(self._kept("run", "drawings", drawing_ids), key=_place_in_lists)

    def no_room(self, owner: str, what: Owned) -> NoRoom | None:
        """Return why an owner cannot save another run, drawing or sweep; None if it is possible or unknown."""
        waiting = self._pending.changes(what)
        try:
            there, nbytes = self._ask(lambda ask: (ask.ids_of_owner(what, owner), ask.bytes_of_owner(owner)))
            is_full = self._is_full()
        except Unavailable:
            return None
        if is_full or self._limits.missing(self._database):
            return NoRoom.SERVER
        new = {id for id, change in waiting.items() if change.row is not None and change.row["owner"] == owner}
        deleted = {id for id, change in waiting.items() if change.is_deleted}
        if len((there | new) - deleted) >= MAX_OF_AN_OWNER[what]:
            return NoRoom.OWNER
        nbytes += sum(len(waiting[id].state or b"") for id in new - there)
        return NoRoom.BYTES if what != "drawing" and nbytes >= self._limits.owner else None

    def _is_full(self) -> bool:
        """Return whether all runs and drawings have reached their maximum size.

        Measuring the size takes 70 ms with 5,000 runs. It is only repeated if the data written since may have reached
        the maximum.
        """
        if self._owned is None or self._owned + self._writer.written >= self._limits.owned:
            self._writer.written = 0
            self._owned = self._ask(lambda ask: ask.bytes_owned())
        return self._owned >= self._limits.owned

    def rename(self, id: str, title: str, what: Owned = "run") -> None:
        """Give a run or a sweep a title; raise ValueError if it is too long."""
        records.check_title(title)
        self._pending.change(what, id, Change(sets={"title": title}))

    def pin(self, id: str, pinned: bool) -> None:
        """Pin a run, so that lists show it before the others, or unpin it."""
        self._pending.change("run", id, Change(sets={"pinned": pinned}))

    def describe_training_data(self, id: str, said: Mapping[str, Any]) -> None:
        """Replace the saved description of a run's training data."""
        self._pending.change("run", id, Change(sets={"training_data": json.dumps(said)}))

    def delete(self, ids: Iterable[str], what: Owned = "run") -> None:
        """Delete runs, drawings or sweeps. They can be restored for 30 days; drawings longer if a run needs them."""
        for id in ids:
            self._pending.change(what, id, Change(sets={"deleted": self._clock()}))

    def restore(self, ids: Iterable[str], what: Owned = "run") -> None:
        """Restore deleted runs, drawings or sweeps."""
        for id in ids:
            self._pending.change(what, id, Change(sets={"deleted": None}))

    def save_drawing(self, drawing: KeptDrawing) -> None:
        """Save a drawing, or change the label and the probabilities of a saved one."""
        self._pending.change("drawing", drawing.id, Change(records.row_of(drawing)))

    def drawings_of(self, owner: str) -> list[KeptDrawing]:
        """Return the drawings of an owner, oldest first, without deleted ones."""
        return sorted(self._kept("drawing", "owner", [owner]), key=lambda drawing: (drawing.created, drawing.id))

    def drawings(self, ids: Iterable[str]) -> list[KeptDrawing]:
        """Return the drawings with these ids, in this order, including deleted ones. Missing ones are left out."""
        wanted = list(ids)
        return sorted(self._kept("drawing", "id", wanted, None), key=lambda drawing: wanted.index(drawing.id))

    def save_sweep(self, sweep: KeptSweep) -> None:
        """Save a sweep, or change whether a saved one should continue."""
        self._pending.change("sweep", sweep.id, Change(records.row_of(sweep)))

    def sweep(self, id: str) -> KeptSweep | None:
        """Return a sweep, or None if it does not exist or is deleted."""
        return next(iter(self._kept("sweep", "id", [id])), None)

    def sweeps_of(self, owner: str, deleted: bool = False) -> list[KeptSweep]:
        """Return an owner's sweeps, or the deleted ones, the latest first."""
        sweeps = self._kept("sweep", "owner", [owner], deleted)
        return sorted(sweeps, key=lambda sweep: (-sweep.created, sweep.id))

    def keep_outcome(self, sweep: str, recipe: str, data: bytes) -> None:
        """Save the outcome of a training run of a saved sweep, unless it is saved already."""
        self._pending.keep_outcome(sweep, recipe, data)

    def outcomes(self, sweep: str) -> dict[str, bytes]:
        """Return the saved outcomes of a sweep by the ids of their recipes. They are not checked."""
        waiting = self._pending.outcomes(sweep)
        return waiting | self._ask(lambda ask: ask.outcomes_of(sweep))

    def outcome_counts(self, owner: str) -> dict[str, int]:
        """Return the numbers of saved outcomes of an owner's sweeps by id, without pending ones."""
        return self._ask(lambda ask: ask.outcome_counts(owner))

    def _kept(self, what: Owned, column: str, values: Iterable[str], deleted: bool | None = False) -> list[Any]:
        """Return the runs, drawings or sweeps with one of the values in a column, including queued changes.

        Parameters
        ----------
        what, column, values
            Same as for `queries.Reader.rows`.
        deleted : bool or None
            True for deleted ones only, False for the others only, None for all.
        """
        asked = set(values)
        waiting, found = self._pending.changes(what), self._ask(lambda ask: ask.rows(what, column, asked))
        for id, row in found.items():
            if "step" in row:
                self._writer.saved.setdefault(id, row["step"])

        def is_asked(row: Row) -> bool:
            return not asked.isdisjoint(row[column] if column == "drawings" else [row[column]])

        new = {id for id, change in waiting.items() if change.row is not None and is_asked(change.row)}
        changed = (waiting.get(id, Change()).applied_to(found.get(id)) for id in found.keys() | new)
        rows = [row for row in changed if row is not None and deleted in {None, row["deleted"] is not None}]
        return records.readable(partial(records.record_of, _RECORDS[what]), rows)

    def _ask(self, question: Callable[[Reader], _T]) -> _T:
        """Run a query.

        Raises
        ------
        Unavailable
            If the database cannot be read.
        """
        if not self._writer.tried.is_set():
            with self._waiting():
                self._writer.tried.wait(SECONDS_TO_OPEN)
            if not self._writer.tried.is_set():
                self._writer.report(NotOpen("it is not open yet"))
        if self._writer.is_unanswered:
            raise Unavailable
        from digitviz.store.queries import Reader

        try:
            with self._database.reading() as connection:
                return question(Reader(connection))
        except Exception as error:  # no database error may end the caller's work
            self._writer.report(error)
            raise Unavailable from error


def _place_in_lists(run: KeptRun) -> tuple[bool, float, str]:
    return not run.pinned, -run.changed, run.id
