"""A database: how it is opened, read, written to and given up."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitviz.store.migrations import is_newest, migrate
from digitviz.store.records import Kind

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Table

Waiting = Callable[[], AbstractContextManager[object]]

CONNECTIONS = 4
"""That stay open; four times as many when many pages are read at once."""


class NotOpen(Exception):
    """The database was given up, or has not been opened yet."""


class Database(ABC):
    """A database: open once `open` has returned, until `close`; then it can be opened again.

    Any thread may read; one at a time writes.
    """

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._generation = 0  # of connections
        self._aside: Path | None = None  # what was set aside, and not carried over yet

    @property
    def is_open(self) -> bool:
        """Whether it can be read."""
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
        """Close all connections; those that somebody reads with, when that is done."""
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
    def reading(self) -> Iterator[Connection]:
        """Read with a connection that sees one moment."""
        with self._transaction(self._opened(), writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Write with a connection: all of it, or nothing if there is an error."""
        with self._transaction(self._opened(), writes=True) as connection:
            yield connection

    def check(self) -> None:
        """Raise what is wrong, if the database cannot be used as it was opened."""
        with self.reading() as connection:
            if not is_newest(connection):
                raise NotOpen("tables are missing")

    def free_bytes(self) -> int | None:
        """Return how much room the disk has; None if that cannot be told from here."""
        return None

    def free_bytes_inside(self, connection: Connection) -> int:
        """Return how much of what it has of the disk is free for what is written next, as far as that can be told."""
        return 0

    def set_aside(self) -> str | None:
        """Give up what is damaged for good, for a new database; return where the old one is. None if it stays."""
        return None

    def carry_over(self, connection: Connection) -> int:
        """Take from what was set aside what people own, as far as it can be read; return how many rows."""
        return 0

    def seconds(self, connection: Connection) -> float:
        """Return the seconds since 1970 by the database's own clock; infinity if it goes by this machine's."""
        return math.inf

    def give_room(self, connection: Connection) -> bool:
        """Give back to the disk some of what was deleted; return whether there may be more."""
        return False

    @abstractmethod
    def insert(self, table: Table) -> Any:
        """Begin an INSERT that may say what to do when the row is there already."""

    @abstractmethod
    def kind_of(self, error: BaseException) -> Kind:
        """Tell what an error means."""

    @abstractmethod
    def lock_for_migration(self, connection: Connection) -> None:
        """Make other servers wait until the transaction ends."""

    @abstractmethod
    def _connected(self) -> Engine:
        """Return an engine that has been connected once."""

    @abstractmethod
    @contextmanager
    def _transaction(self, engine: Engine, writes: bool) -> Iterator[Connection]:
        """Begin a transaction; commit it unless there is an error."""
        yield NotImplemented

    def _opened(self) -> Engine:
        engine = self._engine
        if engine is None:
            raise NotOpen
        return engine
