"""The way on for a visitor who has not trained anything: one click trains the notebook's network."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.language import gettext as _
from digitviz.training.hyperparameters import Hyperparameters

_WAITS = "asked_training"
_POLL_SECONDS = 0.25


def invitation(ask_reader: Callable[[], None]) -> None:
    """Offer to train the notebook's network, and show how far it is.

    Parameters
    ----------
    ask_reader : callable
        What the button does that asks the shipped reader instead.
    """
    waits = is_waiting()
    with st.container(border=True, key="nothing_trained"):
        st.markdown(
            _(
                "Your network has not learnt anything yet. One button trains the notebook's network: 64 pixels, 50 "
                "hidden neurons, 10 outputs."
            )
        )
        with st.container(horizontal=True):
            st.button(
                _("Train the notebook's network"), key="train_notebook", type="primary", icon=":material/play_arrow:",
                disabled=waits, on_click=on_click(_train),
            )  # fmt: skip
            st.button(_("Ask the ready-made network"), key="ask_reader", on_click=on_click(ask_reader), disabled=waits)
        fragment(_wait, run_every=_POLL_SECONDS if waits else None)(waits)


def _train() -> None:
    current_run.train(Hyperparameters(), None, TrainingData())
    st.session_state[_WAITS] = True


def is_waiting() -> bool:
    """Whether the training that was asked for here still runs."""
    state = st.session_state
    if state.get(_WAITS) and not current_run.progress().is_running:
        state[_WAITS] = False
    return bool(state.get(_WAITS))


def _wait(waits: bool) -> None:
    """Show how far the training is, and the page once it is done."""
    if not waits:
        return
    progress = current_run.progress()
    if not progress.is_running:
        st.rerun()
    words = _("{step} of {total} steps").format(step=f"{progress.step:,}", total=f"{progress.total_steps:,}")
    st.progress(progress.step / progress.total_steps, words)
