"""What is chosen on Evaluate: the digits of a cell, shown over the page, or one digit, shown beside the matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from digitviz.dashboard.components.plot import clicked
from digitviz.dashboard.runtime.outside import Wrong
from digitviz.dashboard.session import asked_address, visit
from digitviz.dashboard.session.asked_address import DIGIT
from digitviz.dashboard.session.asked_digit import MOST_FIGURES, code_of
from digitviz.datasets import DigitDataset
from digitviz.language import gettext as _

_CELL, _DIGIT = "evaluate_opened", "evaluate_chosen"
_TIMES = "evaluate_times"


@dataclass(frozen=True)
class Cell:
    """The digits behind a cell of a confusion matrix.

    Parameters
    ----------
    of : str
        Id of the answers by which they were found.
    name : str
        Of the set.
    rows : tuple of int
        Of the set, in the order in which they are shown.
    label, answer : int
        What they are, and what they are read as.
    """

    of: str
    name: str
    rows: tuple[int, ...]
    label: int
    answer: int


@dataclass(frozen=True)
class Chosen:
    """One digit.

    Parameters
    ----------
    name : str
        Of the set.
    row : int
    cell : Cell, optional
        In which it was found, if there are others.
    """

    name: str
    row: int
    cell: Cell | None = None


def cell() -> Cell | None:
    """Return the cell whose digits are shown over the page."""
    return st.session_state.get(_CELL)


def open_cell(cell: Cell) -> None:
    """Show the digits of a cell; of one that has a single digit, that digit."""
    if len(cell.rows) == 1:
        choose(Chosen(cell.name, cell.rows[0]))
    else:
        st.session_state[_CELL] = cell


def close_cell() -> None:
    """Show no digits over the page any more."""
    st.session_state.pop(_CELL, None)


def digit(sets: Mapping[str, DigitDataset]) -> Chosen | None:
    """Return the digit that is chosen, as long as it is there, and write it into the address."""
    chosen: Chosen | None = st.session_state.get(_DIGIT)
    if chosen is not None and not (chosen.name in sets and chosen.row < len(sets[chosen.name])):
        forget()
        chosen = None
    asked_address.write(DIGIT, None if chosen is None else code_of(chosen.name, chosen.row))
    return chosen


def choose(chosen: Chosen) -> None:
    """Show a digit beside the matrix, and none over the page."""
    close_cell()
    st.session_state[_DIGIT] = chosen
    st.session_state[_TIMES] = times() + 1


def forget() -> None:
    """Show no digit beside the matrix any more."""
    st.session_state.pop(_DIGIT, None)


def times() -> int:
    """Return how often a digit was chosen by a click."""
    return int(st.session_state.get(_TIMES, 0))


def take_digit(key: str, name: str, rows: np.ndarray) -> None:
    """Choose the digit that was clicked in a picture whose `customdata` is its place in `rows`, a browser says."""
    place = (clicked(key) or {}).get("customdata")
    if isinstance(place, (int, float)) and place in range(len(rows)):
        choose(Chosen(name, int(rows[int(place)])))


def take_address(sets: Mapping[str, DigitDataset]) -> str | None:
    """Choose the digit that the address names when the page is opened; return the name of its set."""
    if visit.just_opened():
        close_cell()
        forget()
    asked = asked_address.named(DIGIT)
    if asked is None:
        asked_address.check(DIGIT, None)
        return None
    name, _dash, number = asked.partition("-")
    row = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < MOST_FIGURES else -1
    if name not in sets or not 0 <= row < len(sets[name]):
        allowed = ", ".join(f"{name}-1 … {name}-{len(digits)}" for name, digits in sets.items())
        asked_address.check(DIGIT, Wrong(_("Which digit?"), allowed, {DIGIT: asked}))
        return None
    asked_address.check(DIGIT, None)
    st.session_state[_DIGIT] = Chosen(name, row)
    return name
