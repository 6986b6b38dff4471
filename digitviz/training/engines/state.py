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

import numpy as np

from digitviz.networks.parameters import Parameters
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import OPTIMIZERS

EngineState = dict[str, np.ndarray]

STEP = "step"
COUNT = np.dtype(np.int64)


class EngineStateForm:
    """Names of the arrays in an engine state.

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
        optimizer = hyperparameters.optimizer
        self.parameters = [name for name, _ in parameters.named_arrays]
        moments = range(1, OPTIMIZERS[optimizer].moments + 1)
        self.moments = [[f"{optimizer}.{moment}.{name}" for name in self.parameters] for moment in moments]
        # Without weights, an optimizer's state contains only its number of steps.
        self.count = f"{optimizer}.steps" if OPTIMIZERS[optimizer](learning_rate=0.0).state else ""

    def counted(self, step: int, by_optimizer: float = 0) -> EngineState:
        """Return the numbers of steps in a state after `step` steps."""
        counts = {STEP: step} | ({self.count: by_optimizer} if self.count else {})
        return {name: np.array(number, COUNT) for name, number in counts.items()}
