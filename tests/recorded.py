"""Histories of trainings of any length that nobody has waited for."""

from __future__ import annotations

from digitviz import DigitDataset, Hyperparameters
from digitviz.training.history import History
from digitviz.training.recipe import Recipe
from digitviz.training.records import Tip
from digitviz.training.trajectory import Trajectory


def recorded_trajectory(digits: DigitDataset, settings: Hyperparameters, step: int | None = None) -> Trajectory:
    """Return a trajectory that looks as if so many steps had been taken, by default all."""
    trajectory = Trajectory(Recipe.of(digits, settings), digits)
    step = settings.total_steps if step is None else step
    trajectory.curves.reserve(settings.batches)
    trajectory.curves.losses.ravel()[:step] = 50.0
    trajectory.curves.of_batches[:, : step // settings.steps_per_batch] = 0.5
    trajectory._tip = Tip(step, trajectory.initial_parameters)
    return trajectory


def recorded_history(digits: DigitDataset, settings: Hyperparameters) -> History:
    """Return the history of a training that looks as if it had come to its end."""
    return History(recorded_trajectory(digits, settings), settings.total_steps, settings.batches)
