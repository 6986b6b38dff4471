"""Network: neurons in layers, and the matrices that hold their weights."""

from functools import cache

from digitviz.dashboard.lesson import network_controls, network_view
from digitviz.dashboard.lesson.steps import lesson_page

# Shown once in a run, by the first step that asks for them.
picked = cache(network_view.picked)
layers = cache(network_controls.layers)


def diagram() -> None:
    """Show the neurons of all layers."""
    network_view.diagram(picked())


def weighted_sum() -> None:
    """Show what one neuron adds up."""
    network_view.weighted_sum(picked())


def count() -> None:
    """Count the weights."""
    network_view.count(layers)


def batch_as_matrices() -> None:
    """Show the shapes of all matrices for a batch."""
    network_view.batch_as_matrices(layers)


lesson_page("network", [diagram, weighted_sum, count, batch_as_matrices])
