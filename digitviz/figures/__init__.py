"""Data in, a Plotly figure out; nothing here computes anything and nothing draws on a screen."""

from digitviz.figures.digits import guesses
from digitviz.figures.losses import loss_curves, progress_curves
from digitviz.figures.manifold import pixel_manifold
from digitviz.figures.maps import digit_map, waiting
from digitviz.figures.theme import DIGIT_COLORS
from digitviz.figures.weights import neuron_images, weights_before_after

__all__ = [
    "DIGIT_COLORS",
    "digit_map",
    "guesses",
    "loss_curves",
    "neuron_images",
    "pixel_manifold",
    "progress_curves",
    "waiting",
    "weights_before_after",
]
