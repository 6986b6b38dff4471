"""The interface of a database: opening, reading, writing and closing."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitviz import settings
from digitviz.store.migrations import is_newest, migrate
from digitviz.store.records import Kind

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

Waiting = Callable[[], AbstractContextManager[object]]

CONNECTIONS = 4
"""Number of connections that stay open. While many pages read at once, there are up to four times as many."""


class NotOpen(Exception):
    """Raised if the database is closed or has not been opened yet."""


class Database(ABC):
    """A database, which can be opened, closed and opened again.

    Any thread may read; one thread at a time may write.
    """

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._generation = 0  # counts replacements of all connections
        self._aside: Path | None = None  # a damaged file whose content is not copied yet

    @property
    def is_open(self) -> bool:
        """True if the database can be read."""
        return self._engine is not None

    def open(self) -> None:
        """Connect and migrate the tables. Any error is raised."""
        from sqlalchemy import event

        engine = self._connected()
        event.listen(engine, "connect", self._mark)
        event.listen(engine, "checkin", self._close_if_old)
        try:
            with self._transaction(engine, writes=False) as connection:
                newest = is_newest(connection)
            if not newest or self._aside is not None:  # another server may have created the new file
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
        """Replace all connections with new ones."""
        if self._engine is not None:
            self._dispose(self._engine)

    def close(self) -> None:
        """Close all connections. Those in use are closed when they are returned to the pool."""
        engine, self._engine = self._engine, None
        if engine is not None:
            self._dispose(engine)

    def _dispose(self, engine: Engine) -> None:
        self._generation += 1
        engine.dispose()

    def _mark(self, _: object, record: Any) -> None:
        record.info["generation"] = self._generation

    def _close_if_old(self, connection: Any, record: Any) -> None:
        """Close a connection that was in use during `close` or `renew`; SQLAlchemy would leave it to the collector."""
        if connection is not None and record.info.get("generation") != self._generation:
            connection.close()

    @contextmanager
    def reading(self, writes: bool = False) -> Iterator[Connection]:
        """Return a context with a connection that reads a consistent snapshot."""
        if (engine := self._engine) is None:
            raise NotOpen
        with self._transaction(engine, writes) as connection:
            yield connection

    def writing(self) -> AbstractContextManager[Connection]:
        """Return a context with a connection whose changes are all written, or none of them if an error occurs."""
        return self.reading(writes=True)

    def check(self) -> None:
        """Raise an error if the open database cannot be used any more."""
        with self.reading() as connection:
            if not is_newest(connection):
                raise NotOpen("tables are missing")

    def free_bytes(self) -> int | None:
        """Return the free space on the disk in bytes, or None if that is unknown."""
        return None

    def free_bytes_inside(self, connection: Connection) -> int:
        """Return the unused space inside the database in bytes; 0 if that is unknown."""
        return 0

    def set_aside(self) -> str | None:
        """Rename a damaged database so that a new one can replace it; return its new path, or None if it stays."""
        return None

    def carry_over(self, connection: Connection) -> int:
        """Copy readable runs and drawings from the damaged file; return the number of rows."""
        return 0

    def seconds(self, connection: Connection) -> float:
        """Return the seconds since 1970 on the database's clock; infinity if it uses the clock of this machine."""
        return math.inf

    def give_room(self, connection: Connection) -> bool:
        """Give some space of deleted rows back to the disk; return whether there may be more."""
        return False

    def lock_for_migration(self, connection: Connection) -> object:
        """Lock out other servers until the transaction ends."""
        return None

    @abstractmethod
    def kind_of(self, error: BaseException) -> Kind:
        """Return the kind of problem that an error means."""

    @abstractmethod
    def _connected(self) -> Engine:
        """Return a new SQLAlchemy engine for a database that is ready for use."""

    @abstractmethod
    def _transaction(self, engine: Engine, writes: bool) -> AbstractContextManager[Connection]:
        """Return a context with a transaction, which is committed unless an error occurs."""


@dataclass(frozen=True)
class Limits:
    """Maximum sizes in bytes, by default those of `digitviz.settings`.

    Parameters
    ----------
    cache : int
        Maximum size of all values.
    owned : int
        Maximum size of all runs and drawings.
    owner : int
        Maximum size of the runs of one owner.
    reserve : int
        Minimum free space on the disk for saving new data.
    """

    cache: int = field(default_factory=lambda: settings.CACHE_BYTES.value)
    owned: int = field(default_factory=lambda: settings.OWNED_BYTES.value)
    owner: int = field(default_factory=lambda: settings.BYTES_PER_OWNER.value)
    reserve: int = field(default_factory=lambda: settings.RESERVE_BYTES.value)

    def missing(self, database: Database) -> int:
        """Return the missing part of the reserve on the disk of a database; 0 if the free space is unknown."""
        free = database.free_bytes()
        return 0 if free is None else max(self.reserve - free, 0)
