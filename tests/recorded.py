"""Histories of trainings of any length that nobody has waited for."""

from __future__ import annotations

from digitviz import DigitDataset, Hyperparameters
from digitviz.training.history import History
from digitviz.training.recipe import Recipe
from digitviz.training.record import Tip
from digitviz.training.trajectory import Trajectory


def recorded_trajectory(digits: DigitDataset, settings: Hyperparameters, step: int | None = None) -> Trajectory:
    """Return a trajectory that looks as if so many steps had been taken, by default all."""
    trajectory = Trajectory(Recipe.of(digits, settings), digits)
    step = settings.total_steps if step is None else step
    trajectory.record.curves.reserve(settings.batches)
    trajectory.record.curves.losses.ravel()[:step] = 50.0
    for values in trajectory.record.curves.of_batches.values():
        values[: step // settings.steps_per_batch] = 0.5
    trajectory.record.tip = Tip(step, trajectory.setup.initial_parameters)
    return trajectory


def recorded_history(digits: DigitDataset, settings: Hyperparameters) -> History:
    """Return the history of a training that looks as if it had come to its end."""
    return History(recorded_trajectory(digits, settings), settings.total_steps, settings.batches)
