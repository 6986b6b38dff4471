from __future__ import annotations

import numpy as np
import pytest

from digitviz import figures
from digitviz.figures.picture import to_json
from digitviz.networks.parameters import Parameters
from tests.explanations.made import made_network


@pytest.mark.parametrize(("hidden", "layer"), [((12,), 0), ((7, 23), 1), ((150, 260), 0), ((150, 260), 1), ((3, 1), 1)])
def test_each_neuron_is_found_where_its_spot_is(hidden, layer):
    parameters = made_network(hidden).parameters
    shown, outputs = figures.changes.switches(parameters, layer), np.linspace(-1, 1, hidden[layer])
    figure = figures.changes.neuron_switches.plain(parameters, layer, {int(shown[-1])}, outputs)
    named = figure["layout"]["meta"]["spots"]
    for x, y, words, neuron in zip(named["x"], named["y"], named["words"], shown, strict=True):
        assert figures.changes.switch_at(x, y, layer, shown) == neuron
        assert words == f"neuron {neuron + 1}" + (", silent" if neuron == shown[-1] else "")
    assert figures.changes.switch_at(named["x"][-1] + 12, named["y"][-1] + 12, layer, shown) is None
    assert figures.changes.switch_at(-9, 0, layer, shown) is None
    assert to_json(figure)


def test_those_that_are_silent_are_covered_and_crossed_out():
    parameters = made_network((12,)).parameters
    assert not figures.changes.neuron_switches.plain(parameters, 0, (), np.zeros(12))["layout"]["shapes"]
    shapes = figures.changes.neuron_switches.plain(parameters, 0, {0, 11}, np.zeros(12))["layout"]["shapes"]
    assert [shape["type"] for shape in shapes] == ["rect", "path"] * 2
    cover = shapes[2]  # cover of the last neuron, the second picture in the second row
    assert (
        figures.changes.switch_at((cover["x0"] + cover["x1"]) / 2, (cover["y0"] + cover["y1"]) / 2, 0, np.arange(12))
        == 11
    )


def test_the_neuron_that_hurts_most_comes_first():
    bars = figures.changes.neuron_harms.plain(np.array([0.9, 0.7, 0.95]), 0.9)["data"][0]
    np.testing.assert_allclose(bars["y"], [0.2, 0.0, -0.05], atol=1e-7)
    np.testing.assert_array_equal(bars["customdata"][:, 0], [2, 1, 3])
    assert bars["text"] == ["2", "", ""]


@pytest.mark.parametrize(("shape", "is_last"), [((64, 50), False), ((50, 10), True), ((300, 512), False)])
def test_every_weight_that_is_drawn_is_found_with_what_it_adds(shape, is_last):
    weights = np.random.default_rng(0).normal(size=shape)
    inputs = np.linspace(0, 16, shape[0])
    layer, layers = (1, 2) if is_last else (0, 2)
    cells = figures.changes.weight_matrix.plain(weights, weights, inputs, layer, layers)["data"][0]
    every = 1 if len(inputs) < 100 else 7  # of the rows and columns of a large matrix
    for place_y, y in [*enumerate(cells["y"].tolist())][::every]:
        for place_x, x in [*enumerate(cells["x"].tolist())][::every]:
            row, column = figures.changes.weight_at(x, y, shape, is_last)
            assert cells["z"][place_y, place_x] == np.float32(weights[row, column])
            entering, adds = cells["customdata"][place_y, place_x]
            assert entering == np.float32(inputs[row])
            assert adds == np.float32(inputs[row] * weights[row, column])
    assert figures.changes.weight_at(0 if not is_last else -1, 1, shape, is_last) is None
    assert figures.changes.weight_at(shape[1] + 1, 1, shape, is_last) is None


def test_the_scale_is_that_of_the_weights_before_and_marks_are_where_they_belong():
    before = np.array([[1.0, -2.0], [0.5, 0.0]])
    figure = figures.changes.weight_matrix.plain(before * 0, before, np.ones(2), 1, 3, chosen=(1, 0), typed=[(0, 1)])
    assert figure["layout"]["coloraxis"]["cmax"] == 2
    typed, chosen = figure["layout"]["shapes"]
    assert (typed["x0"], typed["y0"]) == (1.5, 0.5)
    assert (chosen["x0"], chosen["y0"]) == (0.5, 1.5)
    assert "neuron %{y}<br>neuron %{x}" in figure["data"][0]["hovertemplate"]


def test_weights_of_a_network_that_diverged_are_drawn():
    huge = np.full((64, 3), 1e300)
    figure = figures.changes.weight_matrix.plain(huge, huge, np.full(64, 1e300), 0, 2)
    assert np.isfinite(figure["data"][0]["z"]).all()
    assert figures.changes.neuron_switches.plain(Parameters([huge, huge.T[:, :10]]), 0, (), np.full(3, np.inf))


def test_readings_before_and_after_have_the_colours_of_the_legend():
    before, after = figures.two_readings(np.full(10, 0.1), np.eye(10)[3]).data
    assert (before.name, after.name) == ("before", "after")
    assert isinstance(before.marker.color, str)
    assert isinstance(after.marker.color, str)
    assert before.marker.color != after.marker.color
    assert before.marker.opacity is None


def test_probabilities_before_and_after_stand_behind_the_longer_bar():
    notes = figures.two_readings(np.eye(10)[3] * 0.25 + np.eye(10)[8] * 0.75, np.eye(10)[3]).layout.annotations
    assert [(note.x, note.y, note.text) for note in notes] == [(1, 3, "25% → >99%"), (0.75, 8, "75% → 0%")]


def test_before_a_click_a_hint_beside_the_digit_says_that_pixels_can_be_clicked():
    digit, changed = np.zeros((8, 8)), np.full((2, 8, 8), 6)
    assert not figures.changes.pixel_flips(digit, 6, changed, (2, 5)).layout.annotations
    [hint] = figures.changes.pixel_flips(digit, 6, changed).layout.annotations
    assert hint.text == "← press<br>any pixel"
    assert (hint.x, hint.xref, hint.xanchor) == (1, "x domain", "left")  # in no pixel, which would look like the answer


def test_the_changed_pixel_has_a_frame_of_its_kind_in_the_legend():
    digit, changed = np.zeros((8, 8)), np.full((2, 8, 8), 6)
    changed[1, 2, 5], changed[0, 4, 4] = 5, 1
    digit[2, 5] = 16.0
    erased, filled, shown = figures.changes.pixel_flips(digit, 6, changed, (2, 5)).data[1:]
    assert (list(erased.x), list(erased.y)) == ([5], [5])
    assert erased.text[0].startswith("<b>1</b>")
    assert ">erased<" in erased.text[0]
    assert not len(filled.x)
    assert (list(shown.x), list(shown.y), shown.name) == ([6], [3], "filled")
    assert shown.text[0].startswith("<b>5</b>")  # the new answer
    assert shown.marker.color == filled.marker.line.color
    digit[2, 5] = 0.0
    shown = figures.changes.pixel_flips(digit, 6, changed, (2, 5)).data[3]
    assert (shown.name, shown.marker.color) == ("erased", erased.marker.line.color)


def test_pixels_tried_in_vain_say_how_probable_the_answer_was():
    tried = figures.changes.pixel_flips(
        np.ones((8, 8)), 6, np.full((2, 8, 8), 6), None, {(2, 5): 0.711, (7, 0): 0.25}
    ).data[-1]
    assert list(zip(tried.x, tried.y, tried.text, strict=True)) == [(6, 3, "71%"), (1, 8, "25%")]
