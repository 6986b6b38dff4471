"""A network at a point in training, and the slider that chooses the point."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import streamlit as st

from digitviz.dashboard.components.training_slider import training_slider
from digitviz.dashboard.session.addresses import stops_address
from digitviz.dashboard.session.frame_choices import is_plain
from digitviz.dashboard.session.lease import lease
from digitviz.datasets import DigitDataset
from digitviz.language import gettext as _, lazy_gettext, ngettext
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters
from digitviz.numbers import numeral
from digitviz.training.run import TrainingRun
from digitviz.training.setup import summed_loss

BEFORE = lazy_gettext("before training")
FEW = 50
"""Number of digits on which to check whether a network has answers."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A network at a point in training. Everything that a page says about a network depends only on this.

    Parameters
    ----------
    id : str
        Unique for each network, for figures and cached values.
    recorded : Network
        Network as the run recorded it, often in float32.
    title : str
        Owner and point in training: "the network after batch 37".
    train, test : DigitDataset
        Its training digits, if they are available, and digits it has not seen.
    run : TrainingRun or None
        None for the pretrained network.
    batch : int or None
        Finished batches; None for the pretrained network, and inside a batch.
    steps : int
        Number of all steps if the point is inside a batch, otherwise 0.
    by_default : bool
        True for the pretrained network if the visitor did not choose it but has no trained network yet.
    """

    id: str
    recorded: Network
    title: str
    train: DigitDataset
    test: DigitDataset
    run: TrainingRun | None = None
    batch: int | None = None
    steps: int = 0
    by_default: bool = False

    @property
    def parameters(self) -> Parameters:
        """Weights and biases as the run recorded them."""
        return self.recorded.parameters

    @cached_property
    def network(self) -> Network:
        """The network with float64 weights."""
        return replace(self.recorded, parameters=self.parameters.in_float64())

    @property
    def words(self) -> str:
        """Text for this point in training: "after batch 37"."""
        return words_at(self.batch or 0, self.steps)

    @cached_property
    def accuracy(self) -> float:
        """Test accuracy, from 0 to 1."""
        if self.run is not None and self.batch:
            return float(self.run.history.test_accuracy[self.batch - 1])
        return self.recorded.accuracy(self.test.pixels, self.test.labels)

    @cached_property
    def loss(self) -> float:
        """Mean loss per test digit, with the loss of the run."""
        assert self.run is not None
        if self.batch:
            return float(self.run.history.test_loss[self.batch - 1])
        logits = self.recorded.logits(self.test.pixels)
        return summed_loss(logits, self.test.labels, self.run.hyperparameters) / len(self.test)

    @cached_property
    def has_answers(self) -> bool:
        """True if its logits are finite. A network that diverged or was imported may overflow."""
        some = np.concatenate([self.test.pixels[:FEW], self.train.pixels[:FEW]])
        return bool(np.isfinite(self.network.logits(some)).all())

    @property
    def has_moments(self) -> bool:
        """True if there are several points in training to choose from."""
        return self.run is not None and len(self.run.history.checkpoint_batches()) > 1

    @cached_property
    def gives_one_answer(self) -> bool:
        """True if it gives different test digits all the same answer, as a network that is stuck does."""
        return len(np.unique(self.network.predict(self.test.pixels))) == 1 < len(np.unique(self.test.labels))


def moment(run: TrainingRun, batch: int | None = None) -> Moment:
    """Return a run's network after `batch` batches, or the current one if that checkpoint is missing."""
    step, steps = (now := run.snapshot).weights_step, 0
    id, network = f"{run.serial}@step {step} {now.is_exact} {run.diverged}", now.network
    if batch is not None and (recorded := run.history.recorded_after(batch)) is not None:
        id, network = f"{run.serial}@{batch}", replace(network, parameters=recorded)
    else:
        batch, left = divmod(step, run.hyperparameters.steps_per_batch)
        batch, steps = (None, step) if left else (batch, 0)
    title = _("the network {moment}").format(moment=words_at(batch or 0, steps))
    if network is now.network and run.diverged:
        title = _("the diverged network with its last finite weights")
    elif batch == 0 and run.recipe.start is not None:
        title = _("the network as it was imported")
    return Moment(id, network, title, run.train, run.test, run, batch, steps)


def moment_slider(run: TrainingRun, key: str, is_example: bool = False) -> Moment:
    """Show the slider that moves the page's pictures in the browser. Return the point at which it was released.

    Parameters
    ----------
    key : str
        Key of the chosen batch in the session state.
    """
    state, choices, now = st.session_state, run.history.checkpoint_batches(), moment(run)
    if len(choices) == 1:
        if now.steps:
            words = _("Batch 1 is not finished: the second row shows the weights {moment}.")
        elif run.recipe.start is None:
            words = _("The network is not trained yet: these are its random initial weights. Train it, then come back.")
        else:
            words = _("These are your imported weights. Train the network further, then come back.")
        st.caption(words.format(moment=now.words))
        return now
    if state.get(key) not in choices or state.get(f"{key}_of", run.serial) != run.serial:
        state[key] = choices[-1]
    state[f"{key}_of"] = run.serial

    def take(batch: int | None) -> None:
        if batch is not None:
            state[key] = batch

    address = stops_address(lease().token, run, is_example)
    training_slider(f"{key}_slider", run, address, take, batch=state[key], between=False, is_plain=is_plain())
    return moment(run, state[key])


def words_at(batch: int, steps: int = 0) -> str:
    """Return the text for the point after `batch` batches, or after `steps` steps if any."""
    if steps:
        return ngettext("after {steps} step", "after {steps} steps", steps).format(steps=numeral(steps))
    return str(BEFORE) if batch == 0 else _("after batch {number}").format(number=numeral(batch))
