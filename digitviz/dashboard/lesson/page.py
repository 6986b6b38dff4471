"""What the pages of the lesson share: whose weights they show, the box for a guess, a number field, remarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from digitviz.dashboard.session import current_run
from digitviz.language import gettext as _
from digitviz.training.snapshot import RunState, Snapshot


def predict_first(
    key: str,
    question: str,
    choices: Mapping[str, object] | Sequence[str] | tuple[float, float, float],
    reveal: Callable[[Any], str],
    format_func: Callable[[str], object] = str,
) -> bool:
    """Show a box where the reader commits to a guess before the answer appears, and may be asked again afterwards.

    Parameters
    ----------
    key : str
    question : str
    choices : mapping of str to text, sequence of str, or (low, high, step) of float
        Codes to choose one of, each with its words, or the range of a slider.
    reveal : callable
        Takes the guess, a code or a number, and returns the text that is then shown.
    format_func : callable, optional
        Gives the words for a code when `choices` is a sequence of them.

    Returns
    -------
    bool
        Whether the reader has committed.
    """
    committed = f"{key}_committed"
    done = committed in st.session_state
    words: Callable[[Any], object] = choices.__getitem__ if isinstance(choices, Mapping) else format_func
    with st.container(border=True, key=f"{key}_box"):
        asked = _("**Predict first.** {question}").format(question=question)
        if done:
            guess = st.session_state[committed]
            said = words(guess) if isinstance(guess, str) else f"{guess:,g}"
            with st.container(horizontal=True, vertical_alignment="bottom", gap="xxsmall"):
                answer = _("You said {guess}. {answer}").format(guess=said, answer=reveal(guess))
                st.markdown(f"{asked}\n\n{answer}", width="stretch")
                st.button(
                    _("Ask again"), key=f"{key}_again", icon=":material/replay:", type="tertiary",
                    on_click=lambda: st.session_state.pop(committed, None),
                )  # fmt: skip
        else:
            st.markdown(asked)
            _ask(key, question, choices, words)
    return done


def _ask(key: str, question: str, choices: Any, words: Callable[[Any], object]) -> None:
    """Show the options, or the slider and its button; what is chosen is committed to."""

    def commit() -> None:
        if (chosen := st.session_state.get(key)) is not None:  # gone when the click comes after the page was left
            st.session_state[f"{key}_committed"] = chosen

    if isinstance(choices, Mapping) or isinstance(choices[0], str):
        st.pills(
            question, list(choices), key=key, label_visibility="collapsed", on_change=commit,
            format_func=lambda code: str(words(code)),
        )  # fmt: skip
        return
    low, high, step = (float(end) for end in choices)
    with st.container(horizontal=True, vertical_alignment="center", gap="large"):
        st.slider(
            question, low, high, step=step, format="%g", key=key, label_visibility="collapsed", persist_state="session"
        )
        st.button(_("This is my guess"), key=f"{key}_commit", on_click=commit)


def notebook_remark(text: str) -> None:
    """Fold away a remark on where the notebook is imprecise.

    Parameters
    ----------
    text : str
        Markdown.
    """
    with st.popover(_("The notebook"), icon=":material/menu_book:", help=_("Where the notebook is imprecise")):
        st.markdown(text)


def whole_number(label: str, low: int, high: int, key: str, **layout: Any) -> int:
    """Show a field for a whole number, which stays in its range when that changes or the field is emptied."""
    held = st.session_state.get(key)
    st.session_state[key] = low if held is None else min(max(held, low), high)
    return int(st.number_input(label, low, high, key=key, persist_state="session", **layout))


def remarks(pre_activations: list[np.ndarray], weights: list[np.ndarray], key: str = "remarks") -> None:
    """Explain pre-activations that are too large for a computer, and weights that are all zero."""
    with st.container(key=key):  # always there, so that the pictures below are not rebuilt
        if not all(np.isfinite(array).all() for array in pre_activations):
            st.warning(
                _(
                    "The weights are so large that some pre-activations are beyond the largest number a computer can "
                    "hold: they are infinite or not a number (nan), and so are the probabilities. Train with a smaller "
                    "learning rate."
                )
            )
        elif not any(weight.any() for weight in weights):
            st.info(_("Every weight is zero: all pre-activations are zero, and each digit gets the same probability."))


def snapshot() -> Snapshot:
    """Return the network of this session's run as it is now, and say whose weights these are."""
    run = current_run.job().run
    now = run.snapshot
    if now.step == 0 and run.recipe.start is not None:
        words = _("The weights that you brought in, with a test accuracy of {accuracy:.1%}.").format(
            accuracy=now.test_accuracy
        )
    elif now.step == 0:
        words = _("Random initial weights: nothing is trained yet. Train, then come back and look again.")
    elif now.state == RunState.DIVERGED:
        words = _("Your run diverged; these are its last finite weights, after {steps:,} steps.").format(steps=now.step)
    else:
        words = _("The weights of your run after {steps:,} steps, with a test accuracy of {accuracy:.1%}.").format(
            steps=now.step, accuracy=now.test_accuracy
        )
    st.caption(f":material/info: {words}")
    return now
