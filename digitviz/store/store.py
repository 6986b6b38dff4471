"""What pages and trainings ask for what is kept, and hand over what is to be kept."""

from __future__ import annotations

import atexit
import itertools
import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from digitviz.store.database import NotOpen, Waiting
from digitviz.store.drawings import DrawingsOfStore
from digitviz.store.location import (
    database_of,
    default_cache_bytes,
    default_owned_bytes,
    default_owner_bytes,
    default_reserve_bytes,
)
from digitviz.store.pending import Change, Pending
from digitviz.store.records import KeptRun, Standing, Trouble, Unavailable, check_title
from digitviz.store.room import NoRoom, Room
from digitviz.store.rows import (
    ONCE_OF_A_RUN,
    joined,
    readable,
    run_of,
    run_row,
)
from digitviz.store.writer import DELAYS, Writer

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from digitviz.store.reading import Found

TRAJECTORY = "trajectory"
PATIENCE = 2.0
"""Seconds for which a transaction waits for another one to end."""
SECONDS_TO_OPEN = 10.0
"""For which the first page waits at most: half a second of work, on a machine that is busy with other things."""
SECONDS_TO_CLOSE = 5.0
SECONDS_OF_A_DAY = 86_400
MOST_VISITS = 10_000
"""That are remembered to be written down."""
MOST_CHARACTERS_OF_A_KIND = 20
MOST_CHARACTERS_OF_AN_ID = 100

_log = logging.getLogger(__name__)


