"""Data sets that take seconds to make: one queue for all sessions, in which each has one place."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

MOST_BYTES = 120_000_000
"""Memory of the finished data sets that are kept: about ten, of some 20,000 digits each."""


class Sized(Protocol):
    """Anything that knows its memory in bytes."""

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""


T = TypeVar("T", bound=Sized)


class DatasetQueue(Generic[T]):
    """Makes what is asked for, one after the other, in the order it was asked for, in a thread of its own.

    An asker has one request: a new one replaces the one before, and several askers of the same thing share one piece
    of work. What has begun is always finished. The thread ends when nothing is left to do, and does not hold up the
    end of the process.

    Parameters
    ----------
    most_bytes : int
        Memory of the finished data sets that are kept, those not asked for longest dropped first. What somebody else
        holds on to costs nothing more, so it is found for as long as that.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._wanted: dict[Hashable, Hashable] = {}  # what each asker waits for
        self._failed: dict[Hashable, Exception] = {}  # what each asker has yet to be told
        self._waiting: OrderedDict[Hashable, Callable[[], T]] = OrderedDict()
        self._at_work: Hashable | None = None
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._held_elsewhere: WeakValueDictionary[Hashable, T] = WeakValueDictionary()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self, asker: Hashable, key: Hashable, make: Callable[[], T]) -> T | None:
        """Return what is asked for, or take its place in the queue.

        Parameters
        ----------
        asker : hashable
            Who asks; to be asked again until there is an answer.
        key : hashable
            Tells what is asked for.
        make : callable
            Makes it, in another thread.

        Returns
        -------
        T or None
            None while it is waited for.

        Raises
        ------
        Exception
            Whatever `make` raised, once to each asker; the next time it is tried again.
        """
        with self._lock:
            if self._wanted.get(asker) != key:
                self._drop(asker)
            if asker in self._failed:
                error = self._failed[asker]
                self._drop(asker)
                raise error
            made = self._held_elsewhere.get(key)
            if made is not None:
                self._drop(asker)
                self._keep(key, made)
                return made
            self._wanted[asker] = key
            if key != self._at_work and key not in self._waiting:
                self._waiting[key] = make
                self._start()
            return None

    def withdraw(self, asker: Hashable) -> None:
        """Forget what somebody has asked for; it is not made unless others wait for it too, or it has begun."""
        with self._lock:
            self._drop(asker)

    def ahead(self, asker: Hashable) -> int:
        """Return how many others are made before what `asker` waits for, the one that is being made counted."""
        with self._lock:
            key = self._wanted.get(asker)
            if key not in self._waiting:
                return 0
            return list(self._waiting).index(key) + (self._at_work is not None)

    def _drop(self, asker: Hashable) -> None:
        key = self._wanted.pop(asker, None)
        self._failed.pop(asker, None)
        if key in self._waiting and key not in self._wanted.values():
            del self._waiting[key]

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="digitviz-datasets", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                self._at_work, make = self._waiting.popitem(last=False)
            made, error = None, None
            try:
                made = make()
            except Exception as raised:  # it is the askers' to see; the queue goes on with the next
                error = raised
            with self._lock:
                key, self._at_work = self._at_work, None
                if made is not None:
                    self._keep(key, made)
                elif error is not None:
                    self._failed |= {asker: error for asker, wanted in self._wanted.items() if wanted == key}

    def _keep(self, key: Hashable, made: T) -> None:
        """Keep a finished data set as the newest, and drop the oldest of the others until they fit."""
        self._held_elsewhere[key] = self._kept[key] = made
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(kept.nbytes for kept in self._kept.values()) > self._most_bytes:
            self._kept.popitem(last=False)
