"""Databases in a single SQLite file."""

from __future__ import annotations

import errno
import itertools
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitviz.store.database import CONNECTIONS, Database, NotOpen
from digitviz.store.records import Kind

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

PAGES_GIVEN_BACK = 1000
"""Number of pages returned to the disk at once: 4 MB, which takes a few milliseconds."""
FREE_SHARE = 8
"""Divisor of the number of pages: an eighth of the file may stay free, because later writes reuse it."""
MAX_BYTES_OF_WAL = 64_000_000
"""Maximum size of the write-ahead log after a checkpoint."""
SECONDS_BETWEEN_TRIES = 0.01
SIDE_FILES = ("-wal", "-shm", "-journal")
NETWORK = ("nfs", "cifs", "smb", "afs", "9p", "sshfs", "gluster", "ceph", "davfs", "lustre", "gpfs")
"""Prefixes of network file systems, on which SQLite cannot share memory."""
SECONDS_FOR_A_DAMAGED_FILE = 2.0
"""Timeout for locks of other readers of a damaged file."""
OWNED = ("run", "run_chunk", "run_drawing", "drawing", "sweep", "outcome", "visit")
SAID_BY_OWNER = {
    table: " ON CONFLICT (id) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in names)
    for table, names in {"run": ("title", "pinned", "deleted"), "sweep": ("title", "deleted")}.items()
}
"""Clauses for rows that another server has already saved again: copy only the columns that the owner changes."""

_log = logging.getLogger(__name__)
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.EIO, errno.ENODEV, errno.ENXIO, getattr(errno, "ESTALE", errno.EIO)}
_DRIVE_REMOTE = 4  # result of GetDriveTypeW on Windows
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


class SQLite(Database):
    """A database in one SQLite file, which several servers on one machine may share.

    Parameters
    ----------
    path : Path
        Path of the file. The file and its folder are created if necessary, private to the user.
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
        """Return the size of the free pages in bytes."""
        return _pragma(connection, "freelist_count") * _pragma(connection, "page_size")

    def give_room(self, connection: Connection) -> bool:
        """Give some free pages back to the disk if there are many; return whether there may be more."""
        free, pages = _pragma(connection, "freelist_count"), _pragma(connection, "page_count")
        if free <= max(pages // FREE_SHARE, PAGES_GIVEN_BACK):
            return False
        plain: Any = connection.connection.driver_connection  # SQLite frees one page for each row that is fetched
        plain.execute(f"PRAGMA incremental_vacuum({PAGES_GIVEN_BACK})").fetchall()
        return True

    def free_bytes(self) -> int | None:
        """Return the free space on the disk in bytes, or None if that is unknown."""
        try:
            return shutil.disk_usage(self.path.parent).free
        except OSError:
            return None

    def kind_of(self, error: BaseException) -> Kind:
        """Return the kind of problem that an error means. If SQLite's code is not specific, try to write a file."""
        cause = getattr(error, "orig", None) or error
        if isinstance(cause, NotOpen):
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
            return Kind.FULL  # SQLite's code for quotas and file size limits
        return kind or Kind.OTHER

    def set_aside(self) -> str | None:
        """Rename the file and its side files if a check finds damage, unless another server has renamed it."""
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
            for ending in (*SIDE_FILES, ""):  # the file last, so that a new file never finds the old log
                with suppress(FileNotFoundError):
                    Path(f"{self.path}{ending}").rename(f"{aside}{ending}")
        self._aside = aside
        return str(aside)

    def carry_over(self, connection: Connection) -> int:
        """Copy the readable rows of the damaged file that do not exist yet; return their number.

        Their content may be damaged, too; reading a row checks it. The damaged file does not change, except for its
        log.
        """
        if self._aside is None:
            return 0
        into: Any = connection.connection.driver_connection
        count, known = 0, {id for (id,) in into.execute("SELECT id FROM run")}
        with closing(sqlite3.connect(self._aside, timeout=SECONDS_FOR_A_DAMAGED_FILE)) as old:
            for table in OWNED:
                there = {row[1] for row in _rows(old, f"PRAGMA table_info({table})")}  # possibly of an older version
                columns = [name for _, name, *_ in into.execute(f"PRAGMA table_info({table})") if name in there]
                places = ", ".join("?" * len(columns))
                insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({places})"
                insert += SAID_BY_OWNER.get(table, "")
                for row in _rows(old, f"SELECT {', '.join(columns)} FROM {table} NOT INDEXED"):
                    if "run" in columns and row[columns.index("run")] in known:  # saved again: its state is newer
                        continue
                    with suppress(sqlite3.IntegrityError):  # invalid, or its run is lost
                        count += into.execute(insert, row).rowcount
        _log.warning("copied %d rows from the damaged database", count)
        return count

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other servers from creating or renaming the file. The lock ends with this process at the latest."""
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
        # Do not create a missing file here, because other users could read it.
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
        """Create the file if it is missing, and choose the journal. WAL shares memory, so it needs a local disk."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.path.exists():
            with self._alone():
                _make(str(self.path))
        journal, self._synchronous = ("DELETE", "FULL") if on_network(self.path.parent) else ("WAL", "NORMAL")
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # only works before the first write
            self._keep_journal(connection, journal)
        self._opened_file = _identity(self.path)

    def _keep_journal(self, connection: sqlite3.Connection, journal: str) -> None:
        """Set the journal mode. Retry while another server does the same, because SQLite does not wait here."""
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
        if _identity(self.path) != self._opened_file:  # the file was moved or replaced
            raise NotOpen(self.path)
        with engine.execution_options(writes=writes).begin() as connection:
            yield connection


