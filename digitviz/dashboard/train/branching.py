"""Change a setting on the way: from the next batch on, or from a moment that is gone back to."""

from __future__ import annotations

import dataclasses
from typing import Any

import streamlit as st

from digitviz.dashboard.components.scrubber import scrubber
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run
from digitviz.dashboard.train import controls
from digitviz.language import gettext as _
from digitviz.training.in_words import differences
from digitviz.training.recipe import CHANGEABLE
from digitviz.training.run import TrainingRun


def changes_from(run: TrainingRun, batch: int) -> dict[str, Any]:
    """Return what the controls ask for that differs from the settings of a run at a batch.

    Empty if nothing does, if the settings are not allowed, or if something differs that cannot change on the way.
    """
    chosen, learn_from = controls.asked()
    if chosen is None or learn_from != current_run.learnt_from():
        return {}
    now, wanted = run.recipe.settings_at(batch), chosen.to_dict()
    fixed = run.hyperparameters.to_dict()
    if any(wanted[name] != fixed[name] for name in wanted if name not in {*CHANGEABLE, "batches"}):
        return {}
    changes = {name: wanted[name] for name in CHANGEABLE if wanted[name] != getattr(now, name)}
    return changes | ({"batches": wanted["batches"]} if changes else {})


def apply_button() -> None:
    """Show the button that applies what was changed from the next batch on; to be called in a fragment."""
    run = current_run.job().run
    changes = changes_from(run, run.batch) if run.step and not current_run.progress().is_over else {}
    if st.button(
        _("Apply from the next batch"), key="apply_next", disabled=not changes, icon=":material/alt_route:",
        width="stretch",
    ):  # fmt: skip
        current_run.branch(None, changes)
        st.rerun()


def branch_view() -> None:
    """Let the reader go back to a moment of the training and branch from there."""
    st.header(_("What if?"))
    fragment(_branch)()


def _branch() -> None:
    run = current_run.job().run
    st.caption(
        _(
            "Go back to any moment, change the learning rate, the optimizer, the weight decay, the loss or the "
            "gradient in the settings, and branch: the training goes on from there, and the way it took before stays "
            "in view."
        )
    )
    if not run.batch:
        st.caption(_("There is a moment to go back to once the first batch is finished."))
        return
    now = scrubber(run, "branch_moment")
    changes = changes_from(run, now.batch)
    at_the_end = bool(changes) and now.batch >= changes["batches"]
    if st.button(_("Branch from here"), key="branch", disabled=not changes or at_the_end, icon=":material/alt_route:"):
        current_run.branch(now.batch, changes)
        st.rerun()
    if at_the_end:
        st.caption(_("The training ends here: drag to an earlier moment first."))
    elif changes:
        settings = run.recipe.settings_at(now.batch)
        told = differences(settings, dataclasses.replace(settings, **changes))
        sentence = _("Branching {moment}: {settings}.")
        st.caption(sentence.format(moment=now.words, settings=", ".join(told)))
    else:
        st.caption(_("Nothing is changed that can change on the way: move one of these settings first."))
