"""Which digits the data page shows, and which row of the batch is picked."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import clicked
from digitviz.dashboard.lesson.page import whole_number
from digitviz.dashboard.session import current_run
from digitviz.datasets import DigitDataset
from digitviz.figures import place_in_grid
from digitviz.language import gettext as _
from digitviz.lesson.batches import some_rows
from digitviz.training.setup import batch_rows

SHOWN = 25
MOST_ROWS = 100
"""Rows of a batch that are drawn at once."""
ANY = "any"


def digits_to_show(dataset: DigitDataset) -> np.ndarray:
    """Show the filter; return rows of `dataset`, at most 25."""
    st.session_state.setdefault("data_draw", 0)
    label = choice(
        _("Label"), [ANY, *map(str, range(10))], key="data_label", style="pills", wrap=True,
        format_func=lambda code: _("any") if code == ANY else code,
    )  # fmt: skip
    return some_rows(dataset, None if label == ANY else int(label), SHOWN, st.session_state["data_draw"])


def others() -> None:
    """Show the button for other digits."""

    def draw() -> None:
        st.session_state["data_draw"] += 1

    st.button(_("Show 25 others"), key="data_others", icon=":material/shuffle:", on_click=draw)


def picked(rows: np.ndarray) -> int:
    """Return the place among `rows` of the digit that was clicked, the first if none was."""
    return min(st.session_state.get("data_place", 0), len(rows) - 1)


def pick_clicked() -> None:
    """Take the digit that was clicked on the grid."""
    if (click := clicked("digit_grid")) is not None:
        place = place_in_grid(click["x"], click["y"])
        if 0 <= place < SHOWN:
            st.session_state["data_place"] = place


def batch_of_run(prefix: str) -> tuple[np.ndarray, int]:
    """Show the fields for a batch of the run and one of its rows, both counted from 1.

    Parameters
    ----------
    prefix : str
        Of the keys, `PREFIX_batch` and `PREFIX_row`.

    Returns
    -------
    (ndarray of int, int)
        The indices of the training digits in the batch, at most `MOST_ROWS`, and the place of the one picked.
    """
    settings = current_run.job().run.hyperparameters
    with st.container(horizontal=True):
        batch = whole_number(_("Batch"), 1, settings.batches, f"{prefix}_batch")
        row = whole_number(_("Row of the batch"), 1, min(settings.batch_size, MOST_ROWS), f"{prefix}_row") - 1
    rows = batch_rows(settings, len(current_run.job().run.train), batch - 1)
    if len(rows) > MOST_ROWS:
        st.caption(_("The first {shown} of {rows:,} rows.").format(shown=MOST_ROWS, rows=len(rows)))
    return rows[:MOST_ROWS], row


def pick_row(prefix: str, plot: str) -> None:
    """Take the row that was clicked on a picture of a batch."""
    if (click := clicked(plot)) is not None:
        st.session_state[f"{prefix}_row"] = round(click["y"])
