"""Training compiled to machine code: the numpy engine's arithmetic, several times as fast."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from digitviz.networks.activations import LEAK
from digitviz.networks.parameters import Parameters
from digitviz.training.engines import state
from digitviz.training.engines.state import EngineState, EngineStateForm
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import ADAM_BETAS, ADAM_EPSILON, MOMENTUM, OPTIMIZERS

KERNELS = "digitviz.training.engines.kernels"
"""Module that compiles when it is imported."""


class Batch:
    """A batch as the kernel needs it: transposed, in the precision of the run, its digits reordered.

    Parameters
    ----------
    x, one_hot : ndarray
        What the caller passed; the batch is recognised by them.
    sizes : ndarray of int
        Neurons of each layer, the inputs among them.
    bias : bool
    moved : int
        Number of digits whose pre-activations move; 0 if the weights move.
    dtype : dtype

    Attributes
    ----------
    order : ndarray of int, shape (batch,)
        The digits: first the basis, of which all others are combinations, if the batch is searched for one.
    inputs, targets : ndarray, shapes (inputs, batch) and (classes, batch)
    products, combinations : ndarray, flat
        Room for `gram` and for `rest`.
    gram : ndarray, shape (batch, basis) or (0, 0)
        Empty if the weights themselves move at each step.
    rest : ndarray, shape (basis, batch - basis) or (0, 0)
        The other digits as combinations of the basis.
    pre_activations : ndarray, shape (neurons * batch,)
        Those of the first layer, which come first, are carried from step to step when there is a `gram`.
    outputs, deltas : ndarray, shape (neurons * batch,)
        Work space of the kernel.
    summed_deltas : ndarray, shape (neurons of the first layer * batch,) or (0,)
        The first layer's deltas, summed over the steps taken on this batch.
    """

    def __init__(
        self, x: np.ndarray, one_hot: np.ndarray, sizes: np.ndarray, bias: bool, moved: int, dtype: np.dtype
    ) -> None:
        self.x, self.one_hot, self.order = x, one_hot, np.arange(len(x))
        is_dependent = moved > x.shape[1] + bias  # more digits than inputs
        self.inputs, self.targets = np.zeros(x.T.shape, dtype), np.zeros(one_hot.T.shape, dtype)
        self.products = np.zeros(moved * moved, dtype)
        self.combinations = np.zeros((moved + 1) ** 2 // 4 if is_dependent else 0, dtype)
        self.gram = self.rest = np.empty((0, 0), dtype)
        shape = (3, int(sizes[1:].sum()) * len(x))
        self.pre_activations, self.outputs, self.deltas = np.zeros(shape, dtype)
        self.summed_deltas = np.zeros(int(sizes[1]) * moved, dtype)

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """The arrays that a step works on, in the order of the kernel's arguments."""
        moving = self.pre_activations, self.outputs, self.deltas, self.summed_deltas
        return self.inputs, self.targets, self.gram, self.rest, *moving

    def take_up(self, carried: EngineState, vector: np.ndarray) -> None:
        """Go on with this batch, which has just been laid out, as with the one of a saved state.

        Does nothing if this one has another size, or if nothing is carried on it.

        Parameters
        ----------
        carried : dict
            Those arrays of the saved state that begin with "carried.".
        vector : ndarray, shape (size,)
            The parameters, layer by layer; those of the first layer become what they were when the batch began.
        """
        if not self.gram.size or len(self.order) != len(carried[state.ORDER]):
            return
        first = np.concatenate([carried[name].ravel() for name in state.FIRST_LAYER if name in carried])
        vector[: first.size] = first
        places = np.argsort(carried[state.ORDER])[self.order]  # another processor may have found another basis
        self.pre_activations[: self.summed_deltas.size] = carried[state.PRE_ACTIVATIONS][:, places].ravel()
        self.summed_deltas[:] = carried[state.SUMMED_DELTAS][:, places].ravel()


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
        sizes = [len(parameters.weights[0]), *(weight.shape[1] for weight in parameters.weights)]
        self._layout = np.array(sizes), parameters.biases is not None
        self._vector = np.concatenate([array.ravel() for array in _by_layer(parameters)]).astype(dtype)
        self._moments = np.zeros((OPTIMIZERS[hyperparameters.optimizer].moments, self._vector.size), dtype)
        self._form = EngineStateForm(hyperparameters, parameters)
        self._places = list(_places([self._form.parameters], parameters))
        self._moment_places = list(_places(self._form.moments, parameters))
        self._step = self._count = 0  # in all, and those that the optimizer counts
        self._batch: Batch | None = None
        self._carried: EngineState = {}  # what stays the same on a batch; once restored, all until the next step
        self._settled: np.ndarray | None = None  # the parameters now, once they were asked for
        self._named: EngineState = {}  # views of it
        tables = {"activation": kernels.ACTIVATIONS, "loss": kernels.LOSSES, "gradient": kernels.GRADIENTS}
        tables |= {"optimizer": kernels.OPTIMIZERS}
        self._codes = tuple(table[getattr(hyperparameters, name)] for name, table in tables.items())
        rates = (hyperparameters.learning_rate, hyperparameters.weight_decay)
        self._constants = tuple(map(dtype.type, (*rates, LEAK, MOMENTUM, *ADAM_BETAS, ADAM_EPSILON)))

    @property
    def parameters(self) -> Parameters:
        """The current weights and biases, in read-only arrays that no step changes."""
        named = self._named_parameters()
        return self._shapes.from_arrays([named[name] for name in self._form.parameters])

    def advance(self, x: np.ndarray, one_hot: np.ndarray, steps: int) -> np.ndarray:
        """Take `steps` steps on a batch, shapes (batch, 64) and (batch, 10); return the loss before each.

        The batch lasts as long as the same arrays are passed.
        """
        if self._batch is None or x is not self._batch.x or one_hot is not self._batch.one_hot:
            self._vector = self._current_vector().copy()
            self._batch = self._begin(x, one_hot)
            if state.PRE_ACTIVATIONS in self._carried:
                self._batch.take_up(self._carried, self._vector)
            self._carried = {}
        batch, losses = self._batch, np.empty(steps)
        self._settled, self._named = None, {}
        self._kernels.take_steps(
            self._vector, self._moments, self._count, *self._layout, self._codes, self._constants, *batch.arrays, losses
        )
        self._step += steps
        self._count += steps
        return losses

    def measure(self, x: np.ndarray, targets: np.ndarray) -> tuple[float, int]:
        """Return the loss summed over digits, shapes (n, 64) and (n, 10), and how many are classified correctly."""
        digits = _laid_out(x, x.dtype), _laid_out(targets, x.dtype)
        value, correct = self._kernels.measure(
            self._current_vector(), *self._layout, self._codes, self._constants[2], *digits
        )
        return float(value), int(correct)

    def state(self) -> EngineState:
        """Return all that the next step depends on, including what is carried from step to step.

        What is read-only shares its memory with this engine, which does not write to it any more.
        """
        arrays = self._named_parameters() | self._form.counted(self._step, self._count)
        moments, batch = self._moments, self._batch
        pre_activations = summed_deltas = self._vector[:0]
        if batch is not None and batch.gram.size and state.BATCH in arrays:
            pre_activations, summed_deltas = batch.pre_activations, batch.summed_deltas
        kept = np.empty(moments.size + 2 * summed_deltas.size, self._vector.dtype)
        self._kernels.keep(moments, pre_activations, summed_deltas, kept)
        for name, start, end, shape in self._moment_places:
            arrays[name] = kept[start:end].reshape(shape)
        if batch is not None and summed_deltas.size:
            self._carried = self._carried or self._begun_with(batch)
            arrays[state.PRE_ACTIVATIONS], arrays[state.SUMMED_DELTAS] = kept[moments.size :].reshape(
                2, -1, len(batch.order)
            )
        if state.BATCH in arrays:
            arrays |= self._carried
        return arrays

    def _named_parameters(self) -> EngineState:
        """Return the parameters after all steps, read-only; a training asks for them twice in each slice of work."""
        if not self._named:
            vector = self._current_vector()
            places = self._places
            self._named = {name: _read_only(vector[start:end].reshape(shape)) for name, start, end, shape in places}
        return self._named

    def _begun_with(self, batch: Batch) -> EngineState:
        """Return what is carried on a batch and stays the same on it."""
        carried = {state.ORDER: batch.order.astype(state.COUNT), state.LEARNING_RATE: np.array(self._constants[0])}
        for name, (_, start, end, shape) in zip(self._form.carried, self._places, strict=False):
            carried[name] = self._vector[start:end].reshape(shape).copy()
        return {name: _read_only(array) for name, array in carried.items()}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go to where a state was taken; moments that it does not hold are fresh.

        What it carries inside a batch is taken up with the next step, if the settings still allow it. The batch that is
        passed then is taken for the same.
        """
        given = self._form.check(arrays)
        self._vector, self._moments = np.empty_like(self._vector), np.zeros_like(self._moments)
        for places, flat in ((self._places, self._vector), (self._moment_places, self._moments.reshape(-1))):
            for name, start, end, _ in places:
                if name in given:
                    flat[start:end] = given[name].ravel()
        self._settled, self._named, self._batch, self._carried = self._vector, {}, None, {}
        self._step, self._count = int(given[state.STEP]), int(given.get(self._form.count, 0))
        same_rate = state.ORDER in given and given[state.LEARNING_RATE] == self._constants[0]
        if same_rate and self._moves_pre_activations(given[state.ORDER].size):
            carried = {name: array.copy() for name, array in given.items() if name.startswith(state.CARRIED)}
            self._carried = {name: _read_only(array) for name, array in carried.items()}

    def _begin(self, x: np.ndarray, one_hot: np.ndarray) -> Batch:
        """Lay out a batch, in the memory of the one before if that was as large."""
        batch, digits, (sizes, bias) = self._batch, len(x), self._layout
        if batch is None or len(batch.x) != digits:
            moved = digits if self._moves_pre_activations(digits) else 0
            batch = Batch(x, one_hot, sizes, bias, moved, self._vector.dtype)
        batch.x, batch.one_hot = x, one_hot
        x, one_hot = _laid_out(x, x.dtype), _laid_out(one_hot, one_hot.dtype)
        if batch.products.size:
            basis = digits
            if batch.combinations.size:
                basis = self._kernels.find_basis(x, bias, batch.order, batch.combinations)
            batch.gram = batch.products[: digits * basis].reshape(digits, basis)
            batch.rest = batch.combinations[: basis * (digits - basis)].reshape(basis, digits - basis)
        laid_out = batch.order, batch.inputs, batch.targets, batch.gram, batch.pre_activations, batch.summed_deltas
        self._kernels.begin(self._vector, sizes, bias, x, one_hot, *laid_out)
        return batch

    def _moves_pre_activations(self, batch: int) -> bool:
        """Whether the first layer's pre-activations move, not its weights: where that takes fewer multiplications."""
        settings, (inputs, neurons) = self.hyperparameters, map(int, self._layout[0][:2])
        if not settings.is_plain_descent:
            return False
        saved_per_step = batch * neurons * (2 * inputs - batch)
        spent_per_batch = batch * inputs * (batch + 2 * neurons)  # on x x^T, x w1 and x^T g
        return settings.steps_per_batch * saved_per_step > spent_per_batch

    def _current_vector(self) -> np.ndarray:
        """Return the parameters after all steps, layer by layer, in an array that nothing changes."""
        if self._settled is None:
            self._settled, batch = self._vector.copy(), self._batch
            if batch is not None:
                moved = batch.inputs, batch.gram, batch.summed_deltas
                self._kernels.settle(self._vector, *self._layout, self._constants[0], *moved, self._settled)
        return self._settled


