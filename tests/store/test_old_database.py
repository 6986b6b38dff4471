"""User data in a database of the previous version are readable after the migration."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from digitviz import Hyperparameters, load_digits
from digitviz.store import Store
from digitviz.training.recipe import Recipe
from digitviz.training.run import TrainingRun, restore
from digitviz.training.trajectories import Trajectories

BEFORE = Path(__file__).parents[1] / "data" / "before_chunks"
SAID = json.loads((BEFORE / "runs.json").read_text())


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The store of an updated server: SQLite, at migration 0003, without any complete piece."""
    path = tmp_path_factory.mktemp("old") / "runs.sqlite"
    path.write_bytes(gzip.decompress((BEFORE / "runs.sqlite.gz").read_bytes()))
    opened = Store(f"sqlite:///{path}")
    yield opened
    opened.close()


def opened(store: Store, name: str) -> TrainingRun:
    kept = store.run(SAID["runs"][name]["id"])
    assert kept is not None
    settings = Hyperparameters.from_dict(kept.settings)
    find = Trajectories(cache=store).find
    return restore(Recipe.from_dict(kept.recipe), load_digits(), settings, kept.step, store.state(kept.id), find)


LOST = {"finished": 200, "branch": 25, "given": 0}
"Number of batches of each run at the end of a batch whose complete pieces were dropped."


@pytest.mark.parametrize("name", LOST)
def test_a_run_stands_where_it_stood_to_the_last_bit_and_continues(store, name):
    said, run = SAID["runs"][name], opened(store, name)
    assert (run.recipe.id, run.step, run.total_steps) == (said["recipe"], said["step"], said["total"])
    assert run.snapshot.is_exact
    assert run.test_accuracy == said["accuracy"]
    assert hashlib.sha256(run.parameters.to_vector().tobytes()).hexdigest() == said["weights"]
    assert run.history.known_from == LOST[name]
    if run.step < run.total_steps:
        assert run.advance(100) == min(100, run.total_steps - said["step"])
        assert np.isfinite(run.history.losses.ravel()[said["step"] : run.step]).all()


@pytest.mark.parametrize("name", ["paused", "inside_a_batch", "float32"])
def test_a_run_inside_a_batch_computes_its_steps_again(store, name):
    """Its state is of an earlier form, and all its complete pieces were dropped."""
    said, run = SAID["runs"][name], opened(store, name)
    assert (run.recipe.id, run.step, run.total_steps) == (said["recipe"], 0, said["total"])
    run.advance(said["step"])
    assert run.test_accuracy == pytest.approx(said["accuracy"], abs=0.01)


def test_a_diverged_run_is_trained_to_its_end_again(store):
    run = opened(store, "diverged")
    assert run.step <= SAID["runs"]["diverged"]["step"]
    run.advance(1000)
    assert (run.diverged, run.step) == (True, SAID["runs"]["diverged"]["step"])


def test_its_owner_has_all_runs_titles_and_drawings(store):
    kept = {run.id: run for run in store.runs_of(SAID["owner"])}
    assert {said["id"] for said in SAID["runs"].values()} - {SAID["runs"]["not_begun"]["id"]} <= set(kept)
    finished = kept[SAID["runs"]["finished"]["id"]]
    assert (finished.title, finished.accuracy) == ("Finished with 93.9 %", 169 / 180)
    assert kept[SAID["runs"]["branch"]["id"]].parent == SAID["runs"]["inside_a_batch"]["id"]
    (drawing,) = store.drawings_of(SAID["owner"])
    assert drawing.label == 1
