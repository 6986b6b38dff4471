"""Computation of slow values in background threads, once for all sessions that request them."""

import functools
import itertools
import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

from digitviz.shares import give_way

T = TypeVar("T")

MAX_BYTES = 200_000_000
"""Maximum memory of cached values: ten data sets of 20,000 digits and several hundred maps of 1797."""

Report = Callable[[object], None]
"""Called with the progress of a computation; raises `Unwanted` if nobody waits for it any longer."""


MAX_BYTES_OF_AN_ENTRY = 4_000_000
"""Maximum size of a value in a cache. A map of 20,000 points in space takes 0.5 MB."""

log = logging.getLogger(__name__)


if TYPE_CHECKING:
    from functools import cached_property as cached_property
else:

    class cached_property(functools.cached_property):
        """The one of Python 3.12. In Python 3.11, computing it for one object blocks it for all other objects."""

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            value = vars(instance)[self.attrname] = self.func(instance)
            return value


class Unwanted(Exception):
    """Raised inside a computation to stop it when nobody waits for its value any longer."""


class Sized(Protocol):
    """A value with `nbytes` that supports weak references."""

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""


class ByteCache(Protocol):
    """A cache of values as bytes, by kind and id, in numbered pieces. Most values have one.

    It may lose pieces at any time; callers recompute them. Its methods never raise exceptions.
    """

    def load(self, kind: str, id: str, first: int = 1) -> list[bytes]:
        """Return the pieces from number `first` up to the first missing one.

        May wait for a database, so do not call it in an event loop.
        """

    def keep(self, kind: str, id: str, number: int, data: bytes) -> None:
        """Add a piece unless it exists. Does not block."""

    def drop(self, kind: str, id: str, number: int) -> None:
        """Remove a piece that is damaged or will be replaced, and all later ones. Does not block."""


@dataclass(frozen=True, eq=False)
class CacheEntry(Generic[T]):
    """The cache key of a value, and its serialization.

    Parameters
    ----------
    kind : str
        Values of the same kind have the same format.
    id : str
        Unique among values of this kind; at most 100 characters.
    pack : callable
        Converts a value to bytes.
    unpack : callable
        Converts bytes to a value; raises ValueError if they are damaged.
    """

    kind: str
    id: str
    pack: Callable[[T], bytes]
    unpack: Callable[[bytes], T]

    def found(self, cache: ByteCache) -> T | None:
        """Return the value if it is cached. Remove it from the cache if it is damaged."""
        for data in cache.load(self.kind, self.id):
            try:
                if len(data) > MAX_BYTES_OF_AN_ENTRY:
                    raise ValueError(f"{len(data)} bytes exceed the limit")
                return self.unpack(data)
            except ValueError as error:
                log.warning("recomputing a damaged cache entry (%s): %s", self.kind, error)
                cache.drop(self.kind, self.id, 1)
        return None

    def keep(self, cache: ByteCache, value: T, instead: bool = False) -> None:
        """Add the value to a cache unless it is too large. `instead` replaces an existing entry."""
        try:
            data = self.pack(value)
        except Exception:  # the caller still gets the value, which can be recomputed later
            log.exception("cannot cache a value (%s)", self.kind)
            return
        if instead:
            cache.drop(self.kind, self.id, 1)
        if len(data) <= MAX_BYTES_OF_AN_ENTRY:
            cache.keep(self.kind, self.id, 1, data)


@dataclass(frozen=True, eq=False)
class Value:
    """A value that sessions can request.

    Parameters
    ----------
    id : str
        Unique id, derived from everything the value depends on.
    compute : callable
        Computes the value in another thread. Called with a `Report`; can be stopped only if it calls that.
    lane : str
        Queue of the value. Each lane has a limited number of threads.
    kept : CacheEntry, optional
        Entry in the persistent cache.
    """

    id: str
    compute: Callable[[Report], Sized]
    lane: str
    kept: CacheEntry[Any] | None = None


class State(StrEnum):
    """State of a request for a value."""

    NOT_ASKED = "not asked for"
    WAITING = "waiting"
    AT_WORK = "at work"
    THERE = "there"
    FAILED = "failed"


@dataclass(frozen=True)
class Standing:
    """State of a request for a value at one time.

    Parameters
    ----------
    state : State
    progress : object
        Last reported progress of the computation.
    value : Sized or None
    error : Exception or None
        Exception that the computation raised.
    was_there : bool
        True if the value was in memory when it was requested.
    """

    state: State
    progress: Any = None
    value: Any = None
    error: Exception | None = None
    was_there: bool = False

    @property
    def finished(self) -> bool:
        """True if there is nothing to wait for."""
        return self.state not in {State.WAITING, State.AT_WORK}


@dataclass(eq=False)
class _Want:
    """A request for a value, pending until there is a value or an error."""

    value: Sized | None = None
    error: Exception | None = None
    was_there: bool = False
    owner: Hashable = None
    turn: tuple[int, int] = (0, 0)
    """Number of values for which the owner already waited when the request began, and number of the request."""

    @property
    def waits(self) -> bool:
        return self.value is None and self.error is None


