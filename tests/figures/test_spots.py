"""A keyboard click on a spot of a picture must have the effect that the spot describes."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun, figures
from digitviz.explanations.neurons import votes
from digitviz.figures import gradients
from digitviz.lesson.batch import batch_of
from digitviz.lesson.chain_rule import chain_rule


@pytest.fixture(scope="module")
def short_run(digits) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(batches=3))
    run.advance(run.total_steps)
    return run


def spots_of(figure) -> list[tuple[float, float, str]]:
    named = figure.layout.meta["spots"]
    return list(zip(named["x"], named["y"], named["words"], strict=True))


@pytest.mark.parametrize("order", [None, np.arange(50)[::-1]])
def test_each_neuron_is_where_keys_click_it(short_run, order):
    parameters = short_run.parameters
    supported = votes(parameters)
    shown = figures.weights.neurons_shown(parameters, order=order)
    spots = spots_of(figures.neuron_images(parameters, order=order, votes=supported))
    clicked = [figures.weights.neuron_at(x, y, shown) for x, y, _ in spots]
    assert clicked == shown.tolist()
    said = [f"neuron {neuron + 1} votes most strongly for {supported[neuron]}" for neuron in clicked]
    assert [words for *_, words in spots] == said


def test_each_digit_is_where_keys_click_it(digits):
    spots = spots_of(figures.digit_grid(digits.images[:25], digits.labels[:25]))
    assert [figures.digits.place_in_grid(x, y) for x, y, _ in spots] == list(range(25))
    assert [words for *_, words in spots] == [f"label {label}" for label in digits.labels[:25]]


def test_each_picture_of_an_equation_is_one_spot_in_its_middle(short_run):
    rule = chain_rule(short_run.parameters, batch_of(short_run, 0), "relu", "squared_error", "notebook")
    figure = gradients.chain_rule(rule.equations(), "")
    named = figure.layout.meta["spots"]
    assert tuple(named["curve"]) == tuple(range(len(figure.data)))
    for trace, (x, y, words) in zip(figure.data, spots_of(figure), strict=True):
        assert min(trace.x) <= x <= max(trace.x)
        assert min(trace.y) <= y <= max(trace.y)
        assert trace.hovertemplate.startswith(words)