def _make(path: str) -> None:
    """Create a file private to the user. Do not open an existing one: closing it would release SQLite's locks."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _begin(connection: Connection) -> None:
    """Begin a transaction, with a write lock if it `writes`. Otherwise its first write after a read could fail."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())


def _rows(connection: sqlite3.Connection, select: str) -> Iterator[tuple[object, ...]]:
    """Read rows from both ends, up to the first unreadable one. Raise if the file is locked: it can be read later."""
    for order in ("", " ORDER BY rowid DESC"):
        try:
            yield from connection.execute(select + order)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise
        else:
            return


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def kind_of_os_error(error: OSError) -> Kind:
    """Translate an error of the operating system into a kind of problem."""
    kinds = ((_FULL, Kind.FULL), (_READ_ONLY, Kind.READ_ONLY), (_GONE, Kind.GONE))
    return next((kind for numbers, kind in kinds if error.errno in numbers), Kind.OTHER)


def try_to_write(folder: Path) -> Kind | None:
    """Write a temporary file into a folder; return the kind of problem, or None if it works."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(2**17))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return kind_of_os_error(error)
    return None


def on_network(folder: Path, mounts: str | None = None) -> bool:
    """Return whether a folder is on a network file system; False if that is unknown.

    Parameters
    ----------
    folder : Path
        An absolute path.
    mounts : str, optional
        Mount points in the format of `/proc/mounts`; by default, those of this system.
    """
    if sys.platform == "win32":
        import ctypes

        return folder.drive.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(folder.anchor) == _DRIVE_REMOTE
    of_mounts = _mounted() if mounts is None else dict(_mount(line) for line in mounts.splitlines())
    at = next((of_mounts[str(place)] for place in (folder, *folder.parents) if str(place) in of_mounts), "")
    return at.removeprefix("fuse.").startswith(NETWORK)


def _mounted() -> dict[str, str]:
    """Return the names of the file systems by mount point."""
    try:
        if sys.platform == "darwin":  # "//me@host/share on /Volumes/share (smbfs, nodev)"
            lines = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=5, check=True).stdout
            pairs = (line.split(" on ", 1)[-1].rsplit(" (", 1) for line in lines.splitlines())
            return {place: options.split(",")[0] for place, options in pairs}
        return dict(_mount(line) for line in Path("/proc/mounts").read_text().splitlines())
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}


def _mount(line: str) -> tuple[str, str]:
    _, place, name, *_ = line.split(" ")
    return place.replace("\\040", " "), name
