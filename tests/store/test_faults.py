"""If the database fails, nobody waits, the error is reported, and saving resumes automatically."""

from __future__ import annotations

import gc
import os
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial

import pytest
from psycopg.pq import ConnStatus
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from digitviz.dashboard.runtime.turns import Turns
from digitviz.dashboard.session import storage
from digitviz.store import Kind, Standing, Unavailable, database_of, postgresql, tables, writer
from digitviz.store.postgresql import PostgreSQL
from digitviz.training.chunks import TRAJECTORY
from tests.store.breaking import fill, held_file, read_only
from tests.store.made import OWNER, kept_run
from tests.waiting import wait_until

IMPATIENT = {"patience": 0.3}


@pytest.fixture
def hangs_briefly(monkeypatch):
    """Give a server that hangs up sooner. It is given at least two seconds to connect."""
    monkeypatch.setattr(postgresql, "SECONDS_BEYOND_PATIENCE", postgresql.SECONDS_BEYOND_PATIENCE / 5)
    monkeypatch.setattr(postgresql, "SECONDS_TO_CONNECT", 2)


def wait_for(store, kind: Kind) -> None:
    wait_until(lambda: (trouble := store.trouble) is not None and trouble.kind is kind)


def wait_until_well(store) -> None:
    """Wait until everything is saved and the only possible error is about runs removed from the database."""
    assert store.flush(90)
    wait_until(lambda: (trouble := store.trouble) is None or trouble.kind is Kind.REMOVED)


def opened(store) -> None:
    """Wait until the store can be read."""
    wait_until(lambda: store._writer.tried.is_set() and store.trouble is None)


@contextmanager
def held(url: str, server):
    """Lock out all others from another process."""
    if url.startswith("sqlite"):
        with held_file(url.removeprefix("sqlite:///")):
            yield
    else:
        with server().connect() as connection, connection.transaction():
            connection.execute("LOCK TABLE run, value IN EXCLUSIVE MODE")
            yield


def test_while_somebody_holds_the_database_saves_wait_and_what_waits_is_seen(url, open_store, request):
    store, run = open_store(url, **IMPATIENT), kept_run(step=1)
    opened(store)
    store.save_run(run, b"one")
    assert store.flush(90)
    with held(url, lambda: request.getfixturevalue("server")):
        store.save_run(replace(run, step=2), b"two")
        wait_for(store, Kind.LOCKED)
        store.save_run(replace(run, step=3), b"three")
        store.save_run(kept_run(), None)
        assert store.trouble.unsaved == 2
        assert store.saved(run.id) == 1
        assert store.run(run.id).step == 3
        assert store.state(run.id) == b"three"
        assert not store.flush(0)
    wait_until_well(store)
    assert store.saved(run.id) == 3
    store.close()
    assert open_store(url).state(run.id) == b"three"


def test_a_full_disk_stops_saving_until_there_is_room(small_disk, open_store):
    store, run = open_store(small_disk / "digitviz.db"), kept_run()
    store.save_run(run, b"first")
    assert store.flush(90)
    fill(small_disk / "big")
    store.save_run(replace(run, step=1), os.urandom(500_000))
    store.keep(TRAJECTORY, "id", 1, bytes(200_000))
    wait_for(store, Kind.FULL)
    assert store.trouble.unsaved == 1
    assert store.saved(run.id) == 0
    assert [kept.step for kept in store.runs_of(OWNER)] == [1]
    (small_disk / "big").unlink()
    wait_until_well(store)
    assert store.saved(run.id) == 1
    assert len(store.load(TRAJECTORY, "id")) == 1


def test_a_limit_on_the_size_of_files_is_a_full_disk(path, open_store):
    store, run = open_store(path), kept_run()
    store.save_run(run, b"first")
    assert store.flush(90)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        store.save_run(replace(run, step=1), os.urandom(500_000))
        wait_for(store, Kind.FULL)
        assert store.saved(run.id) == 0
        assert store.runs_of(OWNER)[0].step == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    wait_until_well(store)
    assert store.saved(run.id) == 1


