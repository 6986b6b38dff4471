"""Samples of the pictures on the page Break it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go

from digitviz import figures
from digitviz.networks.parameters import Parameters

Samples = dict[str, tuple[Callable[[], go.Figure], str]]


def of_breaking() -> Samples:
    """Return the pictures of Break it, each with text that its sentence must contain."""
    weights = [np.full((64, 3), 0.5), np.zeros((3, 10))]
    counts, three = np.arange(4), np.array([0.5, 0.25, 0.75])
    digit, changed = np.full((8, 8), 4.0), np.zeros((2, 8, 8), int)
    changed[1, 2, 3] = 7
    return {
        "pixel_flips": (lambda: figures.changes.pixel_flips(digit, 0, changed), "another digit: 1"),
        "digit_and_change": (lambda: figures.changes.digit_and_change(digit, digit - 1.5), "at most 1.5 of 16"),
        "two_readings": (
            lambda: figures.two_readings(np.eye(10)[3], np.eye(10)[8]), "3 with 100.0%, then 8 with 100.0%"
        ),
        "accuracy_against_size": (
            lambda: figures.changes.accuracy_against_size(three, {"a": three}, 0.75), "75.0% at 0.75 of 16"
        ),
        "neuron_switches": (
            lambda: figures.changes.neuron_switches(Parameters(weights), 0, {1}, np.ones(3)),
            "Hidden neurons: 3, 1 of them silent",
        ),
        "neuron_harms": (lambda: figures.changes.neuron_harms(three, 0.8), "most without neuron 2, 55.0%"),
        "silenced_curve": (
            lambda: figures.changes.silenced_curve(counts, np.linspace(1, 0, 4), (2, 0.4)), "40.0% with 2 of 3"
        ),
        "weight_matrix": (
            lambda: figures.changes.weight_matrix(weights[1], weights[1] + 1, np.ones(3), 1, 2, (0, 0), [(1, 1)]),
            "w2, 3 × 10 weights; 30 of them are 0",
        ),
        "pruned_curve": (lambda: figures.changes.pruned_curve(three, three, (0.25, 0.7)), "70.0% with 25% cut"),
    }  # fmt: skip
