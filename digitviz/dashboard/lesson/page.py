"""What the pages of the lesson share: whose weights they show, a number field, remarks."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from digitviz.dashboard.session import current_run
from digitviz.language import gettext as _
from digitviz.training.run import RunState, Snapshot


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
