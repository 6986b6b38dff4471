"""The controls of the loss page: a guess changed by ten sliders, and the numbers of the linear neuron."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitviz.dashboard.components.plot import clicked
from digitviz.lesson.blame import INPUTS, TARGET, WEIGHTS
from digitviz.lesson.guess import move_probability
from digitviz.lesson.softmax import softmax_or_nan

FEWEST, MOST = 0.001, 0.999
"""Ends of a slider: softmax gives neither 0 nor 1."""
SLIDER_WIDTH, FIELD_WIDTH = 144, 132
"""Pixels: five sliders in a row on a projector, two on a phone, and two fields in both."""

STARTS = {
    "loss_target": TARGET,
    **{f"loss_w{number}": weight for number, weight in enumerate(WEIGHTS, start=1)},
    **{f"loss_x{number}": value for number, value in enumerate(INPUTS, start=1)},
}


def guess(logits: np.ndarray) -> np.ndarray:
    """Show ten sliders for the probabilities of a guess, and return the logits of the guess as it stands now.

    Parameters
    ----------
    logits : ndarray, shape (10,)
        Of the network; where the sliders stand until one is moved.
    """
    changed = np.array(st.session_state.get("loss_changed", logits))
    probabilities = softmax_or_nan(changed[np.newaxis])[0]

    def move(digit: int) -> None:
        st.session_state["loss_changed"] = move_probability(changed, digit, st.session_state[f"loss_p{digit}"]).tolist()

    for half in (range(5), range(5, 10)):
        with st.container(horizontal=True):
            for digit in half:
                st.session_state[f"loss_p{digit}"] = float(np.clip(np.nan_to_num(probabilities[digit]), FEWEST, MOST))
                st.slider(
                    f"Probability of {digit}", FEWEST, MOST, step=0.001, format="%.3f", key=f"loss_p{digit}",
                    on_change=move, args=(digit,), width=SLIDER_WIDTH,
                )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Back to the network's guess", key="loss_unbend", disabled="loss_changed" not in st.session_state,
            on_click=reset_guess,
        )  # fmt: skip
        st.caption("Move one, and the others change in proportion: they always add up to 1.", width="content")
    return changed


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
    """Show fields for the target, four inputs and four weights, and return inputs, weights and target."""
    for key, start in STARTS.items():
        st.session_state.setdefault(key, start)

    def field(label: str, key: str) -> float:
        value = st.number_input(label, step=0.1, format="%.6g", key=key, persist_state="session", width=FIELD_WIDTH)
        return STARTS[key] if value is None else value  # an emptied field counts as it opened

    target = field("Target t", "loss_target")
    pairs = []
    for number in range(1, len(WEIGHTS) + 1):
        with st.container(horizontal=True):
            x = field(f"Input x{number}", f"loss_x{number}")
            pairs.append((x, field(f"Weight w{number}", f"loss_w{number}")))
    inputs, weights = np.array(pairs).T
    return inputs, weights, target
