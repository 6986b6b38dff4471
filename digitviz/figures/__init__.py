"""Data in, a Plotly figure out; nothing here computes anything and nothing draws on a screen."""

from digitviz.figures.digits import guesses
from digitviz.figures.losses import loss_curves, progress_curves
from digitviz.figures.reading import (
    digit_with_numbers,
    hidden_cells,
    map_with_star,
    nearest_digits,
    pixel_arguments,
    probability_bars,
    stages,
)
from digitviz.figures.theme import DIGIT_COLORS
from digitviz.figures.weights import neuron_images, weights_before_after

__all__ = [
    "DIGIT_COLORS",
    "digit_with_numbers",
    "guesses",
    "hidden_cells",
    "loss_curves",
    "map_with_star",
    "nearest_digits",
    "neuron_images",
    "pixel_arguments",
    "probability_bars",
    "progress_curves",
    "stages",
    "weights_before_after",
]
