"""Dead neurons and known digits."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun, train
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters
from digitviz.training import run as run_module
from digitviz.training.faults import check
from digitviz.training.history import MAX_FINDINGS


def network_of(seed: int, hidden: tuple[int, ...] = (6, 5), activation: str = "relu") -> Network:
    draw = np.random.default_rng(seed).normal
    weights = [draw(size=shape) for shape in zip((64, *hidden), (*hidden, 10), strict=True)]
    return Network(Parameters(weights, [np.zeros(weight.shape[1]) for weight in weights]), activation, "raw")


def test_the_dead_neurons_are_those_whose_output_never_changes(digits):
    network = network_of(0)
    network.parameters.weights[0][:, 2] = -1.0
    network.parameters.biases[1][4] = -1e6
    first, second = check(network, digits[1617:], digits[:1617]).dead
    outputs = network.hidden(digits.pixels)
    assert 2 in first
    assert 4 in second
    assert first.tolist() == np.flatnonzero(np.ptp(outputs[0], axis=0) == 0).tolist()
    assert second.tolist() == np.flatnonzero(np.ptp(outputs[1], axis=0) == 0).tolist()
    assert len(first) < 6


def test_a_neuron_that_only_a_training_digit_activates_is_alive(digits):
    network = network_of(1, (3,))
    last = int(np.argmax(digits.pixels.sum(axis=1)))  # the digit with the most ink
    network.parameters.weights[0][:, 1] = 1.0
    network.parameters.biases[0][1] = 0.5 - digits.pixels[last].sum()
    others, alone = digits[np.arange(len(digits)) != last], digits[[last]]
    assert 1 not in check(network, others, alone).dead[0]
    assert 1 in check(network, others, others).dead[0]


@pytest.mark.parametrize("activation", ["leaky_relu", "tanh", "sigmoid"])
def test_other_activations_do_not_die_at_small_weights(digits, activation):
    network = network_of(2, activation=activation)
    for weight in network.parameters.weights:
        weight *= 0.01
    assert [dead.tolist() for dead in check(network, digits[:100], digits[100:200]).dead] == [[], []]


def test_a_trained_network_knows_the_digits_that_it_reads_well_and_a_constant_answer_none(digits):
    run = train(digits, Hyperparameters(batches=20))
    answers, labels = run.network.predict(run.test.pixels), run.test.labels
    recall = [(answers[labels == digit] == digit).mean() for digit in range(10)]
    precision = [(labels[answers == digit] == digit).mean() if (answers == digit).any() else 0 for digit in range(10)]
    expected = [digit for digit in range(10) if min(recall[digit], precision[digit]) >= 0.9]
    assert 0 < len(expected) < 10
    assert run.snapshot.checkup.known == tuple(expected)
    constant = network_of(3)
    constant.parameters.weights[-1][:] = 0
    constant.parameters.biases[-1][7] = 1
    assert check(constant, run.test, run.train).known == ()


def test_runs_that_show_the_same_weights_examine_them_once(digits, monkeypatch):
    run, examined = TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=50, engine="numpy")), []
    monkeypatch.setattr(run_module, "check", lambda *given: examined.append(given) or check(*given))
    run.advance(70)
    others = [run.copy() for _ in range(3)]
    assert run.snapshot.known_checkup is None
    assert all(each.snapshot.checkup is run.snapshot.checkup for each in others)
    assert len(examined) == 1
    late = run.copy()
    assert late.snapshot.known_checkup is None  # a page that shows it has not asked
    run.advance(1)
    assert run.snapshot.checkup is not late.snapshot.checkup
    assert len(examined) == 2
    for _ in range(MAX_FINDINGS):
        run.advance(1)
        _ = run.snapshot.checkup, run.snapshot.test_accuracy
    assert len(run.trajectory.findings) <= MAX_FINDINGS + 1
    monkeypatch.setattr(run_module, "check", None)
    assert late.snapshot.checkup is others[0].snapshot.checkup
