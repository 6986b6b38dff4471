"""Every kind of file that a training can be taken home in: one table, which the page and `save` read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from digitviz.exports import opening
from digitviz.exports.history import history_csv, history_parquet
from digitviz.exports.moment import Moment
from digitviz.exports.notebook import notebook_file
from digitviz.exports.onnx_network import network_onnx, onnx_code
from digitviz.exports.plan import Plan
from digitviz.exports.script import script_file
from digitviz.exports.settings import settings_json
from digitviz.exports.torch_network import network_torch, torch_code
from digitviz.exports.weights import weights_npz, weights_safetensors
from digitviz.training.run import TrainingRun

BINARY = "application/octet-stream"


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Parameters
    ----------
    what : str
        What is in it, as its name says.
    extension : str
    mime : str
    make : callable
        From a run or a moment of it to the content.
    opened : callable, optional
        From a run or a moment of it and the name of the file to the Python code that opens it; None if there is nothing
        to say.
    is_code : bool
        Whether it may read data that come with it; then both are a zip file.
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


FORMATS = {
    "safetensors": Format("weights", "safetensors", BINARY, weights_safetensors, opening.safetensors_code),
    "npz": Format("weights", "npz", BINARY, weights_npz, opening.npz_code),
    "csv": Format("history", "csv", "text/csv", history_csv, opening.csv_code),
    "parquet": Format("history", "parquet", "application/vnd.apache.parquet", history_parquet, opening.parquet_code),
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
