"""Do long trainings end as the texts say? Takes minutes.

    python -m tests.benchmarks.claims

Runs as tests, and fails if one fails. The suite has a shorter version of each next to the others of its subject. It
shows that the code works, but not that the numbers in the texts hold.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitviz import Hyperparameters, SweepTable, sweep, to_digit, train, wilson_interval
from digitviz.projections import project
from digitviz.projections.layout import NOTES
from digitviz.training.presets import READY_RACES, READY_SWEEPS
from tests.fuzz.imports import RANDOM, READERS, damaged
from tests.imports.test_odd_files import read_files
from tests.training.test_compiled_engine import assert_same_first_batches
from tests.training.test_engines import assert_same_course, both_engines
from tests.training.test_presets import (  # noqa: F401 (pytest runs them with the whole trainings of `runs`, below)
    Runs,
    test_those_that_learn_are_marked,
    test_too_fast_kills_every_relu_and_falls_to_chance,
    test_too_slow_hardly_moves_the_loss,
)
from tests.training.test_ready_sweeps import raced, swept

SCRIPT = """
import json, sys
import numpy as np
from digitviz import load_digits
from digitviz.projections import project, umap
umap._why_no_kernel = lambda: "it was not compiled"
digits = load_digits()[:300]
drawn = project(digits.pixels, "umap", digits.labels)
places = [drawn.place(digits.pixels[:100]).coordinates for _ in range(2)]
np.savez(sys.argv[1], coordinates=drawn.coordinates, places=places)
told = ("notes", "options", "trustworthiness", "neighbour_accuracy")
print(json.dumps({name: getattr(drawn, name) for name in told}))
"""


@pytest.fixture(scope="module")
def runs(notebook_run) -> Runs:
    return Runs(notebook=notebook_run)


def test_five_random_splits_are_as_much_easier_than_the_end_of_the_file_as_pages_say(notebook_run, digits):
    """Wording in `training_data.controls` and on Evaluate.

    Uses float32, which takes three fifths of the time. `test_the_first_half_of_the_notebooks_run_is_numpys` checks that
    it ends as float64 does.
    """
    settings = Hyperparameters(engine="compiled", precision="float32")
    accuracies = [train(digits.shuffled(seed), settings).test_accuracy for seed in range(5)]
    assert [f"{each:.0%}" for each in (notebook_run.test_accuracy, min(accuracies), max(accuracies))] == [
        "94%", "96%", "98%",
    ]  # fmt: skip
    _low, high = wilson_interval(round(notebook_run.test_accuracy * 180), 180)
    assert sum(each > high for each in accuracies) >= 3, "the interval should not cover digits by the same writers"


def test_other_hands_reads_drawings_much_better_than_it_would_without_copies(runs):
    """The limits are 0.82 and 0.87, from the table's row for augmented digits, minus 0.03."""
    with np.load(Path(__file__).parents[1] / "data" / "drawn_dev.npz", allow_pickle=False) as file:
        images, labels, source = file["images"], file["labels"], file["source"]
    network = runs["other_hands"].network
    right = network.predict(np.concatenate([to_digit(image).row for image in images])) == labels
    assert right[source == "mnist"].mean() >= 0.79
    assert right[source == "pen"].mean() >= 0.84


def numbers_of(name: str, table: SweepTable) -> list[float]:
    """Return the accuracies that a finding states, in its order, and check what it states in words."""
    mean, outcomes = table.interval().mean, [outcome for outcome in table.outcomes if outcome is not None]
    match name:
        case "learning_rate_and_neurons":
            effects = table.effects() or {}
            assert max(effects, key=lambda names: effects[names]) == ("learning_rate",)
            assert (mean[1] > mean.max(axis=0) - 0.011).all()  # 0.01
            assert (mean[2] < 0.3).all()  # 1
        case "batch_size":
            return [mean[0], mean[-1]]
        case "activation_and_initialization":
            he_and_xavier, by_notebook, zeros = np.delete(mean[:, :2], 2, axis=0), mean[:, 2], mean[:, 3]
            assert max(zeros.max(), mean[2, :2].max() - 0.65) < 0.12  # sigmoid
            assert by_notebook.max() < he_and_xavier.min()
            return [he_and_xavier.min(), he_and_xavier.max()]
        case "depth":
            assert mean[1] > mean[0] + 0.015
            assert mean[1:].max() - mean[1] == pytest.approx(0.02, abs=0.011)
        case "seeds":
            found = table.columns["test_accuracy"]
            return [found.min(), found.max(), found.mean(), found[0]]
        case "double_descent":
            few, between, many = mean[[4, 6, 12]]  # 8, 17 and 200 neurons
            assert between + 0.1 < few < many
            return [few, between, many]
        case "grokking":
            moments = [(each.curves["train_accuracy"] == 1, each.curves["test_accuracy"]) for each in outcomes]
            assert all(knows[2:].all() and (test > 0.9).argmax() > 4 * knows.argmax() for knows, test in moments)
            return [float(np.mean([test[at] for _knows, test in moments])) for at in (2, 31)]  # 750 and 8,000 steps
        case "overfitting":
            assert table.interval("train_accuracy").mean[0] > 0.99
            assert mean.argmax() == 2  # a decay of 10
            assert mean[2] > mean[0] + 0.2
            return [mean[2], mean[0]]
    return []


