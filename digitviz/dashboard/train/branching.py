"""Changing settings during a run: from the next batch on, or from an earlier point."""

import dataclasses
from typing import Any

import streamlit as st

from digitviz.dashboard.components.training_slider import released
from digitviz.dashboard.runtime.turns import HEADLINE, fragment
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.frame_choices import is_plain
from digitviz.dashboard.session.moment import words_at
from digitviz.dashboard.train import controls
from digitviz.language import gettext as _
from digitviz.language import listed
from digitviz.training.hyperparameters import differences, setting_in_words
from digitviz.training.recipe import CHANGEABLE
from digitviz.training.run import TrainingRun

MAY_CHANGE = {*CHANGEABLE, "batches"}
"""Settings that may change during a run. Any other change makes a new run."""


def point(run: TrainingRun) -> int | None:
    """Return the batch at which the visitor released the slider at the top. None for the run's current step."""
    serial, step, batch = st.session_state.get("branch_moment", (None, None, None))
    return batch if (serial, step) == (run.serial, run.step) else None


def take_point() -> None:
    """Record the point at which the visitor released the slider at the top."""
    run = current_run.job().run
    batch = released(HEADLINE, run)
    st.session_state["branch_moment"] = (run.serial, run.step, None if batch == "now" else batch)


def changes_from(run: TrainingRun, batch: int, asked: controls.Asked) -> tuple[dict[str, Any], list[str]]:
    """Compare the settings on the controls with those of a run at a batch. Both are empty if they are not allowed.

    Returns
    -------
    changes : dict
        Settings that differ, with their new values. Empty if one differs that cannot change during a run.
    fixed : list of str
        The run's settings that cannot change but differ, as text.
    """
    chosen, learn_from = asked
    if chosen is None:
        return {}, []
    now, at_batch, wanted = run.hyperparameters.values, run.recipe.settings_at(batch), chosen.values
    differing = [name for name in now if name not in MAY_CHANGE and wanted[name] != now[name]]
    fixed = [setting_in_words(name, now[name]) for name in differing]
    fixed += [_("training data")] if learn_from != current_run.learnt_from() else []
    changes = {name: wanted[name] for name in CHANGEABLE if wanted[name] != getattr(at_batch, name) and not fixed}
    return changes | ({"batches": wanted["batches"]} if changes else {}), fixed


def apply_button(run: TrainingRun, is_over: bool, asked: controls.Asked) -> None:
    """Show the button that applies changes from the next batch on, if there is one. Call this in a fragment."""
    changes = changes_from(run, run.batch, asked)[0] if run.step and not is_over else {}
    is_late = bool(changes) and current_run.next_batch_of(run) >= changes["batches"]
    look: dict[str, Any] = {"icon": ":material/alt_route:", "width": "stretch"}
    if st.button(_("Apply from the next batch"), key="apply_next", disabled=not changes or is_late, **look):
        current_run.branch(None, changes)
        st.rerun()


def branch_view() -> None:
    """Show the controls that branch from the slider's point."""
    st.header(_("What if?"))
    fragment(_branch, key=controls.PARTS[1])()


def _branch() -> None:
    run = current_run.job().run
    words = _(
        "Go back to any point with the slider at the top, change the learning rate in the settings (» opens them if "
        "they are hidden), and branch. Training continues from there, and the original curves stay visible."
    )
    if not is_plain():
        words = _(
            "Go back to any point with the slider at the top, change the learning rate, optimizer, weight decay, loss "
            "or gradient in the settings (» opens them if they are hidden), and branch. Training continues from there, "
            "and the original curves stay visible."
        )
    st.caption(words)
    if current_run.progress().is_running:
        if current_run.job().branched_from is not None:
            st.caption(_("Your branch is training: watch its curves above."))
        st.caption(_("You can go back once training is paused or finished."))
        return
    if not run.batch:
        st.caption(_("You can go back once the first batch is finished."))
        return
    chosen = point(run)
    batch = run.history.checkpoint_batches()[-1] if chosen is None else chosen
    asked = controls.asked()
    changes, fixed = changes_from(run, batch, asked)
    at_the_end = bool(changes) and batch >= changes["batches"]
    if st.button(_("Branch from here"), key="branch", disabled=not changes or at_the_end, icon=":material/alt_route:"):
        current_run.branch(batch, changes)
        st.rerun()
    if at_the_end:
        st.caption(_("The run ends here. Drag the slider at the top to an earlier point first."))
    elif changes:
        settings = run.recipe.settings_at(batch)
        told = differences(settings, dataclasses.replace(settings, **changes))
        sentence = _("Branch {moment}: {settings}.")
        st.caption(sentence.format(moment=words_at(batch), settings=listed(told)))
    elif fixed:
        sentence = _("To branch, first set this back, because it cannot change during a run: {settings}.")
        st.caption(sentence.format(settings=listed(fixed)))
    else:
        st.caption(_("To branch, first change one of these settings."))
