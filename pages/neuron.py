"""Neuron: a weighted sum and an activation."""

from digitviz.dashboard.lesson import neuron_controls, neuron_view, perceptron_view
from digitviz.dashboard.lesson.steps import lesson_page

neuron = neuron_controls.settings()
controls = neuron_controls.Controls()


def cell_and_model() -> None:
    """Show a nerve cell and the perceptron beside it."""
    neuron_view.cell_and_model(neuron, controls)


def sum_and_activation() -> None:
    """Show the weighted sum and the curve of the activation."""
    neuron_view.sum_and_activation(neuron, controls)


def by_hand() -> None:
    """Show the line in the plane, moved by hand."""
    perceptron_view.by_hand(neuron, controls)


def by_the_rule() -> None:
    """Show the line in the plane, moved by the perceptron rule."""
    perceptron_view.by_the_rule(neuron, controls)


lesson_page("neuron", [cell_and_model, sum_and_activation, by_hand, by_the_rule])
