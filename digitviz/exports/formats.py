"""Every kind of file that a run can be exported to: one table, which the page and `save` read."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
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


def weights_safetensors(run: TrainingRun | Moment) -> bytes:
    """Pack the weights and biases w1, w2, ..., b1, ... as they are now, in the run's precision.

    The metadata are texts: `format`, `activation`, `input_scale`, `step`, and `hyperparameters` and `recipe` as JSON.
    """
    from safetensors.numpy import save

    moment = Moment.of(run)
    arrays = {name: np.ascontiguousarray(array) for name, array in moment.network.parameters.named_arrays}
    return save(arrays, moment.about_weights)


def weights_npz(run: TrainingRun | Moment) -> bytes:
    """Pack the weights w1, ... and w1_before, ... and the accuracies after every batch, for `numpy.load`.

    The texts that are metadata in the safetensors file are arrays of one text here.
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
    """Return the columns of the table, each shape (steps taken,).

    `batch` and `step`, the number of the step on its batch, count from 1. `loss` is that before the step, summed over
    the batch; the others are the curves with one value per batch: nan except at the last step on the batch.
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
    """Write the table; what is not known in a row is empty. `pandas.read_csv` reads it back unchanged."""
    table = _columns(Moment.of(run))
    after = [["" if value != value else value for value in table.pop(name).tolist()] for name in BATCH_CURVES]
    rows = zip(*(column.tolist() for column in table.values()), *after, strict=True)
    return csv_of([*table, *BATCH_CURVES], rows)


def history_parquet(run: TrainingRun | Moment) -> bytes:
    """Pack the table for `pandas.read_parquet`; what is not known in a row is null. It needs pyarrow.

    The file's metadata hold the step, the settings and the recipe.
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
    """Write the settings that a run ends with, as `Hyperparameters.from_dict` reads them."""
    return json.dumps(Moment.of(run).hyperparameters.to_dict(), indent=1).encode()


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Parameters
    ----------
    what : str
        What it contains, as in its name.
    extension : str
    mime : str
    make : callable
        From a run or a moment of it to the content.
    opened : callable, optional
        From a run or a moment of it and the name of the file to the Python code that opens it.
    is_code : bool
        True if the code may read data; the file is then a zip file with both.
    """

    what: str
    extension: str
    mime: str
    make: Callable[[TrainingRun | Moment], bytes]
    opened: Callable[[TrainingRun | Moment, str], str] | None = None
    is_code: bool = False

    def name(self, run: TrainingRun | Moment, with_step: bool = True) -> str:
        """Return the name of the file: what is in it, and after which step, unless that is not known yet."""
        moment = Moment.of(run)
        extension = "zip" if self.is_code and Plan(moment).needs_data else self.extension
        return f"digitviz-{self.what}{f'-step-{moment.step}' if with_step else ''}.{extension}"


def _opening(package: str, line: str) -> Callable[[TrainingRun | Moment, str], str]:
    """Return a function that writes the code which opens a file: an import and a line with a place for its name."""
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
    """Write a file of a run as it stands now.

    Parameters
    ----------
    run : TrainingRun
    kind : str
        A name in `FORMATS`.
    folder : str or Path
        Where it is to lie.

    Returns
    -------
    Path
        Its path; its name says the step.

    Raises
    ------
    ValueError
        If there is no such format.
    """
    if kind not in FORMATS:
        raise ValueError(f"there is no format {kind!r}; there are {', '.join(FORMATS)}")
    moment = Moment.of(run)
    path = Path(folder) / FORMATS[kind].name(moment)
    path.write_bytes(FORMATS[kind].make(moment))
    return path