def _laid_out(array: np.ndarray, dtype: npt.DTypeLike) -> np.ndarray:
    """Return the array as the kernels require it: C-contiguous and writeable, though they only read it."""
    if array.flags.carray and array.dtype == dtype:  # `numpy.require` takes longer than drawing a batch
        return array
    return np.require(array, dtype, ("C", "W"))


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def _places(names: list[list[str]], parameters: Parameters) -> Iterator[tuple[str, int, int, tuple[int, ...]]]:
    """Yield the name of each array, where it begins and ends in the kernel's order, and its shape.

    Parameters
    ----------
    names : list of list of str
        For one or more copies of the parameters, each in the order of `Parameters.arrays`.
    parameters : Parameters
        Give the shapes.
    """
    order = np.argsort([int(name[1:]) for name, _ in parameters.named_arrays], kind="stable")  # w1, b1, w2, ...
    arrays, start = parameters.arrays, 0
    for of_copy in names:
        for place in order:
            end = start + arrays[place].size
            yield of_copy[place], start, end, arrays[place].shape
            start = end


def _by_layer(parameters: Parameters) -> list[np.ndarray]:
    """Return the arrays in the order of the kernel: w1, b1, w2, b2, ..."""
    if parameters.biases is None:
        return parameters.weights
    return [array for pair in zip(parameters.weights, parameters.biases, strict=True) for array in pair]
