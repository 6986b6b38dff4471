"""Races of full batch, mini-batch and one sample, computed at once."""

from __future__ import annotations

from collections.abc import Mapping

from digitviz import DigitDataset, Hyperparameters
from digitviz.lesson.comparison import Course, courses_of, initial_loss, measured_at, planned
from digitviz.training.outcome import OutcomeRun


def compared(
    digits: DigitDataset, lengths: Mapping[str, int], rate: float = 0.1, base: Hyperparameters | None = None
) -> tuple[Course, ...]:
    """Return the three trainings at their ends."""
    race = planned(digits, base or Hyperparameters(), rate, lengths)
    runs = [OutcomeRun(*training, digits, measured_at) for training in race.trainings]
    for run in runs:
        run.advance(run.total_steps)
    return courses_of(race, [run.outcome for run in runs], initial_loss(race, digits))
