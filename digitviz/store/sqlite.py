"""One file, by SQLite."""

from __future__ import annotations

import itertools
import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitviz.store.database import CONNECTIONS, Database, NotOpen
from digitviz.store.folders import kind_of_os_error, on_network, try_to_write
from digitviz.store.records import Kind
from digitviz.store.salvage import carry_over

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

PAGES_GIVEN_BACK = 1000
"""How many go back to the disk at once: 4 MB, some milliseconds."""
FREE_SHARE = 8
"""An eighth of the file may stay free: what is written next takes its place."""
MAX_BYTES_OF_WAL = 64_000_000
"""The size of the log after a checkpoint."""
SECONDS_BETWEEN_TRIES = 0.01
SIDE_FILES = ("-wal", "-shm", "-journal")

_log = logging.getLogger(__name__)
_KINDS = {
    sqlite3.SQLITE_FULL: Kind.FULL,
    sqlite3.SQLITE_READONLY: Kind.READ_ONLY,
    sqlite3.SQLITE_PERM: Kind.READ_ONLY,
    sqlite3.SQLITE_BUSY: Kind.LOCKED,
    sqlite3.SQLITE_LOCKED: Kind.LOCKED,
    sqlite3.SQLITE_PROTOCOL: Kind.LOCKED,
    sqlite3.SQLITE_CORRUPT: Kind.DAMAGED,
    sqlite3.SQLITE_NOTADB: Kind.DAMAGED,
}


class FileIsGone(Exception):
    """The file that was opened is not the one at its path."""


class SQLite(Database):
    """One file. Several servers of one machine may use it.

    Parameters
    ----------
    path : Path
        Of the file, which is made with its folder, private to the user.
    patience : float
        Seconds for which a transaction waits for another one to end.
    """

    def __init__(self, path: Path, patience: float) -> None:
        super().__init__()
        self.path = path.absolute()
        self._patience = patience
        self._opened_file: tuple[int, int] | None = None
        self._synchronous = "NORMAL"

    def free_bytes_inside(self, connection: Connection) -> int:
        """Return the size of its free pages."""
        return _pragma(connection, "freelist_count") * _pragma(connection, "page_size")

    def give_room(self, connection: Connection) -> bool:
        """Give back some free pages, unless few are free."""
        free, pages = _pragma(connection, "freelist_count"), _pragma(connection, "page_count")
        if free <= max(pages // FREE_SHARE, PAGES_GIVEN_BACK):
            return False
        plain: Any = connection.connection.driver_connection  # it gives back one page each time it is asked for a row
        plain.execute(f"PRAGMA incremental_vacuum({PAGES_GIVEN_BACK})").fetchall()
        return True

    def free_bytes(self) -> int | None:
        """Return how much room the disk has that holds the file."""
        try:
            return shutil.disk_usage(self.path.parent).free
        except OSError:
            return None

    def kind_of(self, error: BaseException) -> Kind:
        """Tell what an error means; where SQLite says too little, by writing something into the folder."""
        cause = getattr(error, "orig", None) or error
        if isinstance(cause, FileIsGone | NotOpen):
            return Kind.GONE
        if isinstance(cause, OSError):
            return kind_of_os_error(cause)
        code = getattr(cause, "sqlite_errorcode", None)
        if code is None:
            return Kind.OTHER
        if code == sqlite3.SQLITE_READONLY_DBMOVED:
            return Kind.GONE
        if code & 0xFF == sqlite3.SQLITE_CANTOPEN and not self.path.exists():
            return try_to_write(self.path.parent) or Kind.GONE
        kind = _KINDS.get(code & 0xFF)
        if kind is None and code & 0xFF in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}:
            kind = try_to_write(self.path.parent)
        if kind is None and code == sqlite3.SQLITE_IOERR_WRITE:
            return Kind.FULL  # of quotas and limits SQLite says no more
        return kind or Kind.OTHER

    def set_aside(self) -> str | None:
        """Rename a file in which an examination finds damage, with what belongs to it, unless another server has."""
        examined = _identity(self.path)
        if self._is_sound():
            return None
        self.close()
        with self._alone():
            if _identity(self.path) != examined:
                return None
            name = f"{self.path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
            names = (f"{name}-{number}" if number > 1 else name for number in itertools.count(1))
            aside = next(free for free in map(self.path.with_name, names) if not free.exists())
            for ending in (*SIDE_FILES, ""):  # the file last: a new one at its path must not find its log
                with suppress(FileNotFoundError):
                    Path(f"{self.path}{ending}").rename(f"{aside}{ending}")
        self._aside = aside
        return str(aside)

    def carry_over(self, connection: Connection) -> int:
        """Copy what people own from the file that was set aside, as far as it can be read; return how many rows."""
        if self._aside is None:
            return 0
        into: Any = connection.connection.driver_connection
        count = carry_over(self._aside, into)
        _log.warning("%d rows were carried over from the damaged database", count)
        return count

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other server make or rename the file meanwhile: the lock ends with this process at the latest."""
        path = f"{self.path}-lock"
        _make(path)
        with closing(sqlite3.connect(path, timeout=self._patience, isolation_level=None)) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            yield

    def _is_sound(self) -> bool:
        try:
            with closing(self._connect()) as connection:
                return connection.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)]
        except sqlite3.DatabaseError as error:
            return self.kind_of(error) is not Kind.DAMAGED

    def _connect(self) -> sqlite3.Connection:
        # A file that is not there is not made here: it would be anybody's to read.
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode=rw", uri=True,
            timeout=self._patience, isolation_level=None, check_same_thread=False,
        )  # fmt: skip
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute(f"PRAGMA journal_size_limit = {MAX_BYTES_OF_WAL}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _connected(self) -> Engine:
        from sqlalchemy import create_engine, event
        from sqlalchemy.pool import QueuePool

        self._make_file()
        engine = create_engine(
            "sqlite://", creator=self._connect, poolclass=QueuePool,
            pool_size=CONNECTIONS, max_overflow=3 * CONNECTIONS, pool_timeout=self._patience,
        )  # fmt: skip
        event.listen(engine, "begin", _begin)
        return engine

    def _make_file(self) -> None:
        """Make the file if there is none; sharing a log in memory needs that all who use it are on one machine."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.path.exists():
            with self._alone():
                _make(str(self.path))
        journal, self._synchronous = ("DELETE", "FULL") if on_network(self.path.parent) else ("WAL", "NORMAL")
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # counts only before anything is written
            self._keep_journal(connection, journal)
        self._opened_file = _identity(self.path)

    def _keep_journal(self, connection: sqlite3.Connection, journal: str) -> None:
        """Choose the journal, as soon as no other server that begins does so: SQLite waits for none of them here."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                connection.execute(f"PRAGMA journal_mode = {journal}").fetchall()
                return
            except sqlite3.OperationalError as error:
                if self.kind_of(error) is not Kind.LOCKED or time.monotonic() >= deadline:
                    raise
            time.sleep(SECONDS_BETWEEN_TRIES)

    @contextmanager
    def _transaction(self, engine: Engine, writes: bool) -> Iterator[Connection]:
        if _identity(self.path) != self._opened_file:  # else all would go into a file that nobody finds any more
            raise FileIsGone(self.path)
        with engine.execution_options(writes=writes).begin() as connection:
            yield connection


def _make(path: str) -> None:
    """Make a file that is private to the user, unless it is there: to open and close that would end all our locks."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _begin(connection: Connection) -> None:
    """Begin as a writer at once: a transaction that reads first and writes later may find that it came too late."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino
