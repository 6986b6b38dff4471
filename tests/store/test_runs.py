from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from sqlalchemy import event

from digitviz.store import Said
from tests.store.made import LATER, OTHER, OWNER, kept_drawing, kept_run
from tests.store.test_room import wait_until_purged
from tests.waiting import wait_until


def test_a_run_is_found_again_as_it_was_saved(url, open_store):
    run = kept_run(
        title="Größer 大", pinned=True, drawings=("d2", "d1"), parent="f" * 32, left_at=7, step=123, speed=50.0,
        accuracy=0.933, sketch=(math.inf, 0.1), recipe={"nested": {"a": [1, None, "\0", True, 1e-300]}},
    )  # fmt: skip
    state = bytes(range(256)) * 10_000
    store = open_store(url)
    store.save_run(run, state)
    assert (store.run(run.id), store.state(run.id)) == (run, state)
    assert store.flush(90)
    assert (store.run(run.id), store.state(run.id)) == (run, state)
    store.close()
    again = open_store(url)
    assert (again.run(run.id), again.state(run.id)) == (run, state)
    assert again.saved(run.id) == 123
    assert again.trouble is None


def test_a_run_that_nobody_saved_is_not_there(url, open_store):
    store = open_store(url)
    assert store.run("0" * 32) is None
    assert store.state("0" * 32) is None
    assert store.saved("0" * 32) is None
    assert store.runs_of(OWNER) == []


def test_a_later_save_moves_a_run_but_leaves_what_its_owner_said_of_it(url, open_store):
    store = open_store(url)
    run = kept_run(title="first")
    store.save_run(run, b"one")
    store.rename(run.id, "mine")
    store.pin(run.id, True)
    later = replace(run, title="other", step=500, changed=2000.0, state="training", recipe={"another": 1})
    store.save_run(later, None)
    expected = replace(run, title="mine", pinned=True, step=500, changed=2000.0, state="training")
    for _ in range(2):
        assert store.run(run.id) == expected
        assert store.state(run.id) == b"one"
        assert store.flush(90)
    store.save_run(replace(later, step=600), b"two")
    assert store.run(run.id) == replace(expected, step=600)
    assert store.state(run.id) == b"two"
    assert store.flush(90)
    assert store.run(run.id) == replace(expected, step=600)
    assert store.state(run.id) == b"two"
    assert store.saved(run.id) == 600


def test_runs_are_listed_pinned_first_then_by_their_last_change(url, open_store):
    store = open_store(url)
    runs = [kept_run(changed=LATER + k, pinned=k == 1) for k in range(4)]
    for run in [*runs, kept_run(owner=OTHER)]:
        store.save_run(run, None)
    for _ in range(2):
        assert store.runs_of(OWNER) == [runs[1], runs[3], runs[2], runs[0]]
        assert store.flush(90)


def test_a_deleted_run_comes_back_when_it_is_restored(url, open_store):
    store = open_store(url)
    kept, gone = kept_run(), kept_run(step=5)
    for run in (kept, gone):
        store.save_run(run, b"state")
    assert store.flush(90)
    store.delete([gone.id])
    for _ in range(2):
        assert store.runs_of(OWNER) == [kept]
        assert store.runs_of(OWNER, deleted=True) == [gone]
        assert store.run(gone.id) is None
        assert store.flush(90)
    store.save_run(replace(gone, step=6), None)  # saved by a tab where it is still open
    assert store.flush(90)
    assert store.run(gone.id) is None
    store.restore([gone.id])
    for _ in range(2):
        assert store.run(gone.id) == replace(gone, step=6)
        assert store.flush(90)
    assert store.state(gone.id) == b"state"


def test_a_drawing_is_found_again_oldest_first_and_even_when_it_was_deleted(url, open_store):
    store = open_store(url)
    new, old = kept_drawing(created=2.0, ink=bytes([7]) * 9800, digit=(15.9,) * 64), kept_drawing(created=1.0)
    for drawing in (new, old, kept_drawing(owner=OTHER)):
        store.save_drawing(drawing)
    for _ in range(2):
        assert store.drawings_of(OWNER) == [old, new]
        assert store.drawings([new.id, "nowhere", old.id]) == [new, old]
        assert store.flush(90)
    store.delete([new.id], "drawing")
    for _ in range(2):
        assert store.drawings_of(OWNER) == [old]
        assert store.drawings([new.id]) == [new]
        assert store.flush(90)
    store.restore([new.id], "drawing")
    store.save_drawing(replace(old, label=1))
    for _ in range(2):
        assert store.drawings_of(OWNER) == [replace(old, label=1), new]
        assert store.flush(90)


