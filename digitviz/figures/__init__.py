"""Data in, a Plotly figure out; nothing here computes anything and nothing draws on a screen."""

from digitviz.figures.diagram import network_diagram, products_as_bars, products_as_pictures
from digitviz.figures.digits import guesses
from digitviz.figures.layout import lay_out
from digitviz.figures.losses import loss_curves, progress_curves
from digitviz.figures.neuron import MOST_Z, activation_curves, biological_neuron, decision_plane, perceptron
from digitviz.figures.theme import DIGIT_COLORS
from digitviz.figures.weights import neuron_images, weights_before_after

__all__ = [
    "DIGIT_COLORS",
    "MOST_Z",
    "activation_curves",
    "biological_neuron",
    "decision_plane",
    "guesses",
    "lay_out",
    "loss_curves",
    "network_diagram",
    "neuron_images",
    "perceptron",
    "products_as_bars",
    "products_as_pictures",
    "progress_curves",
    "weights_before_after",
]
