"""The chosen digits on Evaluate: the digits of a cell in a dialog, or one digit next to the matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.components.training_slider import answer_sentence
from digitviz.dashboard.questions import address
from digitviz.dashboard.questions import asked_digit as asking
from digitviz.dashboard.questions.address import DIGIT
from digitviz.dashboard.questions.asked_digit import SETS, code_of, codes, doubt, parsed, put_on_pad
from digitviz.dashboard.questions.controls import button, clicked_row, leave_for
from digitviz.dashboard.questions.subject import Answers, Subject
from digitviz.dashboard.session import visit
from digitviz.datasets import DigitDataset
from digitviz.figures import following
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _
from digitviz.language import joined, listed, ngettext
from digitviz.numbers import numeral

CHOICE = "evaluate_set"
"""Key of the control for the set of digits."""
MAX_SHOWN, COLUMNS, ROW_HEIGHT = 40, 8, 105
"""Layout of the digits of a cell."""
FEW = 4
"""Number of digits whose captions fit in a row on a phone."""
HEIGHT = 230
_CELL, _DIGIT, _TIMES = "evaluate_opened", "evaluate_chosen", "evaluate_times"


@dataclass(frozen=True)
class Cell:
    """The digits of a cell of a confusion matrix.

    Parameters
    ----------
    of : str
        Id of the answers that the matrix counts.
    name : str
        Name of the set.
    rows : tuple of int
        Rows of the set, in display order: at most `MAX_SHOWN`.
    label, answer, count : int
        The cell, and the number of its digits.
    """

    of: str
    name: str
    rows: tuple[int, ...]
    label: int
    answer: int
    count: int


@dataclass(frozen=True)
class Chosen:
    """A digit of a set.

    Parameters
    ----------
    name : str
        Name of the set.
    row : int
    cell : Cell, optional
        The cell in which the visitor chose it, if it has other digits.
    """

    name: str
    row: int
    cell: Cell | None = None


def digit(sets: Mapping[str, DigitDataset]) -> Chosen | None:
    """Return the chosen digit if it still exists, and write it to the address."""
    chosen: Chosen | None = st.session_state.get(_DIGIT)
    if chosen is not None and not (chosen.name in sets and chosen.row < len(sets[chosen.name])):
        forget()
        chosen = None
    address.write(DIGIT, None if chosen is None else code_of(chosen.name, chosen.row))
    return chosen


def choose(chosen: Chosen) -> None:
    """Show a digit next to the matrix, and close the cell."""
    _close_cell()
    st.session_state[_DIGIT] = chosen
    st.session_state[_TIMES] = times() + 1


def forget() -> None:
    """Close the digit next to the matrix."""
    st.session_state.pop(_DIGIT, None)


def times() -> int:
    """Return how many times a click chose a digit."""
    return int(st.session_state.get(_TIMES, 0))


def _open_cell(cell: Cell) -> None:
    """Show the digits of a cell in a dialog, or a single digit next to the matrix."""
    if len(cell.rows) == 1:
        choose(Chosen(cell.name, cell.rows[0]))
    else:
        st.session_state[_CELL] = cell


def _close_cell() -> None:
    st.session_state.pop(_CELL, None)


def take_digit(key: str, name: str, rows: np.ndarray, cell: Cell | None = None) -> None:
    """Choose the digit clicked in a figure of some `rows` of a set."""
    if (place := clicked_row(key, len(rows))) is not None:
        choose(Chosen(name, int(rows[place]), cell))


def take_cell(key: str, name: str, given: Answers) -> None:
    """Open the cell clicked in a confusion matrix. The browser's value is untrusted.

    Parameters
    ----------
    key : str
        Key of the figure.
    name : str
        Name of the set.
    given : Answers
    """
    click = clicked(key)
    if click is None:
        return
    answer, label = round(click["x"]), round(click["y"])
    rows = np.flatnonzero((given.digits.labels == label) & (given.predictions == answer))
    if len(rows):
        sure = given.probabilities[rows].max(axis=1)
        first = np.argsort(sure if answer == label else -sure, kind="stable")[:MAX_SHOWN]
        _open_cell(Cell(given.id, name, tuple(rows[first].tolist()), label, answer, len(rows)))


def take_address(sets: Mapping[str, DigitDataset]) -> None:
    """Apply the digit in the address, with its set, when the page is opened."""
    if visit.just_opened():
        _close_cell()
        forget()

    def take(asked: str) -> str | None:
        name, number = parsed(asked)
        if name not in sets or not 1 <= number <= len(sets[name]):
            return listed(codes(sets))
        st.session_state[_DIGIT], st.session_state[CHOICE] = Chosen(name, number - 1), name
        return None

    address.take(DIGIT, _("Digit"), take)


def show_cell(given: Mapping[str, Answers], asked: Subject) -> None:
    """Show the digits of the opened cell in a dialog until the visitor closes it or chooses a digit.

    Parameters
    ----------
    given : mapping of str to Answers
        Answers for the sets on the page, by name.
    asked : Subject
    """
    cell: Cell | None = st.session_state.get(_CELL)
    shown = None if cell is None else given.get(cell.name)
    if cell is None or shown is None or cell.of != shown.id:
        _close_cell()
        return
    width: Literal["small", "large"] = "small" if len(cell.rows) <= FEW else "large"
    title = _("Labelled {label}, read as {answer}").format(label=cell.label, answer=cell.answer)
    st.dialog(title, width=width, on_dismiss=_close_cell)(_view)(shown, asked)


def _view(given: Answers, asked: Subject) -> None:
    cell: Cell | None = st.session_state.get(_CELL)
    if cell is None:  # the visitor chose a digit, which the page shows
        st.rerun()
    rows, count = np.array(cell.rows), cell.count
    least, most = _("Least confident answers first. Select one."), _("Most confident answers first. Select one.")
    words = least if cell.label == cell.answer else most
    st.markdown(joined([ngettext("{count} digit.", "{count} digits.", count).format(count=numeral(count)), words]))
    st.caption(joined([_("As read by {network}.").format(network=asked.title), doubt(asked, cell.name)]))
    if count > len(rows):
        st.caption(_("Showing the first {shown}.").format(shown=len(rows)))
    columns = len(rows) if len(rows) <= FEW else COLUMNS
    digits, height = given.digits[rows], ROW_HEIGHT * -(-len(rows) // columns)
    draw = partial(figures.guesses.plain, digits.images, digits.labels, given.probabilities[rows], columns)
    take = partial(take_digit, "evaluate_cell", cell.name, rows, cell)
    plot("evaluate_cell", (given.id, cell.name, cell.rows), draw, height=height, on_click=take)


def show_digit(asked: Subject, digits: DigitDataset, chosen: Chosen, back: bool) -> None:
    """Show the chosen digit with its label, its ten probabilities, and buttons for further actions.

    Parameters
    ----------
    asked : Subject
    digits : DigitDataset
        The set of the digit.
    chosen : Chosen
    back : bool
        True if its cell still has the same digits.
    """
    pixels, label = digits.pixels[chosen.row], int(digits.labels[chosen.row])
    with np.errstate(all="ignore"):  # the page has a message for networks that overflow
        probabilities = asked.network.predict_proba(pixels[None])[0]
    with st.container(key="evaluate_chosen_digit"):
        with st.container(horizontal=True, vertical_alignment="top", gap="small"):
            st.header(_("{set}: #{number}").format(set=SETS[chosen.name], number=numeral(chosen.row + 1)))
            button(_("Close"), "evaluate_close", forget, "close", type="tertiary")
        answer_sentence("evaluate_told", probabilities, pixels, label, asked.title, times())
        if doubted := doubt(asked, chosen.name):
            st.caption(doubted)
        left, right = st.columns([2, 3], gap="small", vertical_alignment="center")
        mark = (code_of(chosen.name, chosen.row), pixels.tobytes(), label)
        with left:
            draw = partial(figures.digit_with_numbers.plain, digits.images[chosen.row])
            plot("evaluate_digit", mark, draw, height=HEIGHT)
        with right:
            plot("evaluate_bars", (asked.id, *mark), lambda: bars(probabilities, pixels, label), height=HEIGHT)
        with st.container(horizontal=True, gap="small"):
            button(_("Why?"), "evaluate_why", partial(_ask_why, chosen), "quiz", type="primary")
            button(_("Copy to the drawing pad"), "evaluate_pad", partial(put_on_pad, pixels), "draw")
            if back and chosen.cell is not None:
                words = _("Back to all {count}").format(count=numeral(chosen.cell.count))
                button(words, "evaluate_back", partial(_open_cell, chosen.cell), "arrow_back")


def bars(probabilities: np.ndarray, pixels: np.ndarray, label: int) -> Plain:
    """Draw the probabilities of a digit and its label in a figure that follows the slider."""
    figure = figures.probability_bars.plain(probabilities, int(probabilities.argmax()))
    return following.probabilities(figure, pixels, label)


def _ask_why(chosen: Chosen) -> None:
    asking.choose(chosen.name, chosen.row)
    leave_for("pages/why.py")