def test_in_a_read_only_folder_saves_wait_until_it_can_be_written_to(small_disk, open_store):
    store, run = open_store(small_disk / "digitviz.db"), kept_run()
    store.save_run(run, b"first")
    assert store.flush(90)
    store.close()
    with read_only(small_disk):
        store = open_store(small_disk / "digitviz.db")
        store.save_run(replace(run, step=1), b"second")
        wait_for(store, Kind.READ_ONLY)
        with pytest.raises(Unavailable):
            store.run(run.id)
        assert store.load(TRAJECTORY, "id") == []
    wait_until_well(store)
    assert store.run(run.id).step == 1


def test_a_folder_that_another_owns_is_read_only(path, open_store):
    if os.geteuid() != 0:
        path.parent.mkdir(mode=0o500)
        store = open_store(path)
        wait_for(store, Kind.READ_ONLY)
        path.parent.chmod(0o700)
        return opened(store)
    script = f"""
import os, sys
from digitviz.store import Store, Kind
import digitviz.store.chores, digitviz.store.queries
os.setgid(65534); os.setuid(65534)
from tests.waiting import wait_until
store = Store("sqlite:///{path}", delays=(0.02,))
wait_until(lambda: store.trouble is not None)
print(store.trouble.kind)
os._exit(0)
"""
    path.parent.mkdir(mode=0o700)
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout == "read-only\n"
    return None


def test_a_server_that_allows_no_writing_is_read_only(server, open_store):
    url = server.migrated_database()
    store, run = open_store(url), kept_run()
    store.save_run(run, b"first")
    assert store.flush(90)
    store.close()
    server.execute("ALTER DATABASE postgres SET default_transaction_read_only = on")
    store = open_store(url)
    store.save_run(replace(run, step=1), None)
    wait_for(store, Kind.READ_ONLY)
    assert store.run(run.id).step == 1
    assert store.state(run.id) == b"first"
    server.execute("SET default_transaction_read_only = off", "ALTER DATABASE postgres RESET ALL")
    wait_until_well(store)
    assert store.saved(run.id) == 1


def waits(store, id: str) -> bool:
    """Return whether a run's state is waiting for the database; it may be absent between two saves."""
    with suppress(Unavailable):
        return store.state(id) is not None
    return False


def test_a_server_that_stops_in_the_middle_of_saving_and_starts_again_loses_nothing(server, open_store):
    store, run = open_store(server.migrated_database()), kept_run()
    store.save_run(run, None)
    assert store.flush(90)
    going, steps = threading.Event(), iter(range(1, 10**9))

    def save() -> None:
        while not going.wait(0.001):
            store.save_run(replace(run, step=next(steps)), os.urandom(100_000))

    saving = threading.Thread(target=save)
    saving.start()
    wait_until(lambda: (store.saved(run.id) or 0) > 5)
    server.stop()
    try:
        wait_for(store, Kind.GONE)
        acknowledged = store.saved(run.id)
        with pytest.raises(Unavailable):
            store.runs_of(OWNER)
        assert store.load(TRAJECTORY, "id") == []
        wait_until(lambda: waits(store, run.id))
    finally:
        server.start()
        going.set()
        saving.join()
    wait_until_well(store)
    assert store.run(run.id).step == store.saved(run.id) == next(steps) - 1 >= acknowledged


@pytest.mark.usefixtures("hangs_briefly")
def test_a_server_that_hangs_is_noticed_by_who_saves_and_who_reads(server, open_store):
    store, run = open_store(server.migrated_database(), **IMPATIENT), kept_run()
    store.save_run(run, None)
    assert store.flush(90)
    with server.hanging():
        store.save_run(replace(run, step=1), b"one")
        wait_for(store, Kind.GONE)
        assert store.trouble.unsaved == 1
        for _ in range(20):  # after a first timeout, later reads fail at once
            with pytest.raises(Unavailable):
                store.run(run.id)
        assert store.load(TRAJECTORY, "id") == []
    wait_until_well(store)
    assert store.saved(run.id) == store.run(run.id).step == 1


