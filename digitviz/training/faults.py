"""Findings about a run: divergence, steps that change nothing, dead neurons, and the digits that the network knows."""

from dataclasses import dataclass

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.language import gettext as _
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import loss_and_gradients
from digitviz.networks.forward import forward
from digitviz.networks.losses import LOSSES
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters
from digitviz.numbers import in_percent, numeral
from digitviz.training.hyperparameters import Hyperparameters

SAME_LOSS = {"float64": 1e-9, "float32": 1e-3}
"""Largest relative rounding difference between two sums of the same loss; the compiled engine differs most."""
KNOWN_SHARE = 0.9
"""A network knows a digit if it reads this fraction of its examples correctly, and if this fraction of the examples
that it reads as the digit are right. A network that always gives the same answer knows nothing."""


@dataclass(frozen=True)
class Divergence:
    """The run diverged: its numbers grew until they overflowed.

    Parameters
    ----------
    step : int
        The step whose loss could not be computed, from 1.
    quantity : str
        Name of the first array that is not finite: "w1", "b2", "logits".
    """

    step: int
    quantity: str

    def __str__(self) -> str:
        if self.step == 1:
            words = _(
                "Before the first step, {quantity} is infinite or not a number, so no loss can be computed. Start from "
                "smaller weights, or scale the pixels to the range 0 to 1."
            )
        else:
            words = _(
                "After step {step}, the numbers grew too large for the computer: {quantity} became infinite or not a "
                "number. The steps were too long. Divide the learning rate by 10, or scale the pixels to the range 0 "
                "to 1."
            )
        return words.format(step=numeral(self.step - 1), quantity=self.quantity)


@dataclass(frozen=True)
class Stuck:
    """Every gradient is exactly zero, so no weight changes on this batch.

    Parameters
    ----------
    step : int
        The first step that changed nothing, from 1.
    dead_neurons : float
        Fraction of hidden neurons whose output is 0 for every digit of the batch, 0 to 1. 0 unless a whole layer is
        dead, because otherwise dead neurons are not the cause.
    all_weights_zero : bool
    """

    step: int
    dead_neurons: float
    all_weights_zero: bool = False

    def __str__(self) -> str:
        if self.all_weights_zero:
            words = _(
                "Since step {step}, every gradient is exactly zero and no weight moves. All weights are zero, so no "
                "layer passes anything on. Start from random weights."
            )
        elif self.dead_neurons > 0:
            words = _(
                "Since step {step}, every gradient is exactly zero and no weight moves. {dead} of the hidden neurons "
                "output 0 for every digit of this batch, so no gradient flows back through them. Try a smaller "
                "learning rate, or leaky ReLU."
            )
        else:
            words = _(
                "Since step {step}, every gradient is exactly zero and no weight moves. The outputs are saturated: "
                "each probability is exactly 0 or 1. Try a smaller learning rate."
            )
        return words.format(step=numeral(self.step), dead=in_percent(self.dead_neurons, 0))


def first_not_finite(parameters: Parameters) -> str:
    """Return the name of the first array with nan or inf; "logits" if all weights and biases are finite."""
    return next((name for name, array in parameters.named_arrays if not np.isfinite(array).all()), "logits")


def gradient_is_zero(
    settings: Hyperparameters, loss: float, next_loss: float, parameters: Parameters, x: np.ndarray, one_hot: np.ndarray
) -> bool:
    """Return whether every gradient is exactly zero although the loss is neither zero nor changed by the last step.

    Parameters
    ----------
    settings : Hyperparameters
    loss, next_loss : float
        Loss of the batch before and after the last step. The gradient is only computed if they agree, because
        computing it costs as much as a step.
    parameters : Parameters
        Weights and biases after the last step.
    x, one_hot : ndarray, shapes (batch, 64) and (batch, 10)
    """
    if loss == 0 or abs(next_loss - loss) > SAME_LOSS[settings.precision] * abs(loss):
        return False
    activation, loss_function = ACTIVATIONS[settings.activation], LOSSES[settings.loss]
    _, gradients = loss_and_gradients(parameters, x, one_hot, activation, loss_function, settings.gradient)
    return not any(gradient.any() for gradient in gradients.arrays)


def stuck(since: int, parameters: Parameters, activation: str, x: np.ndarray) -> Stuck:
    """Return a `Stuck` that began at step `since`; find its cause on the inputs `x` of a batch, shape (batch, 64)."""
    dead = [~output.any(axis=0) for output in forward(parameters, ACTIVATIONS[activation], x)[1][1:]]
    share = float(np.concatenate(dead).mean()) if any(layer.all() for layer in dead) else 0.0
    return Stuck(since, share, all_weights_zero=not any(weight.any() for weight in parameters.weights))


def steps_at_the_last_loss(losses: np.ndarray) -> int:
    """Count the losses at the end of `losses`, shape (steps,), that equal the last one exactly; at least 1."""
    others = np.flatnonzero(losses != losses[-1])
    return len(losses) - (int(others[-1]) + 1 if len(others) else 0)


@dataclass(frozen=True, eq=False)
class Checkup:
    """Findings about a network.

    Parameters
    ----------
    dead : tuple of ndarray of int
        Dead neurons of each hidden layer: the derivative of their activation is 0 for every digit, so their output is
        constant and no gradient reaches their weights.
    known : tuple of int
        Digits that the network knows, see `KNOWN_SHARE`.
    """

    dead: tuple[np.ndarray, ...]
    known: tuple[int, ...]


def check(network: Network, test: DigitDataset, train: DigitDataset) -> Checkup:
    """Examine a network on the test digits, and also on the training digits if a neuron is dead on the test digits.

    Parameters
    ----------
    network : Network
    test, train : DigitDataset
        A neuron is dead if its derivative is 0 for all digits of both. Known digits depend on the test digits only.
    """
    *hidden, logits = network.layers(test.pixels)[0]
    dead = _dead(network, hidden)
    if len(train) and any(neurons.size for neurons in dead):
        on_train = _dead(network, network.layers(train.pixels)[0][:-1])
        dead = [np.intersect1d(*both) for both in zip(dead, on_train, strict=True)]
    answers = logits.argmax(axis=1)
    return Checkup(tuple(dead), tuple(digit for digit in range(10) if _knows(digit, answers, test.labels)))


def _dead(network: Network, hidden: list[np.ndarray]) -> list[np.ndarray]:
    """Return the dead neurons of each hidden layer, given their pre-activations."""
    activation = ACTIVATIONS[network.activation]
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return [np.flatnonzero(~activation.value_and_derivative(z)[1].any(axis=0)) for z in hidden]


def _knows(digit: int, answers: np.ndarray, labels: np.ndarray) -> bool:
    right = int(((answers == digit) & (labels == digit)).sum())
    return right >= KNOWN_SHARE * max(1, (labels == digit).sum(), (answers == digit).sum())
