"""The arrays of an engine state and their names, which are the same for every engine.

| name | content |
|---|---|
| w1, b1, ... | parameters after all steps |
| momentum.1.w1, adam.2.b1, ... | first and second moments of the optimizer, for each parameter array |
| adam.steps | steps counted by the optimizer |
| step | total number of steps |
| batch | number of the batch, from 0; only inside a batch |
| carried.w1, ... | values that the Gram form carries inside a batch, see `docs/engine.md` |

A state does not contain settings, except for the learning rate inside a batch, which an engine compares with its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from digitviz.networks.parameters import Parameters
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import OPTIMIZERS

EngineState = dict[str, np.ndarray]

STEP, BATCH = "step", "batch"
CARRIED = "carried."
PRE_ACTIVATIONS, SUMMED_DELTAS = CARRIED + "pre_activations", CARRIED + "summed_deltas"
FIRST_LAYER = (CARRIED + "w1", CARRIED + "b1")
ORDER, LEARNING_RATE = CARRIED + "order", CARRIED + "learning_rate"
COUNT = np.dtype(np.int64)

Shape = tuple[int, ...]


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
    carried : list of str
        Names of the first layer's parameters at the beginning of the batch.
    """

    def __init__(self, hyperparameters: Hyperparameters, parameters: Parameters) -> None:
        self.hyperparameters = hyperparameters
        self._shapes = {name: array.shape for name, array in parameters.named_arrays}
        self.parameters = list(self._shapes)
        self.moments = _moments(hyperparameters.optimizer, self.parameters)
        self.count = _count(hyperparameters.optimizer)
        self.carried = [name for name in FIRST_LAYER if name.removeprefix(CARRIED) in self._shapes]

    def counted(self, step: int, by_optimizer: float = 0) -> EngineState:
        """Return the numbers of steps and batches in a state after `step` steps."""
        batch, inside = divmod(step, self.hyperparameters.steps_per_batch)
        arrays = {STEP: np.array(step, COUNT)}
        if inside:
            arrays[BATCH] = np.array(batch, COUNT)
        if self.count:
            arrays[self.count] = np.array(by_optimizer, COUNT)
        return arrays

    def check(self, arrays: Mapping[str, np.ndarray]) -> EngineState:
        """Return the arrays as a dictionary if they are a valid engine state. They need not be trusted.

        The moments of the optimizer may be missing, and then start at zero. Those of other optimizers are ignored.

        Raises
        ------
        ValueError
            If a name is unknown or missing, or if an array has the wrong shape or type. The message names the array.
        """
        given = dict(arrays)
        own = [name for names in self.moments for name in names] + [self.count] * bool(self.count)
        carried = [*self.carried, PRE_ACTIVATIONS, SUMMED_DELTAS, ORDER, LEARNING_RATE]
        forms = self._forms(given)
        if unknown := [name for name in given if name not in forms]:
            raise ValueError(f"{unknown[0]}: not an array of this run's engine state")
        needed = [*self.parameters, STEP, *(name for names in (own, carried) if given.keys() & names for name in names)]
        if missing := [name for name in needed if name not in given]:
            raise ValueError(f"{missing[0]}: missing from the engine state")
        for name, array in given.items():
            shape, dtype = forms[name]
            if not isinstance(array, np.ndarray):
                raise ValueError(f"{name}: {type(array).__name__} is not an array")
            if array.shape != shape or array.dtype != dtype:
                raise ValueError(f"{name}: shape {array.shape} of {array.dtype}; it must be {shape} of {dtype}")
        self._check_counts(given)
        return given

    def _forms(self, given: EngineState) -> dict[str, tuple[Shape, np.dtype]]:
        """Return the shape and type of every array that an engine state may contain."""
        dtype = self.hyperparameters.dtype
        digits = getattr(given.get(ORDER), "size", 0)
        carried = (self._shapes["w1"][1], digits)
        forms = {name: (shape, dtype) for name, shape in self._shapes.items()}
        for optimizer in OPTIMIZERS:
            for names in _moments(optimizer, self.parameters):
                forms |= {name: (self._shapes[of], dtype) for name, of in zip(names, self.parameters, strict=True)}
            if count := _count(optimizer):
                forms[count] = ((), COUNT)
        forms |= {name: (self._shapes[name.removeprefix(CARRIED)], dtype) for name in self.carried}
        forms |= {STEP: ((), COUNT), BATCH: ((), COUNT), LEARNING_RATE: ((), dtype), ORDER: ((digits,), COUNT)}
        return forms | {PRE_ACTIVATIONS: (carried, dtype), SUMMED_DELTAS: (carried, dtype)}

    def _check_counts(self, given: EngineState) -> None:
        for name in (STEP, self.count):
            if name in given and given[name] < 0:
                raise ValueError(f"{name}: {given[name]} is negative")
        expected = self.counted(int(given[STEP])).get(BATCH)
        if expected is None:
            for name in given:
                if name == BATCH or name.startswith(CARRIED):
                    raise ValueError(f"{name}: step {given[STEP]} is not inside a batch")
        elif given.get(BATCH) != expected:
            found = given.get(BATCH, "missing")
            raise ValueError(f"{BATCH}: {found}, but step {given[STEP]} is inside batch {expected}")
        if ORDER in given and not np.array_equal(np.sort(given[ORDER]), np.arange(given[ORDER].size)):
            raise ValueError(f"{ORDER}: not an order of {given[ORDER].size} digits")


def _moments(optimizer: str, parameters: list[str]) -> list[list[str]]:
    moments = range(1, OPTIMIZERS[optimizer].moments + 1)
    return [[f"{optimizer}.{moment}.{name}" for name in parameters] for moment in moments]


def _count(optimizer: str) -> str:
    """Return the name of the optimizer's number of steps, or "". Without weights, its state contains only that."""
    return f"{optimizer}.steps" if OPTIMIZERS[optimizer](learning_rate=0.0).state else ""
