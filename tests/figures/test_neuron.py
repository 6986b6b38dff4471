from __future__ import annotations

import numpy as np
import pytest

from digitviz import figures
from digitviz.figures.colours import NEGATIVE_COLOUR, POSITIVE_COLOUR, TRAIN_COLOUR
from digitviz.figures.neuron import HALF, MIDDLE, PULLS
from digitviz.lesson.neuron import GATES, POINTS, WITH_STEP, fire


def words_of(figure) -> str:
    return " ".join(note.text for note in figure.layout.annotations)


def test_the_cell_has_its_parts_named():
    for part in ("dendrites", "cell body", "axon", "synapses", "threshold"):
        assert part in words_of(figures.biological_neuron())


def test_synapses_are_at_the_dendrites_like_weights_at_inputs():
    names = figures.biological_neuron(fires=False).data[0]
    body = names.x[names.hovertext.index("cell body")]
    assert [x < body for x, name in zip(names.x, names.hovertext, strict=True) if name == "synapse"] == [True] * 3


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_the_perceptron_carries_its_numbers(count):
    weights = [0.25, -1.5, 0.0, 3.0][:count]
    figure = figures.perceptron([2.0] * count, weights, 0.5, WITH_STEP["sigmoid"])
    hovers = [trace.text[0] for trace in figure.data[:-1] if trace.text]
    assert len(hovers) == count
    for weight, hover in zip(weights, hovers, strict=True):
        number = f"{weight:.4g}".replace("-", "−")  # real minus sign
        assert f"= {number}" in words_of(figure)
        assert hover == f"2 × {number} = {2 * weight:.4g}".replace("-", "−")
    for number, weight in enumerate(weights, start=1):
        note = next(note for note in figure.layout.annotations if note.text.startswith(f"w<sub>{number}</sub>"))
        assert note.font.color == (figures.PASSES if weight >= 0 else TRAIN_COLOUR)  # red lines are positive weights
    firing = fire([2.0] * count, weights, 0.5, WITH_STEP["sigmoid"])
    numbers = {f"{number:.4g}".replace("-", "−") for number in (firing.z, firing.output)}
    assert numbers | {"sigmoid<br> <br> ", "0.5"} <= set(figure.data[-1].text)


def knot_of(figure) -> float:
    [knot] = [trace.x[0] for trace in figure.data if trace.marker.symbol == "diamond"]
    return (knot - MIDDLE) / HALF


@pytest.mark.parametrize(("bias", "place"), [(-1.0, -1.5 / 1.75), (30.5, 30 / 30.75), (np.inf, 1)])
def test_the_sum_of_a_step_is_written_out_and_moves_the_knot_above_a_ground_with_the_threshold(bias, place):
    figure = figures.perceptron([1.0, 0.5], [0.25, -1.5], bias, WITH_STEP["step"], "it does not fire")
    assert knot_of(figure) == pytest.approx(place)
    term = {-1.0: "(−1)", 30.5: "30.5"}.get(bias, "")
    assert f"1 × 0.25 + 0.5 × (−1.5) + {term}" in words_of(figure)
    assert "fires above 0" in words_of(figure)
    assert "fires above 0" not in words_of(figures.perceptron([1.0], [0.25], bias, WITH_STEP["sigmoid"], ""))


@pytest.mark.parametrize("weights", [(0.25, -1.5), (4.0, -1.0), (-1.0, -1.0), (0.0, 0.0)])
def test_two_blocks_from_one_middle_pull_the_knot_up_and_down(weights):
    figure = figures.perceptron([1.0, 0.5], weights, 0.1, WITH_STEP["step"], "it fires", is_plain=True)
    products = np.array([weights[0], 0.5 * weights[1], 0.1])
    up, down = products[products > 0].sum(), abs(products[products < 0].sum())
    blocks = [trace for trace in figure.data if trace.mode == "lines" and trace.line.width == 44]
    assert [block.line.color for block in blocks] == [POSITIVE_COLOUR, NEGATIVE_COLOUR]
    lengths = [abs(block.x[1] - block.x[0]) for block in blocks]
    assert lengths == pytest.approx(HALF / max(1, up, down) * np.array([up, down]))
    assert knot_of(figure) * HALF == pytest.approx(lengths[0] - lengths[1])  # on the same scale
    words = words_of(figure)
    assert f"up {up:.4g}" in words
    assert f"down {down:.4g}" in words
    assert not [each for each in ("w<sub>", "(−", "activation") if each in words]


@pytest.mark.parametrize(("count", "size"), [(2, 24), (4, 18)])
def test_many_products_on_one_side_are_written_smaller(count, size):
    figure = figures.perceptron([1.0] * count, [0.5] * count, 0.0, WITH_STEP["step"], "it fires")
    [note] = [note for note in figure.layout.annotations if note.text == " + ".join(["1 × 0.5"] * count)]
    assert note.font.size == size


