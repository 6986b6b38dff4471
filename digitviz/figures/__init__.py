"""Data in, a Plotly figure out; nothing here computes anything or shows it on a screen."""

from digitviz.figures.batch import (
    batch_matrices,
    digit_grid,
    digit_numbers,
    never_seen_curves,
    pixel_use,
    place_in_grid,
)
from digitviz.figures.diagram import network_diagram, products_as_bars, products_as_pictures
from digitviz.figures.digits import guesses, picture_tiles
from digitviz.figures.forward import forward_matrices, logits_and_probabilities
from digitviz.figures.large_map import MapView, Things, large_map
from digitviz.figures.layout import lay_out
from digitviz.figures.losses import loss_curves, progress_curves
from digitviz.figures.manifold import pixel_manifold
from digitviz.figures.maps import digit_map, waiting
from digitviz.figures.neuron import (
    ADDS,
    MOST_Z,
    PASSES,
    RECEIVES,
    SENDS,
    activation_curves,
    biological_neuron,
    decision_plane,
    perceptron,
)
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
    "ADDS",
    "DIGIT_COLORS",
    "MOST_Z",
    "PASSES",
    "RECEIVES",
    "SENDS",
    "MapView",
    "Things",
    "activation_curves",
    "batch_matrices",
    "biological_neuron",
    "decision_plane",
    "digit_grid",
    "digit_map",
    "digit_numbers",
    "digit_with_numbers",
    "forward_matrices",
    "guesses",
    "hidden_cells",
    "large_map",
    "lay_out",
    "logits_and_probabilities",
    "loss_curves",
    "map_with_star",
    "nearest_digits",
    "network_diagram",
    "neuron_images",
    "never_seen_curves",
    "perceptron",
    "picture_tiles",
    "pixel_arguments",
    "pixel_manifold",
    "pixel_use",
    "place_in_grid",
    "probability_bars",
    "products_as_bars",
    "products_as_pictures",
    "progress_curves",
    "stages",
    "waiting",
    "weights_before_after",
]
