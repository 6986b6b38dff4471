"""Break and repair a database while it is in use."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

ONLY_ROOT = "only root may mount a disk"
HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=90)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def disk_in_memory(folder: Path, megabytes: int) -> Iterator[bool]:
    """Mount a small disk on a new folder, and yield whether this worked."""
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(mounting, capture_output=True, check=False).returncode != 0:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    """Make a disk of `disk_in_memory` read-only. No file on it may be open for writing."""
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)


def fill(file: Path) -> None:
    """Write into a file until its disk is full."""
    with file.open("wb", buffering=0) as big, suppress(OSError):
        while big.write(bytes(4096)):
            pass


def empty_log(path: Path) -> None:
    """Truncate SQLite's log, because later writes would use its free space."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=90)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@contextmanager
def held_file(path: Path | str) -> Iterator[None]:
    """Lock SQLite's file from another process."""
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        yield


def overwrite(path: Path) -> None:
    """Damage the middle of a file."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(16 * 4096))


def replace_by_text(path: Path) -> None:
    """Overwrite a file with data that are not a database."""
    path.write_bytes(b"This is no database. " * 1000)


def replace_in_use(path: Path) -> None:
    """Overwrite a file with data that are not a database, and invalidate the caches of open connections."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=90)) as connection:
        connection.execute("CREATE TABLE passing (number)")
        connection.execute("DROP TABLE passing")
        empty_log(path)
        replace_by_text(path)
