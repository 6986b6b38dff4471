from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, Network, figures
from digitviz.figures.draw import as_float32
from digitviz.figures.forward import Matrix
from digitviz.lesson.chain_rule import Side


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e200])
def test_matrices_stand_in_their_order_and_the_cell_is_framed(digits, scale):
    parameters = Hyperparameters().initial_parameters()
    for weight in parameters.weights:
        weight *= scale
    sums, entering = Network(parameters).layers(digits.pixels[:100])
    with np.errstate(invalid="ignore"):
        factors = {
            "x": Matrix(entering[0], (Side.DIGIT, Side.PIXEL)),
            "w1": Matrix(parameters.weights[0], (Side.PIXEL, Side.NEURON), "h", "×"),
            "h": Matrix(sums[0], (Side.DIGIT, Side.NEURON), "h", "="),
            "relu(h)": Matrix(entering[1], (Side.DIGIT, Side.NEURON), "h", "→"),
            "y": Matrix(sums[1], (Side.DIGIT, Side.OUTPUT), None, "…"),
        }
    figure = figures.forward_matrices(factors, 12, ("h", 7))
    assert (figure.layout.yaxis.title.text, figure.layout.xaxis2.title.text) == ("digit of the batch", "neuron")
    assert "digit of the batch %{y}" in figure.data[2].hovertemplate
    for trace, factor in zip(figure.data, factors.values(), strict=True):
        np.testing.assert_array_equal(np.asarray(trace.z), as_float32(factor.values))
    columns = [frame.xref for frame in figure.layout.shapes if frame.x0 == 7.5]
    rows = [frame.xref for frame in figure.layout.shapes if frame.y0 == 12.5]
    assert (columns, rows) == (["x2", "x3", "x4"], ["x", "x3", "x4", "x5"])
    assert "100 × 50" in figure.layout.annotations[2].text
    assert [trace.x[0] for trace in figure.data] == [1, 1, 1, 1, 0]  # neurons count from 1, digits from 0
    assert {trace.y[0] for trace in figure.data} == {1}
    assert np.isfinite(figure.layout.coloraxis.cmax)


def test_matrices_stand_apart_in_one_line_and_on_a_phone_in_two(random):
    wide, square, tall = random.normal(size=(5, 64)), random.normal(size=(64, 30)), random.normal(size=(5, 30))
    matrices = zip(("x", "w1", "h", "relu(h)", "y"), (wide, square, tall, tall, tall[:, :10]), "·×=→…", strict=True)
    factors = {title: Matrix(values, (Side.DIGIT, Side.NEURON), None, sign) for title, values, sign in matrices}
    layout = figures.forward_matrices(factors, 0).to_plotly_json()["layout"]
    phone = layout["meta"]["phone_layout"]
    for shown, lines in ((layout, 1), (phone, 2)):
        domains = [shown[f"xaxis{axis}"]["domain"] for axis in ("", "2", "3", "4", "5")]
        bottoms = [shown[f"yaxis{axis}"]["domain"][0] for axis in ("", "2", "3", "4", "5")]
        assert len(set(bottoms)) == lines
        for (start, end), (after, _), low, lower in zip(domains, domains[1:], bottoms, bottoms[1:], strict=False):
            assert 0 <= start < end <= 1
            assert after > end or lower < low
        signs = [note["text"] for note in shown["annotations"] if "<b>" not in note["text"]]
        assert signs == ["×", "=", "→", "…"]
    assert bottoms == sorted(bottoms, reverse=True)
    apart = bottoms[0] - phone["yaxis4"]["domain"][1]
    assert apart * 200 >= 78  # pixels: the numbers and names of columns, and the titles below them, in two lines


def test_wide_matrices_are_thinned_and_keep_their_numbers(random):
    matrices = np.ones((1, 64)), random.normal(size=(64, 512)), random.normal(size=(1, 512))
    counted = (Side.DIGIT, Side.PIXEL), (Side.PIXEL, Side.NEURON), (Side.DIGIT, Side.NEURON)
    figure = figures.forward_matrices(dict(zip(("x", "w1", "h"), map(Matrix, matrices, counted), strict=True)), 0)
    assert len(figure.data[1].x) <= 128
    assert figure.data[1].x[-1] == 512


@pytest.mark.parametrize("shift", [-50.0, -3.0, 0.0, 3.0, 50.0])
def test_logits_and_probabilities_are_bars_from_one_zero(random, shift):
    logits = random.normal(size=10) + shift
    probabilities = np.linspace(0, 0.2, 10)
    figure = figures.logits_and_probabilities(logits, probabilities, 4)
    assert {trace.type for trace in figure.data} == {"bar"}
    np.testing.assert_array_equal(figure.data[0].y, logits)
    np.testing.assert_array_equal(figure.data[1].y, probabilities)
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1) == (3.5, 4.5)
    (low, high), (lowest, highest) = figure.layout.yaxis.range, figure.layout.yaxis2.range
    assert low <= min(0, logits.min())
    assert high >= max(0, logits.max())
    assert highest > 1
    assert low / high == pytest.approx(lowest / highest)  # both zeros are at the same height
    assert highest / (highest - lowest) > 1 / 3  # probabilities get at least a third of the height


def test_powers_overflow_where_float64_ends():
    figure = figures.powers_of_e(np.full(10, 800.0) + np.arange(10), 1500)
    pushed, safe = figure.data
    np.testing.assert_array_equal(pushed.x, np.arange(800, 810))
    np.testing.assert_array_equal(safe.x, np.arange(-9, 1))
    zero, inf = figure.layout.shapes
    assert np.exp(zero.x1 - 0.1) == 0 < np.exp(zero.x1 + 0.1)
    with np.errstate(over="ignore"):
        assert np.isfinite(np.exp(inf.x0 - 0.1))
        assert np.isinf(np.exp(inf.x0 + 0.1))


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_logits_that_are_no_numbers_can_be_drawn(precision):
    row = np.array([np.nan, np.inf, -np.inf, 1e38, *range(6)], precision) * precision(3)
    figure = figures.logits_and_probabilities(row, np.full(10, np.nan), 0)
    assert np.isfinite(figure.layout.yaxis.range).all()
    assert len(figures.powers_of_e(row, 1500).data) == 2
