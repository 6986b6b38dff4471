"""The location of saved data, and operating system errors about it."""

from __future__ import annotations

import errno
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import platformdirs
import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from digitviz.settings import CACHE_BYTES
from digitviz.store import Kind, database_of, default_url, sqlite
from digitviz.store.database import NotOpen
from digitviz.store.postgresql import PostgreSQL
from digitviz.store.sqlite import SQLite, on_network, try_to_write
from tests.store.made import kept_run

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
//server/share /mnt/a\\040share cifs rw 0 0
/dev/sdb1 /home/local ext4 rw 0 0
"""


def test_the_environment_says_where_else_it_is_the_users_own_folder(monkeypatch):
    monkeypatch.setenv("DIGITVIZ_HOME", "/some where")
    assert default_url() == "sqlite:////some where/digitviz.db"
    monkeypatch.setenv("HOME", "/users/me")
    monkeypatch.setenv("DIGITVIZ_HOME", "~/data")
    assert default_url() == "sqlite:////users/me/data/digitviz.db"
    monkeypatch.setenv("DIGITVIZ_DATABASE", "postgresql://host/name")
    assert default_url() == "postgresql://host/name"
    monkeypatch.delenv("DIGITVIZ_DATABASE")
    monkeypatch.delenv("DIGITVIZ_HOME")
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name, appauthor: Path("/users") / name)
    assert default_url() == "sqlite:////users/digitviz/digitviz.db"


@pytest.mark.parametrize(
    ("text", "expected"), [("5e6", 5_000_000), ("-1", 0), ("much", 2_000_000_000), ("inf", 2_000_000_000)]
)
def test_the_environment_says_how_large_the_cache_is_if_that_is_a_number(monkeypatch, text, expected):
    monkeypatch.setenv("DIGITVIZ_CACHE_BYTES", text)
    assert CACHE_BYTES.value == expected
    monkeypatch.delenv("DIGITVIZ_CACHE_BYTES")
    assert CACHE_BYTES.value == 2_000_000_000


def test_a_url_names_its_database():
    assert isinstance(database_of("sqlite:///x.db", 1), SQLite)
    for url in ("postgres://host/x", "postgresql://host/x", "postgresql+psycopg://host/x"):
        database = database_of(url, 1)
        assert isinstance(database, PostgreSQL)
        assert database._url == "postgresql+psycopg://host/x"


def test_the_file_is_private_and_odd_characters_in_its_path_are_no_trouble(tmp_path, open_store):
    path = tmp_path / "a %20 folder? #1" / "digitviz.db"
    store = open_store(path)
    store.save_run(kept_run(), None)
    assert store.flush(90)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert store.trouble is None


def pragma(path: Path, name: str) -> object:
    database = database_of(f"sqlite:///{path}", 1)
    database.open()
    with database.reading() as connection:
        value = connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
    database.close()
    return value


def test_the_file_has_a_log_beside_it_but_on_a_network_none(path, monkeypatch):
    assert pragma(path, "journal_mode") == "wal"
    assert pragma(path, "synchronous") == 1
    assert pragma(path, "auto_vacuum") == 2
    assert pragma(path, "foreign_keys") == 1
    monkeypatch.setattr(sqlite, "on_network", lambda folder: True)
    assert pragma(path, "journal_mode") == "delete"
    assert pragma(path, "synchronous") == 2


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/var/x", False), ("/home/me/x", True), ("/home/local/x", False), ("/mnt/a share/x", True),
        ("/mnt/a", False),
    ],
)  # fmt: skip
def test_a_folder_on_another_machine_is_told_by_what_is_mounted(folder, expected):
    assert on_network(Path(folder), MOUNTS) == expected


def test_what_is_mounted_is_asked_of_the_system_and_may_be_unknown(tmp_path, monkeypatch):
    assert not on_network(tmp_path)
    listed = "//me@host/share on /Volumes/share (smbfs, nodev)\n/dev/disk1 on / (apfs, local)\n"
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, listed))
    assert on_network(Path("/Volumes/share/x"))
    assert not on_network(Path("/Users/me"))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: 1 / 0)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(Path, "read_text", lambda _: "nonsense")
    assert not on_network(Path("/Users/me"))


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, Kind.FULL), (errno.EDQUOT, Kind.FULL), (errno.EROFS, Kind.READ_ONLY),
        (errno.EACCES, Kind.READ_ONLY), (errno.ENOENT, Kind.GONE), (errno.ESTALE, Kind.GONE),
        (errno.EINVAL, Kind.OTHER),
    ],
)  # fmt: skip
def test_what_the_system_says_has_a_meaning(path, number, kind):
    assert sqlite.kind_of_os_error(OSError(number, "")) is kind
    assert database_of(f"sqlite:///{path}", 1).kind_of(OSError(number, "")) is kind


def test_a_folder_says_what_is_wrong_with_it_when_it_is_written_to(tmp_path):
    assert try_to_write(tmp_path) is None
    assert try_to_write(tmp_path / "nowhere") is Kind.GONE


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, Kind.FULL), (sqlite3.SQLITE_READONLY, Kind.READ_ONLY), (sqlite3.SQLITE_BUSY, Kind.LOCKED),
        (sqlite3.SQLITE_CORRUPT, Kind.DAMAGED), (sqlite3.SQLITE_CORRUPT_INDEX, Kind.DAMAGED),
        (sqlite3.SQLITE_NOTADB, Kind.DAMAGED), (sqlite3.SQLITE_READONLY_DBMOVED, Kind.GONE),
        (sqlite3.SQLITE_IOERR_WRITE, Kind.FULL), (sqlite3.SQLITE_IOERR_READ, Kind.OTHER),
        (sqlite3.SQLITE_CANTOPEN, Kind.OTHER), (sqlite3.SQLITE_ERROR, Kind.OTHER),
    ],
)  # fmt: skip
def test_what_sqlite_says_has_a_meaning(tmp_path, code, kind):
    error = sqlite3.OperationalError("x")
    error.sqlite_errorcode = code
    database = SQLite(tmp_path / "x.db", 1)
    database.path.touch()
    assert database.kind_of(error) is kind
    assert database.kind_of(OperationalError("", {}, error)) is kind
    database.path.unlink()
    assert database.kind_of(error) is (Kind.GONE if code == sqlite3.SQLITE_CANTOPEN else kind)
    elsewhere = SQLite(tmp_path / "nowhere" / "x.db", 1)
    unclear = code & 0xFF in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
    assert elsewhere.kind_of(error) is (Kind.GONE if unclear else kind)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("53100", Kind.FULL), ("25006", Kind.READ_ONLY), ("42501", Kind.READ_ONLY), ("55P03", Kind.LOCKED),
        ("40P01", Kind.LOCKED), ("57014", Kind.LOCKED), ("57P01", Kind.GONE), ("08006", Kind.GONE),
        ("3D000", Kind.GONE), ("28P01", Kind.GONE), ("XX001", Kind.DAMAGED), ("23503", Kind.OTHER),
        ("22001", Kind.OTHER),
    ],
)  # fmt: skip
def test_what_postgresql_says_has_a_meaning(state, kind):
    error = psycopg.errors.lookup(state)("x")
    assert PostgreSQL("postgresql://x", 1).kind_of(OperationalError("", {}, error)) is kind


def test_a_postgresql_that_says_nothing_is_gone():
    database = PostgreSQL("postgresql://x", 1)
    assert database.kind_of(OperationalError("", {}, psycopg.OperationalError("refused"))) is Kind.GONE
    assert database.kind_of(NotOpen()) is Kind.GONE
    assert database.kind_of(ValueError()) is Kind.OTHER
