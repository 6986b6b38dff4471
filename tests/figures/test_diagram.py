from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from digitviz import Hyperparameters, Network, figures
from digitviz.figures.colours import MARK_COLOUR, TRAIN_COLOUR
from digitviz.figures.diagram import EDGES, MAX_NODES_PER_LAYER
from digitviz.lesson.dot_product import dot_product

COMPONENTS = Path(__file__).parents[2] / "digitviz/dashboard/components"


def activities_of(network, pixels) -> list[np.ndarray]:
    return [*(values[0] for values in network.layers(pixels[None])[1]), network.predict_proba(pixels[None])[0]]


def test_edges_carry_the_weights_and_the_strongest_come_first():
    parameters = Hyperparameters().initial_parameters()
    layout = figures.lay_out(parameters, (1, 7))
    assert len(figures.lay_out(parameters).weights) == len(layout.weights) == 2 * EDGES
    for source, target, weight in zip(layout.sources, layout.targets, layout.weights, strict=True):
        layer = layout.layers[source]
        assert layout.layers[target] == layer + 1
        assert weight == parameters.weights[layer][layout.neurons[source], layout.neurons[target]]
    picked = np.flatnonzero((layout.layers == 1) & (layout.neurons == 7))
    assert (np.isin(layout.targets, picked) | np.isin(layout.sources, picked)).all()
    for layer, own in enumerate((parameters.weights[0][:, 7], parameters.weights[1][7])):
        strongest = np.sort(np.abs(own))[::-1][:EDGES]
        shown = np.abs(layout.weights[layout.layers[layout.sources] == layer])
        np.testing.assert_array_equal(shown, strongest)
    everything = figures.lay_out(parameters, (1, 7), None)
    assert len(everything.weights) == 64 + 10


@pytest.mark.parametrize("hidden", [(), (1,), (50,), (512, 512, 512, 512)])
def test_layers_stand_from_left_to_right_the_input_as_a_picture_and_neurons_from_top_to_bottom(hidden):
    parameters = Hyperparameters(hidden=hidden).initial_parameters()
    picked = (len(hidden), 1 if hidden != (1,) else 0) if hidden else (1, 3)
    layout = figures.lay_out(parameters, picked)
    assert layout.positions.min() >= 0
    assert layout.positions.max() <= 1
    right = -1.0
    for layer in range(len(hidden) + 2):
        here = layout.layers == layer
        x, y = layout.positions[here].T
        assert 1 <= here.sum() <= MAX_NODES_PER_LAYER + 1
        assert x.min() > right
        right = x.max()
        if layer == 0:
            assert (np.diff(x.reshape(8, 8), axis=1) > 0).all()
            assert (np.diff(y.reshape(8, 8), axis=0) < 0).all()
            assert np.ptp(x.reshape(8, 8), axis=0).max() == 0
        else:
            order = np.lexsort((-y, x))  # column by column, from top to bottom
            np.testing.assert_array_equal(layout.neurons[here][order], np.sort(layout.neurons[here]))
    assert ((layout.layers == picked[0]) & (layout.neurons == picked[1])).sum() == 1


def test_each_neuron_of_the_notebooks_network_is_a_target_of_24_pixels_on_a_projector():
    layout = figures.lay_out(Hyperparameters().initial_parameters())
    x0, x1 = figures.network_diagram(layout, [np.zeros(64), np.zeros(50), np.zeros(10)]).layout.xaxis.range
    width, height = 1000 / (x1 - x0), 360 / 1.15  # pixels of the page's figure on a projector, without its margins
    apart = (layout.positions[:, None] - layout.positions) * (width, height)
    distances = np.hypot(*apart.transpose(2, 0, 1)) + 1e3 * np.eye(len(layout.positions))
    assert distances.min() >= 24


