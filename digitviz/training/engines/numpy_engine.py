"""Training written out by hand."""

from __future__ import annotations

import numpy as np

from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import loss_and_gradients
from digitviz.networks.forward import forward, softmax
from digitviz.networks.losses import LOSSES
from digitviz.networks.parameters import Parameters
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import OPTIMIZERS, with_weight_decay


class NumpyEngine:
    """Takes steps with numpy alone; the code a student can read.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    parameters : Parameters
        Where to start; copied.
    """

    def __init__(self, hyperparameters: Hyperparameters, parameters: Parameters) -> None:
        self.hyperparameters = hyperparameters
        self.parameters = parameters.copy()
        self.optimizer = OPTIMIZERS[hyperparameters.optimizer](hyperparameters.learning_rate, self.parameters.arrays)

    def step(self, x: np.ndarray, one_hot: np.ndarray) -> float:
        """Take one step on a batch; return the loss before it."""
        settings = self.hyperparameters
        loss, gradients = loss_and_gradients(
            self.parameters, x, one_hot, ACTIVATIONS[settings.activation], LOSSES[settings.loss], settings.gradient
        )
        arrays = self.parameters.arrays
        self.optimizer.update(arrays, with_weight_decay(gradients.arrays, arrays, settings.weight_decay))
        return loss

    def advance(self, x: np.ndarray, one_hot: np.ndarray, steps: int) -> np.ndarray:
        """Take `steps` steps on a batch, shapes (batch, 64) and (batch, 10); return the loss before each."""
        return np.array([self.step(x, one_hot) for _ in range(steps)])

    def measure(self, x: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        """Return the loss summed over digits, shapes (n, 64) and (n,), and how many are classified correctly."""
        return measure(self.parameters, self.hyperparameters, x, labels)

    def state(self) -> list[np.ndarray]:
        """Return a copy of all that the next step depends on."""
        return [array.copy() for array in [*self.parameters.arrays, *self.optimizer.state]]

    def load_state(self, state: list[np.ndarray]) -> None:
        """Go back to what `state` returned."""
        for array, value in zip([*self.parameters.arrays, *self.optimizer.state], state, strict=True):
            array[...] = value


def measure(
    parameters: Parameters, hyperparameters: Hyperparameters, x: np.ndarray, labels: np.ndarray
) -> tuple[float, int]:
    """Measure parameters on digits.

    Parameters
    ----------
    parameters : Parameters
    hyperparameters : Hyperparameters
    x : ndarray, shape (n, 64)
        The network's inputs.
    labels : ndarray of int64, shape (n,)

    Returns
    -------
    loss : float
        Summed over the digits.
    correct : int
        How many of them are classified correctly.
    """
    # numpy finds the largest of each row several times as fast in column-major order.
    logits = np.asfortranarray(forward(parameters, ACTIVATIONS[hyperparameters.activation], x)[0][-1])
    one_hot = np.eye(logits.shape[1])[labels]
    loss = LOSSES[hyperparameters.loss].value(logits, softmax(logits), one_hot)
    return float(loss), int(np.sum(logits.argmax(axis=1) == labels))
