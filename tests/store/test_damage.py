"""A damaged file is set aside, and a new one begun with what could be read of it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from digitviz.store import Kind
from tests.store.breaking import overwrite, replace_by_text
from tests.store.made import OWNER, kept_drawing, kept_run
from tests.waiting import wait_until


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)


@pytest.mark.parametrize("damage", [overwrite, truncated, replace_by_text])
@pytest.mark.parametrize("in_use", [False, True])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(path, open_store, damage, in_use):
    store = open_store(path)
    for run in [kept_run() for _ in range(50)]:
        store.save_run(run, os.urandom(5000))
    assert store.flush(20)
    store.close()
    if in_use:
        store = open_store(path)
        assert len(store.runs_of(OWNER)) == 50
    damage(path)
    if in_use:
        store._database.renew()  # a connection remembers for long what it has read
    else:
        store = open_store(path)
    new = kept_run(step=7)
    store.save_run(new, b"state")
    wait_until(lambda: store.trouble is not None and store.trouble.aside is not None, 20)
    aside = Path(store.trouble.aside)
    assert store.trouble.kind is Kind.DAMAGED
    assert aside.exists()
    assert aside.parent == path.parent
    assert store.flush(20)
    wait_until(lambda: store.saved(new.id) == 7 or store.save_run(new, b"state"), 20)  # it may have been too early
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
    assert store.flush(20)
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        values = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'value'").fetchone()[0] - 1
    content = path.read_bytes()
    for page in (values, content.index(b"run 25") // 4096):  # the second is in the middle of the runs
        content = content[: page * 4096] + os.urandom(4096) + content[(page + 1) * 4096 :]
    path.write_bytes(content)
    store = open_store(path)
    wait_until(lambda: store.trouble is not None and store.trouble.aside is not None, 20)
    wait_until(lambda: store._database.is_open, 20)
    kept = sorted(store.runs_of(OWNER), key=lambda run: run.id)
    assert 30 < len(kept) < 50
    assert (kept[0], kept[-1]) == (runs[0], runs[-1])
    assert all(store.state(run.id) == states[run.id] for run in kept)
    assert {drawing.id for drawing in store.drawings_of(OWNER)} == {drawing.id for drawing in drawings}
    assert store.learnt_from([drawings[-1].id]) == [runs[-1]]
