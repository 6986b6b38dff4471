"""What the pages of the lesson share: whose weights they show, the box for a guess, a number field, remarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from digitviz.dashboard.session import current_run
from digitviz.training.snapshot import RunState, Snapshot


def predict_first(
    key: str, question: str, choices: Sequence[str] | tuple[float, float, float], reveal: Callable[[Any], str]
) -> bool:
    """Show a box where the reader commits to a guess before the answer appears.

    Parameters
    ----------
    key : str
    question : str
    choices : sequence of str, or (low, high, step) of float
        Words to choose one of, or the range of a slider.
    reveal : callable
        Takes the guess, returns the text that is then shown.

    Returns
    -------
    bool
        Whether the reader has committed.
    """
    committed = f"{key}_committed"
    done = committed in st.session_state

    def commit() -> None:
        if (chosen := st.session_state.get(key)) is not None:  # gone when the click comes after the page was left
            st.session_state[committed] = chosen

    with st.container(border=True, key=f"{key}_box"):
        st.markdown(f"**Predict first.** {question}")
        if isinstance(choices[0], str):
            st.pills(
                question, choices, key=key, label_visibility="collapsed", on_change=commit, disabled=done,
                persist_state="session",
            )  # fmt: skip
        else:
            low, high, step = (float(end) for end in choices)
            st.slider(
                question, low, high, step=step, format="%g", key=key, label_visibility="collapsed", disabled=done,
                persist_state="session",
            )  # fmt: skip
            st.button("This is my guess", key=f"{key}_commit", on_click=commit, disabled=done)
        if done:
            guess = st.session_state[committed]
            st.markdown(f"You said {guess if isinstance(guess, str) else f'{guess:,g}'}. {reveal(guess)}")
    return done


def whole_number(label: str, low: int, high: int, key: str, **layout: Any) -> int:
    """Show a field for a whole number, which stays in its range when that changes or the field is emptied."""
    held = st.session_state.get(key)
    st.session_state[key] = low if held is None else min(max(held, low), high)
    return int(st.number_input(label, low, high, key=key, persist_state="session", **layout))


def remarks(pre_activations: list[np.ndarray], weights: list[np.ndarray]) -> None:
    """Explain pre-activations that are too large for a computer, and weights that are all zero."""
    with st.container(key="remarks"):  # always there, so that the pictures below are not rebuilt
        if not all(np.isfinite(array).all() for array in pre_activations):
            st.warning(
                "The weights are so large that some pre-activations are beyond the largest number a computer can "
                "hold: they "
                "are infinite or not a number (nan), and so are the probabilities. Train with a smaller learning rate."
            )
        elif not any(weight.any() for weight in weights):
            st.info("Every weight is zero: all pre-activations are zero, and each digit gets the same probability.")


def snapshot() -> Snapshot:
    """Return the network of this session's run as it is now, and say whose weights these are."""
    now = current_run.job().run.snapshot
    if now.step == 0:
        st.caption(
            ":material/info: Random initial weights: nothing is trained yet. Train, then come back and look again."
        )
    else:
        st.caption(
            f":material/info: The weights of your run after {now.step:,} steps, "
            f"with a test accuracy of {now.test_accuracy:.1%}."
        )
    if now.state == RunState.DIVERGED:
        st.caption("The run diverged; these are its last finite weights.")
    return now
