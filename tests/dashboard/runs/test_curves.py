"""The curves for comparing runs."""

from __future__ import annotations

import secrets

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun, train
from digitviz.dashboard.runs.compare_view import compared
from digitviz.dashboard.session import kept_runs
from digitviz.dashboard.session.kept_runs import OpenRun
from digitviz.dashboard.session.open_runs import open_runs
from digitviz.dashboard.session.storage import store
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.store import Kind, Store, Trouble, Unavailable
from digitviz.training.pool import Job
from digitviz.training.run import saved_state
from digitviz.training.trajectories import Trajectories
from tests.kept import NOON, kept_run


@pytest.fixture
def owner() -> str:
    return secrets.token_hex(32)


def test_a_run_that_is_open_is_compared_by_its_own_curves(owner, digits):
    trained = train(digits, Hyperparameters(batches=4, steps_per_batch=10))
    run = kept_run(owner, settings={"batches": 4, "steps_per_batch": 10}, accuracy=0.5)
    open_runs().add(OpenRun(run.id, owner, Job(trained), TrainingData(), NOON))
    curves = compared(run, "a")
    assert curves.steps.tolist() == [10, 20, 30, 40]
    np.testing.assert_array_equal(curves.accuracy, trained.history.test_accuracy)
    np.testing.assert_array_equal(curves.loss, trained.history.test_loss)


def test_a_run_that_is_not_open_is_compared_by_its_own_curves_too(owner, digits, monkeypatch):
    monkeypatch.setattr(kept_runs.training_data, "dataset", lambda *_: digits)  # the real function needs a session
    settings = Hyperparameters(batches=52, steps_per_batch=10, seed=secrets.randbelow(10**6), engine="numpy")
    trained = TrainingRun(digits, settings, Trajectories(cache=store()).find)
    trained.advance(settings.total_steps)
    run = kept_run(owner, settings=settings.to_dict(), accuracy=0.5)
    store().save_run(run, saved_state(trained))
    curves = compared(run, "a")
    np.testing.assert_array_equal(curves.accuracy, trained.history.test_accuracy)
    np.testing.assert_array_equal(curves.loss, trained.history.test_loss)


@pytest.mark.parametrize("fails", ["run", "state", "load"])
def test_curves_that_cannot_be_read_are_read_when_the_store_has_an_answer_again(owner, digits, monkeypatch, fails):
    monkeypatch.setattr(kept_runs.training_data, "dataset", lambda *_: digits)
    settings = Hyperparameters(batches=52, steps_per_batch=10, seed=secrets.randbelow(10**6), engine="numpy")
    trained = TrainingRun(digits, settings, Trajectories(cache=store()).find)
    trained.advance(settings.total_steps)
    run = kept_run(owner, settings=settings.to_dict(), accuracy=0.5)
    store().save_run(run, saved_state(trained))
    assert store().flush(20)

    def fail(*_: object) -> list:
        if fails == "load":  # missing pieces of the values
            return []
        raise Unavailable

    with monkeypatch.context() as patch:
        patch.setattr(Store, fails, fail)
        patch.setattr(Store, "trouble", Trouble(Kind.LOCKED, 0.0))
        assert np.isnan(compared(run, "a").accuracy[:-1]).all()  # from its sketch
    np.testing.assert_array_equal(compared(run, "a").accuracy, trained.history.test_accuracy)


def test_a_run_whose_curves_are_lost_is_compared_by_its_sketch(monkeypatch):
    monkeypatch.setattr(kept_runs, "training_of", lambda *_: None)
    curves = compared(kept_run(step=50_200, state="training", accuracy=0.9), "a")
    assert curves.steps[0] == 500
    assert curves.steps[-2:].tolist() == [50_000, 50_200]
    assert np.isnan(curves.accuracy[:-1]).all()
    assert curves.accuracy[-1] == 0.9
    assert len(compared(kept_run(step=700, accuracy=None), "a").steps) == 0  # its sketch has single steps


def test_a_run_that_diverged_in_its_first_batch_has_a_mark(monkeypatch):
    monkeypatch.setattr(kept_runs, "training_of", lambda *_: None)
    curves = compared(kept_run(step=85, state="diverged", accuracy=0.1), "a")
    assert (curves.steps.tolist(), curves.accuracy.tolist()) == ([85], [0.1])
