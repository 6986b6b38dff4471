from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, Network, figures
from digitviz.figures.theme import as_float32
from digitviz.lesson.dot_product import layers_of


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e200])
def test_matrices_stand_in_their_order_and_the_cell_is_framed(digits, scale):
    parameters = Hyperparameters().initial_parameters()
    for weight in parameters.weights:
        weight *= scale
    sums, entering = layers_of(Network(parameters), digits.pixels[:100])
    with np.errstate(invalid="ignore"):
        matrices = {"w1": parameters.weights[0], "h": sums[0], "relu(h)": entering[1], "y": sums[1]}
    counted = dict.fromkeys(matrices, ("digit of the batch", "neuron")) | {"w1": ("pixel", "neuron")}
    figure = figures.forward_matrices(matrices, counted, 12, {"w1": 7, "h": 7, "relu(h)": 7})
    assert (figure.layout.yaxis.title.text, figure.layout.xaxis2.title.text) == ("pixel", "neuron")
    assert "digit of the batch %{y}" in figure.data[1].hovertemplate
    for trace, matrix in zip(figure.data, matrices.values(), strict=True):
        np.testing.assert_array_equal(np.asarray(trace.z), as_float32(matrix))
    columns = [frame.xref for frame in figure.layout.shapes if frame.x0 == 6.5]
    rows = [frame.xref for frame in figure.layout.shapes if frame.y0 == 11.5]
    assert (columns, rows) == (["x", "x2", "x3"], ["x2", "x3", "x4"])
    assert "100 × 50" in figure.layout.annotations[1].text
    assert np.isfinite(figure.layout.coloraxis.cmax)


def test_wide_matrices_are_thinned_and_keep_their_numbers(random):
    figure = figures.forward_matrices({"w1": random.normal(size=(64, 512))}, {"w1": ("pixel", "neuron")}, 0, {})
    assert len(figure.data[0].x) <= 128
    assert figure.data[0].x[-1] == 511


def test_logits_and_probabilities_are_two_lines(random):
    logits = random.normal(size=10)
    figure = figures.logits_and_probabilities(logits, logits**2, 4)
    np.testing.assert_array_equal(figure.data[0].y, logits)
    np.testing.assert_array_equal(figure.data[1].y, logits**2)
    assert figure.layout.shapes[0].x0 == 4
