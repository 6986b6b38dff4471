"""The arrays of an engine state and their names, which are the same for every engine.

| name | content |
|---|---|
| w1, b1, ... | parameters after all steps |
| momentum.1.w1, adam.2.b1, ... | first and second moments of the optimizer, for each parameter array |
| adam.steps | steps counted by the optimizer |
| step | total number of steps |

From a state at the end of a batch, an engine continues bit for bit. Inside a batch, the compiled engine would round
differently, so trajectories keep no states there.
"""

from collections.abc import Mapping

import numpy as np

from digitviz.networks.parameters import Parameters
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import OPTIMIZERS

EngineState = dict[str, np.ndarray]

STEP = "step"
COUNT = np.dtype(np.int64)


class EngineStateForm:
    """Names, shapes and types of the arrays in an engine state.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    parameters : Parameters
        Arrays with the shapes of the weights and biases.

    Attributes
    ----------
    parameters : list of str
        Names of the weights and biases, in the order of `Parameters.arrays`.
    moments : list of list of str
        Names of each moment of the optimizer, in the same order.
    count : str
        Name of the optimizer's number of steps; empty if it does not count them.
    """

    def __init__(self, hyperparameters: Hyperparameters, parameters: Parameters) -> None:
        optimizer, dtype = hyperparameters.optimizer, hyperparameters.dtype
        shapes = {name: array.shape for name, array in parameters.named_arrays}
        self.parameters = list(shapes)
        moments = range(1, OPTIMIZERS[optimizer].moments + 1)
        self.moments = [[f"{optimizer}.{moment}.{name}" for name in shapes] for moment in moments]
        # Without weights, an optimizer's state contains only its number of steps.
        self.count = f"{optimizer}.steps" if OPTIMIZERS[optimizer](learning_rate=0.0).state else ""
        self._needed = {STEP: ((), COUNT)} | {name: (shape, dtype) for name, shape in shapes.items()}
        self._own: dict[str, tuple[tuple[int, ...], np.dtype]] = {}
        for names in self.moments:
            self._own |= {name: (shape, dtype) for name, shape in zip(names, shapes.values(), strict=True)}
        if self.count:
            self._own[self.count] = ((), COUNT)

    def counted(self, step: int, by_optimizer: float = 0) -> EngineState:
        """Return the numbers of steps in a state after `step` steps."""
        counts = {STEP: step} | ({self.count: by_optimizer} if self.count else {})
        return {name: np.array(number, COUNT) for name, number in counts.items()}

    def check(self, arrays: Mapping[str, np.ndarray]) -> EngineState:
        """Return the arrays of these settings as a dictionary if they are a valid engine state.

        If all arrays of the optimizer are missing, they start at zero. Other optimizers' arrays are left out.

        Raises
        ------
        ValueError
            If an array is missing, or has the wrong shape or type. The message names it.
        """
        forms = self._needed | (self._own if arrays.keys() & self._own.keys() else {})
        for name, (shape, dtype) in forms.items():
            if name not in arrays:
                raise ValueError(f"{name}: missing from the engine state")
            if arrays[name].shape != shape or arrays[name].dtype != dtype:
                found = f"shape {arrays[name].shape} of {arrays[name].dtype}"
                raise ValueError(f"{name}: {found}; it must be {shape} of {dtype}")
        return {name: arrays[name] for name in forms}
