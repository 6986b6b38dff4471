"""Made-up sweeps, and samples of their pictures with the text they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from digitviz import Hyperparameters, Sweep, SweepTable, figures
from digitviz.training.outcome import CURVES, Outcome
from digitviz.training.sweep import Axis

NEURONS = {"hidden": [2, 10, (30, 20)]}
DECAYS = {"weight_decay": [0.0, 10.0]}


def made_up(values: dict[Any, Sequence[Any]], accuracies: Any, diverged: Sequence[int] = ()) -> SweepTable:
    """Return a table with these accuracies, shape (trainings, seeds). nan is not known yet."""
    found = np.asarray(accuracies, float)
    axes = tuple(Axis.of(names, each) for names, each in values.items())
    planned = Sweep(Hyperparameters(batches=3, engine="numpy"), axes, found.shape[-1], "0" * 64)
    outcomes: list[Outcome | None] = []
    for number, (training, accuracy) in enumerate(zip(planned.trainings, found.ravel(), strict=True)):
        at = 7 if number in diverged else None
        curves = {name: np.full(3, np.nan if at else accuracy) for name in CURVES}
        made = Outcome(training.recipe.id, 3, curves, np.full(3, 0.1), at, 0.5)
        outcomes.append(None if at is None and np.isnan(accuracy) else made)
    return SweepTable(planned, outcomes)


def of_sweeps() -> dict[str, tuple[Callable[[], go.Figure], str]]:
    curve = made_up(NEURONS, [[0.25, 0.35], [0.9, 0.95], [0.5, 0.5]], diverged=(5,))
    grid = made_up(NEURONS | DECAYS, [[0.25], [0.3], [0.9], [0.8], [0.5], [np.nan]])
    return {
        "sweep_curve": (
            lambda: figures.sweep_curve(curve),
            "The average test accuracy is highest with 10 neurons: 92.5%. It is lowest with 2 neurons: "
            "30.0%. Each bar is the range in which the average of many more than 2 seeds would probably lie. Other "
            "test digits would give other numbers. 1 training diverged.",
        ),
        "sweep_heatmap": (
            lambda: figures.sweep_heatmap(grid),
            "highest with 10 neurons, Weight decay 0: 90.0%. It is lowest with 2 neurons, Weight decay 0: 25",
        ),
        "main_effects": (
            lambda: figures.main_effects(made_up(NEURONS, [[0.2, 0.2], [0.9, 0.9], [0.5, 0.5]])),
            "most: Hidden neurons. Share of all differences in test accuracy: Hidden neurons 100.0%, luck (seeds) 0.0%",
        ),
        "outcome_curves": (
            lambda: figures.outcome_curves(grid.outcomes[2], 500),
            "After 1,500 steps, training accuracy is 90.0% and test accuracy 90.0%.",
        ),
    }
