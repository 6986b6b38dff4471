"""Each preset does what its description says."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun, load_digits, to_digit, train
from digitviz.drawing.practice import PracticeDataset
from digitviz.training.presets import PRESETS, nearest_that_learns


class Runs(dict[str, TrainingRun]):
    """The runs of the presets, each trained on first use."""

    batches: Mapping[str, int] = {}
    """Length of those that are not trained to their end."""
    copies = 10
    """Distorted copies of each digit."""

    def __missing__(self, name: str) -> TrainingRun:
        preset, digits = PRESETS[name], load_digits()
        dataset = PracticeDataset(digits.pixels, digits.labels, copies=self.copies) if preset.distorted else digits
        batches = self.batches.get(name, preset.hyperparameters.batches)
        self[name] = train(dataset, dataclasses.replace(preset.hyperparameters, batches=batches))
        return self[name]


class FirstBatches(Runs):
    """Of presets with many steps only the first: `tests.benchmarks.claims` takes all."""

    batches: Mapping[str, int] = {"other_hands": 100, "too_fast": 20, "too_slow": 20}
    copies = 3


@pytest.fixture(scope="module")
def runs(notebook_run) -> Runs:
    return FirstBatches(notebook=notebook_run)


def test_the_notebook_is_the_default_and_reads_93_of_100(runs):
    assert PRESETS["notebook"].hyperparameters == Hyperparameters()
    assert runs["notebook"].test_accuracy == pytest.approx(0.939, abs=5e-4)


def test_adam_on_scaled_pixels_reaches_94_percent_in_2000_steps(runs):
    assert runs["adam"].hyperparameters.total_steps == 2_000
    assert runs["adam"].test_accuracy >= 0.94


@pytest.mark.thorough
def test_other_hands_reads_drawings_better_than_it_would_without_copies(runs, digits):
    with np.load(Path(__file__).parents[1] / "data" / "drawn_dev.npz", allow_pickle=False) as file:
        images, labels = file["images"], file["labels"]
    rows = np.concatenate([to_digit(image).row for image in images])
    with_copies = runs["other_hands"]
    without = train(digits, with_copies.hyperparameters)
    assert with_copies.network.accuracy(rows, labels) > without.network.accuracy(rows, labels) + 0.01


def test_too_fast_kills_every_relu_and_falls_to_chance(runs):
    run = runs["too_fast"]
    assert run.state == "stuck"
    assert run.fault.dead_neurons == 1.0
    assert run.history.test_accuracy.max() < 0.15  # from the first batch
    assert run.test_accuracy < 0.15


def test_too_slow_hardly_moves_the_loss(runs):
    losses = runs["too_slow"].history.losses
    assert losses[-1, -1] > 0.98 * losses[0, 0]


def test_one_neuron_reads_most_digits_wrong(runs):
    assert runs["one_neuron"].state == "finished"
    assert 0.15 < runs["one_neuron"].test_accuracy < 0.5


def test_all_zeros_never_moves(runs):
    run = runs["zeros"]
    assert (run.state, run.fault.step, run.fault.all_weights_zero) == ("stuck", 1, True)
    assert "All weights are zero" in str(run.fault)
    assert len(np.unique(run.history.losses.round(9))) == 1


def test_blow_up_diverges(runs):
    assert runs["diverging"].state == "diverged"


def test_those_that_learn_are_marked(runs):
    assert {name for name in PRESETS if runs[name].test_accuracy > 0.9} == {
        name for name, preset in PRESETS.items() if preset.learns
    }


@pytest.mark.parametrize(
    ("settings", "way_out"),
    [
        (Hyperparameters(activation="identity", learning_rate=1e-2), "notebook"),
        (
            Hyperparameters(
                optimizer="adam", input_scale="unit", gradient="exact", learning_rate=50.0, loss="cross_entropy"
            ),
            "adam",
        ),
    ],
)
def test_the_way_out_is_the_nearest_preset_that_learns(settings, way_out):
    assert nearest_that_learns(settings) == way_out


def test_a_preset_has_what_its_name_says():
    presets = {name: preset.hyperparameters for name, preset in PRESETS.items()}
    assert presets["one_neuron"].hidden == (1,)
    assert presets["adam"].optimizer == "adam"
    assert presets["zeros"].initialization == "zeros"
    usual = Hyperparameters().learning_rate
    assert [presets[name].learning_rate / usual for name in ("too_fast", "too_slow")] == pytest.approx([1_000, 0.001])
    assert [name for name, preset in PRESETS.items() if preset.distorted] == ["other_hands"]
