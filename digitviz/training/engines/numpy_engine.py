"""The NumPy engine: hand-written training steps."""

from collections.abc import Mapping

import numpy as np

from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import loss_and_gradients
from digitviz.networks.forward import forward, softmax
from digitviz.networks.losses import LOSSES
from digitviz.networks.parameters import Parameters
from digitviz.training.engines.state import STEP, EngineState, EngineStateForm
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import OPTIMIZERS, with_penalties


class NumpyEngine:
    """Takes steps with NumPy only, in code that students can read.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    parameters : Parameters
        Initial weights and biases; copied.
    """

    def __init__(self, hyperparameters: Hyperparameters, parameters: Parameters) -> None:
        self.hyperparameters = hyperparameters
        self.parameters = parameters.copy()
        self.optimizer = OPTIMIZERS[hyperparameters.optimizer](hyperparameters.learning_rate, self.parameters.arrays)
        self._penalties = hyperparameters.penalties
        self._form = EngineStateForm(hyperparameters, parameters)
        names = [*self._form.parameters, *(name for moment in self._form.moments for name in moment)]
        self._kept = dict(zip(names, [*self.parameters.arrays, *self.optimizer.state], strict=False))  # no count
        self._step = 0

    def step(self, x: np.ndarray, one_hot: np.ndarray) -> float:
        """Take one step on a batch; return the loss before the step."""
        settings = self.hyperparameters
        loss, gradients = loss_and_gradients(
            self.parameters, x, one_hot, ACTIVATIONS[settings.activation], LOSSES[settings.loss], settings.gradient
        )
        self.update(gradients.arrays)
        return loss

    def update(self, gradients: list[np.ndarray]) -> None:
        """Change the parameters by their gradients: one step of the optimizer, with the penalties."""
        arrays = self.parameters.arrays
        self.optimizer.update(arrays, with_penalties(gradients, arrays, self._penalties))

    def advance(self, x: np.ndarray, one_hot: np.ndarray, steps: int) -> np.ndarray:
        """Take `steps` steps on a batch, shapes (batch, 64) and (batch, 10); return the loss before each."""
        self._step += steps
        return np.array([self.step(x, one_hot) for _ in range(steps)])

    def advance_batches(self, x: np.ndarray, one_hot: np.ndarray, rows: np.ndarray, steps: int) -> np.ndarray:
        """Take steps on each of several new batches, see `Engine.advance_batches`."""
        losses = np.empty((len(rows), steps + 1))
        for number, digits in enumerate(rows):
            batch = x[digits], one_hot[digits]
            losses[number] = [*self.advance(*batch, steps), self.measure(*batch)[0]]
            if not np.isfinite(losses[number]).all():
                return losses[: number + 1]
        return losses

    def measure(self, x: np.ndarray, targets: np.ndarray) -> tuple[float, int]:
        """Return the loss summed over digits, shapes (n, 64) and (n, 10), and the number classified correctly."""
        settings = self.hyperparameters
        # In column-major order, argmax over rows is several times as fast.
        logits = np.asfortranarray(forward(self.parameters, ACTIVATIONS[settings.activation], x)[0][-1])
        loss = LOSSES[settings.loss].value(logits, softmax(logits), targets.astype(float, copy=False))
        return float(loss), int(np.sum(logits.argmax(axis=1) == targets.argmax(axis=1)))

    def state(self) -> EngineState:
        """Return a copy of everything that determines the next step."""
        kept = {name: array.copy() for name, array in self._kept.items()}
        return kept | self._form.counted(self._step, self.optimizer.state[-1][0] if self._form.count else 0)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore a state; missing moments start at zero."""
        for name, array in self._kept.items():
            array[...] = arrays.get(name, 0)
        if self._form.count:
            self.optimizer.state[-1][...] = arrays.get(self._form.count, 0)
        self._step = int(arrays[STEP])
