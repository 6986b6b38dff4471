"""Training compiled to machine code: the numpy engine's arithmetic, several times as fast."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from digitviz.networks.activations import LEAK
from digitviz.networks.parameters import Parameters
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import ADAM_BETAS, ADAM_EPSILON, MOMENTUM, OPTIMIZERS

KERNELS = "digitviz.training.engines.kernels"


def warm_up() -> None:
    """Prepare the compiled engine: load its machine code from numba's cache, or compile it.

    That takes a third of a second from the cache and about ten seconds the first time on a machine. It may run in a
    thread of its own, and in several at once: the work is done once.

    Raises
    ------
    ImportError, RuntimeError
        If numba is not installed, lacks what `numba_private` takes from it, or finds no folder for its cache.
    """
    importlib.import_module(KERNELS)


def is_ready() -> bool:
    """Whether the compiled engine can be used at once, in this process."""
    # The kernel is the last name its module binds, once it is compiled.
    return hasattr(sys.modules.get(KERNELS), "take_steps")


@dataclass(eq=False)
class _Batch:
    """A batch as the kernel needs it: transposed, in the precision of the run, its digits reordered.

    Parameters
    ----------
    x, one_hot : ndarray
        What the caller passed; the batch is recognised by them.
    order : ndarray of int, shape (batch,)
        The digits: first the basis, of which all others are combinations, if the batch is searched for one.
    inputs, targets : ndarray, shapes (inputs, batch) and (classes, batch)
    products, combinations : ndarray, flat
        Room for `gram` and for `rest`.
    gram : ndarray, shape (batch, basis) or (0, 0)
        Empty where the weights themselves move at each step.
    rest : ndarray, shape (basis, batch - basis) or (0, 0)
        The other digits as combinations of the basis.
    pre_activations : ndarray, shape (neurons * batch,)
        Those of the first layer, which come first, are carried from step to step when there is a `gram`.
    outputs, deltas : ndarray, shape (neurons * batch,)
        Work space of the kernel.
    summed_deltas : ndarray, shape (neurons of the first layer * batch,) or (0,)
        The first layer's deltas, summed over the steps taken on this batch.
    """

    x: np.ndarray
    one_hot: np.ndarray
    order: np.ndarray
    inputs: np.ndarray
    targets: np.ndarray
    products: np.ndarray
    combinations: np.ndarray
    gram: np.ndarray
    rest: np.ndarray
    pre_activations: np.ndarray
    outputs: np.ndarray
    deltas: np.ndarray
    summed_deltas: np.ndarray


class CompiledEngine:
    """Takes steps in machine code compiled by numba; the first instance waits for the compiler (see `warm_up`).

    As long as the batch stays the same, so do the network's inputs. So, where it saves work, plain gradient descent
    does not move the first weights at each step, but the pre-activations h = x w1: w1 -= rate x^T g means
    h -= rate (x x^T) g, and x x^T is known. The gradients g at h are summed, and w1 is computed from the sum when it is
    asked for and when the batch ends. Of 100 digits of 64 pixels about 55 are independent: only their pre-activations
    are moved, and those of the others are combinations of them. `docs/engine.md` derives both and says what they gain.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    parameters : Parameters
        Where to start; copied.

    Raises
    ------
    ImportError, RuntimeError
        As `warm_up`.
    """

    def __init__(self, hyperparameters: Hyperparameters, parameters: Parameters) -> None:
        kernels = importlib.import_module(KERNELS)
        self._kernels = kernels
        self.hyperparameters = hyperparameters
        self._shapes = parameters
        dtype = hyperparameters.dtype
        self._sizes = np.array([len(parameters.weights[0]), *(weight.shape[1] for weight in parameters.weights)])
        self._vector = np.concatenate([array.ravel() for array in _by_layer(parameters)]).astype(dtype)
        self._moments = np.zeros((OPTIMIZERS[hyperparameters.optimizer].moments, self._vector.size), dtype)
        self._steps = 0
        self._batch: _Batch | None = None
        self._settled: np.ndarray | None = None  # the parameters now, once they were asked for
        self._codes = (
            kernels.ACTIVATIONS[hyperparameters.activation],
            kernels.LOSSES[hyperparameters.loss],
            kernels.GRADIENTS[hyperparameters.gradient],
            kernels.OPTIMIZERS[hyperparameters.optimizer],
        )
        rates = (hyperparameters.learning_rate, hyperparameters.weight_decay)
        self._constants = tuple(map(dtype.type, (*rates, LEAK, MOMENTUM, *ADAM_BETAS, ADAM_EPSILON)))

    @property
    def parameters(self) -> Parameters:
        """The current weights and biases, in arrays that no step changes; do not write to them."""
        vector = self._current_vector()
        arrays, start = [], 0
        for array in _by_layer(self._shapes):
            arrays.append(vector[start : start + array.size].reshape(array.shape))
            start += array.size
        if self._shapes.biases is None:
            return Parameters(arrays)
        return Parameters(arrays[::2], arrays[1::2])

    def advance(self, x: np.ndarray, one_hot: np.ndarray, steps: int) -> np.ndarray:
        """Take `steps` steps on a batch, shapes (batch, 64) and (batch, 10); return the loss before each.

        The batch lasts as long as the same arrays are passed.
        """
        if self._batch is None or x is not self._batch.x or one_hot is not self._batch.one_hot:
            self._vector = self._current_vector().copy()
            self._batch = self._begin(x, one_hot)
        batch, losses = self._batch, np.empty(steps)
        self._settled = None
        self._kernels.take_steps(
            self._vector,
            self._moments,
            self._steps,
            self._sizes,
            self._shapes.biases is not None,
            self._codes,
            self._constants,
            batch.inputs,
            batch.targets,
            batch.gram,
            batch.rest,
            batch.pre_activations,
            batch.outputs,
            batch.deltas,
            batch.summed_deltas,
            losses,
        )
        self._steps += steps
        return losses

    def measure(self, x: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        """Return the loss summed over digits, shapes (n, 64) and (n,), and how many are classified correctly."""
        value, correct = self._kernels.measure(
            self._current_vector(), self._sizes, self._shapes.biases is not None, self._codes, self._constants[2],
            _laid_out(x, x.dtype), _laid_out(labels, np.int64),
        )  # fmt: skip
        return float(value), int(correct)

    def state(self) -> Any:
        """Return a copy of all that the next step depends on, including what is carried from step to step."""
        batch = self._batch
        pre_activations, summed_deltas = (
            (batch.pre_activations, batch.summed_deltas) if batch else (self._vector[:0], self._vector[:0])
        )
        kept = np.empty((1 + len(self._moments)) * self._vector.size + 2 * summed_deltas.size, self._vector.dtype)
        self._kernels.keep(self._vector, self._moments, pre_activations, summed_deltas, kept)
        return kept, self._steps, batch and (batch.x, batch.one_hot)

    def load_state(self, state: Any) -> None:
        """Go back to what `state` returned."""
        kept, self._steps, carried = state
        ends = np.cumsum([self._vector.size, self._moments.size])
        vector, moments, rest = np.split(kept, ends)
        self._vector, self._moments = vector.copy(), moments.reshape(self._moments.shape).copy()
        self._settled = None
        if carried is None:
            self._batch = None
            return
        x, one_hot = carried
        if self._batch is None or x is not self._batch.x or one_hot is not self._batch.one_hot:
            self._batch = self._begin(x, one_hot)  # x x^T; what it reads from the parameters comes next
        summed_deltas = self._batch.summed_deltas
        self._batch.pre_activations[: summed_deltas.size], summed_deltas[...] = np.split(rest, 2)

    def _begin(self, x: np.ndarray, one_hot: np.ndarray) -> _Batch:
        """Lay out a batch, in the memory of the one before if that was as large."""
        batch = self._batch
        if batch is None or len(batch.x) != len(x):
            batch = self._room_for(x, one_hot)
        batch.x, batch.one_hot = x, one_hot
        digits, bias = len(x), self._shapes.biases is not None
        x, one_hot = _laid_out(x, x.dtype), _laid_out(one_hot, one_hot.dtype)
        if batch.products.size:
            basis = digits
            if batch.combinations.size:
                basis = self._kernels.find_basis(x, bias, batch.order, batch.combinations)
            batch.gram = batch.products[: digits * basis].reshape(digits, basis)
            batch.rest = batch.combinations[: basis * (digits - basis)].reshape(basis, digits - basis)
        self._kernels.begin(
            self._vector, self._sizes, bias, x, one_hot, batch.order, batch.inputs, batch.targets, batch.gram,
            batch.pre_activations, batch.summed_deltas,
        )  # fmt: skip
        return batch

    def _room_for(self, x: np.ndarray, one_hot: np.ndarray) -> _Batch:
        digits, dtype = len(x), self._vector.dtype
        moved = digits if self._moves_pre_activations(digits) else 0
        dependent = moved > x.shape[1] + (self._shapes.biases is not None)  # more digits than inputs
        neurons = int(self._sizes[1:].sum()) * digits
        nothing = np.empty((0, 0), dtype)
        return _Batch(
            x,
            one_hot,
            order=np.arange(digits),
            inputs=np.zeros(x.T.shape, dtype),
            targets=np.zeros(one_hot.T.shape, dtype),
            products=np.zeros((moved * moved,), dtype),
            combinations=np.zeros(((moved + 1) ** 2 // 4 if dependent else 0,), dtype),
            gram=nothing,
            rest=nothing,
            pre_activations=np.zeros((neurons,), dtype),
            outputs=np.zeros((neurons,), dtype),
            deltas=np.zeros((neurons,), dtype),
            summed_deltas=np.zeros((int(self._sizes[1]) * moved,), dtype),
        )

    def _moves_pre_activations(self, batch: int) -> bool:
        """Whether the first layer's pre-activations move, not its weights: where that takes fewer multiplications."""
        settings, (inputs, neurons) = self.hyperparameters, map(int, self._sizes[:2])
        if not settings.is_plain_descent:
            return False
        saved_per_step = batch * neurons * (2 * inputs - batch)
        spent_per_batch = batch * inputs * (batch + 2 * neurons)  # on x x^T, x w1 and x^T g
        return settings.steps_per_batch * saved_per_step > spent_per_batch

    def _current_vector(self) -> np.ndarray:
        """Return the parameters after all steps, layer by layer, in an array that nothing changes."""
        if self._settled is None:
            self._settled = np.empty_like(self._vector)
            batch = self._batch
            nothing = self._vector[:0]
            self._kernels.settle(
                self._vector, self._sizes, self._shapes.biases is not None, self._constants[0],
                batch.inputs if batch else nothing.reshape(0, 0), batch.gram if batch else nothing.reshape(0, 0),
                batch.summed_deltas if batch else nothing, self._settled,
            )  # fmt: skip
        return self._settled


def _laid_out(array: np.ndarray, dtype: npt.DTypeLike) -> np.ndarray:
    """Return the array as the kernels require it: C-contiguous and writeable, though they only read it."""
    if array.flags.carray and array.dtype == dtype:  # `numpy.require` takes longer than drawing a batch
        return array
    return np.require(array, dtype, ("C", "W"))


def _by_layer(parameters: Parameters) -> list[np.ndarray]:
    """Return the arrays in the order of the kernel: w1, b1, w2, b2, ..."""
    if parameters.biases is None:
        return parameters.weights
    return [array for pair in zip(parameters.weights, parameters.biases, strict=True) for array in pair]
