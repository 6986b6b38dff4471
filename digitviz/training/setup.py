"""Setup of a recipe: the two parts of the data set, the batches, the engine, and its memory."""

from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.networks.forward import softmax
from digitviz.networks.losses import LOSSES
from digitviz.networks.network import INPUT_SCALES
from digitviz.networks.parameters import INPUTS, OUTPUTS
from digitviz.training.engines import ENGINES, Engine
from digitviz.training.engines.state import EngineState
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import OPTIMIZERS
from digitviz.training.recipe import Recipe


class Batch(NamedTuple):
    """A batch in the form that engines expect.

    Parameters
    ----------
    inputs : ndarray, shape (batch_size, 64)
    targets : ndarray, shape (batch_size, 10)
    """

    inputs: np.ndarray
    targets: np.ndarray


def targets(labels: np.ndarray, settings: Hyperparameters) -> np.ndarray:
    """Return the target outputs of the network, shape (n, 10): one-hot labels in the precision of the settings.

    Use them for everything that computes a loss or a gradient of a run: steps, recorded losses and pages.
    """
    return np.eye(OUTPUTS, dtype=settings.dtype)[labels]


def summed_loss(logits: np.ndarray, labels: np.ndarray, loss: str | Hyperparameters) -> float:
    """Return the loss of predictions, summed over the digits.

    Parameters
    ----------
    logits : ndarray, shape (n, 10)
    labels : ndarray of int, shape (n,)
    loss : str or Hyperparameters
        Settings of a run, for its loss and its targets; or a name in `LOSSES`, with one-hot targets.
    """
    settings = _with_loss(loss) if isinstance(loss, str) else loss
    wanted = targets(labels, settings).astype(float, copy=False)
    return LOSSES[settings.loss].value(logits, softmax(logits), wanted)


@cache
def _with_loss(loss: str) -> Hyperparameters:
    return Hyperparameters(loss=loss)


def batch_rows(hyperparameters: Hyperparameters, digits: int, batch: int) -> np.ndarray:
    """Draw the indices of the digits in one batch. They depend only on the arguments.

    Parameters
    ----------
    hyperparameters : Hyperparameters
        Settings; only `sampling`, `batch_size` and `seed` matter.
    digits : int
        Number of training digits.
    batch : int
        Number of the batch, from 0.

    Returns
    -------
    ndarray of uint32, shape (batch_size,)
    """
    size, seed = hyperparameters.batch_size, hyperparameters.seed
    if hyperparameters.sampling == "with_replacement":
        key = np.array([seed, 1, batch], np.uint32)  # the same numbers as from a list, in three quarters of the time
        return np.random.default_rng(key).integers(0, digits, size, dtype=np.uint32)
    # Each epoch shuffles all digits. The batches divide the sequence of epochs, so a batch may span two of them.
    first, last = batch * size // digits, ((batch + 1) * size - 1) // digits
    start = batch * size - first * digits
    return np.concatenate([_epoch(seed, epoch, digits) for epoch in range(first, last + 1)])[start : start + size]


@lru_cache(maxsize=16)
def _epoch(seed: int, epoch: int, digits: int) -> np.ndarray:
    """Return all digits in the order of an epoch. Cached, because batches of one digit request it again and again."""
    return np.random.default_rng([seed, 2, epoch]).permutation(digits).astype(np.uint32)


class Setup:
    """The two parts of the data set, the initial weights, the batches and the engines of a recipe.

    Parameters
    ----------
    recipe : Recipe
    dataset : DigitDataset
        The data set of the recipe.

    Attributes
    ----------
    train, test : DigitDataset
        The two parts of the data set.
    initial_parameters : Parameters

    Raises
    ------
    ValueError
        If the data set does not belong to the recipe.
    """

    def __init__(self, recipe: Recipe, dataset: DigitDataset) -> None:
        if dataset.id != recipe.dataset_id:
            raise ValueError(f"dataset: its id is {dataset.id}, but the recipe needs {recipe.dataset_id}")
        self.recipe, self.dataset = recipe, dataset
        self.train, self.test = dataset.split(recipe.hyperparameters.train_fraction)
        self.initial_parameters = recipe.initial_parameters()

    def batch(self, number: int) -> Batch:
        """Draw the batch with this number, from 0. It depends only on the recipe."""
        settings = self.recipe.hyperparameters
        rows = batch_rows(settings, len(self.train), number)
        return Batch(self.inputs(self.train.pixels[rows]), targets(self.train.labels[rows], settings))

    def whole(self, part: DigitDataset) -> Batch:
        """Return a whole part of the data set as one batch."""
        return Batch(self.inputs(part.pixels), targets(part.labels, self.recipe.hyperparameters))

    def engine_at(self, batch: int, state: EngineState | None) -> Engine:
        """Return an engine with the settings of a batch, restored from a state or with the initial weights."""
        settings = self.recipe.settings_at(batch)
        engine = ENGINES[self.recipe.engine](settings, self.initial_parameters)
        if state is not None:
            engine.restore(state)
        return engine

    def inputs(self, pixels: np.ndarray) -> np.ndarray:
        """Return the inputs of the network: the same array if the scale and precision already match."""
        settings = self.recipe.hyperparameters
        factor = INPUT_SCALES[settings.input_scale].factor
        return (pixels if factor == 1 else pixels * factor).astype(settings.dtype, copy=False)

    @property
    def state_bytes(self) -> int:
        """Maximum size in bytes of an engine state at the end of a batch, with any of the recipe's optimizers."""
        batches = (0, *(change.batch for change in self.recipe.changes))
        moments = max(OPTIMIZERS[self.recipe.settings_at(batch).optimizer].moments for batch in batches)
        return (1 + moments) * parameter_bytes(self.recipe.hyperparameters)

    @property
    def working_bytes(self) -> int:
        """Additional memory in bytes while the run takes steps: the engine, its batch, and converted digits.

        Without the memory that a step allocates and frees: only one run per worker needs that at a time.
        """
        settings, engine = self.recipe.hyperparameters, self.recipe.engine
        batch, neurons, digits = settings.batch_size, settings.layer_sizes[1:], len(self.train) + len(self.test)
        numbers, one_digit = batch * (INPUTS + OUTPUTS) + digits * OUTPUTS, self.test.pixels[:1]
        if self.inputs(one_digit) is not one_digit:
            numbers += digits * INPUTS
        vectors = 1 + OPTIMIZERS[settings.optimizer].moments
        if engine == "compiled":  # a copy of the parameters for readers, and the arrays of its `Batch`
            vectors, numbers = vectors + 1, numbers + batch * (INPUTS + OUTPUTS) + 3 * batch * sum(neurons)
            if settings.is_plain_descent and batch < 2 * INPUTS:  # `products`, `combinations` and `summed_deltas`
                numbers += batch * batch + (batch + 1) ** 2 // 4 + batch * neurons[0]
        return vectors * parameter_bytes(settings) + numbers * settings.dtype.itemsize


def parameter_bytes(hyperparameters: Hyperparameters) -> int:
    """Return the size of all weights and biases in bytes."""
    sizes = hyperparameters.layer_sizes
    weights = sum(entering * leaving for entering, leaving in pairwise(sizes))
    return (weights + (sum(sizes[1:]) if hyperparameters.bias else 0)) * hyperparameters.dtype.itemsize
