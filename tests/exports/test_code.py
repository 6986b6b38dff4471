"""Script and notebook reproduce the run's network, with the packages they name."""

from __future__ import annotations

import ast
import dataclasses
import functools
import io
import itertools
import json
import subprocess
import sys
import zipfile
from typing import Any

import numpy as np
import pytest
import sklearn.datasets

from digitviz import DigitDataset, Hyperparameters, TrainingRun, exports, load_digits, load_handwriting
from digitviz.drawing.practice import PracticeDataset
from digitviz.language import speaking
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import GRADIENTS
from digitviz.networks.initializations import INITIALIZATIONS
from digitviz.networks.losses import LOSSES
from digitviz.training.faults import Divergence
from digitviz.training.optimizers import OPTIMIZERS, PENALTIES
from tests.exports.conftest import SMALL

PACKAGES = {"numpy": "NumPy", "sklearn": "scikit-learn", "scipy": "SciPy"}
"""Packages that the code may import besides the standard library, and their names in it."""


@pytest.fixture(autouse=True, scope="module")
def _digits_once():
    """Make scikit-learn read its file of digits once for all scripts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sklearn.datasets, "load_digits", functools.cache(sklearn.datasets.load_digits))
        yield


def combinations() -> list[dict[str, Any]]:
    """Every activation with every gradient and loss. The other settings cycle through their options."""
    turns = {
        "optimizer": itertools.cycle(OPTIMIZERS),
        "initialization": itertools.cycle([name for name in INITIALIZATIONS if name != "zeros"]),
        "sampling": itertools.cycle(["with_replacement", "shuffled_epochs"]),
        "bias": itertools.cycle([True, False, False]),
        "hidden": itertools.cycle([(11,), (9, 8), (), (12, 9, 8, 7), (9, 8, 7)]),
        "input_scale": itertools.cycle(["unit", "unit", "raw"]),
        "initial_scale": itertools.cycle([1.0, 1.0, 0.3]),
        "weight_decay": itertools.cycle([0.0, 0.0, 0.0, 0.1]),
        "seed": itertools.count(),
    }
    fixed = itertools.product(ACTIVATIONS, GRADIENTS, LOSSES)
    return [
        {"activation": activation, "gradient": gradient, "loss": loss}
        | {name: next(values) for name, values in turns.items()}
        for activation, gradient, loss in fixed
    ]


def trained(digits, steps: int = 20, **settings: Any) -> TrainingRun:
    raw = settings.get("input_scale") == "raw"
    usual = SMALL | {"learning_rate": 1e-5 if raw else 1e-3, "engine": "numpy"}
    run = TrainingRun(digits, Hyperparameters(**usual | settings))
    run.advance(steps)
    return run


def code_of(notebook: str) -> str:
    return "\n".join("".join(cell["source"]) for cell in json.loads(notebook)["cells"] if cell["cell_type"] == "code")


def results(code: str, folder=None) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__", "__file__": f"{folder}/digitviz-script.py"}
    exec(compile(code, "digitviz-script.py", "exec"), names)
    return names


def check(run: TrainingRun, found: dict[str, Any], tolerance: float = 1e-9) -> None:
    losses = run.history.losses.ravel()[: len(found["losses"])]
    assert len(losses) == exports.Moment.of(run).steps_in_weights
    np.testing.assert_allclose(found["losses"], losses, rtol=tolerance)
    for ours, theirs in zip(run.parameters.arrays, found["parameters"], strict=True):
        assert theirs.dtype == ours.dtype
        np.testing.assert_allclose(theirs, ours, rtol=0, atol=tolerance * max(1.0, np.abs(ours).max()))
    assert found["accuracy"] == run.test_accuracy


@pytest.mark.parametrize("settings", combinations(), ids=lambda settings: "-".join(map(str, settings.values())))
def test_script_and_notebook_come_to_the_same_network(digits, settings):
    run = trained(digits, **settings)
    check(run, results(code := exports.script(run)))
    assert "ends with the same network, apart from rounding" in code.replace("\n# ", " ")
    check(run, results(code_of(exports.notebook(run))))


@pytest.mark.parametrize(
    "settings",
    [
        {"precision": "float32"},
        {"precision": "float32", "activation": "gelu", "optimizer": "adam", "gradient": "exact", "bias": True},
        {"precision": "float32", "activation": "leaky_relu", "hidden": (9, 8), "optimizer": "momentum"},
    ],
    ids=str,
)
def test_in_float32_it_comes_close(digits, settings):
    run = trained(digits, **settings)
    code = exports.script(run)
    check(run, results(code), tolerance=1e-4)
    assert "ends with the same network" not in code.replace("\n# ", " ")
    assert "may end with a different network" in code.replace("\n# ", " ")


@pytest.mark.parametrize("name", INITIALIZATIONS)
def test_the_code_draws_the_same_initial_weights(digits, name):
    check(run := trained(digits, 1, initialization=name), results(exports.script(run)), tolerance=1e-15)


@pytest.mark.parametrize("name", PENALTIES)
def test_the_code_adds_the_same_penalties(digits, name):
    run = trained(digits, optimizer="adam", **{name: 0.3})
    check(run, results(exports.script(run)))
    assert (run.parameters.to_vector() != trained(digits, optimizer="adam").parameters.to_vector()).any()


def test_the_compiled_engine_takes_the_same_steps(digits):
    run = trained(digits, engine="compiled", batches=6, steps_per_batch=30, steps=180)
    check(run, results(exports.script(run)))


@pytest.mark.parametrize("steps", [1, 5, 13, 20])
def test_it_ends_where_the_run_stands(digits, steps):
    check(run := trained(digits, steps, optimizer="adam"), results(exports.script(run)))


def test_before_the_first_step_it_takes_the_whole_training(digits):
    found = results(exports.script(trained(digits, steps=0)))
    check(trained(digits), found)


def test_all_zeros_stay_zeros(digits):
    check(run := trained(digits, initialization="zeros", bias=True), results(exports.script(run)))


@pytest.mark.parametrize(
    "changes",
    [
        [(1, {"learning_rate": 5e-3}), (3, {"learning_rate": 1e-3})],
        [(1, {"optimizer": "adam"}), (2, {"optimizer": "momentum", "weight_decay": 0.1}), (3, {"optimizer": "adam"})],
        [(2, {"loss": "cross_entropy", "gradient": "exact"}), (3, {"loss": "squared_error"})],
    ],
    ids=str,
)
def test_what_was_changed_on_the_way_is_changed_in_the_code(digits, changes):
    run = trained(digits, steps=0)
    for batch, settings in changes:
        run.advance(batch * 5 - run.step)
        run = run.branch(**settings)
    run.advance(18 - run.step)
    assert len(run.recipe.changes) == len(changes)
    code = exports.script(run)
    assert "if batch == " in code
    check(run, results(code))
    check(run, results(code_of(exports.notebook(run))))


def test_a_change_that_is_still_to_come_is_not_in_the_code(digits):
    run = trained(digits, steps=15).branch(batch=2, optimizer="adam")
    assert "Adam" not in exports.script(run)


def test_a_training_that_diverged_ends_with_its_last_finite_weights(digits):
    run = TrainingRun(digits, Hyperparameters(activation="identity", learning_rate=10, batches=30, engine="numpy"))
    run.advance(run.total_steps)
    assert run.diverged
    with np.errstate(over="ignore", invalid="ignore"):
        found = results(exports.script(run))
    assert len(found["losses"]) == run.step - 1
    for ours, theirs in zip(run.parameters.arrays, found["parameters"], strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-6)
    code = exports.script(run).replace("\n# ", " ")
    assert "diverged" in code
    assert f"took {run.step} of 15,000 steps" in code
    assert str(run.fault).startswith(f"After step {run.step}, ")


def test_weights_that_the_next_batch_alone_cannot_bear_have_taken_every_step(digits):
    run = trained(digits, steps=5)
    trajectory = run.trajectory
    trajectory.record.tip = dataclasses.replace(trajectory.record.tip, divergence=Divergence(6, "logits"))
    run.advance(1)
    assert run.diverged
    check(run, results(exports.script(run)))
    for curve in trajectory.record.curves.of_batches.values():
        curve[0] = np.nan  # as after an infinite loss on the batch itself
    assert exports.Moment.of(run).steps_in_weights == 4


@functools.cache
def other_data(kind: str) -> DigitDataset:
    if kind == "handwriting":
        return load_handwriting()[:400]
    digits = load_digits()
    if kind == "random split":
        return digits.shuffled(3)
    return PracticeDataset.of(digits, copies=1, extra=digits[:7] if kind == "with drawings" else None)


@pytest.mark.parametrize("kind", ["handwriting", "distorted copies", "with drawings", "random split"])
@pytest.mark.parametrize("make", ["script", "notebook"])
@pytest.mark.sampled(2)
def test_other_digits_come_with_the_code(kind, make, tmp_path, monkeypatch):
    run = trained(other_data(kind), optimizer="adam")
    packed = zipfile.ZipFile(io.BytesIO(exports.FORMATS[make].make(run)))
    assert set(packed.namelist()) == {f"digitviz-{make}.{exports.FORMATS[make].extension}", "digitviz-data.npz"}
    packed.extractall(tmp_path)
    code = (tmp_path / packed.namelist()[0]).read_text()
    assert "Packages it needs: NumPy. It takes" in code
    if make == "notebook":
        monkeypatch.chdir(tmp_path)
        code = code_of(code)
    check(run, results(code, tmp_path))


@pytest.mark.parametrize("bias", [True, False])
def test_given_first_weights_come_with_the_code(digits, bias, tmp_path):
    settings = Hyperparameters(**SMALL, hidden=(9,), bias=bias)
    run = TrainingRun(digits, settings, start=trained(digits, hidden=(9,), bias=bias).parameters)
    run.advance(13)
    with zipfile.ZipFile(io.BytesIO(exports.script_file(run))) as packed:
        packed.extractall(tmp_path)
    with np.load(tmp_path / "digitviz-data.npz") as data:
        assert set(data) == {"w1", "w2"} | ({"b1", "b2"} if bias else set())
    check(run, results((tmp_path / "digitviz-script.py").read_text(), tmp_path))


def test_pixels_are_packed_as_they_are(digits):
    assert exports.data_npz(trained(digits)) is None
    data = np.load(io.BytesIO(exports.data_npz(trained(other_data("with drawings")))))
    np.testing.assert_array_equal(data["x_test"], digits.pixels[1617:])


FEW = [*combinations()[::3], {"hidden": ()}, {"activation": "gelu"}, {"activation": "gelu", "hidden": ()}]


@pytest.mark.parametrize("settings", FEW, ids=lambda each: str(each.get("seed", each)))
def test_it_holds_only_what_this_training_needs(digits, settings):
    run = trained(digits, **settings)
    tree = ast.parse(exports.script(run))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    packages = {name.partition(".")[0] for name in imported} - {"math", "pathlib"}
    said = exports.script(run).replace("\n# ", " ").partition("Packages it needs: ")[2].partition(". It takes")[0]
    assert set(said.split(", ")) == {PACKAGES[name] for name in packages}
    loaded = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    assert defined <= loaded
    assert assigned - loaded <= {"_", "accuracy", "losses", "weight"}


def test_a_student_runs_the_script_without_digitviz(digits, tmp_path):
    run = trained(digits, optimizer="adam", activation="gelu")
    path = exports.save(run, "script", tmp_path)
    ran = (
        f"import runpy, sys; runpy.run_path({str(path)!r}, run_name='__main__');"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    command = [sys.executable, "-I", "-c", ran]
    *said, modules = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[-1] == f"{run.test_accuracy:.1%} of the test digits are classified correctly"
    assert not {"digitviz", "torch", "streamlit", "safetensors"} & set(modules.split())


def test_the_notebook_is_one_that_jupyter_opens(run):
    whole = json.loads(exports.notebook(run))
    assert (whole["nbformat"], whole["nbformat_minor"]) == (4, 5)
    assert whole["metadata"]["kernelspec"]["name"] == "python3"
    assert whole["metadata"]["digitviz"]["step"] == "13"
    names = [cell["id"] for cell in whole["cells"]]
    assert len(set(names)) == len(names)
    for cell in whole["cells"]:
        expected = {"cell_type", "id", "metadata", "source"}
        expected |= {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert set(cell) == expected
    assert [cell["cell_type"] for cell in whole["cells"]] == ["markdown", "code"] * (len(names) // 2)


def test_it_speaks_the_language_of_its_reader(run):
    with speaking("zh"):
        code = exports.script(run)
    assert "手写数字" in code
    check(run, results(code))


def test_lines_of_chinese_comments_begin_with_no_punctuation_and_keep_names_whole(run):
    with speaking("zh"):
        script = exports.script(run)
    comments = [line[2:] for line in script.splitlines() if line.startswith("# ")]
    assert len(comments) > 20
    assert [line for line in comments if line[0] in "，。、；：！？）”" or line.endswith(("（", "“", "scikit-"))] == []
