"""Values that take time to compute: known by their ids, computed once, shared by all who ask for them."""

from __future__ import annotations

import itertools
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Protocol
from weakref import WeakValueDictionary

from digitviz.cache import ByteCache, CacheEntry, found_or_made

MAX_BYTES = 200_000_000
"""Of what is kept in memory: ten data sets of some 20,000 digits, and several hundred maps of 1797."""

Report = Callable[[object], None]
"""Takes whatever tells how far a computation is; raises `Unwanted` when nobody waits for it any more."""


class Unwanted(Exception):
    """Nobody waits for the value any more: its computation need not go on."""


class Sized(Protocol):
    """Anything that knows its memory in bytes, and that can be referred to weakly."""

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""


@dataclass(frozen=True, eq=False)
class Value:
    """A value that can be asked for.

    Parameters
    ----------
    id : str
        The same for the same value and for no other: made of all that the value depends on, without computing it.
    compute : callable
        Computes it, in another thread; is handed a `Report`. If it never calls that, it cannot be stopped.
    lane : str
        Values of the same lane wait for one another.
    kept : CacheEntry, optional
        How it is kept beyond the end of the process.
    """

    id: str
    compute: Callable[[Report], Sized]
    lane: str
    kept: CacheEntry[Any] | None = None


class State(StrEnum):
    """How a value stands with one who asks for it."""

    NOT_ASKED = "not asked for"
    WAITING = "waiting"
    AT_WORK = "at work"
    THERE = "there"
    FAILED = "failed"


