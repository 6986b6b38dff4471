"""Weights that a visitor has brought in: trainings of this session start from them, where their layers are the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.session.run_words import clean
from digitviz.language import gettext as _
from digitviz.networks.parameters import INPUTS, Parameters
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.run import TrainingRun


@dataclass(frozen=True, eq=False)
class GivenWeights:
    """Weights from a file.

    Parameters
    ----------
    file : str
        What it is called; untrusted. Empty if that was not kept with the run that began with them.
    parameters : Parameters
    """

    file: str
    parameters: Parameters

    @property
    def called(self) -> str:
        """What the file is called, for Markdown."""
        return as_code(self.file) if self.file else _("a file")

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Neurons of every layer, input and output too."""
        return (INPUTS, *(weight.shape[1] for weight in self.parameters.weights))

    def fitted(self, hyperparameters: Hyperparameters) -> Parameters | None:
        """Return them in the precision of these settings; None if the settings have other layers or biases."""
        has_biases = self.parameters.biases is not None
        if (self.layer_sizes, has_biases) != (hyperparameters.layer_sizes, hyperparameters.bias):
            return None
        with np.errstate(over="ignore"):
            arrays = [array.astype(hyperparameters.dtype) for array in self.parameters.arrays]
        finite = all(np.isfinite(array).all() for array in arrays)  # not if the precision is too small for them
        return self.parameters.from_arrays(arrays) if finite else None


def given() -> GivenWeights | None:
    """Return the weights that this session was given, if any."""
    held: GivenWeights | None = st.session_state.get("given_weights")
    return held


def give(weights: GivenWeights | None) -> None:
    """Start the next trainings of this session from these weights; None draws them from the seed again."""
    st.session_state["given_weights"] = weights


def name_of(run: TrainingRun) -> str | None:
    """Return what the weights are called with which a run begins, in one short line; None if it draws its own."""
    held = given()
    return None if held is None or run.recipe.start is None else clean(held.file) or None


def is_trained(run: TrainingRun) -> bool:
    """Whether a run has learnt something: it has taken steps, or began with weights that were given."""
    return run.step > 0 or run.recipe.start is not None
