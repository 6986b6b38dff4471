"""A cache of bytes for values that take time to compute, and how a value becomes an entry of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

MAX_BYTES = 4_000_000
"""Largest size of an entry: an animation of 24 frames takes 0.7 MB, 20,000 distorted digits 1.3 MB."""

T = TypeVar("T")

log = logging.getLogger(__name__)


class ByteCache(Protocol):
    """Keeps values as bytes, by their kind and their id.

    It may lose any of them at any time; they are computed again then. It never raises an exception.
    """

    def value(self, kind: str, id: str) -> bytes | None:
        """Return a value; None if it is not cached. May wait for a database, so do not call it in an event loop."""

    def keep_value(self, kind: str, id: str, data: bytes) -> None:
        """Add a value, unless there is one with this id; returns at once."""

    def drop_value(self, kind: str, id: str) -> None:
        """Drop a value that is damaged or will be replaced; returns at once."""


@dataclass(frozen=True, eq=False)
class CacheEntry(Generic[T]):
    """Where a value is cached, and how it becomes bytes.

    Parameters
    ----------
    kind : str
        Values of one kind have the same format.
    id : str
        At most 100 characters: the same for the same value of that kind and for no other.
    pack : callable
        Returns the bytes of a value.
    unpack : callable
        Returns the value of some bytes; raises ValueError if they are damaged.
    """

    kind: str
    id: str
    pack: Callable[[T], bytes]
    unpack: Callable[[bytes], T]

    def found(self, cache: ByteCache) -> T | None:
        """Return the value if it is cached; drop it if it is damaged."""
        data = cache.value(self.kind, self.id)
        if data is None:
            return None
        try:
            if len(data) > MAX_BYTES:
                raise ValueError(f"{len(data)} bytes are too many")
            return self.unpack(data)
        except ValueError as error:
            log.warning("a kept %s is damaged; it is computed again: %s", self.kind, error)
            cache.drop_value(self.kind, self.id)
            return None

    def keep(self, cache: ByteCache, value: T, instead: bool = False) -> None:
        """Add the value to a cache unless it is too large; `instead` of the one that is there."""
        try:
            data = self.pack(value)
        except Exception:  # it can be computed again: whoever waits for it gets it all the same
            log.exception("a %s could not be kept", self.kind)
            return
        if instead:
            cache.drop_value(self.kind, self.id)
        if len(data) <= MAX_BYTES:
            cache.keep_value(self.kind, self.id, data)


def found_or_made(entry: CacheEntry[T], cache: ByteCache, make: Callable[[], T], again: bool = False) -> T:
    """Return a value from the cache, or make it and add it to the cache.

    Parameters
    ----------
    entry : CacheEntry
    cache : ByteCache
    make : callable
    again : bool
        Make it even if it is cached, and replace the cached one.
    """
    found = None if again else entry.found(cache)
    if found is not None:
        return found
    made = make()
    entry.keep(cache, made, instead=again)
    return made
