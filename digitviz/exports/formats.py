"""`FORMATS`, the table of file formats for exported runs, which the Train page and `save` use."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from digitviz.exports.code import Plan, notebook_file, npz, script_file
from digitviz.exports.moment import Moment
from digitviz.exports.networks import network_onnx, network_torch, onnx_code, torch_code
from digitviz.table import csv_of
from digitviz.training.record import BATCH_CURVES
from digitviz.training.run import TrainingRun

BINARY = "application/octet-stream"
ROWS_AT_ONCE = 10_000
"""Rows of a table that are converted at once. A run may have two million."""


def weights_safetensors(run: TrainingRun | Moment) -> bytes:
    """Pack the current weights and biases w1, w2, ..., b1, ... in the run's precision.

    The metadata contains texts: `format`, `activation`, `input_scale`, `step`, and `hyperparameters` and `recipe` as
    JSON.
    """
    from safetensors.numpy import save

    moment = Moment.of(run)
    arrays = {name: np.ascontiguousarray(array) for name, array in moment.network.parameters.named_arrays}
    return save(arrays, moment.about_weights)


def weights_npz(run: TrainingRun | Moment) -> bytes:
    """Pack the current weights w1, ..., the initial weights w1_before, ..., and accuracies per batch for `numpy.load`.

    The metadata of the safetensors file is stored as arrays of one text each.
    """
    moment = Moment.of(run)
    snapshot, history = moment.snapshot, moment.snapshot.history
    before = moment.trajectory.setup.initial_parameters
    arrays: dict[str, Any] = {f"{name}_before": array for name, array in before.named_arrays}
    arrays |= dict(moment.network.parameters.named_arrays) | moment.about_weights
    for name in ("train_accuracy", "test_accuracy"):
        arrays[name] = history.of_batches(name)[: snapshot.batch]
    return npz(arrays)


def _columns(moment: Moment) -> dict[str, np.ndarray]:
    """Return the columns of the history table, each of shape (steps taken,).

    `batch` and `step` (the step within its batch) count from 1. `loss` is the loss before the step, summed over the
    batch. The other columns have one value per batch, at its last step, and nan elsewhere.
    """
    history, step = moment.snapshot.history, moment.step
    recorded = history.recorded_losses
    batch, place = np.divmod(np.arange(step, dtype=np.int32), np.int32(recorded.shape[1]))
    table = {"batch": batch + 1, "step": place + 1, "loss": recorded.ravel()[:step].copy()}
    ends = np.flatnonzero(place == recorded.shape[1] - 1)
    for name in BATCH_CURVES:
        table[name] = np.full(step, np.nan)
        table[name][ends] = history.of_batches(name)[: len(ends)]
    return table


def history_csv(run: TrainingRun | Moment) -> bytes:
    """Write the history table as CSV, with empty cells for nan. `pandas.read_csv` reads it back unchanged."""
    table = _columns(Moment.of(run))
    return csv_of([*table], zip(*map(_cells, table.values()), strict=True))


def _cells(column: np.ndarray) -> Iterator[object]:
    for part in np.split(column, range(ROWS_AT_ONCE, len(column), ROWS_AT_ONCE)):
        yield from ["" if value != value else value for value in part.tolist()]


def history_parquet(run: TrainingRun | Moment) -> bytes:
    """Pack the history table for `pandas.read_parquet`, with null for nan. Needs pyarrow.

    The metadata of the file contains the step, the settings and the recipe.
    """
    import pyarrow
    from pyarrow import parquet

    moment = Moment.of(run)
    arrays = {name: pyarrow.array(column, from_pandas=True) for name, column in _columns(moment).items()}
    table = pyarrow.table(arrays).replace_schema_metadata(moment.about_run)
    file = io.BytesIO()
    parquet.write_table(table, file, compression="zstd")
    return file.getvalue()


def settings_json(run: TrainingRun | Moment) -> bytes:
    """Write the final settings of a run as JSON for `digitviz.imports.read_settings`."""
    moment = Moment.of(run)
    return json.dumps({**moment.hyperparameters.to_dict(), **moment.data}, indent=1).encode()


@dataclass(frozen=True)
class Format:
    """A file format for exported runs.

    Parameters
    ----------
    what : str
        Content, as in the file name.
    extension : str
    mime : str
    make : callable
        Takes a run or a `Moment`; returns the content.
    opened : callable, optional
        Takes a run or a `Moment`, and the file name; returns Python code that opens the file.
    is_code : bool
        True if the file is code, which may need a zip file that also contains its data.
    """

    what: str
    extension: str
    mime: str
    make: Callable[[TrainingRun | Moment], bytes]
    opened: Callable[[TrainingRun | Moment, str], str] | None = None
    is_code: bool = False

    def name(self, run: TrainingRun | Moment, with_step: bool = True) -> str:
        """Return the file name, with or without the step."""
        moment = Moment.of(run)
        extension = "zip" if self.is_code and Plan(moment).needs_data else self.extension
        return f"digitviz-{self.what}{f'-step-{moment.step}' if with_step else ''}.{extension}"


def _opening(package: str, line: str) -> Callable[[TrainingRun | Moment, str], str]:
    """Return a function that writes the code to open a file: an import, and a line with a placeholder for the name."""
    return lambda run, file: f"{package}\n\n{line.format(file=json.dumps(file))}\n"


_SAFETENSORS = _opening("from safetensors.numpy import load_file", "weights = load_file({file})")
_NPZ = _opening("import numpy as np", "weights = np.load({file})")
_CSV = _opening("import pandas as pd", "steps = pd.read_csv({file})\nbatches = steps.dropna()")
_PARQUET = _opening("import pandas as pd", "steps = pd.read_parquet({file})\nbatches = steps.dropna()")

FORMATS = {
    "safetensors": Format("weights", "safetensors", BINARY, weights_safetensors, _SAFETENSORS),
    "npz": Format("weights", "npz", BINARY, weights_npz, _NPZ),
    "csv": Format("history", "csv", "text/csv", history_csv, _CSV),
    "parquet": Format("history", "parquet", "application/vnd.apache.parquet", history_parquet, _PARQUET),
    "json": Format("settings", "json", "application/json", settings_json),
    "torch": Format("network", "pt", BINARY, network_torch, torch_code),
    "onnx": Format("network", "onnx", BINARY, network_onnx, onnx_code),
    "notebook": Format("notebook", "ipynb", "application/x-ipynb+json", notebook_file, is_code=True),
    "script": Format("script", "py", "text/x-python", script_file, is_code=True),
}


def save(run: TrainingRun | Moment, kind: str, folder: str | Path = ".") -> Path:
    """Write a file of a run at its current step.

    Parameters
    ----------
    run : TrainingRun
    kind : str
        Key in `FORMATS`.
    folder : str or Path

    Returns
    -------
    Path
        Path of the file. Its name contains the step.

    Raises
    ------
    ValueError
        If there is no such format.
    """
    if kind not in FORMATS:
        raise ValueError(f"there is no format {kind!r}; choose one of {', '.join(FORMATS)}")
    moment = Moment.of(run)
    path = Path(folder) / FORMATS[kind].name(moment)
    path.write_bytes(FORMATS[kind].make(moment))
    return path