@dataclass(frozen=True)
class Standing:
    """How a value stands with one who asks for it, at one moment.

    Parameters
    ----------
    state : State
    progress : object
        What its computation reported last, to whoever waits for it.
    value : Sized or None
    error : Exception or None
        What its computation raised.
    was_there : bool
        Whether it was in memory when it was asked for.
    """

    state: State
    progress: Any = None
    value: Any = None
    error: Exception | None = None
    was_there: bool = False

    @property
    def finished(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.state not in {State.WAITING, State.AT_WORK}


@dataclass(eq=False)
class _Want:
    """That somebody wants a value: it waits until there is a value or an error."""

    value: Sized | None = None
    error: Exception | None = None
    was_there: bool = False
    owner: Hashable = None
    turn: tuple[int, int] = (0, 0)
    """How many values its owner waited for already when it began to wait, and its number among all that ever waited."""

    @property
    def waits(self) -> bool:
        return self.value is None and self.error is None


@dataclass(eq=False)
class _Job:
    """A computation that waits or is under way."""

    value: Value
    again: bool = False
    at_work: bool = False
    progress: object = None

    def make(self, report: Report, keeper: ByteCache | None) -> Sized:
        compute = partial(self.value.compute, report)
        if keeper is None or self.value.kept is None:
            return compute()
        return found_or_made(self.value.kept, keeper, compute, self.again)


class Values:
    """Computes what is asked for, once for all who ask, and keeps it as long as there is room.

    Who asks for a value that is being computed waits for that computation. What nobody waits for any more is stopped.
    Owners take turns: the first value of each comes before the second of any. Threads end when nothing is left to do,
    and do not hold up the end of the process.

    Parameters
    ----------
    lanes : mapping of str to int
        How many values of each lane are computed at the same time.
    most_bytes : int
        Memory of what is kept; the least recently used goes first. What somebody else holds on to costs nothing more,
        so it is found for as long as that.
    keeper : ByteCache, optional
        Where what is not in memory may be found, and what is computed is kept. It is asked by the threads that compute.
    """

    def __init__(self, lanes: Mapping[str, int], most_bytes: int = MAX_BYTES, keeper: ByteCache | None = None) -> None:
        self._lanes, self._most_bytes, self._keeper = lanes, most_bytes, keeper
        self._wants: dict[Hashable, dict[str, _Want]] = {}  # of each asker, by the id of the value
        self._jobs: dict[str, _Job] = {}
        self._kept: OrderedDict[str, tuple[Sized, int]] = OrderedDict()
        self._held: WeakValueDictionary[str, Sized] = WeakValueDictionary()  # by whomever
        self._threads: Counter[str] = Counter()
        self._numbers = itertools.count()
        self._changed = threading.Condition()

    def ask(self, asker: Hashable, wanted: Iterable[Value], again: bool = False, owner: Hashable | None = None) -> None:
        """Ask for values, and for no others: what was asked for before and is not among them is dropped.

        Parameters
        ----------
        asker : hashable
            Who asks.
        wanted : iterable of Value
            The first comes first. What has failed is not tried again as long as the same asker asks for it.
        again : bool
            Compute them even if they are there; others keep what they have.
        owner : hashable, optional
            Whose turn it is: several askers may be one owner's. By default an asker is its own.
        """
        owner = asker if owner is None else owner
        with self._changed:
            before, wants = self._wants.pop(asker, {}), dict[str, _Want]()
            for value in {value.id: value for value in wanted}.values():
                want = before.get(value.id)
                if want is None or (again and not want.waits):
                    found = None if again else self._find(value.id)
                    others = [other for asked in (*self._wants.values(), wants) for other in asked.values()]
                    ahead = sum(other.waits for other in others if other.owner == owner)
                    want = _Want(found, was_there=found is not None, owner=owner, turn=(ahead, next(self._numbers)))
                wants[value.id] = want
                if want.waits:
                    job = self._jobs.setdefault(value.id, _Job(value))
                    job.again |= again
            if wants:
                self._wants[asker] = wants
            for unwanted in [id for id, job in self._jobs.items() if not job.at_work and not self._waiting_for(id)]:
                del self._jobs[unwanted]
            self._start_threads()
            self._changed.notify_all()

    def withdraw(self, asker: Hashable) -> None:
        """Ask for nothing any more."""
        self.ask(asker, [])

    def standing(self, asker: Hashable, id: str) -> Standing:
        """Tell how a value stands with one who asks for it."""
        with self._changed:
            want = self._wants.get(asker, {}).get(id)
            if want is None:
                return Standing(State.NOT_ASKED)
            if want.error is not None:
                return Standing(State.FAILED, error=want.error)
            if want.value is not None:
                return Standing(State.THERE, value=want.value, was_there=want.was_there)
            job = self._jobs[id]
            return Standing(State.AT_WORK if job.at_work else State.WAITING, job.progress)

    def wait(self, asker: Hashable, ids: Iterable[str], seconds: float) -> None:
        """Wait until there is nothing to wait for among these, but not longer than this."""
        with self._changed:
            self._changed.wait_for(lambda: all(self.standing(asker, id).finished for id in ids), seconds)

    def ahead(self, asker: Hashable) -> int:
        """Return how many values come before the first that an asker waits for, those at work in its lane counted."""
        with self._changed:
            waits_for = [id for id, want in self._wants.get(asker, {}).items() if want.waits]
            if not waits_for or (job := self._jobs[waits_for[0]]).at_work:
                return 0
            others = [other for other in self._jobs.values() if other.value.lane == job.value.lane]
            turn = self._turn(job.value.id)
            return sum(other.at_work or self._turn(other.value.id) < turn for other in others)

    @property
    def nbytes(self) -> int:
        """Memory of all that is kept, in bytes."""
        with self._changed:
            return sum(nbytes for _, nbytes in self._kept.values())

    @property
    def threads(self) -> int:
        """How many threads there are."""
        with self._changed:
            return self._threads.total()

    def _waiting_for(self, id: str) -> list[_Want]:
        return [want for wants in self._wants.values() if (want := wants.get(id)) is not None and want.waits]

    def _turn(self, id: str) -> tuple[int, int]:
        return min(want.turn for want in self._waiting_for(id))

    def _find(self, id: str) -> Sized | None:
        value = self._held.get(id)
        if value is not None:
            self._keep(id, value)
        return value

    def _keep(self, id: str, value: Sized) -> None:
        """Keep a value as the newest, and drop the oldest until they fit."""
        self._held[id] = value
        self._kept[id] = value, value.nbytes
        self._kept.move_to_end(id)
        while sum(nbytes for _, nbytes in self._kept.values()) > self._most_bytes:
            self._kept.popitem(last=False)

    def _start_threads(self) -> None:
        waiting = Counter(job.value.lane for job in self._jobs.values() if not job.at_work)
        for lane, count in waiting.items():
            busy = sum(job.at_work for job in self._jobs.values() if job.value.lane == lane)
            while self._threads[lane] < min(self._lanes[lane], busy + count):
                self._threads[lane] += 1
                threading.Thread(target=self._work, args=(lane,), name=f"digitviz-{lane}", daemon=True).start()

    def _work(self, lane: str) -> None:
        while (job := self._next(lane)) is not None:
            value, error = None, None
            try:
                value = job.make(partial(self._report, job), self._keeper)
            except Unwanted:
                pass
            except Exception as raised:  # it is the askers' to see; the thread goes on with the next
                error = raised
            self._finish(job, value, error)

    def _next(self, lane: str) -> _Job | None:
        """Return the job whose turn it is; None if there is none left, so that the thread ends."""
        with self._changed:
            waiting = [job for job in self._jobs.values() if job.value.lane == lane and not job.at_work]
            if not waiting:
                self._threads[lane] -= 1
                return None
            job = min(waiting, key=lambda job: self._turn(job.value.id))
            job.at_work = True
            return job

    def _report(self, job: _Job, progress: object) -> None:
        with self._changed:
            if not self._waiting_for(job.value.id):
                raise Unwanted
            job.progress = progress

    def _finish(self, job: _Job, value: Sized | None, error: Exception | None) -> None:
        with self._changed:
            id = job.value.id
            del self._jobs[id]
            waiting = self._waiting_for(id)
            if value is not None:
                self._keep(id, value)
            elif error is None and waiting:  # somebody asked for it just after it had stopped
                self._jobs[id] = _Job(job.value, job.again)
            for want in waiting:
                want.value, want.error = value, error
            self._changed.notify_all()
