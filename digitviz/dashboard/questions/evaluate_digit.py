"""The digit that is chosen, beside the confusion matrix: what it is read as follows the slider through the training."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.pad import put
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.told import told
from digitviz.dashboard.questions import evaluate_chosen
from digitviz.dashboard.questions.evaluate_chosen import Chosen
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.session import asked_digit
from digitviz.dashboard.session.asked_digit import SETS, code_of
from digitviz.dashboard.session.subject import Subject
from digitviz.datasets import DigitDataset
from digitviz.drawing.picture import canvas_from_digit
from digitviz.figures import following
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _

HEIGHT = 230
_GO = "evaluate_go"


def go_on() -> None:
    """Go to the page to which the digit was sent by a click; to be called before anything is shown."""
    to = st.session_state.pop(_GO, None)
    if to is not None:
        st.switch_page(to)


def show(asked: Subject, digits: DigitDataset, chosen: Chosen, back: bool) -> None:
    """Show a digit, its label, its ten probabilities, and where to go with it.

    Parameters
    ----------
    asked : Subject
    digits : DigitDataset
        The set of which it is.
    chosen : Chosen
    back : bool
        Whether the others of its cell are still those of the cell.
    """
    pixels, label = digits.pixels[chosen.row], int(digits.labels[chosen.row])
    with np.errstate(all="ignore"):  # what has overflowed is said to have no answer
        probabilities = asked.network.predict_proba(pixels[None])[0]
    with st.container(key="evaluate_chosen_digit"):
        with st.container(horizontal=True, vertical_alignment="top", gap="small"):
            st.header(_("{set}: number {number}").format(set=SETS[chosen.name], number=f"{chosen.row + 1:,}"))
            st.button(
                _("Close"), key="evaluate_close", icon=":material/close:", type="tertiary",
                on_click=on_click(evaluate_chosen.forget),
            )  # fmt: skip
        told("evaluate_told", probabilities, pixels, label, asked.title, evaluate_chosen.times())
        left, right = st.columns([2, 3], gap="small", vertical_alignment="center")
        mark = (code_of(chosen.name, chosen.row), pixels.tobytes(), label)
        with left:
            plot(
                "evaluate_digit", mark, lambda: figures.digit_with_numbers.plain(digits.images[chosen.row]),
                height=HEIGHT,
            )  # fmt: skip
        with right:
            plot("evaluate_bars", (asked.id, *mark), lambda: bars(probabilities, pixels, label), height=HEIGHT)
        _buttons(chosen, digits.images[chosen.row], back)


def bars(probabilities: np.ndarray, pixels: np.ndarray, label: int) -> Plain:
    """Return the picture of a digit's probabilities, with its label named, which follows the slider."""
    figure = figures.probability_bars.plain(probabilities, int(probabilities.argmax()))
    return following.probabilities(figure, pixels, label)


def _buttons(chosen: Chosen, image: np.ndarray, back: bool) -> None:
    with st.container(horizontal=True, gap="small"):
        st.button(
            _("Why?"), key="evaluate_why", type="primary", icon=":material/quiz:",
            on_click=on_click(partial(_ask_why, chosen)),
        )  # fmt: skip
        st.button(
            _("Put it on the pad"), key="evaluate_pad", icon=":material/draw:",
            on_click=on_click(partial(_put_on_the_pad, image)),
        )  # fmt: skip
        if back and chosen.cell is not None:
            st.button(
                _("Back to all {count}").format(count=len(chosen.cell.rows)), key="evaluate_back",
                icon=":material/arrow_back:", on_click=on_click(partial(evaluate_chosen.open_cell, chosen.cell)),
            )  # fmt: skip


def _ask_why(chosen: Chosen) -> None:
    asked_digit.choose(chosen.name, chosen.row)
    st.session_state[_GO] = "pages/why.py"


def _put_on_the_pad(image: np.ndarray) -> None:
    put("pad", canvas_from_digit(image))
    st.session_state[_GO] = "pages/draw.py"