class Store(DrawingsOfStore):
    """Keeps values, which anybody may lose, and what people own. It is a `training.chunks.ChunkCache`.

    All that changes something returns at once; a thread writes it. Reading sees what waits to be written as if it were.
    Reading what people own raises `Unavailable` as long as the database cannot be read; values count as missing then.

    Parameters
    ----------
    url : str
        Of a database, as `default_url` returns it. It is opened in a thread; if that fails, there is `trouble`.
    cache_bytes : int, optional
        Size of all values together; as the environment says if not given.
    formats : mapping of str to str, optional
        The format of each kind of value; values of that kind in another format are dropped.
    owned_bytes : int, optional
        Size of all that people may own; as the environment says if not given.
    owner_bytes : int, optional
        Size of all runs of one owner; as the environment says if not given.
    reserve : int, optional
        Bytes of the disk that stay free of anything new; as the environment says if not given.
    patience : float
        Seconds for which a transaction waits for another one to end.
    delays : sequence of float
        Seconds after which a failed save is tried again; the last one again and again.
    clock : callable
        Tells the seconds since 1970.
    waiting : callable, optional
        Returns a context that is entered while a thread that reads waits for the database.
    """

    def __init__(
        self, url: str, cache_bytes: int | None = None, formats: Mapping[str, str] | None = None, *,
        owned_bytes: int | None = None, owner_bytes: int | None = None, reserve: int | None = None,
        patience: float = PATIENCE, delays: Sequence[float] = DELAYS, clock: Callable[[], float] = time.time,
        waiting: Waiting = nullcontext,
    ) -> None:  # fmt: skip
        self._formats, self._clock = dict(formats or {}), clock
        self._database, self._pending = database_of(url, patience, waiting), Pending()
        self._waiting = waiting
        most_bytes = default_cache_bytes() if cache_bytes is None else cache_bytes
        owned_bytes = default_owned_bytes() if owned_bytes is None else owned_bytes
        owner_bytes = default_owner_bytes() if owner_bytes is None else owner_bytes
        reserve = default_reserve_bytes() if reserve is None else reserve
        self._visits: dict[str, int] = {}  # the day on which each owner was here
        self._room = Room(self._database, owned_bytes, reserve, owner_bytes)
        self._writer = Writer(self._database, self._pending, self._formats, most_bytes, self._room, delays, clock)
        self._writer.start()
        atexit.register(self.close)

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong with the database; None if nothing is."""
        return self._writer.trouble

    def flush(self, seconds: float) -> bool:
        """Wait until all is written, but not longer than this; return whether it is."""
        return self._pending.wait_until_empty(seconds)

    def close(self) -> None:
        """Write what waits, and let go of the database. Nothing that comes later is kept."""
        atexit.unregister(self.close)
        self._writer.end(SECONDS_TO_CLOSE)

    def load(self, id: str, first: int = 1) -> list[bytes]:
        """Return the chunks of a trajectory from number `first` up to the first missing one."""
        chunks = self._pieces(TRAJECTORY, id)
        return [chunks[number] for number in itertools.takewhile(chunks.__contains__, itertools.count(first))]

    def keep(self, id: str, number: int, data: bytes) -> None:
        """Keep a piece of a trajectory, unless there is one of that number."""
        self._keep(TRAJECTORY, id, number, data)

    def drop(self, id: str, number: int) -> None:
        """Lose a damaged piece of a trajectory and all after it."""
        self._pending.drop(TRAJECTORY, id, number)

    def value(self, kind: str, id: str) -> bytes | None:
        """Return a value of one piece; None if it is not kept."""
        return self._pieces(kind, id).get(1)

    def keep_value(self, kind: str, id: str, data: bytes) -> None:
        """Keep a value of one piece, unless it is there."""
        self._keep(kind, id, 1, data)

    def drop_value(self, kind: str, id: str) -> None:
        """Lose a damaged value."""
        self._pending.drop(kind, id, 1)

    def save_run(self, run: KeptRun, state: bytes | None) -> None:
        """Save how a run is now; of several saves that wait, the latest is written.

        The first save of a run says all of it. Later ones leave its title, pin, recipe and origin as they are. Nothing
        is saved of one that has another epoch: see `standing`.

        Parameters
        ----------
        run : KeptRun
        state : bytes or None
            What it needs beside the pieces of its trajectory; None leaves what is kept.

        Raises
        ------
        TypeError
            If JSON cannot say its settings.
        """
        change = Change(run_row(run), state, run.drawings, once=ONCE_OF_A_RUN, epoch=run.epoch)
        self._pending.change_run(run.id, change)

    def take(self, run_id: str, found: int, epoch: int) -> None:
        """Have a run saved with a new epoch from now on, if it still has the one with which it was found."""
        self._pending.change_run(run_id, Change(epoch=epoch, epochs=frozenset({found})))

    def standing(self, run_id: str, epoch: int) -> Standing:
        """Tell what has become of a run that is saved here with an epoch, as when it was last written or watched."""
        waits = self._pending.run(run_id)
        found, is_deleted = self._writer.found.get(run_id, (epoch, False))
        if waits.sets.get("deleted", is_deleted or None) is not None:
            return Standing.DELETED
        takes = waits.epoch == epoch and waits.allowed != {epoch}  # a save that waits says nothing: it may be refused
        if found != epoch and not takes:
            return Standing.TAKEN
        is_unknown = ((trouble := self.trouble) is None or trouble.is_over) and self.saved(run_id) is None
        return Standing.UNKNOWN if is_unknown else Standing.KEPT

    def watch(self, run_ids: Iterable[str]) -> None:
        """Look soon, by one question for all, whether another server has taken or deleted runs; `standing` tells."""
        self._writer.watch(run_ids)

    def visited(self, owner: str) -> None:
        """Note that an owner is here; it is written once a day, if anything is theirs."""
        day = int(self._clock() // SECONDS_OF_A_DAY)
        if self._visits.get(owner) != day:
            if len(self._visits) >= MOST_VISITS:
                self._visits.clear()
            self._visits[owner] = day
            self._writer.visit(owner, self._clock())

    def saved(self, run_id: str) -> int | None:
        """Return up to which step a run is in the database for certain; None if that is not known.

        It is not known any more when the database had to be opened again: it may have been replaced. So whoever has a
        run open saves it again whenever this is not the step at which it stands.
        """
        return self._writer.saved.get(run_id)

    def run(self, id: str) -> KeptRun | None:
        """Return a run; None if there is none, or its owner deleted it."""
        waiting = self._pending.runs
        found = self._ask(lambda reading, connection: reading.runs_by_id(connection, [id]))
        return next(iter(self._runs(found, waiting, {id})), None)

    def state(self, id: str) -> bytes | None:
        """Return the state of a run that was saved last; None if there is none, or it is damaged."""
        waiting = self._pending.runs.get(id)
        if waiting is not None and waiting.state is not None:
            return waiting.state
        parts = self._ask(lambda reading, connection: reading.state_of(connection, id))
        return next(iter(readable(joined, [parts] if parts else [])), None)

    def runs_of(self, owner: str, deleted: bool = False) -> list[KeptRun]:
        """Return the runs of an owner: pinned ones first, then by their last change; or those that were deleted."""
        waiting = self._pending.runs
        found = self._ask(lambda reading, connection: reading.runs_of(connection, owner))
        new = {id for id, change in waiting.items() if change.row is not None and change.row["owner"] == owner}
        return self._runs(found, waiting, found.keys() | new, deleted)

    def learnt_from(self, drawing_ids: Iterable[str]) -> list[KeptRun]:
        """Return the runs that learnt from any of these drawings, and were not deleted."""
        ids = set(drawing_ids)
        waiting = self._pending.runs
        found = self._ask(lambda reading, connection: reading.runs_that_learnt(connection, ids))
        new = {id for id, change in waiting.items() if ids.intersection(change.drawings)}
        return self._runs(found, waiting, found.keys() | new)

    def no_room(self, owner: str, what: Literal["run", "drawing"]) -> NoRoom | None:
        """Tell why no further run or drawing of an owner is to be saved; None if there is room, or nobody can tell."""
        waiting = self._pending.runs if what == "run" else self._pending.drawings
        try:
            kept, nbytes = self._ask(
                lambda reading, connection: (
                    reading.ids_of_owner(connection, what, owner),
                    reading.bytes_of_owner(connection, owner) if what == "run" else 0,
                )
            )
        except Unavailable:
            return None
        return self._room.refusal(what, owner, kept, nbytes, waiting)

    def rename(self, id: str, title: str) -> None:
        """Give a run a title; raises ValueError if it is too long."""
        check_title(title)
        self._pending.change_run(id, Change(sets={"title": title}))

    def pin(self, id: str, pinned: bool) -> None:
        """List a run before the others, or not."""
        self._pending.change_run(id, Change(sets={"pinned": pinned}))

    def describe_training_data(self, id: str, said: Mapping[str, Any]) -> None:
        """Keep something else of what a run is trained on."""
        self._pending.change_run(id, Change(sets={"training_data": json.dumps(said)}))

    def delete(self, ids: Iterable[str]) -> None:
        """Delete runs; for 30 days they can be restored."""
        for id in ids:
            self._pending.change_run(id, Change(sets={"deleted": self._clock()}))

    def restore(self, ids: Iterable[str]) -> None:
        """Bring deleted runs back."""
        for id in ids:
            self._pending.change_run(id, Change(sets={"deleted": None}))

    def _keep(self, kind: str, id: str, number: int, data: bytes) -> None:
        if len(kind) > MOST_CHARACTERS_OF_A_KIND or len(id) > MOST_CHARACTERS_OF_AN_ID:
            raise ValueError(f"a value's kind or id is too long: {kind}, {id}")
        self._pending.keep(kind, id, number, data)

    def _pieces(self, kind: str, id: str) -> dict[int, bytes]:
        """Return the pieces of a value by number; one that is damaged, and those after it, are dropped."""
        waiting, format = self._pending.value(kind, id), self._formats.get(kind, "")
        try:
            found, damaged = self._ask(lambda reading, connection: reading.pieces_of(connection, kind, id, format))
        except Unavailable:
            found, damaged = {}, None
        if found:
            self._pending.touch(kind, id)
        if damaged is not None and (kind, id) not in waiting.drops:
            _log.warning("piece %d of a %s is damaged; it is dropped", damaged, kind)
            self._pending.drop(kind, id, damaged)
        dropped = waiting.drops.get((kind, id))
        known = {number: data for number, data in found.items() if dropped is None or number < dropped}
        return known | {number: data for (_, _, number), data in waiting.pieces.items()}

    def _runs(
        self, found: Mapping[str, Found], waiting: Mapping[str, Change], ids: Iterable[str], deleted: bool = False
    ) -> list[KeptRun]:
        """Return runs as they are with what waits, those with these ids that were deleted, or were not."""
        for id, (row, _) in found.items():
            self._writer.saved.setdefault(id, row["step"])
        rows = []
        for id in ids:
            change = waiting.get(id, Change())
            kept, drawings = found.get(id, (None, change.drawings))
            merged = change.applied_to(kept)
            if merged is not None and (merged["deleted"] is not None) == deleted:
                rows.append((merged, drawings))
        return sorted(
            readable(lambda pair: run_of(*pair), rows), key=lambda run: (not run.pinned, -run.changed, run.id)
        )

    def _ask(self, question: Callable[[ModuleType, Connection], Any]) -> Any:
        """Ask the database something with a function of the module `reading` and a connection.

        Raises
        ------
        Unavailable
            If there is no answer.
        """
        if not self._writer.tried.is_set():
            with self._waiting():
                self._writer.tried.wait(SECONDS_TO_OPEN)
            if not self._writer.tried.is_set():
                self._writer.report(NotOpen("it is not open yet"))
        if self._writer.is_unanswered:
            raise Unavailable
        from digitviz.store import reading

        try:
            with self._database.reading() as connection:
                return question(reading, connection)
        except Exception as error:  # whatever it is, nobody else's work may end with it
            self._writer.report(error)
            raise Unavailable from error
