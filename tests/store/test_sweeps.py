"""Sweeps and their outcomes survive a restart, belong to their owner, and count."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import delete, select

from digitviz.store import NoRoom, Unavailable, database_of, tables
from digitviz.store.owners import owners, remove
from tests.store.first_tables import make_first_tables
from tests.store.made import LATER, OTHER, OWNER, kept_sweep
from tests.waiting import wait_until

DATA = bytes(range(256)) * 8
DAY = 86_400


def recipe(number: int) -> str:
    return f"{number:064x}"


def rows(store, table=tables.outcome):
    with store._database.reading() as connection:
        return connection.execute(select(table)).all()


def test_a_sweep_and_its_outcomes_are_there_at_once_and_after_a_restart(url, open_store):
    store, sweep = open_store(url), kept_sweep()
    store.save_sweep(sweep)
    for number in range(200):
        store.keep_outcome(sweep.id, recipe(number), DATA)
    assert store.sweep(sweep.id) == sweep
    assert len(store.outcomes(sweep.id)) == 200
    assert store.flush(20)
    store.close()
    again = open_store(url)
    assert again.sweeps_of(OWNER) == [sweep]
    assert again.sweeps_of(OTHER) == []
    assert again.outcomes(sweep.id) == {recipe(number): DATA for number in range(200)}
    assert again.outcomes(kept_sweep().id) == {}


def test_an_outcome_is_written_once_whoever_computed_it(url, open_store):
    first, second, sweep = open_store(url), open_store(url), kept_sweep()
    first.save_sweep(sweep)
    assert first.flush(20)
    for store, data in ((first, b"first"), (second, b"second"), (first, b"third")):
        store.keep_outcome(sweep.id, recipe(0), data)
        assert store.flush(20)
    assert second.outcomes(sweep.id) == first.outcomes(sweep.id) == {recipe(0): b"first"}
    assert len(rows(first)) == 1


def test_two_hundred_outcomes_take_less_than_a_megabyte(path, open_store):
    store, sweep = open_store(path), kept_sweep()
    store.save_sweep(sweep)
    assert store.flush(20)
    with closing(sqlite3.connect(path)) as file:
        count = file.execute("PRAGMA page_count").fetchone()[0]
    for number in range(200):
        store.keep_outcome(sweep.id, recipe(number), DATA)
    assert store.flush(20)
    with closing(sqlite3.connect(path)) as file:
        grown = (file.execute("PRAGMA page_count").fetchone()[0] - count) * file.execute("PRAGMA page_size").fetchone()[
            0
        ]
    assert 200 * len(DATA) < grown < 1_000_000


def test_later_saves_only_change_whether_it_goes_on(url, open_store):
    store, sweep = open_store(url), kept_sweep()
    store.save_sweep(sweep)
    assert store.flush(20)
    store.save_sweep(replace(sweep, wants_to_go_on=False, definition={"seeds": 3}, owner=OTHER, changed=LATER + 1))
    for _ in range(2):
        assert store.sweeps_of(OWNER) == [replace(sweep, wants_to_go_on=False, changed=LATER + 1)]
        assert store.flush(20)


def test_a_title_survives_later_saves(url, open_store):
    store, sweep = open_store(url), kept_sweep()
    store.save_sweep(sweep)
    store.rename(sweep.id, "mine", "sweep")
    assert store.flush(20)
    store.save_sweep(replace(sweep, changed=LATER + 1))
    for _ in range(2):
        assert store.sweep(sweep.id) == replace(sweep, title="mine", changed=LATER + 1)
        assert store.flush(20)
    with pytest.raises(ValueError, match="title"):
        store.rename(sweep.id, 81 * "x", "sweep")


def test_a_deleted_sweep_can_be_restored_with_its_outcomes_until_it_is_purged(url, open_store):
    now = [1_000_000_000.0]
    store, sweep = open_store(url, clock=lambda: now[0]), kept_sweep()
    store.save_sweep(sweep)
    store.keep_outcome(sweep.id, recipe(0), DATA)
    store.delete([sweep.id], "sweep")
    assert (store.sweeps_of(OWNER), store.sweeps_of(OWNER, deleted=True)) == ([], [sweep])
    assert store.flush(20)
    assert store.sweep(sweep.id) is None
    store.restore([sweep.id], "sweep")
    assert store.flush(20)
    assert (store.sweep(sweep.id), store.outcomes(sweep.id)) == (sweep, {recipe(0): DATA})
    store.delete([sweep.id], "sweep")
    assert store.flush(20)
    for days in (0, 1, 30):
        now[0] = 1_000_000_000.0 + days * DAY
        store.save_sweep(kept_sweep(owner=OTHER))
        assert store.flush(20)
        assert len(rows(store)) == 1
    for days in (32, 33):
        now[0] = 1_000_000_000.0 + days * DAY
        store.save_sweep(kept_sweep(owner=OTHER))
        assert store.flush(20)
    wait_until(lambda: not rows(store), 20)


def test_an_outcome_of_a_sweep_that_is_gone_stops_no_other_save(url, open_store):
    store, sweep = open_store(url), kept_sweep()
    store.keep_outcome(kept_sweep().id, recipe(0), DATA)
    store.save_sweep(sweep)
    store.keep_outcome(sweep.id, recipe(1), DATA)
    assert store.flush(20)
    assert store.trouble is None
    assert [tuple(row) for row in rows(store)] == [(sweep.id, recipe(1), DATA)]


def test_an_owner_has_so_many_sweeps_and_their_bytes_count(url, open_store, monkeypatch):
    monkeypatch.setattr("digitviz.store.store.MAX_OF_AN_OWNER", {"run": 3, "drawing": 2, "sweep": 2})
    store, sweeps = open_store(url, owner_bytes=4 * len(DATA)), [kept_sweep(), kept_sweep()]
    for sweep in sweeps:
        assert store.no_room(OWNER, "sweep") is None
        store.save_sweep(sweep)
    assert store.no_room(OWNER, "sweep") is NoRoom.OWNER
    assert store.no_room(OTHER, "sweep") is None
    assert store.flush(20)
    store.delete([sweeps[0].id], "sweep")
    assert store.no_room(OWNER, "sweep") is None
    for number in range(4):
        store.keep_outcome(sweeps[1].id, recipe(number), DATA)
    assert store.flush(20)
    assert store.no_room(OWNER, "sweep") is store.no_room(OWNER, "run") is NoRoom.BYTES
    store.delete([sweeps[1].id], "sweep")
    assert store.flush(20)
    assert store.no_room(OWNER, "run") is None


def test_sweeps_count_for_the_whole_server(url, open_store):
    store, sweep = open_store(url, owned_bytes=4 * len(DATA)), kept_sweep()
    store.save_sweep(sweep)
    assert store.flush(20)
    assert store.no_room(OTHER, "run") is None
    for number in range(4):
        store.keep_outcome(sweep.id, recipe(number), DATA)
    assert store.flush(20)
    assert store.no_room(OTHER, "run") is NoRoom.SERVER


def test_an_administrator_sees_and_removes_the_sweeps_of_who_never_returned(url, open_store):
    store, sweep = open_store(url), kept_sweep(changed=time.time() - 400 * DAY)
    store.save_sweep(sweep)
    store.save_sweep(kept_sweep(owner=OTHER, changed=time.time()))
    store.keep_outcome(sweep.id, recipe(0), DATA)
    assert store.flush(20)
    with store._database.reading() as connection:
        found = owners(connection)
    assert [(one.id, one.runs, one.drawings, one.sweeps) for one in found] == [(OWNER, 0, 0, 1), (OTHER, 0, 0, 1)]
    assert found[0].nbytes > len(DATA) > found[1].nbytes
    assert remove(store._database, [OWNER, OTHER], time.time() - DAY) == 1
    assert rows(store) == []
    assert len(store.sweeps_of(OTHER)) == 1


def test_sweeps_fit_into_migrated_tables(empty_url, open_store):
    database = database_of(empty_url, 1)
    make_first_tables(database)
    database.close()
    store, sweep = open_store(empty_url), kept_sweep()
    store.save_sweep(sweep)
    store.keep_outcome(sweep.id, recipe(0), DATA)
    assert store.flush(20)
    assert store.outcomes(sweep.id) == {recipe(0): DATA}
    with store._database.writing() as connection:
        connection.execute(delete(tables.sweep))
    assert rows(store) == []  # its outcomes went with it


def test_a_database_that_cannot_be_read_says_so(tmp_path, open_store):
    (tmp_path / "file").write_text("in the way")
    store = open_store(tmp_path / "file" / "digitviz.db")
    for ask in (store.sweep, store.outcomes, store.sweeps_of):
        with pytest.raises(Unavailable):
            ask("a" * 32)


@pytest.mark.parametrize("wrong", [{"id": "x"}, {"owner": "b" * 63}])
def test_a_sweep_that_a_database_cannot_hold_is_refused(wrong):
    with pytest.raises(ValueError, match="hex"):
        kept_sweep(**wrong)


def test_outcomes_are_counted_by_sweep_and_owner(url, open_store):
    store, sweeps = open_store(url), [kept_sweep(), kept_sweep(), kept_sweep(owner=OTHER)]
    for sweep, count in zip(sweeps, (3, 0, 2), strict=True):
        store.save_sweep(sweep)
        for number in range(count):
            store.keep_outcome(sweep.id, recipe(number), DATA)
    assert store.flush(20)
    assert store.outcome_counts(OWNER) == {sweeps[0].id: 3}
    assert store.outcome_counts(OTHER) == {sweeps[2].id: 2}
