"""What a recipe fixes before the first step: the two parts of the data set, the batches, the engine, the memory."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.networks.network import INPUT_SCALES
from digitviz.networks.parameters import INPUTS, OUTPUTS
from digitviz.training.engines import ENGINES, Engine
from digitviz.training.engines.state import EngineState
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import OPTIMIZERS
from digitviz.training.recipe import Recipe

VECTORS = {"numpy": 1, "torch": 1, "compiled": 2}
"""Copies of the parameters in each engine: the compiled one has a second copy for reading."""


class Batch(NamedTuple):
    """A batch as an engine takes it.

    Parameters
    ----------
    inputs : ndarray, shape (batch_size, 64)
    targets : ndarray, shape (batch_size, 10)
    """

    inputs: np.ndarray
    targets: np.ndarray


def targets(labels: np.ndarray, settings: Hyperparameters) -> np.ndarray:
    """Return the outputs that a network with these settings is trained towards, shape (n, 10): one-hot labels."""
    one_hot: np.ndarray = np.eye(OUTPUTS, dtype=settings.dtype)[labels]
    return one_hot


def batch_rows(hyperparameters: Hyperparameters, digits: int, batch: int) -> np.ndarray:
    """Draw the rows of one batch. They depend only on the seed and the number of the batch.

    Parameters
    ----------
    hyperparameters : Hyperparameters
        Gives `sampling`, `batch_size` and `seed`.
    digits : int
        Number of digits to draw from.
    batch : int
        Number of the batch, from 0.

    Returns
    -------
    ndarray of uint32, shape (batch_size,)
    """
    size, seed = hyperparameters.batch_size, hyperparameters.seed
    if hyperparameters.sampling == "with_replacement":
        return np.random.default_rng([seed, 1, batch]).integers(0, digits, size, dtype=np.uint32)
    # All digits in a new order each epoch, dealt out in batches; a batch may reach into the next epoch.
    first, last = batch * size // digits, ((batch + 1) * size - 1) // digits
    epochs = [np.random.default_rng([seed, 2, epoch]).permutation(digits) for epoch in range(first, last + 1)]
    start = batch * size - first * digits
    return np.concatenate(epochs)[start : start + size].astype(np.uint32)


class Setup:
    """The two parts of the data set, the first weights, the batches and the engines of a recipe.

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
        If the data set is not the one of the recipe.
    """

    def __init__(self, recipe: Recipe, dataset: DigitDataset) -> None:
        if dataset.id != recipe.dataset_id:
            raise ValueError(f"dataset: its id {dataset.id} is not that of the recipe, {recipe.dataset_id}")
        self.recipe, self.dataset = recipe, dataset
        self.train, self.test = dataset.split(recipe.hyperparameters.train_fraction)
        self.initial_parameters = recipe.initial_parameters()

    def batch(self, number: int) -> Batch:
        """Draw a batch, numbered from 0. It depends only on the recipe."""
        settings = self.recipe.hyperparameters
        rows = batch_rows(settings, len(self.train), number)
        return Batch(self.inputs(self.train.pixels[rows]), targets(self.train.labels[rows], settings))

    def whole(self, part: DigitDataset) -> Batch:
        """Return a whole part of the data set as one batch."""
        return Batch(self.inputs(part.pixels), targets(part.labels, self.recipe.hyperparameters))

    def engine_at(self, batch: int, state: EngineState | None) -> Engine:
        """Return an engine for the steps from a batch on, restored from a state or with the first weights."""
        settings = self.recipe.settings_at(batch)
        engine = ENGINES[self.recipe.engine](settings, self.initial_parameters)
        if state is not None:
            engine.restore(state)
        return engine

    def inputs(self, pixels: np.ndarray) -> np.ndarray:
        """Return the network's inputs for `pixels`: the same array if scale and precision already match."""
        settings = self.recipe.hyperparameters
        factor = INPUT_SCALES[settings.input_scale].factor
        return (pixels if factor == 1 else pixels * factor).astype(settings.dtype, copy=False)

    @property
    def state_bytes(self) -> int:
        """Size in bytes of an engine state at the end of a batch, with the largest of the recipe's optimizers."""
        batches = (0, *(change.batch for change in self.recipe.changes))
        moments = max(OPTIMIZERS[self.recipe.settings_at(batch).optimizer].moments for batch in batches)
        return (1 + moments) * parameter_bytes(self.recipe.hyperparameters)

    @property
    def working_bytes(self) -> int:
        """Memory in bytes while steps are taken."""
        one_digit = self.test.pixels[:1]
        digits, settings = len(self.train) + len(self.test), self.recipe.hyperparameters
        copied = 0 if self.inputs(one_digit) is one_digit else digits
        return working_bytes(settings, self.recipe.engine, copied) + digits * OUTPUTS * settings.dtype.itemsize


def parameter_bytes(hyperparameters: Hyperparameters) -> int:
    """Return the size of one copy of all weights and biases in bytes."""
    sizes = hyperparameters.layer_sizes
    weights = sum(entering * leaving for entering, leaving in pairwise(sizes))
    return (weights + (sum(sizes[1:]) if hyperparameters.bias else 0)) * hyperparameters.dtype.itemsize


def working_bytes(hyperparameters: Hyperparameters, engine: str, copied_digits: int) -> int:
    """Return the memory in bytes that a run needs only while it takes steps.

    That is its engine with moments and buffers, its batch, and its own copy of the data set. What a step allocates and
    frees is not counted: only as many runs as there are workers need that at once.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    engine : str
        The engine that takes the steps.
    copied_digits : int
        Digits scaled or converted for this run; 0 if it uses the data set as it is.
    """
    itemsize = hyperparameters.dtype.itemsize
    vectors = VECTORS[engine] + OPTIMIZERS[hyperparameters.optimizer].moments
    batch = hyperparameters.batch_size * (INPUTS + OUTPUTS) * itemsize
    inputs = copied_digits * INPUTS * itemsize
    buffers = _kernel_bytes(hyperparameters) if engine == "compiled" else 0
    return vectors * parameter_bytes(hyperparameters) + batch + inputs + buffers


def _kernel_bytes(hyperparameters: Hyperparameters) -> int:
    """Return the size of the compiled engine's batch: its digits again, and three numbers per neuron and digit."""
    digits, neurons = hyperparameters.batch_size, hyperparameters.layer_sizes[1:]
    numbers = digits * (INPUTS + OUTPUTS) + 3 * digits * sum(neurons)
    if hyperparameters.is_plain_descent and digits < 2 * INPUTS:
        numbers += digits * digits + (digits + 1) ** 2 // 4 + digits * neurons[0]  # the Gram matrix and what it moves
    return numbers * hyperparameters.dtype.itemsize
