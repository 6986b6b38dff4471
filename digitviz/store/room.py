"""How much people may own, and whether there is room for more of it. Nothing of theirs ever makes way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from digitviz.store.database import Database
from digitviz.store.location import OWNER_BYTES, RESERVE_BYTES
from digitviz.store.pending import Change, Owned

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST_RUNS = 500
MOST_DRAWINGS = 200
MOST_OF_AN_OWNER = {"run": MOST_RUNS, "drawing": MOST_DRAWINGS}
"""That one owner may have, those that were deleted not counted."""
BYTES_OF_A_DRAWING = 12_000
MOST_KNOWN = 10_000
"""Sizes of states that are remembered, so that they need not be asked for with every save."""


class NoRoom(StrEnum):
    """Why nothing new is kept of somebody."""

    OWNER = "owner"
    """They have as many as one owner may have."""
    BYTES = "bytes"
    """Their runs take as much as those of one owner may."""
    SERVER = "server"
    """All owners together fill what they may, or the disk is nearly full."""


class Room:
    """How much people own, as far as it is known, and whether there is room for more.

    Parameters
    ----------
    database : Database
    most_bytes : int
        All that people may own together.
    reserve : int
        Bytes of the disk that stay free.
    owner_bytes : int
        All that the runs of one owner may take.
    """

    def __init__(
        self, database: Database, most_bytes: int, reserve: int = RESERVE_BYTES, owner_bytes: int = OWNER_BYTES
    ) -> None:
        self._database, self._most_bytes, self._reserve = database, most_bytes, reserve
        self._owner_bytes = owner_bytes
        self._bytes = 0
        self._states = dict[str, int]()  # how large each was that this server has written

    @property
    def missing(self) -> int:
        """How many bytes of the disk are missing in the reserve; 0 if that cannot be told."""
        free = self._database.free_bytes()
        return 0 if free is None else max(self._reserve - free, 0)

    @property
    def is_overfull(self) -> bool:
        """Whether people own as much as they may, or more."""
        return self._bytes >= self._most_bytes

    @property
    def is_left(self) -> bool:
        """Whether something new may be kept."""
        return not self.is_overfull and not self.missing

    def refusal(
        self, what: str, owner: str, kept: Iterable[str], nbytes: int, waiting: Mapping[str, Change]
    ) -> NoRoom | None:
        """Tell why nothing further is to be saved.

        Parameters
        ----------
        what : str
            "run" or "drawing".
        owner : str
        kept : iterable of str
            The ids of those that are in the database and were not deleted.
        nbytes : int
            What the runs of this owner take there.
        waiting : mapping of str to Change
            What waits to be written.
        """
        if not self.is_left:
            return NoRoom.SERVER
        new = {id for id, change in waiting.items() if change.row is not None and change.row["owner"] == owner}
        deleted = {id for id, change in waiting.items() if change.sets.get("deleted") is not None}
        there = {*kept}
        if len((there | new) - deleted) >= MOST_OF_AN_OWNER[what]:
            return NoRoom.OWNER
        nbytes += sum(len(waiting[id].state or b"") for id in new - there)
        return NoRoom.BYTES if what == "run" and nbytes >= self._owner_bytes else None

    def count(self, connection: Connection) -> None:
        """Count all that people own: what other servers have written too, and what was deleted."""
        from digitviz.store.reading import bytes_owned

        self._bytes = bytes_owned(connection, BYTES_OF_A_DRAWING)

    def growth(self, connection: Connection, owned: Owned) -> int:
        """Return by how many bytes what people own will grow with what is about to be written."""
        from digitviz.store.reading import bytes_of_states

        states = _sizes(owned)
        before = {id: self._states[id] for id in states.keys() & self._states}
        if unknown := states.keys() - before:
            before |= bytes_of_states(connection, unknown)
        new = [row for id, change in owned.runs.items() if id not in before and (row := change.row) is not None]
        drawings = sum(change.row is not None for change in owned.drawings.values())
        recipes = sum(len(row["recipe"]) for row in new)
        return sum(states.values()) - sum(before.values()) + recipes + drawings * BYTES_OF_A_DRAWING

    def grew(self, growth: int, owned: Owned) -> None:
        """Take note that it has been written."""
        self._bytes += growth
        if len(self._states) > MOST_KNOWN:
            self._states.clear()
        self._states |= _sizes(owned)

    def forget(self) -> None:
        """Forget what was written: the database may be another one."""
        self._states.clear()


def _sizes(owned: Owned) -> dict[str, int]:
    return {id: len(change.state) for id, change in owned.runs.items() if change.state is not None}
