"""What waits to be written: of each thing the latest alone, and of values no more than there is room for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from digitviz.store.rows import Row

MOST_BYTES_OF_VALUES = 64_000_000
"""That wait; further ones are left out, since they can be computed again."""
MOST_BYTES_OF_STATES = 500_000_000
"""That wait, of some hundred runs; a run whose state is left out goes on from the pieces of its trajectory."""
BYTES_AT_ONCE = 8_000_000
"""In one transaction."""
MOST_TOUCHED = 10_000

Key = tuple[str, str]
"""Kind and id of a value."""


@dataclass(frozen=True)
class Change:
    """What is to become of something that somebody owns.

    Parameters
    ----------
    row : dict or None
        Its newest save.
    state : bytes or None
        Of a run, with that save or with one before it.
    drawings : tuple of str
        Of a run.
    sets : dict
        What its owner changed, by the names of columns: it counts more than the save.
    once : frozenset of str
        What the first save alone says, by the names of columns.
    epoch : int or None
        Of a run that is saved, or taken to be moved: the one that it has then.
    epochs : frozenset of int
        With which other ones it may be found: it is left alone when it has another.
    """

    row: Row | None = None
    state: bytes | None = None
    drawings: tuple[str, ...] = ()
    sets: Row = field(default_factory=dict)
    once: frozenset[str] = frozenset()
    epoch: int | None = None
    epochs: frozenset[int] = frozenset()

    @property
    def allowed(self) -> frozenset[int]:
        """The epochs of a run that may be written."""
        return self.epochs if self.epoch is None else self.epochs | {self.epoch}

    @property
    def moves(self) -> Row:
        """What a save changes of a row that is there."""
        return {name: value for name, value in (self.row or {}).items() if name not in self.once}

    @property
    def nbytes(self) -> int:
        """Its size, roughly."""
        return 20_000 + len(self.state or b"")

    def applied_to(self, row: Row | None) -> Row | None:
        """Return a row of the database as it will be; None if there will be none."""
        if row is None:
            return None if self.row is None else self.row | self.sets
        if self.epoch is None:
            return row | self.moves | self.sets
        return row | (self.moves | {"epoch": self.epoch} if row["epoch"] in self.allowed else {}) | self.sets

    def followed_by(self, newer: Change) -> Change:
        """Return both in one."""
        if None not in (self.epoch, newer.epoch) and not self.allowed & newer.allowed:  # it was another's in between
            return replace(newer, sets=self.sets | newer.sets)
        row = newer.row if self.row is None else self.row | newer.moves
        epoch = self.epoch if newer.epoch is None else newer.epoch
        return Change(
            row if row is None or epoch is None else row | {"epoch": epoch},
            self.state if newer.state is None else newer.state,
            newer.drawings if self.row is None else self.drawings,
            self.sets | newer.sets,
            self.once | newer.once,
            epoch,
            self.allowed | newer.allowed,
        )


@dataclass
class Owned:
    """Changes of what people own, by id."""

    runs: dict[str, Change] = field(default_factory=dict)
    drawings: dict[str, Change] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.runs or self.drawings)


@dataclass
class Computed:
    """What is to become of values: first what is dropped, then what is kept."""

    drops: dict[Key, int] = field(default_factory=dict)
    """From which piece on."""
    pieces: dict[tuple[str, str, int], bytes] = field(default_factory=dict)
    touched: set[Key] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.drops or self.pieces or self.touched)

    def drop(self, key: Key, number: int) -> None:
        """Forget all pieces from this one on."""
        self.drops[key] = min(number, self.drops.get(key, number))
        for piece in [piece for piece in self.pieces if piece[:2] == key and piece[2] >= number]:
            del self.pieces[piece]


class Pending:
    """What waits to be written, and what is being written, which counts as waiting until it is done.

    Any thread may add to it; one takes.
    """

    def __init__(
        self, most_bytes: int = MOST_BYTES_OF_VALUES, most_bytes_of_states: int = MOST_BYTES_OF_STATES
    ) -> None:
        self._most_bytes, self._most_bytes_of_states = most_bytes, most_bytes_of_states
        self._owned, self._computed = Owned(), Computed()
        self._owned_at_work, self._computed_at_work = Owned(), Computed()
        self._bytes = 0
        self._written = 0.0
        self._changed = threading.Condition()

    def change_run(self, id: str, change: Change) -> None:
        """Add a change of a run; where states need too much room, those that wait longest are left out."""
        with self._changed:
            self._begin_to_wait()
            runs = self._owned.runs
            runs[id] = runs.pop(id, Change()).followed_by(change)
            excess = sum(len(other.state or b"") for other in runs.values()) - self._most_bytes_of_states
            for other in list(runs):
                if excess > 0 and (state := runs[other].state) is not None:
                    runs[other] = replace(runs[other], state=None)
                    excess -= len(state)
            self._changed.notify_all()

    def run(self, id: str) -> Change:
        """Return what waits for a run."""
        with self._changed:
            at_work, waits = self._owned_at_work.runs.get(id, Change()), self._owned.runs.get(id, Change())
            return at_work.followed_by(waits)

    def change_drawing(self, id: str, change: Change) -> None:
        """Add a change of a drawing."""
        with self._changed:
            self._begin_to_wait()
            self._owned.drawings[id] = self._owned.drawings.pop(id, Change()).followed_by(change)
            self._changed.notify_all()

    def keep(self, kind: str, id: str, number: int, data: bytes) -> None:
        """Add a piece of a value, if there is room."""
        with self._changed:
            if (kind, id, number) not in self._computed.pieces and self._bytes + len(data) <= self._most_bytes:
                self._computed.pieces[kind, id, number] = data
                self._bytes += len(data)
                self._changed.notify_all()

    def drop(self, kind: str, id: str, number: int) -> None:
        """Have all pieces of a value from this one on forgotten."""
        with self._changed:
            self._computed.drop((kind, id), number)
            self._count()
            self._changed.notify_all()

    def touch(self, kind: str, id: str) -> None:
        """Note that a value was used; that is written when there is something to do."""
        with self._changed:
            if len(self._computed.touched) < MOST_TOUCHED:
                self._computed.touched.add((kind, id))

    @property
    def runs(self) -> dict[str, Change]:
        """What waits for runs."""
        with self._changed:
            return _followed(self._owned_at_work.runs, self._owned.runs)

    @property
    def drawings(self) -> dict[str, Change]:
        """What waits for drawings."""
        with self._changed:
            return _followed(self._owned_at_work.drawings, self._owned.drawings)

    @property
    def seconds_waited(self) -> float:
        """For how long something that people own has waited while nothing was written; 0 if nothing waits."""
        with self._changed:
            return time.monotonic() - self._written if self._owned or self._owned_at_work else 0.0

    @property
    def unsaved(self) -> int:
        """How many runs wait."""
        with self._changed:
            return len(self._owned_at_work.runs | self._owned.runs)

    @property
    def owned(self) -> int:
        """How many runs and drawings wait to be taken."""
        with self._changed:
            return len(self._owned.runs) + len(self._owned.drawings)

    def value(self, kind: str, id: str) -> Computed:
        """Return what waits for a value."""
        with self._changed:
            waits = Computed()
            for computed in (self._computed_at_work, self._computed):
                if (dropped := computed.drops.get((kind, id))) is not None:
                    waits.drop((kind, id), dropped)
                waits.pieces |= {key: data for key, data in computed.pieces.items() if key[:2] == (kind, id)}
            return waits

    def take_owned(self, singly: bool = False) -> Owned:
        """Take what people own to write it; of the runs one alone, or else a drawing, if `singly`."""
        most = 1 if singly else BYTES_AT_ONCE
        with self._changed:
            runs = _first(self._owned.runs, most)
            self._owned_at_work = Owned(runs, {} if singly and runs else _first(self._owned.drawings, most))
            return self._owned_at_work

    def take_computed(self) -> Computed:
        """Take values to write them."""
        with self._changed:
            taken = self._computed_at_work = Computed(self._computed.drops, {}, self._computed.touched)
            self._computed.drops, self._computed.touched = {}, set()
            while self._computed.pieces and sum(map(len, taken.pieces.values())) < BYTES_AT_ONCE:
                key = next(iter(self._computed.pieces))
                taken.pieces[key] = self._computed.pieces.pop(key)
            return taken

    def done(self) -> None:
        """Forget what was taken: it is written."""
        with self._changed:
            self._owned_at_work, self._computed_at_work = Owned(), Computed()
            self._written = time.monotonic()
            self._count()
            self._changed.notify_all()

    def put_back(self, last: bool = False) -> None:
        """Let what was taken wait again: before what has come since, or `last`."""
        with self._changed:
            before, self._owned = self._owned, Owned(self.runs, self.drawings)
            if last:
                self._owned = Owned(before.runs | self._owned.runs, before.drawings | self._owned.drawings)
            computed, self._computed = self._computed, self._computed_at_work
            for key, number in computed.drops.items():
                self._computed.drop(key, number)
            self._computed.pieces |= computed.pieces
            self._computed.touched |= computed.touched
            self._owned_at_work, self._computed_at_work = Owned(), Computed()
            self._count()

    def wait(self, seconds: float | None, done: Callable[[], bool]) -> None:
        """Wait until something is there to be written or `done`, but not longer than this."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._owned or self._computed) or done(), seconds)

    def wait_until_empty(self, seconds: float) -> bool:
        """Wait until all is written; return whether it is."""
        with self._changed:
            self._changed.notify_all()
            return self._changed.wait_for(
                lambda: not any((self._owned, self._owned_at_work, self._computed, self._computed_at_work)), seconds
            )

    def wake(self) -> None:
        """Let who waits look again."""
        with self._changed:
            self._changed.notify_all()

    def _begin_to_wait(self) -> None:
        if not (self._owned or self._owned_at_work):
            self._written = time.monotonic()

    def _count(self) -> None:
        pieces = [*self._computed.pieces.values(), *self._computed_at_work.pieces.values()]
        self._bytes = sum(map(len, pieces))


def _followed(older: dict[str, Change], newer: dict[str, Change]) -> dict[str, Change]:
    return {id: older.get(id, Change()).followed_by(newer.get(id, Change())) for id in older | newer}


def _first(changes: dict[str, Change], most_bytes: int) -> dict[str, Change]:
    """Take the first changes out of a dictionary until they are large enough, one at least."""
    taken: dict[str, Change] = {}
    while changes and sum(change.nbytes for change in taken.values()) < most_bytes:
        id = next(iter(changes))
        taken[id] = changes.pop(id)
    return taken
