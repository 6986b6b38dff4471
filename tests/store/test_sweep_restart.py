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
VALUES = {"learning_rate": [1e-6, 3e-6, 1e-5], "hidden": [5, 10, 20]}
BASE = Hyperparameters(batches=20, steps_per_batch=10, engine="compiled", batch_size=50)


def begin(store: Store) -> BackgroundSweep:
    """Begin the sweep that is saved in a store, or a new one."""
    digits = load_digits()
    saved = store.sweep(ID)
    planned = Sweep.of(VALUES, 2, digits, BASE)
    assert saved is None or saved.definition == json.loads(json.dumps(planned.to_dict()))
    if saved is None:
        store.save_sweep(KeptSweep(ID, OWNER, 1e9, 1e9, planned.to_dict(), {"source": "digits"}, True))
    work = BackgroundSweep(planned, digits, Pool(2), OWNER, partial(store.keep_outcome, ID), store.outcomes(ID))
    work.go_on()
    return work


@pytest.mark.sampled(2)
def test_a_killed_server_loses_no_outcome_and_computes_none_twice(url, open_store, digits):
    code = f"""
import sys, time
from digitviz.store import Store
from digitviz.training.outcome import OutcomeRun
from tests.store.test_sweep_restart import begin
advance = OutcomeRun.advance
OutcomeRun.advance = lambda run, steps: (time.sleep(0.02), advance(run, steps))[1]
store = Store({url!r})
work = begin(store)
while work.done < 5:
    time.sleep(0.01)
store.flush(20)
print("begun", flush=True)
time.sleep(60)
"""
    server = subprocess.Popen([*ENDS_WITH_US, sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    assert server.stdout.readline() == "begun\n"
    server.kill()
    server.wait(20)
    server.stdout.close()

    store = open_store(url)
    before = store.outcomes(ID)
    assert len(before) >= 5
    work = begin(store)
    assert len(before) <= work.done
    wait_until(lambda: work.state is SweepState.FINISHED)
    assert store.flush(20)
    after = store.outcomes(ID)
    assert after.keys() == {each.recipe.id for each in work.sweep.trainings}
    assert {recipe: after[recipe] for recipe in before} == before
    expected = sweep(VALUES, 2, BASE, digits)
    assert work.table.columns["test_loss"].tolist() == expected.columns["test_loss"].tolist()
