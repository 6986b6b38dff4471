"""One function defines what the network should answer, for every loss and gradient of a run."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun, landscape, straight_line
from digitviz.explanations.ablation import accuracy_and_loss
from digitviz.lesson import batch
from digitviz.lesson.batch import batch_of
from digitviz.lesson.chain_rule import one_step
from digitviz.networks.losses import LOSSES
from digitviz.training import setup

SETTINGS = Hyperparameters(
    hidden=(9,), batches=4, steps_per_batch=3, loss="cross_entropy", gradient="exact", learning_rate=1e-5
)


def smooth(labels: np.ndarray, settings: Hyperparameters) -> np.ndarray:
    return (0.8 * np.eye(10)[labels] + 0.02).astype(settings.dtype)


def mean_loss(network, digits) -> float:
    p = network.predict_proba(digits.pixels)
    return -float((smooth(digits.labels, SETTINGS) * np.log(p)).sum(axis=1).mean())


@pytest.mark.parametrize("engine", ["numpy", "compiled", "torch"])
def test_other_targets_reach_all_that_shows_a_loss_or_a_gradient_of_a_run(digits, engine, monkeypatch):
    for module in (setup, batch):
        monkeypatch.setattr(module, "targets", smooth)
    run = TrainingRun(digits, Hyperparameters(**SETTINGS.values | {"engine": engine}))
    run.advance(12)
    settings, expected = run.hyperparameters, mean_loss(run.network, run.test)
    assert run.history.test_loss[-1] == pytest.approx(expected)
    assert run.history.train_loss[-1] == pytest.approx(mean_loss(run.network, run.train))
    assert accuracy_and_loss(run.network, run.test, settings)[1] == pytest.approx(expected)
    assert straight_line(run.network, run.network, run.test, settings, 2).losses == pytest.approx([expected] * 2)
    path = [run.initial_parameters, run.history.parameters_after(1), run.parameters]
    found = landscape(run.network, np.array([each.to_vector() for each in path]), run.test, settings, 2)
    assert found.path_losses[-1] == pytest.approx(expected)

    start = run.at(3)
    step = one_step(start.parameters, batch_of(run, 3), "relu", "cross_entropy", "exact", settings.learning_rate)
    assert [step.loss_before, step.loss_after] == pytest.approx(run.history.losses[3, :2])


@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_of_a_run_is_that_of_its_targets_and_by_name_that_of_one_hot_labels(digits, loss, monkeypatch):
    settings, logits = Hyperparameters(loss=loss, precision="float32"), np.random.default_rng(0).normal(size=(50, 10))
    labels = digits.labels[:50]
    expected = setup.summed_loss(logits, labels, loss)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    slow = ((p - np.eye(10)[labels]) ** 2).sum() if loss == "squared_error" else -np.log(p[range(50), labels]).sum()
    assert expected == pytest.approx(slow)
    assert setup.summed_loss(logits, labels, settings) == expected  # also with single-precision targets
