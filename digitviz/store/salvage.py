"""What people own, carried over from a damaged file, as far as it can be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

SECONDS_TO_WAIT = 2.0
"""For who still reads the damaged file."""
SAID_BY_OWNER = " ON CONFLICT (id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in ("title", "pinned", "deleted")
)
"""What a run that another server has saved again since does not say."""
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
    count, known = 0, {id for (id,) in into.execute("SELECT id FROM run")}
    with closing(sqlite3.connect(damaged, timeout=SECONDS_TO_WAIT)) as old:
        for table in OWNED:
            there = {row[1] for row in _rows(old, f"PRAGMA table_info({table})")}  # of an older version, perhaps
            columns = [name for _, name, *_ in into.execute(f"PRAGMA table_info({table})") if name in there]
            insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
            insert += SAID_BY_OWNER if table == "run" else ""
            for row in _rows(old, f"SELECT {', '.join(columns)} FROM {table} NOT INDEXED"):
                if "run" in columns and row[columns.index("run")] in known:  # saved again since: its state is another
                    continue
                with suppress(sqlite3.IntegrityError):  # one that does not fit, or whose run is lost
                    count += into.execute(insert, row).rowcount
    return count


def _rows(connection: sqlite3.Connection, select: str) -> Iterator[tuple[object, ...]]:
    """Read rows from both ends, up to what cannot be read; raise if the file is locked, since it can be read later."""
    for order in ("", " ORDER BY rowid DESC"):
        try:
            yield from connection.execute(select + order)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise
        else:
            return
