"""What a saved state of a training holds, and under which names: the same for every engine.

| name | holds |
|---|---|
| w1, b1, ... | parameters after all steps |
| momentum.1.w1, adam.2.b1, ... | what the optimizer remembers of each: its first moments, its second |
| adam.steps | steps that the optimizer counted |
| step | steps taken in all |
| batch | number of the batch, from 0; only inside one |
| carried.w1, ... | what the Gram form carries inside a batch, see `docs/engine.md` |

Settings never come from it: an engine brings its own, which it compares with the one learning rate that is kept.
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
    """Names, shapes and types of what the saved states of a training hold.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    parameters : Parameters
        Give the shapes.

    Attributes
    ----------
    parameters : list of str
        In the order of `Parameters.arrays`.
    moments : list of list of str
        For each moment of the optimizer its names, in the same order.
    count : str
        Name of the steps that the optimizer counts; empty if it does not.
    carried : list of str
        The first layer's parameters as they were when the batch began.
    """

    def __init__(self, hyperparameters: Hyperparameters, parameters: Parameters) -> None:
        self.hyperparameters = hyperparameters
        self._shapes = {name: array.shape for name, array in parameters.named_arrays}
        self.parameters = list(self._shapes)
        self.moments = _moments(hyperparameters.optimizer, self.parameters)
        self.count = _count(hyperparameters.optimizer)
        self.carried = [name for name in FIRST_LAYER if name.removeprefix(CARRIED) in self._shapes]

    def counted(self, step: int, by_optimizer: float = 0) -> EngineState:
        """Return the numbers that a saved state after `step` steps holds."""
        batch, inside = divmod(step, self.hyperparameters.steps_per_batch)
        arrays = {STEP: np.array(step, COUNT)}
        if inside:
            arrays[BATCH] = np.array(batch, COUNT)
        if self.count:
            arrays[self.count] = np.array(by_optimizer, COUNT)
        return arrays

    def check(self, arrays: Mapping[str, np.ndarray]) -> EngineState:
        """Return the same arrays, if they are a saved state of such a training; they may come from anywhere.

        Moments of the optimizer may be missing: it begins with fresh ones. Those of others are passed over.

        Raises
        ------
        ValueError
            If a name is unknown or missing, or if an array has another shape or type than it should; it names the
            array.
        """
        given = dict(arrays)
        own = [name for names in self.moments for name in names] + [self.count] * bool(self.count)
        carried = [*self.carried, PRE_ACTIVATIONS, SUMMED_DELTAS, ORDER, LEARNING_RATE]
        forms = self._forms(given)
        if unknown := [name for name in given if name not in forms]:
            raise ValueError(f"{unknown[0]}: no such array in a saved state of this training")
        needed = [*self.parameters, STEP, *(name for names in (own, carried) if given.keys() & names for name in names)]
        if missing := [name for name in needed if name not in given]:
            raise ValueError(f"{missing[0]}: missing from the saved state")
        for name, array in given.items():
            shape, dtype = forms[name]
            if not isinstance(array, np.ndarray):
                raise ValueError(f"{name}: {type(array).__name__} is no array")
            if array.shape != shape or array.dtype != dtype:
                raise ValueError(f"{name}: shape {array.shape} of {array.dtype}; it must be {shape} of {dtype}")
        self._check_counts(given)
        return given

    def _forms(self, given: EngineState) -> dict[str, tuple[Shape, np.dtype]]:
        """Return the shape and the type of everything that may be in a saved state."""
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
                    raise ValueError(f"{name}: after step {given[STEP]} no batch has been begun")
        elif given.get(BATCH) != expected:
            found = given.get(BATCH, "missing")
            raise ValueError(f"{BATCH}: {found}, but step {given[STEP]} is inside batch {expected}")
        if ORDER in given and not np.array_equal(np.sort(given[ORDER]), np.arange(given[ORDER].size)):
            raise ValueError(f"{ORDER}: not an order of {given[ORDER].size} digits")


def _moments(optimizer: str, parameters: list[str]) -> list[list[str]]:
    moments = range(1, OPTIMIZERS[optimizer].moments + 1)
    return [[f"{optimizer}.{moment}.{name}" for name in parameters] for moment in moments]


def _count(optimizer: str) -> str:
    """Return the name of the steps it counts; without any weights that is all that it keeps."""
    return f"{optimizer}.steps" if OPTIMIZERS[optimizer](learning_rate=0.0).state else ""
