"""The same network, trained from another seed beside the visitor's: to compare the two."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import streamlit as st

from digitviz.dashboard.session.extra_training import ExtraState, ExtraTraining
from digitviz.dashboard.session.server_wide import trajectories
from digitviz.dashboard.session.subject import Subject
from digitviz.language import gettext as _
from digitviz.training.run import TrainingRun

OTHER = "other"


def another_seed(asked: Subject, label: str) -> tuple[str, TrainingRun] | None:
    """Offer to train the same network from another seed, as far as the visitor's run has come.

    Parameters
    ----------
    asked : Subject
        Of a run.
    label : str
        Of the button.

    Returns
    -------
    (str, TrainingRun) or None
        The other run, with what tells it from all others, once it is trained.
    """
    run = asked.run
    if run is None:
        return None
    batches = max(1, run.snapshot.batch)
    extra = ExtraTraining("another_seed", f"{run.serial} {batches}")

    def make() -> Mapping[str, TrainingRun]:
        settings = dataclasses.replace(run.hyperparameters.with_next_seed(), batches=batches)
        return {OTHER: TrainingRun(run.dataset, settings, trajectories().find)}

    extra.controls(label, make)
    if run.recipe.changes or run.recipe.start is not None:
        st.caption(
            _("The other one begins with random weights, and has the settings that this run ends with throughout.")
        )
    job = extra.job
    if job is None or extra.state != ExtraState.FINISHED:
        return None
    return job.run.serial, job.run.runs[OTHER]
