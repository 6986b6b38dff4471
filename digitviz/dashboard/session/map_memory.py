"""Finished maps in memory: those of the data with the session, those of a recorded run with that run."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict

from digitviz.dashboard.session.map_requests import MapProgress

MOST_BYTES = 12_000_000
"""Of one store: all moments of a notebook's run as maps of its pixels, or a dozen maps of 1797 digits."""


class KeptMaps:
    """Finished maps by their keys; the least recently used make way.

    Parameters
    ----------
    most_bytes : int
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._maps: OrderedDict[str, tuple[MapProgress, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> MapProgress | None:
        """Return a map if it is there."""
        with self._lock:
            if key not in self._maps:
                return None
            self._maps.move_to_end(key)
            return self._maps[key][0]

    def put(self, key: str, finished: MapProgress, nbytes: int) -> None:
        """Keep a map that takes so many bytes."""
        with self._lock:
            self._maps.pop(key, None)
            self._maps[key] = finished, nbytes
            while self._bytes() > self.most_bytes:
                self._maps.popitem(last=False)

    @property
    def nbytes(self) -> int:
        """Memory of all maps, in bytes."""
        with self._lock:
            return self._bytes()

    def _bytes(self) -> int:
        return sum(nbytes for _, nbytes in self._maps.values())


class MapsOfRuns:
    """The maps of every recorded run: they are there for as long as it is, and go with it."""

    def __init__(self) -> None:
        self._maps: weakref.WeakKeyDictionary[object, KeptMaps] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, recorded: object) -> KeptMaps:
        """Return the maps of a recorded run."""
        with self._lock:
            return self._maps.setdefault(recorded, KeptMaps())

    def __len__(self) -> int:
        """How many runs have maps."""
        return len(self._maps)