def test_before_the_guess_the_knot_is_in_the_middle_and_each_product_has_a_puller_on_its_side():
    asked, told = (
        figures.perceptron([1.0, 0.5, 1.0], [0.25, -1.5, -0.5], 0.0, WITH_STEP["step"], "it fires", is_asked)
        for is_asked in (True, False)
    )
    assert knot_of(asked) == 0
    assert not [trace for trace in asked.data if trace.mode == "lines" and trace.line.width == 44]
    entering = [[trace.line.width for trace in each.data[:6:2]] for each in (asked, told)]  # one line for each input
    assert [len(set(widths)) for widths in entering] == [1, 3]
    words = words_of(asked)
    notes = {note.text: note for note in asked.layout.annotations}
    assert {"<b>× 0.25</b> pushes up", "<b>× 1.5</b> pushes down"} <= notes.keys()
    assert notes["1 × 0.25"].x > MIDDLE > notes["0.5 × 1.5 + 1 × 0.5"].x
    down, up = (
        next(
            trace.line.width
            for trace in asked.data
            if trace.mode == "lines" and trace.y[0] == trace.y[1] == PULLS and trace.line.color == shade
        )
        for shade in (NEGATIVE_COLOUR, POSITIVE_COLOUR)
    )
    assert down == up  # a thicker rope would tell who wins
    assert {"<b>up</b>", "<b>down</b>", "<b>Who wins?</b>"} <= {note.text for note in asked.layout.annotations}
    assert not [each for each in ("w<sub>", "=", "switch", "bias") if each in words]
    for figure in (asked, told):
        for shapes in (figure.layout.shapes, figure.layout.meta["phone_layout"]["shapes"]):
            pullers = [shape for shape in shapes if shape["yanchor"] == PULLS]
            assert [shape["line"]["color"] for shape in pullers] == [POSITIVE_COLOUR, *[NEGATIVE_COLOUR] * 2]
    widths = [shape.line.width for shape in told.layout.shapes if shape.yanchor == PULLS]
    assert widths[0] < widths[2] < widths[1]  # 0.25, 0.5 and 0.75


@pytest.mark.parametrize("is_plain", [False, True])
def test_lines_are_as_wide_as_what_inputs_push_and_inputs_are_filled_circles(is_plain):
    weights = [0.25, -1.5]
    figure = figures.perceptron([1.0, 0.5], weights, 0.0, WITH_STEP["step"], is_plain=is_plain)
    first, second = figure.data[0].line, figure.data[2].line
    assert (second.width - 2) / (first.width - 2) == pytest.approx(3)  # 0.75 to 0.25
    assert (first.color, second.color) == (POSITIVE_COLOUR, NEGATIVE_COLOUR)
    heights = [[float(point.split()[1]) for point in shape.path[1:-2].split("L")] for shape in figure.layout.shapes[:2]]
    assert [(min(each), max(each)) for each in heights] == [(-26, 26), (-26, 0)]
    assert {"<b>1</b>", "<b>0.5</b>"} <= {note.text for note in figure.layout.annotations}
    figure = figures.perceptron([-1.0], [-2.0], 0.0, WITH_STEP["step"])
    assert figure.data[0].line.color == POSITIVE_COLOUR  # it pushes up


@pytest.mark.parametrize("name", WITH_STEP)
def test_the_box_has_the_curve_of_the_activation_below_its_title(name):
    activation = WITH_STEP[name]
    figure = figures.perceptron([1.0], [1.0], 0.0, activation)
    assert str(activation.title) in str(figure.data[-1].text[2])
    points = [point.split() for point in figure.layout.shapes[-1].path[1:].split("L")]
    heights = np.array([float(y) for _x, y in points])
    expected = activation.function(np.linspace(-3, 3, 49))
    np.testing.assert_allclose(np.interp(expected, (expected.min(), expected.max()), (-26, 2)), heights, atol=0.06)
    assert np.abs(heights).max() < 36  # half the box


def test_a_cell_that_fires_glows_and_has_a_thick_axon_and_the_colours_of_the_perceptron():
    bright, dark = (figures.biological_neuron(fires) for fires in (True, False))
    assert len(bright.data) == len(dark.data) + 1
    wide, thin = (figure.layout.shapes[1].line for figure in (bright, dark))
    assert wide.width > 2 * thin.width
    assert wide.color == thin.color == figures.SENDS
    assert dark.layout.shapes[0].line.color == figures.RECEIVES


@pytest.mark.parametrize("name", WITH_STEP)
def test_both_curves_are_those_of_the_activation_and_the_point_lies_on_them(name):
    activation = WITH_STEP[name]
    output, derivative, point = figures.activation_curves(activation, 1.5).data
    np.testing.assert_allclose(output.y, activation.function(np.asarray(output.x)))
    np.testing.assert_allclose(derivative.y, activation.derivative(np.asarray(derivative.x), np.asarray(output.y)))
    at = np.array([1.5])
    assert point.x[0] == 1.5
    assert point.y[0] == activation.function(at)[0]
    assert point.y[1] == activation.derivative(at, activation.function(at))[0]
    first, second = point.marker.size
    assert first > second + 4  # a ring, where the second point lies on the first


@pytest.mark.parametrize("z", [np.inf, -np.inf, np.nan, 1e300])
def test_a_working_point_out_of_sight_is_left_out(z):
    assert len(figures.activation_curves(WITH_STEP["identity"], z).data) == 2


def test_the_plane_shows_the_line_and_which_points_are_right():
    weights, bias = [1.0, 1.0], -0.5
    figure = figures.decision_plane(weights, bias, GATES["XOR"], (0.5, 9.0), (-1.0, 2.0), 2)
    _, line, ring, points = figure.data
    np.testing.assert_allclose(np.add(line.x, line.y), 0.5)
    assert (ring.x[0], ring.y[0]) == (1, 0)
    assert ["✓" in text for text in points.text] == [True, True, True, False]


@pytest.mark.parametrize(("weights", "is_near"), [([0.25, -1.5], True), ([-1.0, 1.0], True), ([1.0, 1.0], False)])
def test_the_words_at_a_point_are_not_on_the_line(weights, is_near):
    figure = figures.decision_plane(weights, 0.0, GATES["AND"], (9.0, 9.0), (-1.5, 2.5))
    origin = [tuple(point) for point in POINTS].index((0, 0))
    assert (figure.data[-1].textposition[origin] != "top right") == is_near
