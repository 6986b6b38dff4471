"""Numbered migrations create the tables, which then match the code's definition."""

from __future__ import annotations

import sqlite3
import sys
import threading
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from digitviz.store import Kind, database_of, migrations, sqlite, steps, tables
from tests.store.first_tables import FIRST, make_first_tables
from tests.store.made import kept_run
from tests.test_imports import modules_loaded_by
from tests.waiting import wait_until


@pytest.mark.parametrize("begins_with", [None, "0001"])
def test_new_tables_and_migrated_ones_are_those_that_the_code_knows(empty_url, begins_with):
    database = database_of(empty_url, 1)
    if begins_with:
        make_first_tables(database)
    database.open()
    with database.reading() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.metadata) == []
        assert context.get_current_revision() == migrations.NEWEST
    database.close()


def test_postgresql_does_not_compress_what_is_kept(server):
    server.migrated_database()
    asked = "SELECT attstorage FROM pg_attribute WHERE attname = 'data' AND attrelid = '%s'::regclass"
    with server.connect() as connection:
        for table in ("chunk", "run_chunk"):
            assert connection.execute((asked % table).encode()).fetchall() == [("e",)]


@pytest.mark.parametrize("begins_with", [None, "0001"])
def test_a_migration_that_is_interrupted_leaves_nothing(empty_url, monkeypatch, begins_with):
    database = database_of(empty_url, 1)
    if begins_with:
        make_first_tables(database)
        monkeypatch.setattr(steps, "make_chunks", lambda _: 1 / 0)
    else:
        monkeypatch.setattr(migrations, "NEWEST", "'")  # invalid in SQL, so the last step fails
    with pytest.raises((ZeroDivisionError, DatabaseError)):
        database.open()
    monkeypatch.undo()
    assert not database.is_open
    engine = database._connected()
    with engine.connect() as connection:
        there = {*inspect(connection).get_table_names()}
        assert there == ({*FIRST.tables, "alembic_version"} if begins_with else set())
        assert not begins_with or "epoch" not in {column["name"] for column in inspect(connection).get_columns("run")}
    engine.dispose()
    database.open()
    database.close()


def test_servers_that_find_an_empty_database_together_migrate_it_once(empty_url):
    databases, errors = [database_of(empty_url, 20) for _ in range(4)], []
    together = threading.Barrier(len(databases))

    def open_it(database) -> None:
        together.wait()
        try:
            database.open()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it, args=[database]) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    for database in databases:
        database.close()


@pytest.mark.parametrize("patience", [20, 0])
def test_a_server_waits_for_another_that_has_begun_with_the_same_file(path, monkeypatch, patience):
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE begun (it)")
        other.execute("BEGIN IMMEDIATE")
        # The other finishes while we wait.
        monkeypatch.setattr(sqlite.time, "sleep", lambda _: other.execute("ROLLBACK"))
        database = database_of(f"sqlite:///{path}", patience)
        if not patience:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                database.open()
        else:
            database.open()
            database.close()


def test_tables_of_a_newer_version_are_left_alone(url, open_store):
    database = database_of(url, 1)
    database.open()
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store = open_store(url)
    store.save_run(kept_run(), None)
    wait_until(lambda: store.trouble is not None, 20)
    assert store.trouble.kind is Kind.OTHER
    with database.writing() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{migrations.NEWEST}'"))
    assert store.flush(20)
    database.close()


def test_a_store_is_imported_without_what_it_needs_when_it_is_opened():
    heavy = {"sqlalchemy", "alembic", "psycopg", "platformdirs"}
    assert not heavy & modules_loaded_by("import digitviz, digitviz.store")


def test_opening_tables_that_are_newest_does_without_alembic(path):
    database = database_of(f"sqlite:///{path}", 1)
    database.open()
    database.close()
    opening = (
        f"from digitviz.store import Store; s = Store('sqlite:///{path}', patience=20); s.runs_of('a' * 64); s.close()"
    )
    loaded = modules_loaded_by(opening)
    assert "sqlalchemy" in loaded
    assert "alembic" not in loaded
    assert "psycopg" not in loaded
    assert "alembic" in sys.modules
