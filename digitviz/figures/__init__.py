"""Data in, a Plotly figure out; nothing here computes anything or shows it on a screen."""

from digitviz.figures.ablation import (
    neuron_harms,
    neuron_switches,
    pruned_curve,
    silenced_curve,
    switch_at,
    switches,
    weight_at,
    weight_matrix,
)
from digitviz.figures.batch import (
    batch_matrices,
    digit_grid,
    digit_numbers,
    never_seen_curves,
    pixel_use,
    place_in_grid,
)
from digitviz.figures.borders import border_regions
from digitviz.figures.changed_digit import accuracy_against_size, digit_and_change, pixel_flips
from digitviz.figures.colours import ADDS, DIGIT_COLOURS, PASSES, RECEIVES, SENDS
from digitviz.figures.diagram import lay_out, network_diagram, products_as_bars, products_as_pictures
from digitviz.figures.digits import guesses, picture_tiles
from digitviz.figures.evaluation import confusion_matrix, reliability
from digitviz.figures.forward import forward_matrices
from digitviz.figures.large_map import MapView, Things, large_map
from digitviz.figures.learnt import hardest_digits, learnt_digits
from digitviz.figures.loss_lesson import logits_and_probabilities, powers_of_e
from digitviz.figures.losses import loss_curves, progress_curves
from digitviz.figures.manifold import pixel_manifold
from digitviz.figures.maps import digit_map, map_with_star, waiting
from digitviz.figures.neuron import MAX_Z, activation_curves, biological_neuron, decision_plane, perceptron
from digitviz.figures.reading import (
    digit_with_numbers,
    hidden_cells,
    nearest_digits,
    needed_pixels,
    pixel_arguments,
    probability_bars,
    stages,
    two_readings,
)
from digitviz.figures.runs import ComparedRun, RunNode, compared_curves, run_sketch, run_tree, sketch_in_words
from digitviz.figures.theme import themes  # registers the template that all figures name
from digitviz.figures.walk import walk_picture
from digitviz.figures.weights import (
    neuron_at,
    neuron_images,
    neuron_name,
    neurons_shown,
    one_neuron,
    weights_before_after,
)
