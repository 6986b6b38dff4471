"""Salvage: copies readable runs and drawings from a damaged file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

SECONDS_TO_WAIT = 2.0
"""Timeout for locks of other readers of the damaged file."""
SAID_BY_OWNER = " ON CONFLICT (id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in ("title", "pinned", "deleted")
)
"""Clause that copies the columns that only the owner changes, if another server has already saved the run again."""
OWNED = ("run", "run_chunk", "run_drawing", "drawing", "sweep", "outcome", "visit")


def carry_over(damaged: Path, into: sqlite3.Connection) -> int:
    """Copy the readable rows that do not exist yet; return their number.

    Their content may be damaged, too; reading a row checks it.

    Parameters
    ----------
    damaged : Path
        Path of the damaged file, which does not change except for its log.
    into : Connection
        A connection with the newest tables, inside a transaction.
    """
    count, known = 0, {id for (id,) in into.execute("SELECT id FROM run")}
    with closing(sqlite3.connect(damaged, timeout=SECONDS_TO_WAIT)) as old:
        for table in OWNED:
            there = {row[1] for row in _rows(old, f"PRAGMA table_info({table})")}  # possibly of an older version
            columns = [name for _, name, *_ in into.execute(f"PRAGMA table_info({table})") if name in there]
            insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
            insert += SAID_BY_OWNER if table == "run" else ""
            for row in _rows(old, f"SELECT {', '.join(columns)} FROM {table} NOT INDEXED"):
                if "run" in columns and row[columns.index("run")] in known:  # saved again: its state is newer
                    continue
                with suppress(sqlite3.IntegrityError):  # invalid, or its run is lost
                    count += into.execute(insert, row).rowcount
    return count


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
