"""What people own, carried over from a damaged file, as far as it can be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

OWNED = ("run", "run_chunk", "run_drawing", "drawing", "visit")


def carry_over(damaged: Path, into: sqlite3.Connection) -> int:
    """Copy what can be read, and is not there already; return how many rows that is.

    Rows may be damaged too: whoever reads them finds that, as with any row.

    Parameters
    ----------
    damaged : Path
        A file, which is not changed but for its log.
    into : Connection
        Inside a transaction, with the newest tables.
    """
    count = 0
    with suppress(sqlite3.Error), closing(sqlite3.connect(damaged, timeout=0.1)) as old:
        for table in OWNED:
            there = {name for _, name, *_ in old.execute(f"PRAGMA table_info({table})")}  # of an older version, perhaps
            columns = [name for _, name, *_ in into.execute(f"PRAGMA table_info({table})") if name in there]
            insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
            for row in _rows(old, f"SELECT {', '.join(columns)} FROM {table} NOT INDEXED"):
                with suppress(sqlite3.Error):  # one that does not fit, or whose run is lost
                    count += into.execute(insert, row).rowcount
    return count


def _rows(connection: sqlite3.Connection, select: str) -> Iterator[tuple[object, ...]]:
    """Read rows from both ends, up to what cannot be read."""
    for order in ("", " ORDER BY rowid DESC"):
        with suppress(sqlite3.Error):
            yield from connection.execute(select + order)
            return
