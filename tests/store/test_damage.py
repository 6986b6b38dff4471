"""A damaged file is set aside, and a new one starts with its readable data."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from digitviz.store import KeptRun, Kind, Unavailable, tables
from digitviz.store.records import parts_of, row_of
from digitviz.store.sqlite import SIDE_FILES, SQLite
from tests.store.breaking import overwrite, replace_by_text
from tests.store.made import OTHER, OWNER, kept_drawing, kept_run
from tests.waiting import wait_until


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)


@pytest.mark.parametrize("damage", [overwrite, truncated, replace_by_text])
@pytest.mark.parametrize("in_use", [False, True])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(path, open_store, damage, in_use):
    store = open_store(path)
    for run in [kept_run() for _ in range(50)]:
        store.save_run(run, os.urandom(5000))
    assert store.flush(90)
    store.close()
    if in_use:
        store = open_store(path)
        assert len(store.runs_of(OWNER)) == 50
    damage(path)
    if in_use:
        store._database.renew()  # a connection caches data that it has read
    else:
        store = open_store(path)
    new = kept_run(step=7)
    store.save_run(new, b"state")
    wait_until(lambda: store.trouble is not None and store.trouble.aside is not None)
    aside = Path(store.trouble.aside)
    assert store.trouble.kind is Kind.DAMAGED
    assert aside.exists()
    assert aside.parent == path.parent
    assert store.flush(90)
    # The first save may have been too early.
    wait_until(lambda: store.saved(new.id) == 7 or store.save_run(new, b"state"))
    assert store.trouble.unsaved == 0
    assert store.run(new.id) == new
    assert store.state(new.id) == b"state"
    store.close()
    assert open_store(path).run(new.id) == new


def test_what_people_own_is_carried_over_from_a_damaged_file_as_far_as_it_can_be_read(path, open_store):
    store = open_store(path)
    drawings = [kept_drawing() for _ in range(50)]
    runs = [
        kept_run(id=f"{k:032x}", title=f"run {k:02d}", drawings=(drawing.id,)) for k, drawing in enumerate(drawings)
    ]
    states = {run.id: os.urandom(20_000) for run in runs}
    for run, drawing in zip(runs, drawings, strict=True):
        store.save_run(run, states[run.id])
        store.save_drawing(drawing)
    assert store.flush(90)
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        values = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'value'").fetchone()[0] - 1
    content = path.read_bytes()
    for page in (values, content.index(b"run 25") // 4096):  # the second page is in the middle of the runs
        content = content[: page * 4096] + os.urandom(4096) + content[(page + 1) * 4096 :]
    path.write_bytes(content)
    store = open_store(path)
    wait_until(lambda: store.trouble is not None and store.trouble.aside is not None)
    wait_until(lambda: store._database.is_open)
    kept = sorted(store.runs_of(OWNER), key=lambda run: run.id)
    assert 30 < len(kept) < 50
    assert (kept[0], kept[-1]) == (runs[0], runs[-1])
    assert all(store.state(run.id) == states[run.id] for run in kept)
    assert {drawing.id for drawing in store.drawings_of(OWNER)} == {drawing.id for drawing in drawings}
    assert store.learnt_from([drawings[-1].id]) == [runs[-1]]


def kept_and_damaged(path: Path, open_store) -> list[KeptRun]:
    """Save runs, and damage only the values in the file: all data of owners remain readable."""
    store = open_store(path)
    runs = [kept_run(id=f"{k:032x}", step=1, title=f"run {k}") for k in range(20)]
    for run in runs:
        store.save_run(run, os.urandom(20_000))
    assert store.flush(90)
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'value'").fetchone()[0] - 1
    with path.open("r+b") as file:
        file.seek(page * 4096)
        file.write(os.urandom(4096))
    return runs


def damaged_files(path: Path) -> list[Path]:
    return [file for file in path.parent.glob("*damaged*") if not file.name.endswith(SIDE_FILES)]


def test_servers_that_find_damage_together_set_it_aside_once_and_nothing_is_lost(path, open_store, monkeypatch):
    """Both servers examine the file before the first renames it. The second continues once a new file is in use."""
    runs, examine = kept_and_damaged(path, open_store), SQLite._is_sound
    damaged = path.stat().st_ino
    opened, second_examined, first_is_done = threading.Event(), threading.Event(), threading.Event()

    def slowly(database: SQLite) -> bool:
        sound = examine(database)
        assert opened.wait(90)
        if not sound and database is stores[1]._database:
            second_examined.set()
            assert first_is_done.wait(90)
        return sound if second_examined.wait(90) else True

    monkeypatch.setattr(SQLite, "_is_sound", slowly)
    monkeypatch.setattr("digitviz.store.sqlite.time.strftime", lambda _: "20260504-140200")  # all in the same second
    stores = [open_store(path), open_store(path)]
    opened.set()
    ids = [run.id for run in runs]
    wait_until(lambda: stores[0].trouble is not None and stores[0].trouble.aside is not None)
    wait_until(lambda: sorted(run.id for run in readable(stores[0])) == ids)
    new_file = path.stat().st_ino
    first_is_done.set()
    for store in stores:
        new = kept_run(owner=OTHER)
        store.save_run(new, None)
        wait_until(lambda store=store, new=new: store.saved(new.id) == 0)
        wait_until(lambda store=store: sorted(run.id for run in readable(store)) == ids)
        assert all(store.state(id) is not None for id in ids)
    assert path.stat().st_ino == new_file
    assert [file.stat().st_ino for file in damaged_files(path)] == [damaged]


def readable(store) -> list[KeptRun]:
    with suppress(Unavailable):
        return store.runs_of(OWNER)
    return []


def test_what_was_set_aside_before_is_never_written_over(path, open_store, monkeypatch):
    monkeypatch.setattr("digitviz.store.sqlite.time.strftime", lambda _: "20260504-140200")
    runs = kept_and_damaged(path, open_store)
    before = path.with_name(f"{path.name}.damaged-20260504-140200")
    before.write_bytes(b"the last copy")
    store = open_store(path)
    wait_until(lambda: store.trouble is not None and store.trouble.aside is not None)
    wait_until(lambda: len(readable(store)) == len(runs))
    assert before.read_bytes() == b"the last copy"
    assert Path(store.trouble.aside) != before


def test_what_people_own_is_carried_over_though_another_server_has_begun_the_new_file(path, open_store, monkeypatch):
    runs, begun, real = kept_and_damaged(path, open_store), [], SQLite._make_file

    def make_file(database: SQLite) -> None:
        real(database)
        if database._aside is not None and not begun:
            begun.append(True)
            other = SQLite(path, 20)
            other.open()
            with other.writing() as connection:  # saves a run that is open there
                row = row_of(replace(runs[0], step=9, title=""))
                del row["drawings"]
                connection.execute(tables.run.insert().values(row))
                parts = [{"run": runs[0].id} | part for part in parts_of(b"newer")]
                connection.execute(tables.run_chunk.insert(), parts)
            other.close()

    monkeypatch.setattr(SQLite, "_make_file", make_file)
    store = open_store(path)
    wait_until(lambda: begun)
    wait_until(lambda: len(readable(store)) == len(runs))
    assert store.run(runs[0].id) == replace(runs[0], step=9)
    assert store.state(runs[0].id) == b"newer"


def test_what_was_set_aside_is_carried_over_when_that_failed_at_first(path, open_store, monkeypatch):
    runs, fails, real = kept_and_damaged(path, open_store), [True], SQLite.carry_over

    def carry_over(database: SQLite, connection) -> int:
        count = real(database, connection)
        if count and fails:
            fails.clear()
            raise OSError(errno.ENOSPC, "")
        return count

    monkeypatch.setattr(SQLite, "carry_over", carry_over)
    store = open_store(path)
    wait_until(lambda: not fails)
    wait_until(lambda: len(readable(store)) == len(runs))
