"""How much memory a training will take."""

from __future__ import annotations

from itertools import pairwise

from digitviz.networks.parameters import INPUTS, OUTPUTS
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import OPTIMIZERS

VECTORS = {"numpy": 1, "torch": 1, "compiled": 2}
"""Copies of the parameters in each engine: the compiled one keeps a second, to be read."""


def parameter_bytes(hyperparameters: Hyperparameters) -> int:
    """Return the size of one copy of all weights and biases, in bytes."""
    sizes = hyperparameters.layer_sizes
    weights = sum(entering * leaving for entering, leaving in pairwise(sizes))
    return (weights + (sum(sizes[1:]) if hyperparameters.bias else 0)) * hyperparameters.dtype.itemsize


def working_bytes(hyperparameters: Hyperparameters, engine: str, copied_digits: int) -> int:
    """Return the memory a training holds only as long as it can go on, in bytes.

    That is its engine with moments and buffers, its batch, and its own copy of the data set. What a step allocates and
    frees is not counted: only as many trainings as there are workers need that at once.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    engine : str
        Which one takes the steps.
    copied_digits : int
        How many are scaled or converted for this training; 0 where it uses those of the data set as they are.
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
