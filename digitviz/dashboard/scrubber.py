"""A slider through a training: from the first weights to where it stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters
from digitviz.training.run import TrainingRun

BEFORE = "before training"
MOST_STOPS = 200


@dataclass(frozen=True, eq=False)
class Moment:
    """A training at the end of a batch, or before the first.

    Parameters
    ----------
    batch : int
        Batches finished: 0 is before training.
    parameters : Parameters
    network : Network
    accuracy : float or None
        Share of the test digits read right, 0 to 1; None before training.
    """

    batch: int
    parameters: Parameters
    network: Network
    accuracy: float | None

    @property
    def words(self) -> str:
        """When it is."""
        return BEFORE if self.batch == 0 else f"after batch {self.batch:,}"


def stops(run: TrainingRun) -> list[int]:
    """List the moments of a run that can be looked at: 0, and every finished batch whose weights are kept."""
    kept = run.history.kept_batches
    kept = kept[kept < run.snapshot.batch] + 1
    if len(kept) > MOST_STOPS:
        kept = kept[np.unique(np.linspace(0, len(kept) - 1, MOST_STOPS).round().astype(int))]
    return [0, *kept.tolist()]


def moment(run: TrainingRun, batch: int) -> Moment:
    """Return the training after so many batches; 0 is before the first."""
    network = run.network
    parameters = run.initial_parameters if batch == 0 else run.history.parameters_after(batch - 1)
    accuracy = None if batch == 0 else float(run.history.test_accuracy[batch - 1])
    return Moment(batch, parameters, Network(parameters, network.activation, network.input_scale), accuracy)


def scrubber(run: TrainingRun, key: str) -> Moment:
    """Show the slider, at the latest moment at first, and return the chosen moment.

    Parameters
    ----------
    run : TrainingRun
    key : str
        Of the slider.
    """
    choices = stops(run)
    if len(choices) == 1:
        st.caption("The network has not learned yet: these are its random first weights. Train it, then come back.")
        return moment(run, 0)
    if st.session_state.get(key) not in choices:
        st.session_state[key] = choices[-1]
    chosen = st.select_slider(
        "Training", choices, key=key, persist_state="session",
        format_func=lambda batch: BEFORE if batch == 0 else f"batch {batch:,}",
    )  # fmt: skip
    return moment(run, chosen)
