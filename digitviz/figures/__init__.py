"""Functions that turn data into Plotly figures. They do not compute results, and do not show figures."""

from digitviz.figures.changes import (
    accuracy_against_size,
    digit_and_change,
    neuron_harms,
    neuron_switches,
    pixel_flips,
    pruned_curve,
    silenced_curve,
    switch_at,
    switches,
    weight_at,
    weight_matrix,
    weight_name,
)
from digitviz.figures.colours import ADDS, DIGIT_COLOURS, PASSES, RECEIVES, SENDS
from digitviz.figures.diagram import lay_out, network_diagram, phone_height, products_as_bars, products_as_pictures
from digitviz.figures.digits import (
    batch_matrices,
    digit_difference,
    digit_grid,
    digit_numbers,
    guesses,
    ink_and_numbers,
    never_seen_curves,
    picture_tiles,
    pixel_use,
    place_in_grid,
)
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
from digitviz.figures.runs import (
    ComparedRun,
    RunNode,
    add_clock,
    add_replay,
    compared_curves,
    lowest_accuracy,
    run_tree,
    start_of_race,
)
from digitviz.figures.sweep import main_effects, outcome_curves, sweep_curve, sweep_heatmap, training_at
from digitviz.figures.weights import (
    neuron_at,
    neuron_images,
    neuron_name,
    neurons_before_after,
    neurons_shown,
    one_neuron,
    weights_before_after,
)
