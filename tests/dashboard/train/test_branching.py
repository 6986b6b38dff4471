"""Settings that can be changed during a run."""

from __future__ import annotations

import dataclasses

import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.dashboard.train import buttons

SETTINGS = Hyperparameters(hidden=(20,), batch_size=100, batches=6, steps_per_batch=10, seed=5)


@pytest.fixture
def run(digits) -> TrainingRun:
    return TrainingRun(digits, SETTINGS)


@pytest.fixture
def ask(monkeypatch, run):
    """Set the controls to different settings, and return the changes from a batch on."""

    def changes(batch: int = 0, of: TrainingRun = run, digits: TrainingData | None = None, **settings: object):
        chosen = None if settings.get("batches") == 0 else dataclasses.replace(SETTINGS, **settings)
        monkeypatch.setattr(buttons.current_run, "learnt_from", TrainingData)
        return buttons.changes_from(of, batch, (chosen, digits or TrainingData()))[0]

    return changes


def test_only_what_differs_is_changed_and_with_it_how_long_it_goes_on(ask):
    assert ask(learning_rate=1e-3, loss="cross_entropy") == {
        "learning_rate": 1e-3, "loss": "cross_entropy", "batches": 6,
    }  # fmt: skip
    assert ask(optimizer="adam", batches=9) == {"optimizer": "adam", "batches": 9}


@pytest.mark.parametrize("settings", [{}, {"batches": 9}, {"batches": 2}])
def test_another_length_alone_is_no_change(ask, settings):
    assert ask(**settings) == {}


@pytest.mark.parametrize(
    "other",
    [
        {"batch_size": 50}, {"batch_size": 200}, {"seed": 4}, {"seed": 6}, {"hidden": (10,)}, {"hidden": (20, 20)},
        {"bias": True}, {"activation": "identity"}, {"activation": "tanh"}, {"steps_per_batch": 5},
        {"train_fraction": 0.5}, {"train_fraction": 0.95},
    ],
)  # fmt: skip
def test_what_makes_it_another_training_cannot_be_changed_on_the_way(ask, other):
    assert ask(learning_rate=1e-3) != {}
    assert ask(learning_rate=1e-3, **other) == {}


def test_nothing_can_be_changed_with_other_digits_or_settings_that_are_not_allowed(ask):
    assert ask(learning_rate=1e-3, digits=TrainingData(distorted=True)) == {}
    assert ask(learning_rate=1e-3, batches=0) == {}


def test_a_change_is_one_against_the_settings_at_its_batch(ask, run):
    run.advance(20)
    child = run.branch(learning_rate=1e-3)
    assert ask(1, child, learning_rate=1e-3) == {"learning_rate": 1e-3, "batches": 6}
    assert ask(2, child, learning_rate=1e-3) == {}
    assert ask(2, child) == {"learning_rate": SETTINGS.learning_rate, "batches": 6}


@pytest.mark.parametrize("name", ["bias", "seed"])
def test_a_setting_that_was_added_later_counts_in_the_run_and_on_the_controls(ask, digits, monkeypatch, name):
    """Settings at their value from before they existed are left out of `to_dict`."""
    usual, other = getattr(SETTINGS, name), {"bias": True, "seed": 6}[name]
    monkeypatch.setattr(Hyperparameters, "AS_BEFORE", {name: usual})
    assert ask(learning_rate=1e-3, **{name: other}) == {}
    later = TrainingRun(digits, dataclasses.replace(SETTINGS, **{name: other}))
    assert ask(of=later, learning_rate=1e-3) == {}
    assert ask(of=later, learning_rate=1e-3, **{name: other}) == {"learning_rate": 1e-3, "batches": 6}
