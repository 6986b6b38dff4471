"""The queue of the writer: the latest change of each run, drawing and sweep, and a limited size of values."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from digitviz.store.records import ONCE, Row

MAX_BYTES_OF_VALUES = 64_000_000
"""Maximum size of queued values. Further values are dropped, because they can be computed again."""
MAX_OUTCOMES = 10_000
"""Maximum number of queued outcomes, 40 MB. Further ones are dropped, because they can be computed again."""
MAX_BYTES_OF_STATES = 500_000_000
"""Maximum size of queued states, enough for about 100 runs. A run without one continues from its chunks."""
BYTES_AT_ONCE = 8_000_000
"""Approximate size of one transaction."""
MAX_TOUCHED = 10_000

Key = tuple[str, str]
"""Kind and id of a value."""
Owned = Literal["run", "drawing", "sweep"]
"""Name of a table of owned data."""
_K = TypeVar("_K")


@dataclass(frozen=True)
class Change:
    """A change of a run, a drawing or a sweep.

    Parameters
    ----------
    row : dict or None
        The newest save.
    state : bytes or None
        State of a run, from that save or an earlier one.
    sets : dict
        Columns that the owner changed. They override the save.
    epoch : int or None
        New epoch of a run that is saved or taken over.
    epochs : frozenset of int
        Further epochs that the run may have before the change. If it has any other epoch, the save has no effect.
    """

    row: Row | None = None
    state: bytes | None = None
    sets: Row = field(default_factory=dict)
    epoch: int | None = None
    epochs: frozenset[int] = frozenset()

    @property
    def allowed(self) -> frozenset[int]:
        """All epochs that the run may have before the change."""
        return self.epochs if self.epoch is None else self.epochs | {self.epoch}

    @property
    def moves(self) -> Row:
        """Columns that a save changes in an existing row."""
        return {name: value for name, value in (self.row or {}).items() if name not in ONCE}

    @property
    def is_deleted(self) -> bool | None:
        """True if this change deletes the row, False if it restores it, else None."""
        return self.sets["deleted"] is not None if "deleted" in self.sets else None

    def applied_to(self, row: Row | None) -> Row | None:
        """Return a database row after this change, or None if it still does not exist."""
        if row is None:
            return None if self.row is None else self.row | self.sets
        if self.epoch is None:
            return row | self.moves | self.sets
        return row | (self.moves | {"epoch": self.epoch} if row["epoch"] in self.allowed else {}) | self.sets

    def followed_by(self, newer: Change) -> Change:
        """Return this change and a newer one as a single change."""
        if None not in (self.epoch, newer.epoch) and not self.allowed & newer.allowed:  # another server had the run
            return replace(newer, sets=self.sets | newer.sets)
        row = newer.row if self.row is None else self.row | newer.moves
        epoch = self.epoch if newer.epoch is None else newer.epoch
        return Change(
            row if row is None or epoch is None else row | {"epoch": epoch},
            self.state if newer.state is None else newer.state,
            self.sets | newer.sets,
            epoch,
            self.allowed | newer.allowed,
        )


@dataclass(frozen=True)
class Drop:
    """Deletion of all pieces of a value from a number on."""

    number: int


@dataclass
class Work:
    """Changes of runs, drawings and sweeps by table and id, outcomes by sweep and recipe, and changes of values.

    Changes of values are written in this order: drops, new pieces, times of last use.
    """

    changes: dict[tuple[Owned, str], Change] = field(default_factory=dict)
    outcomes: dict[Key, bytes] = field(default_factory=dict)
    drops: dict[Key, Drop] = field(default_factory=dict)
    pieces: dict[tuple[str, str, int], bytes] = field(default_factory=dict)
    touched: dict[Key, object] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(vars(self).values())

    @property
    def nbytes(self) -> int:
        """Approximate size of the runs, drawings, sweeps and outcomes."""
        return sum(map(_size, self.changes.values())) + sum(map(len, self.outcomes.values()))


class Pending:
    """The queue of changes. They stay here until they are written: readers see them, and a failed write loses nothing.

    Any thread may add changes. One thread takes work and calls `done` after writing it. If a change grows meanwhile,
    the whole change is written again, which does no harm.
    """

    def __init__(self, max_bytes: int = MAX_BYTES_OF_VALUES, max_bytes_of_states: int = MAX_BYTES_OF_STATES) -> None:
        self._max_bytes, self._max_bytes_of_states = max_bytes, max_bytes_of_states
        self._work = Work()
        self._written = 0.0
        self._changed = threading.Condition()

    def change(self, what: Owned, id: str, change: Change) -> None:
        """Add a change of a run, a drawing or a sweep. If the queued states are too large, the oldest are dropped."""
        with self._changed:
            self._note_waiting()
            changes = self._work.changes
            changes[what, id] = changes.pop((what, id), Change()).followed_by(change)
            excess = sum(len(other.state or b"") for other in changes.values()) - self._max_bytes_of_states
            for key, other in list(changes.items()):
                if excess > 0 and other.state is not None:
                    changes[key] = replace(other, state=None)
                    excess -= len(other.state)
            self._changed.notify_all()

    def keep_outcome(self, sweep: str, recipe: str, data: bytes) -> None:
        """Add an outcome unless too many are queued."""
        with self._changed:
            if len(self._work.outcomes) < MAX_OUTCOMES:
                self._note_waiting()
                self._work.outcomes[sweep, recipe] = data
                self._changed.notify_all()

    def _note_waiting(self) -> None:
        if not self.owned:
            self._written = time.monotonic()

    def keep(self, kind: str, id: str, number: int, data: bytes) -> None:
        """Add a piece of a value unless the queue is full."""
        with self._changed:
            pieces = self._work.pieces
            if (kind, id, number) not in pieces and sum(map(len, pieces.values())) + len(data) <= self._max_bytes:
                pieces[kind, id, number] = data
                self._changed.notify_all()

    def drop(self, kind: str, id: str, number: int) -> None:
        """Delete all pieces of a value from this one on."""
        with self._changed:
            key, drops, pieces = (kind, id), self._work.drops, self._work.pieces
            drops[key] = Drop(min(number, drops.get(key, Drop(number)).number))
            for piece in [piece for piece in pieces if piece[:2] == key and piece[2] >= number]:
                del pieces[piece]
            self._changed.notify_all()

    def touch(self, kind: str, id: str) -> None:
        """Record that a value was used. This is written together with the next change."""
        with self._changed:
            if len(self._work.touched) < MAX_TOUCHED:
                self._work.touched[kind, id] = object()

    def changes(self, what: Owned) -> dict[str, Change]:
        """Return the queued changes in a table, by id."""
        with self._changed:
            return {id: change for (table, id), change in self._work.changes.items() if table == what}

    def outcomes(self, sweep: str) -> dict[str, bytes]:
        """Return the queued outcomes of a sweep, by recipe."""
        with self._changed:
            return {key[1]: data for key, data in self._work.outcomes.items() if key[0] == sweep}

    def value(self, kind: str, id: str) -> tuple[int | None, dict[int, bytes]]:
        """Return the first piece that a queued drop deletes (None without a drop), and the queued pieces of a value."""
        with self._changed:
            drop = self._work.drops.get((kind, id))
            pieces = {key[2]: data for key, data in self._work.pieces.items() if key[:2] == (kind, id)}
            return None if drop is None else drop.number, pieces

    @property
    def owned(self) -> int:
        """Number of runs, drawings, sweeps and outcomes in the queue."""
        return len(self._work.changes) + len(self._work.outcomes)

    @property
    def seconds_waited(self) -> float:
        """Seconds since the last write while runs or drawings are queued; 0 if none are."""
        with self._changed:
            return time.monotonic() - self._written if self.owned else 0.0

    def take_owned(self) -> list[Work]:
        """Return changes of owned data as transactions: each change, then some outcomes, which need their sweeps."""
        with self._changed:
            works = [Work({key: change}) for key, change in self._work.changes.items()]
            outcomes = _first(self._work.outcomes)
            return [*works, Work(outcomes=outcomes)] if outcomes else works

    def take_values(self) -> Work:
        """Return changes of values for one transaction."""
        with self._changed:
            pieces = _first(self._work.pieces)
            return Work(drops=self._work.drops.copy(), pieces=pieces, touched=self._work.touched.copy())

    def done(self, work: Work) -> None:
        """Remove written changes, except those that have changed since they were taken."""
        with self._changed:
            for name, written in vars(work).items():
                waiting = getattr(self._work, name)
                for key in [key for key, item in written.items() if waiting.get(key) is item]:
                    del waiting[key]
            self._written = time.monotonic()
            self._changed.notify_all()

    def wait(self, seconds: float, done: Callable[[], bool]) -> None:
        """Wait at most `seconds` until the queue is not empty or `done` returns True."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._work) or done(), seconds)

    def wait_until_empty(self, seconds: float) -> bool:
        """Wait at most `seconds` until everything is written; return whether it is."""
        with self._changed:
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._work, seconds)

    def wake(self) -> None:
        """Wake up waiting threads, so that they check their conditions again."""
        with self._changed:
            self._changed.notify_all()


def _size(change: Change) -> int:
    return 20_000 + len(change.state or b"") + len((change.row or {}).get("recipe", ""))


def _first(items: dict[_K, bytes]) -> dict[_K, bytes]:
    """Return the first items, at least one, up to about the size of a transaction."""
    ends = itertools.accumulate(map(len, items.values()), initial=0)
    return {key: item for (key, item), begins in zip(items.items(), ends, strict=False) if begins < BYTES_AT_ONCE}
