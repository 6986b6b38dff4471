from __future__ import annotations

import json

import pytest

from digitviz import Hyperparameters, TrainingRun, exports
from digitviz.drawing.practice import PracticeDataset
from digitviz.exports import FORMATS
from digitviz.exports.code import SAMPLING
from digitviz.networks.backpropagation import GRADIENTS
from digitviz.networks.losses import LOSSES
from digitviz.training.optimizers import OPTIMIZERS


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_is_saved_under_a_name_that_says_the_step(run, kind, tmp_path):
    path = exports.save(run, kind, tmp_path)
    form = FORMATS[kind]
    assert path == tmp_path / f"digitviz-{form.what}-step-13.{form.extension}"
    assert path.stat().st_size > 100


def test_code_is_packed_with_the_digits_that_it_needs(digits):
    run = TrainingRun(PracticeDataset.of(digits, copies=1))
    assert FORMATS["notebook"].name(run) == "digitviz-notebook-step-0.zip"
    assert FORMATS["script"].name(run, with_step=False) == "digitviz-script.zip"
    assert FORMATS["npz"].name(run) == "digitviz-weights-step-0.npz"


def test_there_is_no_other_format(run):
    with pytest.raises(ValueError, match="there is no format 'pickle'; choose one of safetensors, npz, csv"):
        exports.save(run, "pickle")


def test_settings_come_back(run):
    assert Hyperparameters.from_dict(json.loads(exports.settings_json(run))) == run.hyperparameters


@pytest.mark.parametrize("kind", [kind for kind, form in FORMATS.items() if form.opened is not None])
def test_the_code_that_opens_a_file_runs(run, kind, tmp_path, monkeypatch):
    path = exports.save(run, kind, tmp_path)
    monkeypatch.chdir(tmp_path)
    given = {"pixels": run.test.pixels}
    if kind == "torch":
        import torch

        given["pixels"] = torch.from_numpy(run.test.pixels)
    exec(FORMATS[kind].opened(run, path.name), given)
    assert {"weights", "batches", "probabilities"} & set(given)
    if kind == "npz":
        given["weights"].close()


def test_everything_that_a_training_can_be_set_to_can_be_written_as_code():
    for name, loss in LOSSES.items():
        assert loss.code.startswith(f"def {name}(logits, probabilities, y):")
        assert all(kind.at_logits(loss).code.startswith("def ") for kind in GRADIENTS.values())
    assert all(each.code.startswith("class ") for each in OPTIMIZERS.values())
    assert set(SAMPLING) == set(Hyperparameters.RANGES["sampling"].options)
