"""Data in, a Plotly figure out; nothing here computes anything or shows it on a screen."""

from digitviz.figures.batch import (
    batch_matrices,
    digit_grid,
    digit_numbers,
    never_seen_curves,
    pixel_use,
    place_in_grid,
)
from digitviz.figures.borders import border_regions
from digitviz.figures.calibration import reliability
from digitviz.figures.changed_digit import (
    accuracy_against_size,
    digit_and_change,
    pixel_flips,
    two_readings,
)
from digitviz.figures.colours import ADDS, DIGIT_COLOURS, PASSES, RECEIVES, SENDS
from digitviz.figures.compared_curves import ComparedRun, compared_curves
from digitviz.figures.confusion import confusion_matrix
from digitviz.figures.cut_weights import pruned_curve, weight_at, weight_matrix
from digitviz.figures.diagram import network_diagram, products_as_bars, products_as_pictures
from digitviz.figures.digits import guesses, picture_tiles
from digitviz.figures.forward import forward_matrices
from digitviz.figures.large_map import Things, large_map
from digitviz.figures.large_map_layout import MapView
from digitviz.figures.layout import lay_out
from digitviz.figures.learnt import hardest_digits, learnt_digits
from digitviz.figures.losses import loss_curves, progress_curves
from digitviz.figures.manifold import pixel_manifold
from digitviz.figures.maps import digit_map, waiting
from digitviz.figures.needed_pixels import needed_pixels
from digitviz.figures.neuron import (
    MOST_Z,
    activation_curves,
    biological_neuron,
    perceptron,
)
from digitviz.figures.one_neuron import one_neuron
from digitviz.figures.plane import decision_plane
from digitviz.figures.reading import (
    digit_with_numbers,
    hidden_cells,
    nearest_digits,
    pixel_arguments,
    probability_bars,
    stages,
)
from digitviz.figures.run_sketch import run_sketch, sketch_in_words
from digitviz.figures.run_tree import RunNode, run_tree
from digitviz.figures.silenced import neuron_harms, neuron_switches, silenced_curve, switch_at, switches
from digitviz.figures.softmax import logits_and_probabilities, powers_of_e
from digitviz.figures.star_map import map_with_star
from digitviz.figures.walk import walk_picture
from digitviz.figures.weights import neuron_at, neuron_images, neuron_name, neurons_shown, weights_before_after

__all__ = [
    "ADDS",
    "DIGIT_COLOURS",
    "MOST_Z",
    "PASSES",
    "RECEIVES",
    "SENDS",
    "ComparedRun",
    "MapView",
    "RunNode",
    "Things",
    "accuracy_against_size",
    "activation_curves",
    "batch_matrices",
    "biological_neuron",
    "border_regions",
    "compared_curves",
    "confusion_matrix",
    "decision_plane",
    "digit_and_change",
    "digit_grid",
    "digit_map",
    "digit_numbers",
    "digit_with_numbers",
    "forward_matrices",
    "guesses",
    "hardest_digits",
    "hidden_cells",
    "large_map",
    "lay_out",
    "learnt_digits",
    "logits_and_probabilities",
    "loss_curves",
    "map_with_star",
    "nearest_digits",
    "needed_pixels",
    "network_diagram",
    "neuron_at",
    "neuron_harms",
    "neuron_images",
    "neuron_name",
    "neuron_switches",
    "neurons_shown",
    "never_seen_curves",
    "one_neuron",
    "perceptron",
    "picture_tiles",
    "pixel_arguments",
    "pixel_flips",
    "pixel_manifold",
    "pixel_use",
    "place_in_grid",
    "powers_of_e",
    "probability_bars",
    "products_as_bars",
    "products_as_pictures",
    "progress_curves",
    "pruned_curve",
    "reliability",
    "run_sketch",
    "run_tree",
    "silenced_curve",
    "sketch_in_words",
    "stages",
    "switch_at",
    "switches",
    "two_readings",
    "waiting",
    "walk_picture",
    "weight_at",
    "weight_matrix",
    "weights_before_after",
]
