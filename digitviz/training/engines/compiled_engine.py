"""The compiled engine: the arithmetic of the NumPy engine in machine code, several times as fast."""

import importlib
import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from digitviz.networks.parameters import Parameters
from digitviz.training.engines.state import STEP, EngineState, EngineStateForm
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import OPTIMIZERS

KERNELS = "digitviz.training.engines.kernels"
"""Module that compiles its functions when it is imported."""


class Batch:
    """A batch in the form that the kernel needs: transposed, in the precision of the run, with reordered digits.

    Parameters
    ----------
    x, one_hot : ndarray, shapes (batch, inputs) and (batch, classes)
        Arrays from the caller, which identify the batch.
    sizes : ndarray of int
        Number of neurons in each layer, including the inputs.
    bias : bool
    moved : int
        Number of digits whose pre-activations are updated in each step; 0 if the weights are updated instead.
    dtype : dtype

    Attributes
    ----------
    order : ndarray of int, shape (batch,)
        Order of the digits. If the kernel searches for a basis, its digits come first.
    inputs, targets : ndarray, shapes (inputs, batch) and (classes, batch)
    basis : int
        Number of digits in the basis; 0 if the weights are updated in each step, `kernels.BEGINS` before the first one.
    products : ndarray, shape (moved * moved,)
        Dot products of the digits with those of the basis.
    combinations : ndarray, flat
        The other digits as combinations of the basis.
    pre_activations : ndarray, shape (neurons * batch,)
        Pre-activations, layer by layer. With a basis, those of the first layer are carried from step to step.
    outputs, deltas : ndarray, shape (neurons * batch,)
        Work space of the kernel.
    summed_deltas : ndarray, shape (neurons of the first layer * batch,) or (0,)
        The first layer's deltas, summed over the steps taken on this batch.
    """

    def __init__(
        self, x: np.ndarray, one_hot: np.ndarray, sizes: np.ndarray, bias: bool, moved: int, dtype: np.dtype
    ) -> None:
        self.x, self.one_hot, self.order, self.basis = x, one_hot, np.arange(len(x)), 0
        is_dependent = moved > x.shape[1] + bias  # more digits than inputs
        self.inputs, self.targets = np.zeros(x.T.shape, dtype), np.zeros(one_hot.T.shape, dtype)
        self.products = np.zeros(moved * moved, dtype)
        self.combinations = np.zeros((moved + 1) ** 2 // 4 if is_dependent else 0, dtype)
        shape = (3, int(sizes[1:].sum()) * len(x))
        self.pre_activations, self.outputs, self.deltas = np.zeros(shape, dtype)
        self.summed_deltas = np.zeros(int(sizes[1]) * moved, dtype)

    @property
    def work_space(self) -> tuple[np.ndarray, ...]:
        """The arrays that the kernel changes, in the order of its arguments."""
        laid_out = self.order, self.inputs, self.targets, self.products, self.combinations
        return *laid_out, self.pre_activations, self.outputs, self.deltas, self.summed_deltas


class CompiledEngine:
    """Takes steps in machine code compiled by numba; the first instance waits for the compiler (see `warm_up`).

    Within a batch, the inputs x of the network do not change. So plain gradient descent can update the pre-activations
    h = x w1 at each step instead of w1: w1 -= rate x^T g means h -= rate (x x^T) g, and x x^T is computed only once.
    The engine does so if it saves work. It sums the gradients g at h, and computes w1 from the sum after each call.
    Of 100 digits of 64 pixels, only about 55 are independent. Only their pre-activations are updated; the others are
    combinations of them. See `docs/engine.md`.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    parameters : Parameters
        Initial weights and biases; copied.

    Raises
    ------
    ImportError, RuntimeError
        Same as in `warm_up`.
    """

    def __init__(self, hyperparameters: Hyperparameters, parameters: Parameters) -> None:
        kernels = importlib.import_module(KERNELS)
        self._kernels = kernels
        self.hyperparameters = hyperparameters
        self._shapes = parameters
        dtype = hyperparameters.dtype
        sizes = [len(parameters.weights[0]), *(weight.shape[1] for weight in parameters.weights)]
        self._layout = np.array(sizes), parameters.biases is not None
        self._moments = np.zeros((OPTIMIZERS[hyperparameters.optimizer].moments, parameters.size), dtype)
        self._form = EngineStateForm(hyperparameters, parameters)
        layers, arrays = [int(name[1:]) for name in self._form.parameters], parameters.arrays
        order = np.argsort(layers, kind="stable").tolist()  # the kernel's: w1, b1, w2, ...
        self._current = np.concatenate([arrays[place].ravel() for place in order]).astype(dtype)  # never changes
        starts = np.cumsum([0, *(arrays[place].size for place in order)]).tolist()
        self._places = list(zip(order, starts[:-1], starts[1:], strict=True))  # place in `arrays`, start and end
        self._step = self._count = 0  # total steps, and steps counted by the optimizer
        self._batch: Batch | None = None
        self._vector = self._current  # the parameters that the kernel moves, without the steps that it has only summed
        self._measured = math.nan, 0  # of the batch
        self._codes, self._constants = kernels.codes_of(hyperparameters), kernels.constants_of(hyperparameters)
        self._settings = *self._layout, self._codes, self._constants

    @property
    def parameters(self) -> Parameters:
        """The current weights and biases, in read-only arrays that no step changes."""
        named = self._named_parameters()
        return self._shapes.from_arrays([named[name] for name in self._form.parameters])

    def advance(self, x: np.ndarray, one_hot: np.ndarray, steps: int) -> np.ndarray:
        """Take `steps` steps on a batch, shapes (batch, 64) and (batch, 10); return the loss before each.

        Passing the same arrays again continues the same batch.
        """
        if not self._is_current(x, one_hot):
            self._vector, self._batch = self._current.copy(), self._work_space(x, one_hot)
        batch, losses, settled = self._batch, np.empty(steps), np.empty_like(self._current)
        assert batch is not None
        digits = _laid_out(x, x.dtype), _laid_out(one_hot, one_hot.dtype)
        moved = self._vector, self._moments, self._count, *self._settings
        taken = self._kernels.take_slice(*moved, *digits, batch.basis, *batch.work_space, losses, settled)
        batch.basis, self._measured, self._current = taken[0], taken[1:], settled
        self._step += steps
        self._count += steps
        return losses

    def advance_batches(self, x: np.ndarray, one_hot: np.ndarray, rows: np.ndarray, steps: int) -> np.ndarray:
        """Take steps on each of several new batches, see `Engine.advance_batches`.

        This is one call of the kernel, which does not hold Python's lock.
        """
        vector, losses = self._current.copy(), np.empty((len(rows), steps + 1))
        batch = self._work_space(x[rows[0]], one_hot[rows[0]])
        data = _laid_out(x, x.dtype), _laid_out(one_hot, x.dtype), np.ascontiguousarray(rows, np.uint32)
        moved = vector, self._moments, self._count, *self._settings
        done = self._kernels.take_batches()(*moved, *data, *batch.work_space, losses)
        self._step += done * steps
        self._count += done * steps
        self._current, self._batch = vector, None
        return losses[:done]

    def measure(self, x: np.ndarray, targets: np.ndarray) -> tuple[float, int]:
        """Return the loss summed over digits, shapes (n, 64) and (n, 10), and the number classified correctly."""
        if self._is_current(x, targets):
            return self._measured
        digits = _laid_out(x, x.dtype), _laid_out(targets, x.dtype)
        return self._kernels.measure(self._current, *self._layout, self._codes, self._constants.leak, *digits)

    def state(self) -> EngineState:
        """Return the parameters, which share memory with this engine, and copies of moments and counts."""
        kept = self._named_parameters() | self._form.counted(self._step, self._count)
        for names, moment in zip(self._form.moments, self._moments.copy(), strict=True):
            kept |= self._named(names, moment)
        return kept

    def _named(self, names: list[str], vector: np.ndarray) -> EngineState:
        """Return views of a vector in the kernel's order, with the shapes of the parameters, by their names."""
        shapes = self._shapes.arrays
        return {names[place]: vector[start:end].reshape(shapes[place].shape) for place, start, end in self._places}

    def _named_parameters(self) -> EngineState:
        """Return the current parameters, read-only."""
        named = self._named(self._form.parameters, self._current)
        for array in named.values():
            array.flags.writeable = False
        return named

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore a state; missing moments start at zero."""
        self._current, self._moments = np.empty_like(self._current), np.zeros_like(self._moments)
        copies = [(self._form.parameters, self._current), *zip(self._form.moments, self._moments, strict=True)]
        for names, vector in copies:
            for name, part in self._named(names, vector).items():
                part[...] = arrays.get(name, 0)
        self._batch = None
        self._step, self._count = int(arrays[STEP]), int(arrays.get(self._form.count, 0))

    def _is_current(self, x: np.ndarray, one_hot: np.ndarray) -> bool:
        """Return whether these arrays are the current batch."""
        return self._batch is not None and x is self._batch.x and one_hot is self._batch.one_hot

    def _work_space(self, x: np.ndarray, one_hot: np.ndarray) -> Batch:
        """Return a new batch, in the memory of the previous one if it had the same size."""
        batch, digits, (sizes, bias) = self._batch, len(x), self._layout
        if batch is None or len(batch.x) != digits:
            moved = digits if self._moves_pre_activations(digits) else 0
            batch = Batch(x, one_hot, sizes, bias, moved, self._current.dtype)
        batch.x, batch.one_hot, batch.basis = x, one_hot, self._kernels.BEGINS
        return batch

    def _moves_pre_activations(self, batch: int) -> bool:
        """Return whether updating the first layer's pre-activations takes fewer multiplications than its weights."""
        settings, (inputs, neurons) = self.hyperparameters, map(int, self._layout[0][:2])
        if not settings.is_plain_descent:
            return False
        saved_per_step = batch * neurons * (2 * inputs - batch)
        spent_per_batch = batch * inputs * (batch + 2 * neurons)  # on x x^T, x w1 and x^T g
        return settings.steps_per_batch * saved_per_step > spent_per_batch


def _laid_out(array: np.ndarray, dtype: npt.DTypeLike) -> np.ndarray:
    """Return the array as the kernels require it: C-contiguous, and writeable although they only read it."""
    if array.flags.carray and array.dtype == dtype:  # a shortcut: `numpy.require` takes longer than drawing a batch
        return array
    return np.require(array, dtype, ("C", "W"))
