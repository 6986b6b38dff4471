"""Messages about a run, next to the curves: errors, and suggestions for the next step."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.components.live import saving_notice
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import MAX_ERROR_LENGTH, as_code
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run, run_notices, training_data
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.dashboard.train import controls, live
from digitviz.dashboard.train.buttons import begin
from digitviz.language import gettext as _
from digitviz.numbers import numeral
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.pool import ProgressState
from digitviz.training.presets import PRESETS, nearest_that_learns


def messages(closed: bool) -> None:
    """Show what the run waits for and its errors, and suggest settings that learn or the next step.

    Parameters
    ----------
    closed : bool
        True if the buttons are disabled.
    """
    current, progress = current_run.job(), current_run.progress()
    chosen, learn_from = controls.asked()
    if closed and chosen is not None:
        fragment(_wait_for_training_data, run_every=0.3)(chosen, learn_from)
    _of_the_session()
    if progress.error is not None:
        _of_an_error(progress.step, progress.error)
    elif current.run.snapshot.fault is not None and not progress.is_running:  # a stuck run may move again
        _of_a_fault(str(current.run.snapshot.fault))
    elif progress.state == ProgressState.FINISHED:
        _what_next()
    if current.run.note and current.run.step > 0:
        st.caption(str(current.run.note))
    if current_run.is_mine():
        run_notices.of_a_browser_without_cookies()  # from the start, because on a phone it would move the page later
    saving_notice(live.unsaved(current_run.token()))


def _wait_for_training_data(chosen: Hyperparameters, learn_from: TrainingData) -> None:
    if training_data.dataset(learn_from, chosen.train_fraction) is not None:
        st.rerun()
    st.info(training_data.how_it_stands(), icon=":material/hourglass:")


def _of_the_session() -> None:
    """Show a message about this session's run once."""
    if st.session_state.pop("no_room", False):
        sentence = _(
            "The server has no room for such a long run right now. Choose fewer batches or fewer steps. Your last run "
            "is kept."
        )
        st.error(sentence)
    if st.session_state.pop("forgotten", False):
        st.info(_("While you were away, your run had to make room for others. Press **Train** to run it again."))


def _of_an_error(step: int, error: str) -> None:
    sentence = _("Training stopped at step {step}: {error}. Its results are kept. Press **Train** to start over.")
    words = sentence.format(step=numeral(step), error=as_code(error, limit=MAX_ERROR_LENGTH))
    st.error(words, icon=":material/error:")


def _of_a_fault(fault: str) -> None:
    run = current_run.job().run
    way_out = nearest_that_learns(run.hyperparameters)

    def take() -> None:
        controls.take_preset(way_out)
        begin(current_run.new_run)

    label = _("Try “{preset}” instead").format(preset=PRESETS[way_out].title)
    with st.container(horizontal=True, key="fault"):
        st.warning(fault, icon=":material/warning:")
        st.button(label, key="way_out", on_click=on_click(take), type="primary")


def _what_next() -> None:
    """Suggest the next step after a finished run."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="what_next"):
        st.markdown(_("**Training is done. What next?**"), width="content")
        with st.container(key="see_wrong", width="content"):
            st.page_link("pages/evaluate.py", label=_("See its mistakes"), icon=":material/grid_on:")
        st.page_link("pages/film.py", label=_("Watch its training"), icon=":material/movie:")
