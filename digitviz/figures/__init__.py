"""Functions that turn data into Plotly figures. They do not compute results, and do not show figures."""

from digitviz.figures import changes, runs
from digitviz.figures.colours import ADDS, DIGIT_COLOURS, PASSES, RECEIVES, SENDS
from digitviz.figures.diagram import lay_out, network_diagram, phone_height, products_as_bars, products_as_pictures
from digitviz.figures.digits import batch_matrices, digit_grid, digit_numbers, guesses
from digitviz.figures.evaluation import confusion_matrix, hardest_digits, important_pixels, learnt_digits, reliability
from digitviz.figures.forward import forward_matrices
from digitviz.figures.geometry import border_regions, walk_picture
from digitviz.figures.loss_lesson import logits_and_probabilities, powers_of_e
from digitviz.figures.losses import loss_curves, progress_curves
from digitviz.figures.maps import MapView, Things, beside, digit_map, large_map, map_with_star, pixel_manifold, waiting
from digitviz.figures.neuron import MAX_Z, activation_curves, biological_neuron, decision_plane, perceptron
from digitviz.figures.picture import themes  # registers the template of all figures
from digitviz.figures.reading import (
    digit_with_numbers,
    hidden_cells,
    nearest_digits,
    needed_pixels,
    pixel_arguments,
    probability_bars,
    stages,
    two_readings,
    without_pixel,
)
from digitviz.figures.sweep import main_effects, outcome_curves, sweep_curve, sweep_heatmap, training_at
from digitviz.figures.weights import neuron_images, weights_before_after