def test_it_is_known_which_runs_learnt_from_a_drawing(url, open_store):
    store = open_store(url)
    one, other, deleted = kept_run(drawings=("d1", "d2")), kept_run(drawings=("d2",)), kept_run(drawings=("d1",))
    for run in (one, other, deleted, kept_run()):
        store.save_run(run, None)
    store.delete([deleted.id])
    for _ in range(2):
        assert store.learnt_from(["d1"]) == [one]
        assert {run.id for run in store.learnt_from(["d1", "d2"])} == {one.id, other.id}
        assert store.learnt_from(["d3"]) == []
        assert store.flush(90)


def test_hundreds_of_ids_are_no_trouble(url, open_store):
    store = open_store(url)
    run = kept_run(drawings=tuple(f"d{k}" for k in range(2000)))
    store.save_run(run, None)
    assert store.flush(90)
    assert store.learnt_from(run.drawings) == [run]
    assert store.drawings(run.drawings) == []
    assert store.trouble is None


def test_what_is_deleted_for_thirty_days_goes_with_the_drawings_that_no_run_needs(url, open_store):
    now = [1_000_000.0]
    store = open_store(url, clock=lambda: now[0])
    needed, needless, kept = kept_drawing(), kept_drawing(), kept_drawing()
    old, new = kept_run(drawings=(needed.id,)), kept_run(drawings=(needed.id,))
    for drawing in (needed, needless, kept):
        store.save_drawing(drawing)
    for run in (old, new):
        store.save_run(run, b"state")
    store.delete([old.id])
    store.delete([needed.id, needless.id], "drawing")
    assert store.flush(90)
    store.close()
    now[0] += 29 * 86_400
    store = open_store(url, clock=lambda: now[0])
    assert len(store.runs_of(OWNER, deleted=True)) == 1
    store.delete([new.id])
    assert store.flush(90)
    for days in (2, 1):  # deletion takes two purges
        store.close()
        now[0] += days * 86_400
        store = open_store(url, clock=lambda: now[0])
        wait_until_purged(store, now[0])
    assert store.runs_of(OWNER, deleted=True) == [new]
    assert store.drawings([needed.id, needless.id, kept.id]) == [needed, kept]
    assert store.state(old.id) is None
    for days in (30, 1):
        assert store.drawings([needed.id, kept.id]) == [needed, kept]
        store.close()
        now[0] += days * 86_400
        store = open_store(url, clock=lambda: now[0])
        wait_until_purged(store, now[0])
    assert store.drawings([needed.id, kept.id]) == [kept]


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "0" * 31}, {"id": "G" * 32}, {"owner": "a"}, {"title": "x" * 81}, {"title": "\0"}, {"title": "\ud800"},
        {"step": -1}, {"step": 2**63}, {"state": "a\nb"}, {"state": "x" * 41}, {"sketch": (0.0,) * 101},
        {"parent": "x"}, {"drawings": ("",)}, {"left_at": -1},
    ],
)  # fmt: skip
def test_what_no_database_could_hold_is_refused_at_once(fields):
    with pytest.raises(ValueError, match=next(iter(fields))):
        kept_run(**fields)


@pytest.mark.parametrize("fields", [{"id": ""}, {"ink": b""}, {"digit": ()}, {"label": 10}, {"probabilities": ()}])
def test_a_drawing_that_is_none_is_refused_at_once(fields):
    with pytest.raises(ValueError, match=next(iter(fields))):
        kept_drawing(**fields)


def test_a_title_that_is_too_long_and_settings_that_are_no_json_are_refused_at_once(url, open_store):
    store = open_store(url)
    with pytest.raises(ValueError, match="title"):
        store.rename("0" * 32, "x" * 81)
    with pytest.raises(TypeError):
        store.save_run(kept_run(settings={"a": object()}), None)
    assert store.flush(90)


def test_a_save_like_the_last_one_is_three_statements_and_says_the_recipe_once(url, open_store, monkeypatch):
    store = open_store(url)
    said = []
    dumps = json.dumps
    monkeypatch.setattr(json, "dumps", lambda *values: said.append(values) or dumps(*values))
    run = kept_run(recipe=Said(engine="numpy"), settings=Said(rate=0.1), epoch=1)
    for step in (1, 2):
        store.save_run(replace(run, step=step), b"state")
        assert store.flush(90)
    chores = store._writer._chores
    wait_until(lambda: chores._next and not chores._due)
    asked = []
    event.listen(store._database._engine, "before_cursor_execute", lambda *heard: asked.append(heard[2]))
    store.save_run(replace(run, step=3), b"another")
    assert store.flush(90)
    assert [one.split()[0] for one in asked if not one.startswith("BEGIN")] == ["INSERT", "DELETE", "INSERT"]
    assert (store.run(run.id).step, store.state(run.id)) == (3, b"another")
    assert said.count((run.recipe,)) == said.count((run.settings,)) == 1