@dataclass(eq=False)
class _Job:
    """A pending or running computation."""

    value: Value
    again: bool = False
    at_work: bool = False
    progress: object = None

    def make(self, report: Report, keeper: ByteCache | None) -> Sized:
        kept = self.value.kept
        if keeper is None or kept is None:
            return self.value.compute(report)
        found: Sized | None = None if self.again else kept.found(keeper)
        if found is None:
            found = self.value.compute(report)
            kept.keep(keeper, found, instead=self.again)
        return found


class Values:
    """Computes requested values in background threads, and caches them.

    Requests for the same value share one computation. A computation that nobody waits for is stopped. Owners take
    turns: the first value of each owner comes before the second of any. Idle threads end. They are daemons, so they do
    not delay the end of the process.

    Parameters
    ----------
    lanes : mapping of str to int
        Number of threads per lane.
    most_bytes : int
        Maximum memory of cached values. The least recently used value is evicted first. An evicted value can still be
        found while other code holds a reference to it.
    keeper : ByteCache, optional
        Persistent cache, which only the computing threads access.
    slow : collection of str, optional
        Lanes whose values take seconds. Their threads give way to those that answer visitors.
    """

    def __init__(
        self,
        lanes: Mapping[str, int],
        most_bytes: int = MAX_BYTES,
        keeper: ByteCache | None = None,
        slow: Collection[str] = (),
    ) -> None:
        self._lanes, self._most_bytes, self._keeper, self._slow = lanes, most_bytes, keeper, slow
        self._wants: dict[Hashable, dict[str, _Want]] = {}  # by asker, then by id of the value
        self._jobs: dict[str, _Job] = {}
        self._kept: OrderedDict[str, tuple[Sized, int]] = OrderedDict()
        self._held: WeakValueDictionary[str, Sized] = WeakValueDictionary()  # all values still referenced anywhere
        self._threads: Counter[str] = Counter()
        self._numbers = itertools.count()
        self._changed = threading.Condition()

    def ask(self, asker: Hashable, wanted: Iterable[Value], again: bool = False, owner: Hashable | None = None) -> None:
        """Request values, replacing all previous requests of this asker.

        Parameters
        ----------
        asker : hashable
            Id of the requesting session or view.
        wanted : iterable of Value
            Values in order of priority. A failed value is not retried while the same asker keeps requesting it.
        again : bool
            True to compute the values even if they exist. Other askers keep theirs.
        owner : hashable, optional
            Owner whose turn the requests use. An owner may have several askers. Default: the asker.
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
        """Cancel all requests of an asker."""
        self.ask(asker, [])

    def standing(self, asker: Hashable, id: str) -> Standing:
        """Return the state of an asker's request for a value."""
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
        """Wait until these requests are finished, with a timeout in seconds."""
        with self._changed:
            self._changed.wait_for(lambda: all(self.standing(asker, id).finished for id in ids), seconds)

    @property
    def nbytes(self) -> int:
        """Memory of all cached values, in bytes."""
        with self._changed:
            return sum(nbytes for _, nbytes in self._kept.values())

    @property
    def threads(self) -> int:
        """Number of threads."""
        with self._changed:
            return self._threads.total()

    def _waiting_for(self, id: str) -> list[_Want]:
        return [want for wants in self._wants.values() if (want := wants.get(id)) is not None and want.waits]

    def _find(self, id: str) -> Sized | None:
        value = self._held.get(id)
        if value is not None:
            self._keep(id, value)
        return value

    def _keep(self, id: str, value: Sized) -> None:
        """Cache a value as the most recent one, and evict the oldest until all fit."""
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
                threading.Thread(target=self._work, args=(lane,), name=f"digitviz-{lane}", daemon=True).start()
                self._threads[lane] += 1  # it waits for the lock, which the caller holds

    def _work(self, lane: str) -> None:
        if lane in self._slow:
            give_way()
        while (job := self._next(lane)) is not None:
            value, error = None, None
            try:
                value = job.make(functools.partial(self._report, job), self._keeper)
            except Unwanted:
                pass
            except Exception as raised:  # shown to the askers; the thread continues with the next job
                error = raised
                if not isinstance(raised, ValueError):  # of what was asked for
                    log.exception("cannot compute a value (%s)", lane)
            self._finish(job, value, error)

    def _next(self, lane: str) -> _Job | None:
        """Return the next job of a lane; None if there is none, which ends the thread."""
        with self._changed:
            waiting = [job for job in self._jobs.values() if job.value.lane == lane and not job.at_work]
            if not waiting:
                self._threads[lane] -= 1
                return None
            job = min(waiting, key=lambda job: min(want.turn for want in self._waiting_for(job.value.id)))
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
            elif error is None and waiting:  # requested just after the computation stopped
                self._jobs[id] = _Job(job.value, job.again)
            for want in waiting:
                want.value, want.error = value, error
            self._changed.notify_all()
