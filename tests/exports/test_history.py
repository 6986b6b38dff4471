from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet

from digitviz import Hyperparameters, TrainingRun, exports
from digitviz.training.record import BATCH_CURVES

READERS = {
    "csv": lambda run: pd.read_csv(io.BytesIO(exports.history_csv(run))),
    "parquet": lambda run: pd.read_parquet(io.BytesIO(exports.history_parquet(run))),
}


@pytest.mark.parametrize("kind", READERS)
def test_every_step_is_a_row_and_the_last_of_a_batch_holds_its_accuracies(run, kind):
    table = READERS[kind](run)
    names = list(BATCH_CURVES)
    assert names[:4] == ["train_accuracy", "test_accuracy", "train_loss", "test_loss"]
    assert list(table) == ["batch", "step", "loss", *names]
    assert table["batch"].tolist() == [1] * 5 + [2] * 5 + [3] * 3
    assert table["step"].tolist() == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3]
    np.testing.assert_array_equal(table["loss"], run.history.losses.ravel()[:13])
    batches = table.dropna()
    assert batches.index.tolist() == [4, 9]
    for name in names:
        np.testing.assert_array_equal(batches[name], run.history.of_batches(name)[:2])


def test_what_is_not_known_is_empty_in_the_csv(digits):
    run = TrainingRun(digits, Hyperparameters(batches=1, steps_per_batch=2))
    run.advance(1)
    _header, row = exports.history_csv(run).decode().splitlines()
    assert row == f"1,1,{float(run.history.losses[0, 0])!r}" + "," * len(BATCH_CURVES)


@pytest.mark.parametrize("kind", READERS)
def test_before_the_first_step_there_is_a_table_without_rows(digits, kind):
    assert len(READERS[kind](TrainingRun(digits))) == 0


def test_the_parquet_file_says_the_step_and_the_settings(run):
    said = parquet.read_schema(io.BytesIO(exports.history_parquet(run))).metadata
    assert said[b"step"] == b"13"
    assert {b"hyperparameters", b"recipe"} <= set(said)
