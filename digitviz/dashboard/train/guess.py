"""One of the twelve guesses of Train, opened: the digit, and the ten probabilities that the network gives it."""

from __future__ import annotations

import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.dialog import dialog
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.session import current_run, visit
from digitviz.language import gettext as _

DIGITS = 12
"""Test digits whose guesses are shown."""
OPENED = "opened_guess"
"""In the session's state: which of them is open, from 0."""


def take_click() -> None:
    """Open the digit that was clicked; what a browser sends is untrusted."""
    number = (clicked("guesses") or {}).get("customdata")
    if isinstance(number, (int, float)) and number in range(DIGITS):
        st.session_state[OPENED] = int(number)


def show() -> None:
    """Show the opened digit over the page, until it is closed; the page may be run meanwhile."""
    if visit.just_opened():
        _close()
    if OPENED in st.session_state:
        dialog(_("How sure is the network?"), _opened, _close)()


def _close() -> None:
    st.session_state.pop(OPENED, None)


def _opened() -> None:
    snapshot = current_run.job().run.snapshot
    number: int = st.session_state[OPENED]
    image, label = snapshot.test.images[number], int(snapshot.test.labels[number])
    probabilities = snapshot.network.predict_proba(snapshot.test.pixels[number : number + 1])[0]
    answer = int(probabilities.argmax())
    sentence = (
        _("After {steps} steps, the network reads this {label} correctly, with a probability of {probability}.")
        if answer == label
        else _("After {steps} steps, the network reads this {label} as {answer}, with a probability of {probability}.")
    )
    st.markdown(
        sentence.format(
            steps=f"{snapshot.step:,}", label=label, answer=answer, probability=f"{probabilities[answer]:.1%}"
        )
    )
    asked = {"digit": f"test-{number + 1}"}
    st.page_link("pages/why.py", label=_("Why?"), icon=":material/receipt_long:", query_params=asked)
    left, right = st.columns([2, 3], vertical_alignment="center")
    shown = (snapshot.moment, number)
    with left:
        plot("guess_digit", shown, lambda: figures.digit_with_numbers.plain(image), height=230)
    with right:
        plot("guess_bars", shown, lambda: figures.probability_bars.plain(probabilities, answer), height=260)
