"""What values that take time to compute need of whoever keeps them, and how each is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

MOST_BYTES = 4_000_000
"""Of a value that is kept: a film of 24 frames takes 0.7 MB, 20,000 distorted digits 1.3 MB."""

T = TypeVar("T")

log = logging.getLogger(__name__)


class Keeper(Protocol):
    """Keeps values as bytes, by their kind and their id.

    It may lose any of them at any time: they are computed again. It raises nothing, whatever happens to it.
    """

    def value(self, kind: str, id: str) -> bytes | None:
        """Return a value; None if it is not kept. It is quick, but not for a thread that nobody may hold up."""

    def keep_value(self, kind: str, id: str, data: bytes) -> None:
        """Keep a value, unless there is one of that id; it returns at once."""

    def drop_value(self, kind: str, id: str) -> None:
        """Lose a value that is damaged, or that another takes the place of; it returns at once."""


@dataclass(frozen=True, eq=False)
class Kept(Generic[T]):
    """How a value is kept.

    Parameters
    ----------
    kind : str
        Values of one kind have one format.
    id : str
        At most 100 characters: the same for the same value of that kind and for no other.
    pack : callable
        Makes bytes of the value.
    unpack : callable
        Makes the value of bytes, whatever they have become; raises ValueError if they are not what was kept.
    """

    kind: str
    id: str
    pack: Callable[[T], bytes]
    unpack: Callable[[bytes], T]

    def found(self, keeper: Keeper) -> T | None:
        """Return the value if it is kept; what is damaged is dropped."""
        data = keeper.value(self.kind, self.id)
        if data is None:
            return None
        try:
            if len(data) > MOST_BYTES:
                raise ValueError(f"{len(data)} bytes are too many")
            return self.unpack(data)
        except ValueError as error:
            log.warning("a kept %s is damaged; it is computed again: %s", self.kind, error)
            keeper.drop_value(self.kind, self.id)
            return None

    def keep(self, keeper: Keeper, value: T, instead: bool = False) -> None:
        """Hand the value to a keeper, unless it is too large; `instead` of what is kept, if there is something."""
        try:
            data = self.pack(value)
        except Exception:  # it can be computed again: whoever waits for it gets it all the same
            log.exception("a %s could not be kept", self.kind)
            return
        if instead:
            keeper.drop_value(self.kind, self.id)
        if len(data) <= MOST_BYTES:
            keeper.keep_value(self.kind, self.id, data)


def found_or_made(kept: Kept[T], keeper: Keeper, make: Callable[[], T], again: bool = False) -> T:
    """Return a value as it is kept, else make it and have it kept.

    Parameters
    ----------
    kept : Kept
    keeper : Keeper
    make : callable
    again : bool
        Make it even if it is kept; it takes the place of that.
    """
    found = None if again else kept.found(keeper)
    if found is not None:
        return found
    made = make()
    kept.keep(keeper, made, instead=again)
    return made
