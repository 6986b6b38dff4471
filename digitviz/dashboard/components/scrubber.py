"""A slider through a training: from the first weights to where it stands."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from digitviz.dashboard.components.through import released, through
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.networks.forward import softmax
from digitviz.networks.losses import LOSSES
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters
from digitviz.training.checkpoints import checkpoint_batches
from digitviz.training.run import TrainingRun

BEFORE = lazy_gettext("before training")


@dataclass(frozen=True, eq=False)
class Moment:
    """A training at the end of a batch, or before the first.

    Parameters
    ----------
    batch : int
        Batches finished: 0 is before training.
    parameters : Parameters
    network : Network
    accuracy : float
        Test accuracy, 0 to 1.
    loss : float
        Mean loss per test digit.
    """

    batch: int
    parameters: Parameters
    network: Network
    accuracy: float
    loss: float

    @property
    def words(self) -> str:
        """When it is, in words."""
        return words_at(self.batch)


def words_at(batch: int) -> str:
    """Say when it is that so many batches are finished."""
    return str(BEFORE) if batch == 0 else _("after batch {number}").format(number=f"{batch:,}")


def moment(run: TrainingRun, batch: int) -> Moment:
    """Return the training after so many batches; 0 is before the first."""
    network = run.snapshot.network
    if batch == 0:
        parameters, test = run.initial_parameters, run.test
        network = Network(parameters, network.activation, network.input_scale)
        logits = network.logits(test.pixels)
        loss = LOSSES[run.hyperparameters.loss].value(logits, softmax(logits), test.one_hot) / len(test)
        return Moment(0, parameters, network, network.accuracy(test.pixels, test.labels), float(loss))
    parameters = run.history.parameters_after(batch - 1)
    network = Network(parameters, network.activation, network.input_scale)
    accuracy, loss = (float(values[batch - 1]) for values in (run.history.test_accuracy, run.history.test_loss))
    return Moment(batch, parameters, network, accuracy, loss)


def moving_scrubber(run: TrainingRun, key: str, address: str) -> Moment:
    """Show the slider that moves the page's pictures in the browser, and return the moment at which it was let go.

    Parameters
    ----------
    run : TrainingRun
    key : str
        In the session's state: the chosen batch.
    address : str
        As of `through`.
    """
    choices = _choices(run, key)
    if len(choices) == 1:
        return moment(run, 0)
    slider = f"{key}_slider"

    def take() -> None:
        batch = released(slider, run)
        if isinstance(batch, int):
            st.session_state[key] = batch

    through(slider, run, address, st.session_state[key], take, between=False)
    return moment(run, st.session_state[key])


def _choices(run: TrainingRun, key: str) -> list[int]:
    """Return the moments of a run, of which the state holds one; say so if there is only the first."""
    choices = checkpoint_batches(run)
    if len(choices) == 1:
        if run.recipe.start is None:
            words = _("The network is not trained yet: these are its random initial weights. Train it, then come back.")
        else:
            words = _("These are the weights that you brought in. Train the network further, then come back.")
        st.caption(words)
    elif st.session_state.get(key) not in choices:
        st.session_state[key] = choices[-1]
    return choices
