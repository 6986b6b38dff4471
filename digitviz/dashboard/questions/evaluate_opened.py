"""The digits behind a cell or a mark, shown over the page: each can be asked why, or changed on the pad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.dialog import dialog
from digitviz.dashboard.components.pad import put
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.questions.evaluate_values import Answers
from digitviz.dashboard.runtime.outside import Wrong
from digitviz.dashboard.session import asked_address, asked_digit, visit
from digitviz.dashboard.session.asked_address import DIGIT
from digitviz.dashboard.session.asked_digit import MOST_FIGURES, code_of
from digitviz.datasets import DigitDataset
from digitviz.drawing.picture import canvas_from_digit
from digitviz.language import gettext as _
from digitviz.language import ngettext

MOST_SHOWN = 40
COLUMNS = 8
FEW = 4
"""Digits whose captions fit beside each other into a small window, as into a phone."""
ROW_HEIGHT = 105
_OPENED = "evaluate_opened"


@dataclass(frozen=True)
class Opened:
    """What is shown over the page.

    Parameters
    ----------
    of : str
        Id of the answers by which the rows were found; empty where they do not depend on any.
    name : str
        Of the set of digits.
    rows : tuple of int
        Of the set, in the order in which they are shown.
    cell : tuple of int, optional
        True digit and answer, if a cell was clicked.
    chosen : int, optional
        One of the rows.
    """

    of: str
    name: str
    rows: tuple[int, ...]
    cell: tuple[int, int] | None = None
    chosen: int | None = None


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
        _open(Opened(given.id, name, tuple(rows[first].tolist()), (label, answer)))


def take_digit(key: str, name: str, rows: np.ndarray) -> None:
    """Open the digit that was clicked in a picture whose `customdata` is its place in `rows`, a browser says."""
    place = (clicked(key) or {}).get("customdata")
    if isinstance(place, (int, float)) and place in range(len(rows)):
        row = int(rows[int(place)])
        _open(Opened("", name, (row,), chosen=row))


def take_address(sets: Mapping[str, DigitDataset]) -> str | None:
    """Open the digit that the address names when the page is opened; return the name of its set."""
    if visit.just_opened():
        _close()
    asked = asked_address.named(DIGIT)
    if asked is None:
        asked_address.check(DIGIT, None)
        return None
    name, _dash, number = asked.partition("-")
    index = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < MOST_FIGURES else -1
    if name not in sets or not 0 <= index < len(sets[name]):
        allowed = ", ".join(f"{name}-1 … {name}-{len(digits)}" for name, digits in sets.items())
        asked_address.check(DIGIT, Wrong(_("Which digit?"), allowed, {DIGIT: asked}))
        return None
    asked_address.check(DIGIT, None)
    _open(Opened("", name, (index,), chosen=index))
    return name


def show(given: Mapping[str, Answers]) -> None:
    """Show what is opened, until it is closed; the page may be run meanwhile.

    Parameters
    ----------
    given : mapping of str to Answers
        To the sets that the page shows, by their names.
    """
    opened: Opened | None = st.session_state.get(_OPENED)
    shown = None if opened is None else given.get(opened.name)
    if opened is None or shown is None or opened.of not in {"", shown.id} or max(opened.rows) >= len(shown.digits):
        asked_address.write(DIGIT, None)
        return
    width: Literal["small", "large"] = "small" if len(opened.rows) <= FEW else "large"
    dialog(_title(opened), _view, _close, width)(shown)


def _open(opened: Opened) -> None:
    st.session_state[_OPENED] = replace(opened, chosen=opened.rows[0]) if len(opened.rows) == 1 else opened


def _close() -> None:
    st.session_state.pop(_OPENED, None)


def _title(opened: Opened) -> str:
    if opened.cell is None:
        return _("What does the network say?")
    label, answer = opened.cell
    if label == answer:
        return _("Each {label} that is read correctly").format(label=label)
    return _("Each {label} that is read as {answer}").format(label=label, answer=answer)


def _view(given: Answers) -> None:
    opened: Opened | None = st.session_state.get(_OPENED)
    if opened is None:
        return
    asked_address.write(DIGIT, None if opened.chosen is None else code_of(opened.name, opened.chosen))
    if opened.chosen is None:
        _all(opened, given)
    else:
        _one(opened, opened.chosen, given)


def _all(opened: Opened, given: Answers) -> None:
    rows = np.array(opened.rows)
    assert opened.cell is not None
    label, answer = opened.cell
    count = int(((given.digits.labels == label) & (given.predictions == answer)).sum())
    if label == answer:
        words = ngettext(
            "{count} digit, the least sure answers first. Click one.",
            "{count} digits, the least sure answers first. Click one.",
            count,
        )
    else:
        words = ngettext(
            "{count} digit, the surest answers first. Click one.",
            "{count} digits, the surest answers first. Click one.",
            count,
        )
    st.markdown(words.format(count=f"{count:,}"))
    if count > len(rows):
        st.caption(_("The first {shown} are shown.").format(shown=len(rows)))
    columns = len(rows) if len(rows) <= FEW else COLUMNS
    plot(
        "evaluate_cell", (given.id, opened.name, opened.rows),
        lambda: figures.guesses.plain(
            given.digits.images[rows], given.digits.labels[rows], given.probabilities[rows], columns
        ),
        height=ROW_HEIGHT * -(-len(rows) // columns),
        on_click=partial(_choose, opened),
    )  # fmt: skip


def _choose(opened: Opened) -> None:
    place = (clicked("evaluate_cell") or {}).get("customdata")
    if isinstance(place, (int, float)) and place in range(len(opened.rows)):
        st.session_state[_OPENED] = replace(opened, chosen=opened.rows[int(place)])


def _one(opened: Opened, row: int, given: Answers) -> None:
    image, label = given.digits.images[row], int(given.digits.labels[row])
    probabilities, answer = given.probabilities[row], int(given.predictions[row])
    sentence = (
        _("Number {number}, a {label}, is read correctly, with a probability of {probability}.")
        if answer == label
        else _("Number {number}, a {label}, is read as {answer}, with a probability of {probability}.")
    )
    sure = f"{probabilities[answer]:.1%}"
    st.markdown(sentence.format(number=f"{row + 1:,}", label=label, answer=answer, probability=sure))
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left:
        plot("evaluate_digit", (given.id, row), lambda: figures.digit_with_numbers.plain(image), height=230)
    with right:
        plot(
            "evaluate_bars", (given.id, row), lambda: figures.probability_bars.plain(probabilities, answer), height=260
        )
    with st.container(horizontal=True):
        if st.button(_("Why?"), key="evaluate_why", type="primary", icon=":material/quiz:"):
            asked_digit.choose(opened.name, row)
            _close()
            st.switch_page("pages/why.py")
        if st.button(_("Put it on the pad"), key="evaluate_pad", icon=":material/draw:"):
            put("pad", canvas_from_digit(image))
            _close()
            st.switch_page("pages/draw.py")
        if len(opened.rows) > 1:
            st.button(
                _("Back to all {count}").format(count=len(opened.rows)), key="evaluate_back",
                icon=":material/arrow_back:", on_click=_back,
            )  # fmt: skip


def _back() -> None:
    opened: Opened | None = st.session_state.get(_OPENED)
    if opened is not None:
        st.session_state[_OPENED] = replace(opened, chosen=None)
