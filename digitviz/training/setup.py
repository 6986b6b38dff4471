"""What follows from a recipe before any step is taken."""

from __future__ import annotations

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.networks.network import INPUT_SCALES
from digitviz.networks.parameters import OUTPUTS
from digitviz.training.engines import ENGINES, Engine
from digitviz.training.engines.checkpoint import Checkpoint
from digitviz.training.memory import parameter_bytes, working_bytes
from digitviz.training.optimizers import OPTIMIZERS
from digitviz.training.recipe import Recipe
from digitviz.training.sampling import batch_rows

Batch = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Inputs, shape (batch_size, 64), targets, (batch_size, 10), and labels, (batch_size,)."""


class Setup:
    """The two parts of the data set, the first weights, the batches and the engines of a recipe.

    Parameters
    ----------
    recipe : Recipe
    dataset : DigitDataset
        That of the recipe.

    Attributes
    ----------
    train, test : DigitDataset
        The two parts of the data set.
    initial_parameters : Parameters

    Raises
    ------
    ValueError
        If the data set is not that of the recipe.
    """

    def __init__(self, recipe: Recipe, dataset: DigitDataset) -> None:
        if dataset.id != recipe.dataset_id:
            raise ValueError(f"dataset: its id {dataset.id} is not that of the recipe, {recipe.dataset_id}")
        self.recipe, self.dataset = recipe, dataset
        self.train, self.test = dataset.split(recipe.hyperparameters.train_fraction)
        self.initial_parameters = recipe.initial_parameters()

    def draw(self, batch: int) -> Batch:
        """Draw a batch, numbered from 0; it depends on the recipe alone."""
        settings = self.recipe.hyperparameters
        rows = batch_rows(settings, len(self.train), batch)
        labels = self.train.labels[rows]
        return self.inputs(self.train.pixels[rows]), np.eye(OUTPUTS, dtype=settings.dtype)[labels], labels

    def engine_at(self, batch: int, checkpoint: Checkpoint | None) -> Engine:
        """Return an engine for the steps from a batch on, restored from a checkpoint or at the first weights."""
        settings = self.recipe.settings_at(batch)
        engine = ENGINES[self.recipe.engine](settings, self.initial_parameters)
        if checkpoint is not None:
            engine.restore(checkpoint)
        return engine

    def inputs(self, pixels: np.ndarray) -> np.ndarray:
        """Return the network's inputs for `pixels`: the same array where nothing has to change."""
        settings = self.recipe.hyperparameters
        factor = INPUT_SCALES[settings.input_scale].factor
        return (pixels if factor == 1 else pixels * factor).astype(settings.dtype, copy=False)

    @property
    def checkpoint_bytes(self) -> int:
        """Size of an exact checkpoint at the end of a batch, in bytes; with the largest of its optimizers."""
        batches = (0, *(change.batch for change in self.recipe.changes))
        moments = max(OPTIMIZERS[self.recipe.settings_at(batch).optimizer].moments for batch in batches)
        return (1 + moments) * parameter_bytes(self.recipe.hyperparameters)

    @property
    def working_bytes(self) -> int:
        """Memory it needs while steps are taken, in bytes."""
        one_digit = self.test.pixels[:1]
        copied = 0 if self.inputs(one_digit) is one_digit else len(self.train) + len(self.test)
        return working_bytes(self.recipe.hyperparameters, self.recipe.engine, copied)