@pytest.mark.parametrize("name", READY_SWEEPS)
def test_a_ready_made_sweep_gives_the_numbers_of_its_finding(digits, name):
    ready = READY_SWEEPS[name]
    stated = [float(number) / 100 for number in re.findall(r"([\d.]+)%", str(ready.finding))]
    assert numbers_of(name, swept(digits, name, seeds=ready.seeds)) == pytest.approx(stated, abs=0.011)


def test_engines_need_equally_many_steps(digits):
    _found, steps = raced(digits, "engines")
    assert len(set(steps)) == 1
    assert steps[0] < np.inf


def test_the_largest_learning_rate_of_three_is_the_fastest_and_a_larger_one_fails(digits):
    _found, (small, middle, large) = raced(digits, "rates")
    assert large < middle < small
    ready = READY_RACES["rates"]
    table = sweep({"learning_rate": [1e-3]}, 3, Hyperparameters(**ready.settings), digits)
    assert (table.columns["diverged"] | (table.columns["test_accuracy"] < 0.5)).all()


def test_ten_thousand_steps_of_the_notebooks_run_are_the_same_in_both_engines(digits):
    """The whole run also agrees, but takes half a minute."""
    runs = both_engines(digits, batches=20)
    assert_same_course(runs, rtol=1e-10)
    assert runs[0].test_accuracy == runs[1].test_accuracy > 0.9


def test_the_first_half_of_the_notebooks_run_is_numpys(digits, notebook_run):
    assert_same_first_batches(digits, notebook_run, 100)


def test_the_way_of_the_exact_gradient_leads_to_the_same_accuracy(digits, notebook_run):
    exact = train(digits, Hyperparameters(gradient="exact", engine="compiled"))
    assert exact.history.losses[-1, -1] > 2 * notebook_run.history.losses[-1, -1]
    assert abs(exact.test_accuracy - notebook_run.test_accuracy) < 0.06


@pytest.mark.parametrize("kind", READERS)
def test_of_500_random_files_none_raises_anything_but_a_refusal(kind):
    read_files(kind, RANDOM[kind], 500)


@pytest.mark.parametrize("kind", READERS)
def test_of_200_damaged_files_none_is_read_by_half(kind):
    read_files(kind, damaged(kind), 200)


@pytest.fixture(scope="module")
def ours(digits):
    return project(digits.pixels[:300], "umap", digits.labels[:300])


@pytest.fixture(scope="module")
def theirs(tmp_path_factory) -> dict[str, Any]:
    """The map of the same digits by umap-learn, and its positions for a hundred of them, computed twice.

    A separate process compiles it with less optimization, in half the time.
    """
    folder = tmp_path_factory.mktemp("umap_learn")
    environment = os.environ | {"NUMBA_OPT": "1"}
    command = [sys.executable, "-c", SCRIPT, folder / "maps.npz"]
    root = Path(__file__).parents[2]
    said = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    with np.load(folder / "maps.npz") as maps:
        return json.loads(said.splitlines()[-1]) | dict(maps)


def test_without_our_kernel_umap_learn_draws_the_map_and_the_notes_say_so(ours, theirs):
    assert str(NOTES["by_umap_learn"]) in theirs["notes"]
    assert str(NOTES["by_umap_learn"]) not in ours.notes
    assert theirs["options"] == ours.options


def test_our_maps_are_as_good_as_those_of_umap_learn(ours, theirs):
    assert ours.trustworthiness > theirs["trustworthiness"] - 0.005
    assert ours.neighbour_accuracy > theirs["neighbour_accuracy"] - 0.01
    assert theirs["trustworthiness"] > 0.97


def test_umap_learn_places_points_in_its_map(theirs):
    places, again = theirs["places"]
    off = np.linalg.norm(places - theirs["coordinates"][:100], axis=1)
    assert np.median(off) < 0.05 * np.ptp(theirs["coordinates"])
    np.testing.assert_array_equal(again, places)


if __name__ == "__main__":
    subprocess.run([sys.executable, "-m", "pytest", "--numprocesses=0", "--quiet", __file__], check=True)
