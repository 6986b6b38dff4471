"""The digits behind a cell, shown over the page until one of them is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Literal

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.dialog import dialog
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.questions import evaluate_chosen
from digitviz.dashboard.questions.evaluate_chosen import Cell, Chosen
from digitviz.dashboard.questions.evaluate_values import Answers
from digitviz.language import gettext as _
from digitviz.language import ngettext

MOST_SHOWN = 40
COLUMNS = 8
FEW = 4
"""Digits whose captions fit beside each other into a small window, as into a phone."""
ROW_HEIGHT = 105


def take_cell(key: str, name: str, given: Answers) -> None:
    """Open the digits of the cell that was clicked in a confusion matrix; what a browser sends is untrusted.

    Parameters
    ----------
    key : str
        Of the picture.
    name : str
        Of the set.
    given : Answers
    """
    click = clicked(key)
    if click is None:
        return
    answer, label = round(click["x"]), round(click["y"])
    rows = np.flatnonzero((given.digits.labels == label) & (given.predictions == answer))
    if len(rows):
        sure = given.probabilities[rows].max(axis=1)
        first = np.argsort(sure if answer == label else -sure, kind="stable")[:MOST_SHOWN]
        evaluate_chosen.open_cell(Cell(given.id, name, tuple(rows[first].tolist()), label, answer))


def show(given: Mapping[str, Answers], network: str) -> None:
    """Show the digits of the cell that is opened, until it is closed; the page may be run meanwhile.

    Parameters
    ----------
    given : mapping of str to Answers
        To the sets that the page shows, by their names.
    network : str
        Whose answers they are, in words.
    """
    cell = evaluate_chosen.cell()
    shown = None if cell is None else given.get(cell.name)
    if cell is None or shown is None or cell.of != shown.id:
        evaluate_chosen.close_cell()
        return
    width: Literal["small", "large"] = "small" if len(cell.rows) <= FEW else "large"
    dialog(_title(cell), _view, evaluate_chosen.close_cell, width)(shown, network)


def _title(cell: Cell) -> str:
    if cell.label == cell.answer:
        return _("Each {label} that is read correctly").format(label=cell.label)
    return _("Each {label} that is read as {answer}").format(label=cell.label, answer=cell.answer)


def _view(given: Answers, network: str) -> None:
    cell = evaluate_chosen.cell()
    if cell is None:  # one of them is chosen: it is seen on the page
        st.rerun()
    rows = np.array(cell.rows)
    count = int(((given.digits.labels == cell.label) & (given.predictions == cell.answer)).sum())
    if cell.label == cell.answer:
        words = ngettext(
            "{count} digit, least confident answers first. Select one.",
            "{count} digits, least confident answers first. Select one.",
            count,
        )
    else:
        words = ngettext(
            "{count} digit, most confident answers first. Select one.",
            "{count} digits, most confident answers first. Select one.",
            count,
        )
    st.markdown(words.format(count=f"{count:,}"))
    st.caption(_("As read by {network}.").format(network=network))
    if count > len(rows):
        st.caption(_("The first {shown} are shown.").format(shown=len(rows)))
    columns = len(rows) if len(rows) <= FEW else COLUMNS
    plot(
        "evaluate_cell", (given.id, cell.name, cell.rows),
        lambda: figures.guesses.plain(
            given.digits.images[rows], given.digits.labels[rows], given.probabilities[rows], columns
        ),
        height=ROW_HEIGHT * -(-len(rows) // columns),
        on_click=partial(_choose, cell),
    )  # fmt: skip


def _choose(cell: Cell) -> None:
    place = (clicked("evaluate_cell") or {}).get("customdata")
    if isinstance(place, (int, float)) and place in range(len(cell.rows)):
        evaluate_chosen.choose(Chosen(cell.name, cell.rows[int(place)], cell))
