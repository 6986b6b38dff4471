"""Imported weights. The session's next runs start from them if the layers match."""

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
        Untrusted file name. Empty if it was not saved with the run.
    parameters : Parameters
    """

    file: str
    parameters: Parameters

    @property
    def called(self) -> str:
        """File name as Markdown."""
        return as_code(self.file) if self.file else _("a file")

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Number of neurons of every layer, including input and output."""
        return (INPUTS, *(weight.shape[1] for weight in self.parameters.weights))

    def fitted(self, hyperparameters: Hyperparameters) -> Parameters | None:
        """Return the weights in the precision of these settings. None if the layers or biases differ."""
        has_biases = self.parameters.biases is not None
        if (self.layer_sizes, has_biases) != (hyperparameters.layer_sizes, hyperparameters.bias):
            return None
        with np.errstate(over="ignore"):
            arrays = [array.astype(hyperparameters.dtype) for array in self.parameters.arrays]
        finite = all(np.isfinite(array).all() for array in arrays)  # False if they exceed the range of the precision
        return self.parameters.from_arrays(arrays) if finite else None


def given() -> GivenWeights | None:
    """Return this session's imported weights, if any."""
    return st.session_state.get("given_weights")


def give(weights: GivenWeights | None) -> None:
    """Start the next runs of this session from these weights. None draws them with the seed again."""
    st.session_state["given_weights"] = weights


def name_of(run: TrainingRun) -> str | None:
    """Return a short name of the weights with which a run begins. None if it draws its own."""
    held = given()
    return None if held is None or run.recipe.start is None else clean(held.file) or None


def is_trained(run: TrainingRun) -> bool:
    """Return whether a run has taken steps or began with imported weights."""
    return run.step > 0 or run.recipe.start is not None
