"""Runs to export."""

from __future__ import annotations

import pytest

from digitviz import Hyperparameters, TrainingRun

SMALL = {"batches": 4, "steps_per_batch": 5, "learning_rate": 1e-3, "input_scale": "unit", "initialization": "he"}
"""Settings of a run that takes a few milliseconds and learns a little."""


@pytest.fixture
def run(digits) -> TrainingRun:
    """A run in the middle of its third batch."""
    run = TrainingRun(digits, Hyperparameters(**SMALL, bias=True, hidden=(12, 7), engine="numpy"))
    run.advance(13)
    return run