def test_a_save_that_has_waited_for_long_is_said_to_wait(url, open_store, request, monkeypatch):
    monkeypatch.setattr(writer, "SECONDS_TO_SAVE", writer.SECONDS_TO_SAVE / 25)
    store, run = open_store(url, patience=60), kept_run()
    opened(store)
    with held(url, lambda: request.getfixturevalue("server")):
        begun = time.monotonic()
        store.save_run(run, None)
        wait_for(store, Kind.GONE)
        assert time.monotonic() - begun > writer.SECONDS_TO_SAVE
        assert store.trouble.unsaved == 1
    wait_until_well(store)
    assert store.saved(run.id) == 0


@pytest.mark.usefixtures("hangs_briefly")
def test_a_page_that_waits_for_a_server_lets_others_have_their_turn(server, open_store, monkeypatch):
    line, begun, ended = Turns(1, 600.0), threading.Event(), threading.Event()
    monkeypatch.setattr(storage, "turns", lambda: line)
    monkeypatch.setenv("DIGITVIZ_DATABASE", server.migrated_database())
    monkeypatch.setattr(storage, "Store", partial(storage.Store, **IMPATIENT))
    store = storage._store()
    assert store.runs_of(OWNER) == []

    def read() -> None:
        with line.take(), suppress(Unavailable):
            begun.set()
            store.runs_of(OWNER)
            ended.set()

    reading = threading.Thread(target=read, daemon=True)
    with server.hanging():
        reading.start()
        assert begun.wait(90)
        with line.take():
            assert not ended.is_set()
        wait_until(lambda: store.trouble is not None)
        reading.join(20)
        assert not reading.is_alive()
    assert not ended.is_set()
    store.close()


@pytest.mark.parametrize("dropped", ["run, run_chunk, run_drawing", "value, chunk", "all"])
@pytest.mark.parametrize("notices", ["who saves", "who reads"])
@pytest.mark.sampled(6)
def test_tables_that_somebody_dropped_are_made_again(url, open_store, dropped, notices):
    store, run = open_store(url), kept_run(step=1)
    store.save_run(run, b"one")
    assert store.flush(90)
    names = [*tables.metadata.tables, "alembic_version"] if dropped == "all" else dropped.split(", ")
    other = database_of(url, 20)
    other.open()
    with other.writing() as connection:
        for name in sorted(names, key=["run", "value", "sweep"].__contains__):  # drop referenced tables last
            connection.exec_driver_sql(f"DROP TABLE {name}")
    if notices == "who saves":
        store.save_run(replace(run, step=2), b"two")
        store.keep(TRAJECTORY, "id", 1, b"piece")
    else:
        assert store.load(TRAJECTORY, "id") == []
        with suppress(Unavailable):
            store.run(run.id)

    def are_there() -> bool:
        with other.reading() as connection:
            return tables.metadata.tables.keys() <= {*inspect(connection).get_table_names()}

    wait_until(are_there)
    other.close()
    wait_until_well(store)
    assert store.standing(run.id, run.epoch) in {Standing.UNKNOWN, Standing.KEPT}
    store.save_run(replace(run, step=3), b"three")
    store.keep(TRAJECTORY, "other", 1, b"piece")
    assert store.flush(90)
    assert store.saved(run.id) == store.run(run.id).step == 3
    assert store.state(run.id) == b"three"
    assert store.load(TRAJECTORY, "other") == [b"piece"]


def test_a_file_that_is_removed_is_begun_again_and_open_runs_are_to_be_saved_again(path, open_store):
    store, run = open_store(path), kept_run()
    store.save_run(run, None)
    assert store.flush(90)
    path.parent.rename(path.parents[1] / "elsewhere")
    other = kept_run()
    store.save_run(other, None)
    assert store.flush(90)
    assert store.saved(run.id) is None
    assert store.saved(other.id) == 0
    store.close()
    assert open_store(path).runs_of(OWNER) == [other]


