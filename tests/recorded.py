"""Synthetic histories of runs of any length."""

from __future__ import annotations

from digitviz import DigitDataset, Hyperparameters
from digitviz.training.history import History
from digitviz.training.recipe import Recipe
from digitviz.training.record import Tip
from digitviz.training.trajectory import Trajectory


def recorded_trajectory(digits: DigitDataset, settings: Hyperparameters, step: int | None = None) -> Trajectory:
    """Return a trajectory with synthetic data up to `step`, by default up to the end."""
    trajectory = Trajectory(Recipe.of(digits, settings), digits)
    step = settings.total_steps if step is None else step
    trajectory.record.curves.reserve(settings.batches)
    trajectory.record.curves.losses.ravel()[:step] = 50.0
    for values in trajectory.record.curves.of_batches.values():
        values[: step // settings.steps_per_batch] = 0.5
    trajectory.record.tip = Tip(step, trajectory.setup.initial_parameters)
    return trajectory


def recorded_history(digits: DigitDataset, settings: Hyperparameters) -> History:
    """Return the synthetic history of a finished run."""
    return History(recorded_trajectory(digits, settings), settings.total_steps, settings.batches)
