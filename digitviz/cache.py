"""The interface of a cache for computed values, and their serialization."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

MAX_BYTES = 4_000_000
"""Maximum size of an entry. An animation of 24 frames takes 0.7 MB."""

T = TypeVar("T")

log = logging.getLogger(__name__)


class ByteCache(Protocol):
    """A cache of values as bytes, by kind and id.

    It may lose entries at any time; callers recompute them. Its methods never raise exceptions.
    """

    def value(self, kind: str, id: str) -> bytes | None:
        """Return a value; None if it is not cached. May wait for a database, so do not call it in an event loop."""

    def keep_value(self, kind: str, id: str, data: bytes) -> None:
        """Add a value unless the id exists. Does not block."""

    def drop_value(self, kind: str, id: str) -> None:
        """Remove a value that is damaged or will be replaced. Does not block."""


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
        data = cache.value(self.kind, self.id)
        if data is None:
            return None
        try:
            if len(data) > MAX_BYTES:
                raise ValueError(f"{len(data)} bytes exceed the limit")
            return self.unpack(data)
        except ValueError as error:
            log.warning("recomputing a damaged cache entry (%s): %s", self.kind, error)
            cache.drop_value(self.kind, self.id)
            return None

    def keep(self, cache: ByteCache, value: T, instead: bool = False) -> None:
        """Add the value to a cache unless it is too large. `instead` replaces an existing entry."""
        try:
            data = self.pack(value)
        except Exception:  # the caller still gets the value, which can be recomputed later
            log.exception("cannot cache a value (%s)", self.kind)
            return
        if instead:
            cache.drop_value(self.kind, self.id)
        if len(data) <= MAX_BYTES:
            cache.keep_value(self.kind, self.id, data)


def found_or_made(entry: CacheEntry[T], cache: ByteCache, make: Callable[[], T], again: bool = False) -> T:
    """Return a value from the cache, or compute it and add it to the cache.

    Parameters
    ----------
    entry : CacheEntry
    cache : ByteCache
    make : callable
    again : bool
        True to compute the value even if it is cached, and replace the entry.
    """
    found = None if again else entry.found(cache)
    if found is not None:
        return found
    made = make()
    entry.keep(cache, made, instead=again)
    return made