def test_a_file_that_is_removed_is_noticed_by_who_reads(path, open_store):
    store, run = open_store(path), kept_run()
    store.save_run(run, None)
    assert store.flush(90)
    path.unlink()
    with pytest.raises(Unavailable):
        store.run(run.id)
    wait_until(path.exists)
    wait_until_well(store)
    assert store.runs_of(OWNER) == []
    assert store.saved(run.id) is None


def test_that_runs_are_missing_is_said_until_they_are_back_or_a_day_has_passed(path, open_store):
    now = [1_000_000_000.0]
    store, run, other = open_store(path, clock=lambda: now[0]), kept_run(), kept_run()
    store.save_run(run, None)
    assert store.flush(90)
    kept = path.with_name("kept.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM INTO ?", (str(kept),))
    path.unlink()
    store.save_run(other, None)
    assert store.flush(90)
    for later in (1, 3600, 80_000):  # also after later saves
        now[0] = 1_000_000_000.0 + later
        store.save_run(other, None)
        wait_until_well(store)
        assert store.trouble.kind is Kind.REMOVED
    store.save_run(run, None)  # a page has the run open
    assert store.flush(90)
    kept.rename(path)
    with suppress(Unavailable):
        store.run(run.id)
    wait_until(lambda: store.trouble is None)
    assert store.run(run.id) == run
    path.unlink()
    with suppress(Unavailable):
        store.run(run.id)
    wait_until(lambda: (trouble := store.trouble) is not None and trouble.kind is Kind.REMOVED)
    now[0] += 86_401
    assert store.trouble is None


def test_what_is_refused_keeps_nothing_else_from_being_saved(url, open_store, monkeypatch):
    from digitviz.store import queries

    real = queries._write_run
    refused = {"f" * 32}

    def write(connection, id, change):
        if id in refused:
            raise RuntimeError("I do not like it")
        return real(connection, id, change)

    monkeypatch.setattr(queries, "_write_run", write)
    store, bad, good = open_store(url), kept_run(id="f" * 32), kept_run()
    store.save_run(bad, None)
    wait_for(store, Kind.OTHER)
    store.save_run(good, None)
    store.keep(TRAJECTORY, "id", 1, b"piece")
    wait_until(lambda: store.saved(good.id) == 0)
    assert store.trouble.unsaved == 1
    refused.clear()
    wait_until_well(store)
    assert store.saved(bad.id) == 0
    assert store.load(TRAJECTORY, "id") == [b"piece"]


@pytest.mark.parametrize(
    "url", ["nothing", "mysql://localhost/x", "postgresql://nobody@127.0.0.1:1/x", "sqlite:////dev/null/x/y.db", ""]
)
def test_a_database_that_cannot_be_opened_raises_nothing(url, open_store):
    store = open_store(url)
    store.save_run(kept_run(), None)
    wait_until(lambda: store.trouble is not None)
    assert store.trouble.kind in {Kind.GONE, Kind.OTHER}
    assert store.trouble.unsaved == 1
    with pytest.raises(Unavailable):
        store.runs_of(OWNER)
    assert store.load("map", "id") == []
    store.close()


@pytest.mark.parametrize("give_up", ["renew", "close"])
def test_a_connection_that_is_read_with_is_closed_when_that_is_done(url, give_up):
    database = database_of(url, patience=1)
    database.open()
    with database.reading() as connection:
        in_use = connection.connection.dbapi_connection
        getattr(database, give_up)()
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    with pytest.raises(Exception, match="closed"):
        in_use.execute("SELECT 1")
    database.close()


def test_a_connection_whose_first_statement_fails_is_closed(server, monkeypatch):
    clients = []

    def fail(database, client, record):
        clients.append(client.pgconn)
        raise OperationalError("SET lock_timeout", {}, Exception("the server stops"))

    monkeypatch.setattr(PostgreSQL, "_limit", fail)
    database = database_of(server.migrated_database(), patience=1)
    with pytest.raises(OperationalError):
        database.open()
    gc.collect()
    assert clients
    assert all(client.status == ConnStatus.BAD for client in clients)
    database.close()
