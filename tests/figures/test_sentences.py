"""Every picture has a one-sentence description with its main number."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import pytest

from digitviz import Hyperparameters, Network, TrainingRun, figures, load_pretrained, read, to_digit, train
from digitviz.drawing import rasterise
from digitviz.explanations.evaluation import calibration
from digitviz.explanations.receipt import receipt
from digitviz.explanations.robustness import occlusion
from digitviz.figures import descent, gradients, loss_lesson
from digitviz.figures.forward import Matrix
from digitviz.figures.gradients import activation_derivatives
from digitviz.figures.picture import Picture, says, to_json
from digitviz.lesson.batch import batch_of
from digitviz.lesson.chain_rule import GradientsAlong, Side, chain_rule, one_step
from digitviz.lesson.dot_product import dot_product
from digitviz.lesson.neuron import GATES, INPUTS, WEIGHTS, blame
from digitviz.lesson.surface import descend, two_pixel_surface
from digitviz.networks.activations import ACTIVATIONS
from digitviz.numbers import short
from digitviz.projections.manifold import grid_places
from tests.figures.broken import of_breaking
from tests.figures.inside import of_the_inside
from tests.figures.landscapes import of_landscapes
from tests.figures.sweeps import of_sweeps
from tests.recorded import recorded_history

PLACE = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.5]])
Samples = dict[str, tuple[Callable[[], go.Figure], str]]


def drawing_functions() -> set[str]:
    """Return the names of all functions in figures that return a complete picture."""
    found = set()
    for module in pkgutil.iter_modules(figures.__path__):
        for name, value in vars(importlib.import_module(f"digitviz.figures.{module.name}")).items():
            returns = getattr(value, "__annotations__", {}).get("return")
            is_drawn = isinstance(value, Picture) or (inspect.isfunction(value) and returns == "go.Figure")
            if is_drawn and not name.startswith("_"):
                found.add(name)
    return found


def of_the_data(digits) -> Samples:
    images, labels = digits.images[:3], digits.labels[:3]
    return {
        "digit_grid": (lambda: figures.digit_grid(images, labels), "labels 0, 1, 2"),
        "digit_numbers": (lambda: figures.digit_numbers(images[0]), "64 pixels, from 0 to 15"),
        "ink_and_numbers": (lambda: figures.digits.ink_and_numbers(images[0], 4), "64 pixels, from 0 to 15"),
        "digit_difference": (
            lambda: figures.digits.digit_difference(images[0], images[0] - np.eye(8)),
            "The first digit has more ink in 8 of 64 pixels, the second in 0",
        ),
        "pixel_use": (lambda: figures.digits.pixel_use(np.eye(8) / 4), "64 pixels, from 0.0% to 25.0%"),
        "batch_matrices": (lambda: figures.batch_matrices(np.ones((5, 64)), np.eye(10)[:5], 2), "5 digits with 64"),
        "never_seen_curves": (
            lambda: figures.digits.never_seen_curves(np.array([1700, 1600]), np.array([1697, 1597]), (1,)),
            "after 2 batches: 1,600 with replacement, 1,597 with shuffled epochs",
        ),
        "guesses": (lambda: figures.guesses(images, labels, np.eye(10)[[0, 1, 5]]), "2 of 3 digits"),
        "picture_tiles": (
            lambda: figures.digits.picture_tiles(images, ["a 0<br>#4", "b", "c"], 3),
            "Digits: a 0 #4, b, c",
        ),
        "nearest_digits": (
            lambda: figures.nearest_digits(images, labels, np.arange(3.0)),
            "nearest training digits, with the labels 0, 1, 2",
        ),
        "digit_map": (lambda: figures.digit_map(PLACE, labels), "3 digits"),
        "waiting": (lambda: figures.waiting("computing"), "computing"),
        "map_with_star": (
            lambda: figures.map_with_star(PLACE, labels, PLACE[1]),
            "3 digits, with your drawing as a star",
        ),
        "large_map": (
            lambda: figures.large_map(
                figures.Things(np.arange(3)[:, None], "", selected=np.array([1]), described="Digit #2"),
                [figures.MapView(PLACE, "PCA", "a"), figures.MapView(PLACE, "MDS", "b")],
            ),
            "2 maps of 3 points: PCA, MDS; clicked: Digit #2; 1 selected",
        ),
        "pixel_manifold": (
            lambda: figures.pixel_manifold(images, ["a", "b", "c"], grid_places(), np.ones((64, 4))),
            "Digits as grids of pixels",
        ),
    }  # fmt: skip


def of_a_training(digits) -> Samples:
    run = train(digits, Hyperparameters(batches=3, steps_per_batch=20))
    losses, history, now = run.history.losses, run.history, run.parameters
    change = np.abs(now.weights[0] - run.initial_parameters.weights[0]).max()
    values = run.network.layers(digits.pixels[:1])[1]
    activities = [*(layer[0] for layer in values), run.network.predict_proba(digits.pixels[:1])[0]]
    dot = dot_product(run.network, digits.pixels[0], 0, 3)
    return {
        "loss_curves": (
            lambda: figures.loss_curves(losses),
            f"Loss of each batch, 3 so far: from {short(losses[0, 0])} to {short(losses[2, -1])}",
        ),
        "progress_curves": (lambda: figures.progress_curves(history, 3), f"batch 3, {history.test_accuracy[2]:.1%}"),
        "weights_before_after": (
            lambda: figures.weights_before_after(run.initial_parameters, now),
            f"64 × 50 weights; the largest change is {short(change)}",
        ),
        "one_neuron": (
            lambda: figures.weights.one_neuron(now, 16, now.weights[1][16]),
            "64 weights of neuron 17, and its",
        ),
        "neuron_images": (lambda: figures.neuron_images(now), "the weights of 50 as pictures"),
        "neurons_before_after": (
            lambda: figures.weights.neurons_before_after(now, now, "after batch 2", order=np.arange(6)),
            "What 6 neurons look for, before training and after batch 2",
        ),
        "network_diagram": (
            lambda: figures.network_diagram(figures.lay_out(now), activities),
            f"64, 50, 10 neurons; digit {activities[-1].argmax()} has the largest output",
        ),
        "patterns": (
            lambda: figures.diagram.patterns(digits.pixels[0], now.weights[0][:, :4], np.arange(4), 5),
            "The digit 5 and 4 patterns. Which pattern does this digit fit best?",
        ),
        "products_as_pictures": (lambda: figures.products_as_pictures(dot), f"up to {short(dot.products.sum())}"),
        "products_as_bars": (lambda: figures.products_as_bars(dot), short(dot.products[dot.order[0]])),
        "forward_matrices": (
            lambda: figures.forward_matrices({"w1": Matrix(np.ones((64, 50)), (Side.PIXEL, Side.NEURON))}, 0),
            "w1 64 × 50",
        ),
        "powers_of_e": (
            lambda: figures.powers_of_e(np.arange(10) - 20.5, 1500),
            "up to −11.5; exp gives inf above 709.78, and 0 once they are below −745.13",
        ),
        "logits_and_probabilities": (
            lambda: figures.logits_and_probabilities(np.arange(10), np.eye(10)[3], 4),
            "3 has the largest, 100.0%; the label is 4",
        ),
    }  # fmt: skip


def of_the_lesson(digits) -> Samples:
    run = TrainingRun(digits, Hyperparameters())
    rule = chain_rule(run.parameters, batch_of(run, 0), "relu", "squared_error", "notebook")
    step = one_step(run.parameters, batch_of(run, 0), "relu", "squared_error", "notebook", 1e-4)
    shown, found = rule.factors()[0], blame(INPUTS, WEIGHTS, 1.0)
    surface = two_pixel_surface(digits)
    paths = [descend(surface, (2.0, -1.0), 0.5, name="full batch")]
    along = GradientsAlong(np.array([0, 7]), np.array([1.0, 32.5]), np.array([2.0, 4.0]), 0.0)
    return {
        "chain_rule": (lambda: gradients.chain_rule(rule.equations(), ""), f"equations: {len(rule.equations())}"),
        "factor": (lambda: gradients.factor(shown), f"{shown.meaning}: 100 × 10 numbers"),
        "one_step": (
            lambda: gradients.one_step(step, 0), f"w1 by at most {short(np.abs(step.change.weights[0]).max())}",
        ),
        "activation_derivatives": (
            lambda: activation_derivatives("sigmoid", 0.0), "is 0.5 and its derivative 0.25",
        ),
        "check_errors": (
            lambda: gradients.check_errors(np.array([0.1, 1e-6]), np.array([0.5, 0.002]), 0.1),
            "ε = 0.000001: 0.002",
        ),
        "angle_and_length": (
            lambda: gradients.angle_and_length(along),
            "7; the notebook's gradient is off by 32.5° and 4 times",
        ),
        "valley": (lambda: descent.valley(surface, paths[0], {"tiny": 0.1}, begun=False), "choose from: tiny"),
        "contours": (lambda: descent.contours(surface, paths), f"w1 = {short(surface.lowest[0])}"),
        "surface_3d": (lambda: descent.surface_3d(surface, paths), "landscape, from 0.0"),
        "two_pixels": (lambda: descent.two_pixels(np.zeros((2, 8, 8))), "both weights in a 0 and in a 1"),
        "guess_and_target": (lambda: loss_lesson.guess_and_target(np.full(10, 0.1), 7), "10.0% for the correct one, 7"),
        "losses_against_probability": (
            lambda: loss_lesson.losses_against_probability(np.zeros(10), (0.5, 0.25, 0.693), 2),
            "at 50.0% squared error 0.25, cross-entropy 0.693",
        ),
        "loss_terms": (
            lambda: loss_lesson.loss_terms(np.array([0.5, 0.5, *[0] * 8]), 1),
            "0.25 and cross-entropy 0.693, by digit; the label is 1",
        ),
        "error_parabola": (lambda: loss_lesson.error_parabola(found), f"output: {short(found.error**2 / 2)} at"),
        "blame_shares": (lambda: loss_lesson.blame_shares(found, np.array([0.5, -0.25, 0, 1])), "0.5, −0.25, 0, 1"),
        "biological_neuron": (figures.biological_neuron, "what dendrites receive"),
        "perceptron": (
            lambda: figures.perceptron([2.0], [0.5], 0.5, ACTIVATIONS["sigmoid"]),
            "inputs is 1.5, its output 0.818",
        ),
        "activation_curves": (lambda: figures.activation_curves(ACTIVATIONS["relu"], 1.5), "pre-activation is 1.5"),
        "decision_plane": (
            lambda: figures.decision_plane([1.0, 1.0], -0.5, GATES["XOR"], (0, 0), (-1, 2)),
            "3 of 4 points",
        ),
    }  # fmt: skip


def of_an_evaluation(digits) -> Samples:
    matrix = np.diag(np.full(10, 17)) + np.eye(10, k=1, dtype=int)
    since, labels = np.array([3, -1, 0]), digits.labels[:3]
    return {
        "confusion_matrix": (
            lambda: figures.confusion_matrix(matrix),
            "179 digits: 170 on the diagonal are correct, 9 are misclassified",
        ),
        "important_pixels": (
            lambda: figures.important_pixels(np.arange(64).reshape(8, 8) / 640),
            "most in row 8, column 8, 9.8%",
        ),
        "reliability": (
            lambda: figures.reliability(calibration(np.full((30, 10), 0.1), np.arange(30) % 10)),
            "in 10 bins; expected calibration error",
        ),
        "learnt_digits": (
            lambda: figures.learnt_digits(since, labels, np.full(10, 2), 5),
            "from batch 0 on; 1 are misclassified at the end",
        ),
        "hardest_digits": (
            lambda: figures.hardest_digits(digits.images[:3], labels, np.array([9, 8, 1]), 10),
            "The digits misclassified at the most checkpoints, up to 9 of 10",
        ),
    }  # fmt: skip


def of_runs() -> Samples:
    runs = [
        figures.runs.RunNode(name, f"run {name}", "trained", 0.0, accuracy)
        for name, accuracy in (("a", 0.9), ("b", 0.95))
    ]
    ends = np.array([10, 20]), np.array([0.5, 0.75]), np.array([2.0, 1.0])
    return {
        "run_tree": (
            lambda: figures.runs.run_tree(runs),
            "2 runs; the best, run b, classifies 95.0% of the test digits",
        ),
        "compared_curves": (
            lambda: figures.runs.compared_curves([figures.runs.ComparedRun("one", *ends)]),
            "one: 75.0%",
        ),
        "start_of_race": (
            lambda: figures.runs.start_of_race(["momentum", "Adam"], 0.9), "The finish is at 90%."
        ),
    }  # fmt: skip


def of_a_drawing(network: Network) -> Samples:
    drawing = to_digit(rasterise([[(90, 60), (190, 60), (120, 220)]]))
    split = receipt(network, drawing.digit)
    prediction = read(drawing, network)
    return {
        "stages": (lambda: figures.stages(drawing), f"{drawing.crop.shape[0]} × {drawing.crop.shape[1]}"),
        "hidden_cells": (
            lambda: figures.hidden_cells(np.ones(4), np.array([0, 0.5, -2, 1])), "neuron 3 matters most and adds −2",
        ),
        "probability_bars": (
            lambda: figures.probability_bars(prediction.probabilities, prediction.label),
            f"{prediction.label} has the largest, {max(prediction.probabilities):.1%}",
        ),
        "pixel_arguments": (lambda: figures.pixel_arguments(split), f"{short(split.lead)} points"),
        "needed_pixels": (
            lambda: figures.needed_pixels(occlusion(network, drawing.digit), drawing.digit, (1, 2)),
            f"It says {prediction.label} ({max(prediction.probabilities):.1%}). Covering",
        ),
        "without_pixel": (lambda: figures.without_pixel(drawing.digit, (1, 2), 4), "One pixel covered: it says 4"),
        "digit_with_numbers": (lambda: figures.digit_with_numbers(drawing.digit), "64 pixels, from 0 to 16"),
    }  # fmt: skip


@pytest.fixture(scope="module")
def samples(digits) -> Samples:
    of_all = (
        of_the_data(digits), of_a_training(digits), of_an_evaluation(digits), of_the_lesson(digits), of_runs(),
        of_breaking(), of_a_drawing(load_pretrained()), of_the_inside(load_pretrained(), digits), of_landscapes(),
        of_sweeps(),
    )  # fmt: skip
    return {name: sample for samples in of_all for name, sample in samples.items()}


def test_every_figure_function_is_tried(samples):
    assert set(samples) == drawing_functions()


@pytest.mark.parametrize("name", sorted(drawing_functions()))
def test_a_picture_says_what_it_shows(samples, name):
    build, expected = samples[name]
    sentence = build().layout.meta["says"]
    assert expected in sentence
    assert not re.search(r"[{}<>]|\bnan\b|\d-\d|e[+-]\d", sentence)  # no open placeholder, tag or raw number


def test_before_anything_has_happened_a_picture_says_so(digits):
    run = TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=5))
    assert "no batch has started" in figures.loss_curves(run.history.losses).layout.meta["says"]
    assert "no batch is finished" in figures.progress_curves(run.history, 0).layout.meta["says"]
    run.advance(3)
    assert figures.loss_curves(run.history.losses).layout.meta["says"].startswith("Loss of each batch, 1 so far: from ")


def test_a_loss_that_is_no_number_is_said_in_words():
    losses = np.array([[90.0, np.inf], [np.nan, np.nan]])
    losses[1, 0] = 12
    assert "from 90 to 12" in figures.loss_curves(losses).layout.meta["says"]
    assert "from 90 to ∞" in figures.loss_curves(losses[:1]).layout.meta["says"]


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "0"), (-0.0, "0"), (1e-6, "0.000001"), (-0.51234, "−0.512"), (89.96, "90"), (1797, "1,800"), (0.3, "0.3"),
     (99.95, "100"), (123456, "123,000"), (np.float32(0.1), "0.1"), (np.nan, "not a number"), (-np.inf, "−∞")],
)  # fmt: skip
def test_a_number_is_written_as_a_person_would(number, written):
    assert short(number) == written


def test_a_sentence_costs_a_live_frame_next_to_nothing(digits):
    history = recorded_history(digits, Hyperparameters())
    figure = figures.loss_curves.plain(history.losses)
    assert len(json.dumps(figure["layout"]["meta"])) < 100
    bare = len(to_json(says(figure, "")))
    assert len(to_json(figures.loss_curves.plain(history.losses))) - bare < 100
