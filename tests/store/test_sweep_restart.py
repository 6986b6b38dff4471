"""A sweep whose server is killed continues from the database: every training once, none missing."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial

import pytest

from digitviz import Hyperparameters, Sweep, load_digits, sweep
from digitviz.store import KeptSweep, Store
from digitviz.training.background_sweep import BackgroundSweep, SweepState
from digitviz.training.pool import Pool
from tests.ended import ENDS_WITH_US
from tests.waiting import wait_until

OWNER, ID = "a" * 64, "b" * 32
VALUES = {"learning_rate": [1e-6, 1e-5], "hidden": [5, 10]}
BASE = Hyperparameters(batches=20, steps_per_batch=10, engine="compiled", batch_size=50)


def begin(store: Store, seeds: int) -> BackgroundSweep:
    """Begin the sweep that is saved in a store, or a new one with four trainings per seed."""
    digits = load_digits()
    saved = store.sweep(ID)
    planned = Sweep.of(VALUES, seeds, digits, BASE)
    assert saved is None or saved.definition == json.loads(json.dumps(planned.to_dict()))
    if saved is None:
        store.save_sweep(KeptSweep(ID, OWNER, 1e9, 1e9, planned.to_dict(), {"source": "digits"}, True))
    work = BackgroundSweep(planned, digits, Pool(2), OWNER, partial(store.keep_outcome, ID), store.outcomes(ID))
    work.go_on()
    return work


@pytest.mark.parametrize("seeds", [5, pytest.param(50, marks=pytest.mark.thorough)])
def test_a_killed_server_loses_no_outcome_and_computes_none_twice(url, open_store, digits, seeds):
    code = f"""
import threading
from digitviz.store import Store
from digitviz.training.outcome import OutcomeRun
from tests.store.test_sweep_restart import begin
from tests.waiting import wait_until
advance, begun, never = OutcomeRun.advance, threading.Event(), threading.Event()
def until_some_are_done(run, steps):
    begun.wait()
    if work.done >= {seeds}:
        never.wait()
    return advance(run, steps)
OutcomeRun.advance = until_some_are_done
store = Store({url!r})
work = begin(store, {seeds})
begun.set()
wait_until(lambda: work.done >= {seeds})
store.flush(90)
print("begun", flush=True)
never.wait()
"""
    server = subprocess.Popen([*ENDS_WITH_US, sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    assert server.stdout.readline() == "begun\n"
    server.kill()
    server.wait(90)
    server.stdout.close()

    store = open_store(url)
    before = store.outcomes(ID)
    assert len(before) >= seeds
    work = begin(store, seeds)
    assert len(before) <= work.done
    wait_until(lambda: work.state is SweepState.FINISHED)
    assert store.flush(90)
    after = store.outcomes(ID)
    assert len(after) == 4 * seeds
    assert after.keys() == {each.recipe.id for each in work.sweep.trainings}
    assert {recipe: after[recipe] for recipe in before} == before
    expected = sweep(VALUES, seeds, BASE, digits)
    assert work.table.columns["test_loss"].tolist() == expected.columns["test_loss"].tolist()