@pytest.mark.parametrize("neurons", [50, 64])
def test_each_circle_of_a_hidden_layer_and_of_the_outputs_is_a_target_of_24_pixels_on_a_phone(neurons):
    layout = figures.lay_out(Hyperparameters(hidden=(neurons,)).initial_parameters(), (1, 3))
    figure = figures.network_diagram(layout, [np.zeros(64), np.zeros(neurons), np.zeros(10)], (1, 3))
    x0, x1 = figure.layout.meta["phone_layout"]["xaxis"]["range"]
    wide = 358 / (x1 - x0)  # pixels of the page's figure
    columns = [np.unique(figure.layout.meta["phone_x"][place]) * wide for place in (-2, -1)]
    assert len(columns[0]) == -(-neurons // 10)
    assert np.diff(np.concatenate(columns)).min() >= 24
    frame = figure.layout.meta["phone_layout"]["shapes"][0]
    assert columns[0][0] - frame["x1"] * wide >= 12  # half a circle
    y0, y1 = figure.layout.meta["phone_layout"]["yaxis"]["range"]
    high = (440 - 38 - 50 - 90) / (y1 - y0)  # without the tools and margins
    assert (frame["x1"] - frame["x0"]) * wide == pytest.approx((frame["y1"] - frame["y0"]) * high, rel=0.1)
    digit = next(place for place, trace in enumerate(figure.data) if trace.type == "heatmap")
    assert max(figure.layout.meta["phone_y"][digit]) < frame["y1"]


def test_a_window_that_crosses_the_width_of_the_phone_look_draws_it_again():
    layout = figures.lay_out(Hyperparameters().initial_parameters())
    meta = figures.network_diagram(layout, [np.zeros(64), np.zeros(50), np.zeros(10)]).layout.meta
    query = f"(width < {meta['phone_below']}px)"
    assert f'"{query}"' in (COMPONENTS / "plot.js").read_text()
    assert f"@media {query} {{ .st-key-diagram" in (COMPONENTS / "page.css").read_text()


@pytest.mark.parametrize("initialization", ["notebook", "zeros"])
def test_nodes_can_be_picked_and_show_what_they_pass_on(digits, initialization):
    network = Network(Hyperparameters(initialization=initialization).initial_parameters())
    activities = activities_of(network, digits.pixels[0])
    figure = figures.network_diagram(figures.lay_out(network.parameters, (1, 3)), activities, (1, 3))
    digit, _bars, pixels, hidden, output = figure.data[-5:]
    assert hidden.marker.opacity == 1  # above the lines, which would seem to connect neurons of one layer
    assert hidden.customdata[3] == (1, 3) or list(hidden.customdata[3]) == [1, 3]
    assert hidden.marker.line.width[3] > hidden.marker.line.width[2]
    np.testing.assert_allclose(np.ravel(digit.z) * 15, digits.pixels[0])
    assert (pixels.x[9], pixels.y[9]) == (digit.x[1], digit.y[1])
    np.testing.assert_array_equal(output.marker.color, activities[2])
    assert output.hovertext[4] == f"digit 4: {activities[2][4]:.1%}"
    weights = [trace for trace in figure.data if trace.text is not None and "weight" in str(trace.text[0])]
    own = network.parameters.weights[0][:, 3]
    strongest = int(np.abs(own).argmax())
    number = f"{own[strongest]:.5f}".replace("-", "−")
    assert weights[0].text[0] == f"{strongest + 1} → 4: weight {number}"
    assert len(weights[0].text) == EDGES
    answer = int(activities[2].argmax())  # bold: on a phone, no words are beside it
    assert list(output.text) == [f"<b>{digit}</b>" if digit == answer else str(digit) for digit in range(10)]
    names = [trace.name for trace in figure.data]
    assert {"stronger purple: passes on more", "negative weight: pushes down"} <= set(names)
    layout = figures.lay_out(network.parameters, (1, 3))
    school = figures.network_diagram(layout, activities, (1, 3), label=4, is_plain=True)
    assert {"pushes up", "pushes down", "stronger purple: passes on more", "dotted: pushes nothing"} <= {
        trace.name for trace in school.data
    }
    assert "■" not in str(school.layout.annotations)  # a lot, or a little, is in words there
    assert [note for note in school.layout.annotations if "Ink in a frame pushes" in note.text]
    on_a_phone = school.layout.meta["phone_layout"]["annotations"]
    assert [note for note in on_a_phone if "Ink in a frame<br>pushes" in note["text"]]
    activities[1] = -activities[1] - 1  # shades are sizes, whatever the sign
    figure = figures.network_diagram(figures.lay_out(network.parameters, (1, 3)), activities, (1, 3))
    names = {trace.name for trace in figure.data}  # a negative weight pushes up what gets a negative number
    assert {"stronger purple: further from 0", "positive weight", "negative weight"} <= names
    curve, place = figure.layout.meta["first_spot"]  # the arrow keys begin at the picked neuron
    assert list(figure.data[curve].customdata[place]) == [1, 3]
    assert output.cliponaxis is False  # otherwise the frame cuts off the circle of 9


def test_what_passes_on_nothing_has_dotted_edges_and_frames():
    layout = figures.lay_out(Hyperparameters().initial_parameters(), (1, 3))
    inked = layout.neurons[layout.sources[layout.layers[layout.sources] == 0]][:3]
    pixels = np.isin(np.arange(64), inked).astype(float)
    figure = figures.network_diagram(layout, [pixels, np.ones(50), np.eye(10)[4]], (1, 3), label=4)
    _frame, _of_the_layer, *marks = figure.layout.shapes
    assert [mark.line.dash for mark in marks] == [None] * 3 + ["dot"] * (EDGES - 3)
    lines = [trace for trace in figure.select_traces(selector={"mode": "lines"}) if trace.opacity is not None]
    assert sum(len(trace.x) // 3 for trace in lines if trace.line.dash == "dot") == EDGES - 3
    assert "dotted: pushes nothing" in {trace.name for trace in figure.data}
    figure = figures.network_diagram(layout, [np.ones(64), np.ones(50), np.eye(10)[4]], (1, 3), label=4)
    assert "dotted: pushes nothing" not in {trace.name for trace in figure.data}


@pytest.mark.parametrize(("value", "gauge"), [(2.3, "■■■□□"), (4.0, "■■■■■"), (0.01, "■□□□□"), (np.nan, "□□□□□")])
def test_a_gauge_shows_how_much_of_the_most_the_picked_neuron_passes_on(value, gauge):
    layout = figures.lay_out(Hyperparameters().initial_parameters(), (1, 3))
    hidden = np.where(np.arange(50) == 3, value, 4.0)  # nan in a diverged network
    figure = figures.network_diagram(layout, [np.ones(64), hidden, np.eye(10)[4]], (1, 3), "it passes on")
    for notes in (figure.layout.annotations, figure.layout.meta["phone_layout"]["annotations"]):
        [told] = [note["text"] for note in notes if "it passes on" in note["text"]]
        assert told.startswith("0 <span")
        assert told.endswith(f">{gauge}</span> 4 \u2002it passes on")
    assert "■" not in figure.layout.meta["says"]


def test_the_reason_of_a_neuron_is_below_the_digit():
    layout, activities = figures.lay_out(Hyperparameters().initial_parameters(), (1, 3)), [np.ones(64), np.ones(50)]
    figure = figures.network_diagram(
        layout, [*activities, np.eye(10)[4]], (1, 3), "told", 4, reason="Its ink<br>is red."
    )
    texts = [note.text for note in figure.layout.annotations]
    assert "This is a 4. Its ink<br>is red." in texts
    assert figure.layout.meta["says"].endswith("Selected: told. This is a 4. Its ink is red.")
    assert not [text for text in texts if "Ink in a frame" in text]


def test_edges_of_pixels_begin_at_the_frames_of_the_pixels():
    layout = figures.lay_out(Hyperparameters().initial_parameters(), (1, 3))
    figure = figures.network_diagram(layout, [np.zeros(64), np.zeros(50), np.zeros(10)], (1, 3))
    _frame, _of_the_layer, *marks = figure.layout.shapes
    assert len(marks) == EDGES
    lines = [trace for trace in figure.select_traces(selector={"mode": "lines"}) if trace.opacity is not None]
    starts = np.concatenate([np.stack([trace.x, trace.y], axis=1)[::3] for trace in lines])
    assert len(starts) == 2 * EDGES
    for mark in marks:
        assert np.isclose(starts, (mark.x1, (mark.y0 + mark.y1) / 2)).all(axis=1).sum() == 1


@pytest.mark.parametrize(("label", "colour"), [(4, TRAIN_COLOUR), (7, MARK_COLOUR)])
def test_the_answer_is_said_beside_its_output_in_orange_if_it_is_wrong(label, colour):
    layout = figures.lay_out(Hyperparameters().initial_parameters(), (1, 3))
    activities = [np.zeros(64), np.zeros(50), np.eye(10)[4]]
    figure = figures.network_diagram(layout, activities, (1, 3), "<b>2</b>, high", label)
    said = {note.text: note for note in figure.layout.annotations}
    assert said["<b>100%<br>says 4</b>"].font.color == colour
    assert [text for text in said if text.startswith(f"This is a {label}. Ink in a frame")]
    low, high = figure.layout.xaxis.range
    place = said[
        "<b>100%<br>says 4</b>"
    ]  # after the bar; with room in the narrowest window that does not look as a phone
    assert (high - place.x) / (high - low) * 850 >= place.xshift + 75


@pytest.mark.parametrize(
    ("hidden", "picks"),
    [
        ((), [(1, 0), (1, 9)]),
        ((10,), [(1, 0), (1, 9), (2, 0), (2, 9)]),
        ((50,), [(0, 0), (1, 0), (1, 3), (1, 9), (1, 47), (2, 0), (2, 9)]),
        ((10, 10), [(layer, neuron) for layer in (1, 2, 3) for neuron in (0, 9)]),
        ((50, 50), [(layer, neuron) for layer in (1, 2, 3) for neuron in (0, 9)]),
        ((50, 50, 50, 50), [(layer, neuron) for layer in (1, 2, 3, 4, 5) for neuron in (0, 3, 9)]),
    ],
    ids=str,
)
def test_the_box_of_a_neuron_is_below_its_layer_where_no_edge_or_neuron_or_note_is(hidden, picks):
    parameters = Hyperparameters(hidden=hidden).initial_parameters()
    activities = [np.zeros(64), *(np.zeros(size) for size in hidden), np.eye(10)[4]]
    for picked in picks:
        layout = figures.lay_out(parameters, picked)
        figure = figures.network_diagram(layout, activities, picked, "<b>10.4</b>, high: it pushes towards 5", 3)
        [box] = [note for note in figure.layout.annotations if "high" in note.text]
        (low, high), height = figure.layout.xaxis.range, 316 / 1.15  # of the picture on a projector, in pixels
        across = np.diff(layout.positions[:2, 0])[0]  # square pixels, if the figure is not as wide as the page
        width = min(1212, height / 9 * (high - low) / across) if figure.layout.yaxis.scaleanchor else 1212
        wide = 465 if 0 < picked[0] < len(hidden) + 1 else 200
        left, top = (box.x - low) / (high - low) * width, box.y * height
        left -= wide / 2 * (box.xanchor == "center")
        nodes = layout.positions * (1, height)
        assert nodes[layout.layers > 0, 1].min() - 15 >= top  # the circles, and so the edges, are above it
        assert figure.layout.margin.b - 20 + (0.09 * height + top) >= 38  # above the legend
        here = layout.positions[layout.layers == picked[0], 0]
        middle = ((here.min() + here.max()) / 2 - low) / (high - low) * width
        assert left < middle < left + wide  # below its layer
        assert left + wide <= (1212 + width) / 2
        if picked[0]:  # beside the frame of the digit
            assert left > (figure.layout.shapes[0].x1 - low) / (high - low) * width, picked
        for label in (note for note in figure.layout.annotations if "This is" in note.text):
            assert (label.x - low) / (high - low) * width + 80 <= left, picked


def test_each_output_has_a_bar_as_long_as_its_probability_on_a_phone_too():
    layout = figures.lay_out(Hyperparameters().initial_parameters(), (1, 3))
    shares = np.array([0.6, 0.4, *[0.0] * 8])
    figure = figures.network_diagram(layout, [np.zeros(64), np.zeros(50), shares], (1, 3))
    [place] = [place for place, trace in enumerate(figure.data) if trace.type == "bar"]
    bars = figure.data[place]
    np.testing.assert_allclose(bars.x, shares * bars.x[0] / 0.6)
    assert list(bars.y) == list(figure.data[-1].y)
    [says] = [note for note in figure.layout.annotations if "says 0" in note.text]
    assert says.x == pytest.approx(bars.base + bars.x[0])
    phone = figure.layout.meta["phone_x"][place]
    np.testing.assert_allclose(phone, shares * phone[0] / 0.6)
    layout = figure.layout.meta["phone_layout"]
    assert bars.base + phone[0] / 0.6 <= layout["xaxis"]["range"][1]
    [share] = [note for note in layout["annotations"] if note["text"] == "<b>60.0%<br>says 0</b>"]
    assert share["x"] == layout["xaxis"]["range"][1]
    assert share["y"] < bars.y[-1]  # below all bars


def test_a_network_whose_outputs_are_not_numbers_gives_no_answer():
    layout = figures.lay_out(Hyperparameters().initial_parameters(), (1, 3))
    figure = figures.network_diagram(layout, [np.zeros(64), np.full(50, np.nan), np.full(10, np.nan)], (1, 3))
    words = [note.text for note in figure.layout.annotations]
    assert "<b>not a number</b>" in words
    assert not [text for text in words if "says" in text]
    assert figure.data[-1].hovertext[0] == "digit 0: not a number"
    assert set(figure.data[-1].marker.line.width) == {1}  # no answer is ringed


def test_on_a_phone_the_box_is_below_the_picture_and_covers_no_output():
    layout = figures.lay_out(Hyperparameters().initial_parameters(), (1, 3))
    activities = [np.zeros(64), np.zeros(50), np.eye(10)[4]]
    figure = figures.network_diagram(layout, activities, (1, 3), "<b>2</b>, high: it pushes towards 7")
    [box] = [note for note in figure.layout.meta["phone_layout"]["annotations"] if "high" in note["text"]]
    assert box["yref"] == "paper"
    assert box["text"].endswith("\u2002<b>2</b>, high:<br>it pushes towards 7")  # after its gauge
    assert "<b>100%<br>says 4</b>" in [note["text"] for note in figure.layout.meta["phone_layout"]["annotations"]]
    phone = figure.layout.meta["phone_layout"]
    [title] = [note for note in phone["annotations"] if "output layer" in note["text"]]
    assert (title["xanchor"], title["x"]) == ("right", phone["xaxis"]["range"][1])  # whole, up to the edge
    assert box["yshift"] < 0


def test_products_are_drawn_where_they_belong(digits):
    network = Network(Hyperparameters().initial_parameters())
    dot = dot_product(network, digits.pixels[0], 0, 3)
    x, w, products = figures.products_as_pictures(dot).data
    np.testing.assert_allclose(np.asarray(x.z) * np.asarray(w.z), products.z)
    np.testing.assert_array_equal(np.asarray(x.z), digits.images[0])
    dot = dot_product(network, digits.pixels[0], 1, 3)
    bars = figures.products_as_bars(dot).data[0]
    np.testing.assert_allclose([dot.products[int(number) - 1] for number in bars.x], bars.y)
    assert abs(bars.y[0]) == np.abs(dot.products).max()
