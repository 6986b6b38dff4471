"""A training as a Python script."""

from __future__ import annotations

import textwrap

from digitviz.exports.cells import Cell, cells
from digitviz.exports.data import DATA, with_data
from digitviz.exports.moment import Moment
from digitviz.exports.plan import Plan
from digitviz.language import language
from digitviz.training.run import TrainingRun

WIDTHS = {"zh": 44}
"""Characters in a line of words; Chinese ones are twice as wide as Latin ones."""
WIDTH = 88


def script(run: TrainingRun | Moment) -> str:
    """Write a script that takes the steps of a run again, up to where it stands, without digitviz.

    It needs NumPy; scikit-learn for its digits; and for GELU SciPy, which comes with scikit-learn. It holds what the
    settings of this run need, nothing else. For digits that are not scikit-learn's, or first weights that were given,
    it reads the file of `data_npz`, which must lie beside it; `script_file` packs both. At the end the lists `losses`
    and `parameters` and the number `accuracy` hold what came out.
    """
    written = (_written(cell) for cell in cells(Plan(Moment.of(run)), f'Path(__file__).with_name("{DATA}")'))
    return "\n\n\n".join(written) + "\n"


def script_file(run: TrainingRun | Moment) -> bytes:
    """Return the script; packed as zip with the data that it reads, if it does."""
    moment = Moment.of(run)
    return with_data("digitviz-script.py", script(moment).encode(), moment)


def _written(cell: Cell) -> str:
    """Write the words as comments above the code."""
    lines = textwrap.wrap(cell.words, WIDTHS.get(language(), WIDTH))
    heading = "\n".join(f"# {line}" for line in (cell.title, "-" * len(cell.title), *lines))
    gap = "\n\n\n" if cell.code.startswith(("def", "class")) else "\n\n"
    return f"{heading}{gap}{cell.code}"
