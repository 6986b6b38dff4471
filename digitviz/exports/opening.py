"""The Python code that opens a file of weights or of the history."""

from __future__ import annotations

import json

from digitviz.exports.moment import Moment
from digitviz.training.run import TrainingRun


def safetensors_code(run: TrainingRun | Moment, file: str) -> str:
    """Return the code that loads the weights by name."""
    return f"from safetensors.numpy import load_file\n\nweights = load_file({json.dumps(file)})\n"


def npz_code(run: TrainingRun | Moment, file: str) -> str:
    """Return the code that loads the weights by name."""
    return f"import numpy as np\n\nweights = np.load({json.dumps(file)})\n"


def csv_code(run: TrainingRun | Moment, file: str) -> str:
    """Return the code that reads the steps, and the batches among them."""
    return _table("read_csv", file)


def parquet_code(run: TrainingRun | Moment, file: str) -> str:
    """Return the code that reads the steps, and the batches among them."""
    return _table("read_parquet", file)


def _table(reader: str, file: str) -> str:
    return f"import pandas as pd\n\nsteps = pd.{reader}({json.dumps(file)})\nbatches = steps.dropna()\n"
