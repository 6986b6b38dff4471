"""The history of a training as one table: a row per step."""

from __future__ import annotations

import io

import numpy as np

from digitviz.exports.metadata import of_training
from digitviz.exports.moment import Moment
from digitviz.table import csv_of
from digitviz.training.run import TrainingRun

AFTER_BATCHES = ("train_accuracy", "test_accuracy", "train_loss", "test_loss")
"""Columns that have a number only in the row of the last step on a batch."""


def columns(moment: Moment) -> dict[str, np.ndarray]:
    """Return the columns of the table, each shape (steps taken,).

    `batch` and `step`, the number of the step on its batch, count from 1. `loss` is that before the step, summed over
    the batch; the others are those of `History` at the end of the batch, nan in the rows before it.
    """
    history, step = moment.snapshot.history, moment.step
    recorded = history.recorded_losses
    batch, place = np.divmod(np.arange(step, dtype=np.int32), np.int32(recorded.shape[1]))
    table = {"batch": batch + 1, "step": place + 1, "loss": recorded.ravel()[:step].copy()}
    ends = np.flatnonzero(place == recorded.shape[1] - 1)
    for name in AFTER_BATCHES:
        table[name] = np.full(step, np.nan)
        table[name][ends] = getattr(history, name)[: len(ends)]
    return table


def history_csv(run: TrainingRun | Moment) -> bytes:
    """Write the table; what is not known in a row is empty. `pandas.read_csv` reads it back unchanged."""
    table = columns(Moment.of(run))
    after = [["" if value != value else value for value in table.pop(name).tolist()] for name in AFTER_BATCHES]
    rows = zip(*(column.tolist() for column in table.values()), *after, strict=True)
    return csv_of([*table, *AFTER_BATCHES], rows)


def history_parquet(run: TrainingRun | Moment) -> bytes:
    """Pack the table for `pandas.read_parquet`; what is not known in a row is null. It needs pyarrow.

    The file's metadata hold the step, the settings and the recipe.
    """
    import pyarrow
    from pyarrow import parquet

    moment = Moment.of(run)
    arrays = {name: pyarrow.array(column, from_pandas=True) for name, column in columns(moment).items()}
    table = pyarrow.table(arrays).replace_schema_metadata(of_training(moment))
    file = io.BytesIO()
    parquet.write_table(table, file, compression="zstd")
    return file.getvalue()
