"""A database: how it is opened, read, written and given up."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitviz.store.migrations import is_newest, migrate
from digitviz.store.records import Kind

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

Waiting = Callable[[], AbstractContextManager[object]]

CONNECTIONS = 4
"""How many stay open; up to four times as many exist while many pages read at once."""


class NotOpen(Exception):
    """The database was given up, or has not been opened yet."""


class Database(ABC):
    """A database: open once `open` has returned, until `close`. It can be opened again.

    Any thread may read; one at a time writes.
    """

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._generation = 0  # of connections
        self._aside: Path | None = None  # what was set aside, and not carried over yet

    @property
    def is_open(self) -> bool:
        """True if it can be read."""
        return self._engine is not None

    def open(self) -> None:
        """Connect, and bring the tables to their newest form; raises whatever is wrong."""
        from sqlalchemy import event

        engine = self._connected()
        event.listen(engine, "connect", self._mark)
        event.listen(engine, "checkin", self._close_if_old)
        try:
            with self._transaction(engine, writes=False) as connection:
                newest = is_newest(connection)
            if not newest or self._aside is not None:  # another server may have begun the new one
                with self._transaction(engine, writes=True) as connection:
                    self.lock_for_migration(connection)
                    migrate(connection)
                    self.carry_over(connection)
                self._aside = None
        except BaseException:
            self._dispose(engine)
            raise
        self._engine = engine

    def renew(self) -> None:
        """Use new connections from now on."""
        if self._engine is not None:
            self._dispose(self._engine)

    def close(self) -> None:
        """Close all connections; those that are in use, when they are given back."""
        engine, self._engine = self._engine, None
        if engine is not None:
            self._dispose(engine)

    def _dispose(self, engine: Engine) -> None:
        self._generation += 1
        engine.dispose()

    def _mark(self, _: object, record: Any) -> None:
        record.info["generation"] = self._generation

    def _close_if_old(self, connection: Any, record: Any) -> None:
        """Close a connection that was in use when the others were closed: SQLAlchemy would leave it to the garbage."""
        if connection is not None and record.info.get("generation") != self._generation:
            connection.close()

    @contextmanager
    def reading(self, writes: bool = False) -> Iterator[Connection]:
        """Read with a connection that sees one moment."""
        if (engine := self._engine) is None:
            raise NotOpen
        with self._transaction(engine, writes) as connection:
            yield connection

    def writing(self) -> AbstractContextManager[Connection]:
        """Write with a connection: everything, or nothing if there is an error."""
        return self.reading(writes=True)

    def check(self) -> None:
        """Raise what is wrong, if the database cannot be used as it was opened."""
        with self.reading() as connection:
            if not is_newest(connection):
                raise NotOpen("tables are missing")

    def free_bytes(self) -> int | None:
        """Return the free space on its disk; None if that is unknown."""
        return None

    def free_bytes_inside(self, connection: Connection) -> int:
        """Return the space that it has on the disk and does not use, as far as that is known."""
        return 0

    def set_aside(self) -> str | None:
        """Give up a damaged database, for a new one; return where the old one is. None if it stays."""
        return None

    def carry_over(self, connection: Connection) -> int:
        """Copy what people own from what was set aside, as far as it can be read; return how many rows."""
        return 0

    def seconds(self, connection: Connection) -> float:
        """Return the seconds since 1970 by the database's own clock; infinity if it goes by this machine's."""
        return math.inf

    def give_room(self, connection: Connection) -> bool:
        """Give some of the space of deleted rows back to the disk; return whether there may be more."""
        return False

    def lock_for_migration(self, connection: Connection) -> object:
        """Make other servers wait until the transaction ends."""
        return None

    @abstractmethod
    def kind_of(self, error: BaseException) -> Kind:
        """Return what an error means."""

    @abstractmethod
    def _connected(self) -> Engine:
        """Return an engine that has been connected once."""

    @abstractmethod
    def _transaction(self, engine: Engine, writes: bool) -> AbstractContextManager[Connection]:
        """Begin a transaction; commit it unless there is an error."""


@dataclass(frozen=True)
class Limits:
    """How much is kept, in bytes.

    Parameters
    ----------
    cache : int
        All values together.
    owned : int
        All that people own together.
    owner : int
        The runs of one owner.
    reserve : int
        Space on the disk that stays free of anything new.
    """

    cache: int
    owned: int
    owner: int
    reserve: int

    def missing(self, database: Database) -> int:
        """Return how much of the reserve is missing on the disk of a database; 0 if that is unknown."""
        free = database.free_bytes()
        return 0 if free is None else max(self.reserve - free, 0)
