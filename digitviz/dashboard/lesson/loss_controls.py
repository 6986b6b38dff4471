"""The controls of the loss page: a guess changed by ten sliders, and the numbers of the linear neuron."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from digitviz.dashboard.components.plot import clicked
from digitviz.language import gettext as _
from digitviz.lesson.blame import INPUTS, TARGET, WEIGHTS
from digitviz.lesson.guess import move_probability
from digitviz.lesson.softmax import softmax_or_nan

FEWEST, MOST = 0.001, 0.999
"""Ends of a slider: softmax gives neither 0 nor 1."""
SLIDER_WIDTH, FIELD_WIDTH = 144, 132
"""Pixels: two sliders or fields fit in a row on a phone."""

STARTS = {
    "loss_target": TARGET,
    **{f"loss_w{number}": weight for number, weight in enumerate(WEIGHTS, start=1)},
    **{f"loss_x{number}": value for number, value in enumerate(INPUTS, start=1)},
}


def guess(logits: np.ndarray) -> np.ndarray:
    """Return the logits of the guess as it stands now: those of the network, shape (10,), until a reader changes it."""
    return np.array(st.session_state.get("loss_changed", logits))


def sliders(changed: np.ndarray) -> None:
    """Show ten sliders for the probabilities of a guess.

    Parameters
    ----------
    changed : ndarray, shape (10,)
        The logits of the guess.
    """
    probabilities = softmax_or_nan(changed[np.newaxis])[0]

    def move(digit: int) -> None:
        st.session_state["loss_changed"] = move_probability(changed, digit, st.session_state[f"loss_p{digit}"]).tolist()

    with st.container(gap=None):
        for pair in zip(range(5), range(5, 10), strict=True):
            with st.container(horizontal=True):
                for digit in pair:
                    key = f"loss_p{digit}"
                    st.session_state[key] = float(np.clip(np.nan_to_num(probabilities[digit]), FEWEST, MOST))
                    st.slider(
                        _("Probability of {digit}").format(digit=digit), FEWEST, MOST, step=0.001, format="%.3f",
                        key=key, on_change=move, args=(digit,), width=SLIDER_WIDTH,
                    )  # fmt: skip
        st.button(
            _("Back to the network's guess"), key="loss_unbend", disabled="loss_changed" not in st.session_state,
            on_click=reset_guess,
        )  # fmt: skip


def take_click(logits: np.ndarray) -> None:
    """Give a digit the probability at whose height the picture of the guess was clicked."""
    click = clicked("loss_guess")
    if click is not None and 0 <= (digit := round(click["x"])) < len(logits):
        height = float(np.clip(click["y"], FEWEST, MOST))
        st.session_state["loss_changed"] = move_probability(logits, digit, height).tolist()


def reset_guess() -> None:
    """Set the sliders back to the network's guess."""
    st.session_state.pop("loss_changed", None)


def linear_neuron() -> tuple[np.ndarray, np.ndarray, float]:
    """Return inputs, weights and target of the linear neuron, whether or not its fields are shown in this step."""
    values = {key: start if (now := st.session_state.get(key)) is None else now for key, start in STARTS.items()}
    inputs, weights = (
        np.array([values[f"loss_{letter}{number}"] for number in range(1, len(WEIGHTS) + 1)]) for letter in "xw"
    )
    return inputs, weights, values["loss_target"]


def fields(beside_target: Callable[[], None]) -> None:
    """Show fields for the target, four inputs and four weights; an emptied one counts as it opened.

    Parameters
    ----------
    beside_target : callable
        Shows what stands beside the first field.
    """
    for key, start in STARTS.items():
        st.session_state.setdefault(key, start)

    def field(label: str, key: str) -> None:
        st.number_input(label, step=0.1, format="%.6g", key=key, persist_state="session", width=FIELD_WIDTH)

    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            field(_("Target t"), "loss_target")
            beside_target()
        for number in range(1, len(WEIGHTS) + 1):
            with st.container(horizontal=True):
                field(_("Input x{number}").format(number=number), f"loss_x{number}")
                field(_("Weight w{number}").format(number=number), f"loss_w{number}")
