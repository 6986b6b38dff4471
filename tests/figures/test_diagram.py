from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from digitviz import Hyperparameters, Network, figures
from digitviz.figures.colours import CONE_COLOUR, MARK_COLOUR, NEGATIVE_COLOUR, PAIRS, POSITIVE_COLOUR, TRAIN_COLOUR
from digitviz.figures.diagram import EDGES, MAX_NODES_PER_LAYER, _outline, patterns
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


@pytest.mark.parametrize("hidden", [(50,), (64,), (20, 20, 20, 20), (64, 64, 64, 64)])
def test_on_a_phone_layers_are_one_below_the_other_with_a_large_digit_and_targets_of_24_pixels(hidden):
    layout = figures.lay_out(Hyperparameters(hidden=hidden).initial_parameters(), (1, 3))
    activities = [np.zeros(64), *(np.zeros(neurons) for neurons in hidden), np.zeros(10)]
    meta = figures.network_diagram(layout, activities, (1, 3)).layout.meta
    wide, high = 358, figures.phone_height([64, *hidden, 10])  # pixels of the page's figure without its margin
    counts = -2 - len(hidden)
    places = np.stack([np.concatenate(meta[f"phone_{axis}"][counts:]) for axis in "xy"], axis=1) * (wide, high)
    pixels, neurons_of = places[:64], places[64:]
    distances = np.hypot(*(neurons_of[:, None] - neurons_of).transpose(2, 0, 1)) + 1e3 * np.eye(len(neurons_of))
    assert distances.min() >= 24
    assert neurons_of[:, 1].min() >= 60  # of the outputs, above their bars and the words
    across, down = np.ptp(pixels, axis=0) / 7
    assert across == pytest.approx(down, rel=0.13)  # square pixels
    assert 8 * across >= 200
    assert neurons_of[:, 1].max() < pixels[:, 1].min() - 24
    assert places.min() >= 0
    assert places[:, 0].max() <= wide


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
    layout = figures.lay_out(network.parameters, (1, 3), passed_on=activities)
    figure = figures.network_diagram(layout, activities, (1, 3))
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
    strongest = int(np.abs(own * activities[0]).argmax())
    number = f"{own[strongest]:.5f}".replace("-", "−")
    assert weights[0].text[0] == f"{strongest + 1} → 4: weight {number}"
    assert len(weights[0].text) == EDGES
    answer = int(activities[2].argmax())  # bold: on a phone, no words are beside it
    assert list(output.text) == [f"<b>{digit}</b>" if digit == answer else str(digit) for digit in range(10)]
    curve, place = figure.layout.meta["first_spot"]  # the arrow keys begin at the picked neuron
    assert list(figure.data[curve].customdata[place]) == [1, 3]
    assert output.cliponaxis is False  # otherwise the frame cuts off the circle of 9


def test_edges_are_those_that_push_most_and_pixels_have_one_frame_for_each_direction():
    parameters = Hyperparameters().initial_parameters()
    pixels = np.where(np.arange(64) % 2, 1.0, 0.0)
    activities = [pixels, np.ones(50), np.eye(10)[4]]
    layout = figures.lay_out(parameters, (1, 3), passed_on=activities)
    entering = layout.layers[layout.sources] == 0
    assert (layout.neurons[layout.sources[entering]] % 2 == 1).all()  # those without ink push nothing
    own = pixels * parameters.weights[0][:, 3]
    np.testing.assert_allclose(np.abs(layout.pushes[entering]), np.sort(np.abs(own))[::-1][:EDGES])
    figure = figures.network_diagram(layout, activities, (1, 3), label=4)
    for shapes in (figure.layout.shapes, figure.layout.meta["phone_layout"]["shapes"]):
        colours = [shape["line"]["color"] for shape in shapes if shape["type"] == "path"]
        assert sorted(colours) == sorted([POSITIVE_COLOUR, NEGATIVE_COLOUR])
    for notes in (figure.layout.annotations, figure.layout.meta["phone_layout"]["annotations"]):
        words = " ".join(note["text"] for note in notes)
        assert [each in words for each in ("red pushes up", "blue pushes down", "darker: more active")] == [True] * 3


def test_a_frame_is_around_neighbours_not_between_them():
    layout = figures.lay_out(Hyperparameters().initial_parameters(), (1, 3))
    path = _outline(layout, np.array([0, 1, 8, 9]))
    assert path.count("M") == 8  # the border of a square of four pixels


def test_lines_begin_at_their_pixels_and_are_thin_there(digits):
    parameters = Hyperparameters().initial_parameters()
    activities = [digits.pixels[0], np.ones(50), np.eye(10)[4]]
    layout = figures.lay_out(parameters, (1, 3), passed_on=activities)
    figure = figures.network_diagram(layout, activities, (1, 3))
    lines = [trace for trace in figure.data if trace.type == "scatter" and trace.mode == "lines"][:-1]  # no bars
    starts = {
        (x, y): trace.line.width
        for trace in lines
        for x, y in np.stack([trace.x, trace.y], axis=1).astype(np.float32)[::3].tolist()
        if x < figure.layout.shapes[0].x1
    }
    pushing = layout.sources[(layout.layers[layout.sources] == 0) & (layout.pushes != 0)]
    assert set(starts) == set(map(tuple, layout.positions[pushing].astype(np.float32).tolist()))
    assert max(starts.values()) == 2


@pytest.mark.parametrize(("label", "colour"), [(4, TRAIN_COLOUR), (7, MARK_COLOUR)])
def test_the_answer_is_said_beside_its_output_in_orange_if_it_is_wrong(label, colour):
    layout = figures.lay_out(Hyperparameters().initial_parameters(), (1, 3))
    activities = [np.zeros(64), np.zeros(50), np.eye(10)[4]]
    figure = figures.network_diagram(layout, activities, (1, 3), "<b>2</b>, high", label)
    said = {note.text: note for note in figure.layout.annotations}
    assert said["<b>100%<br>says 4</b>"].font.color == colour
    assert f"This is a {label}." in said
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
        (low, high), height = figure.layout.xaxis.range, 370 / 1.24  # of the picture on a projector, in pixels
        across = np.diff(layout.positions[:2, 0])[0]  # square pixels, if the figure is not as wide as the page
        width = min(1212, height / 9 * (high - low) / across) if figure.layout.yaxis.scaleanchor else 1212
        wide = 465 if 0 < picked[0] < len(hidden) + 1 else 200
        left, top = (box.x - low) / (high - low) * width, box.y * height
        left -= wide / 2 * (box.xanchor == "center")
        nodes = layout.positions * (1, height)
        assert nodes[layout.layers > 0, 1].min() - 15 >= top  # the circles, and so the edges, are above it
        assert figure.layout.margin.b + 0.07 * height + top >= 38  # whole
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
    place = len(figure.data) - 4
    x, y = (np.reshape(figure.data[place][axis], (10, 3)) for axis in "xy")
    lengths = x[:, 1] - x[:, 0]
    np.testing.assert_allclose(lengths, shares * lengths[0] / 0.6, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(y[:, 0], figure.data[-1].y)
    [says] = [note for note in figure.layout.annotations if "says 0" in note.text]
    assert says.x == pytest.approx(x[0, 1])
    x, y = (np.reshape(figure.layout.meta[f"phone_{axis}"][place], (10, 3)) for axis in "xy")
    lengths = y[:, 0] - y[:, 1]
    np.testing.assert_allclose(lengths, shares * lengths[0] / 0.6, rtol=1e-6, atol=1e-9)
    assert y[0, 0] - lengths[0] / 0.6 > 0.05  # above the words on the neuron
    assert "<b>60.0%<br>says 0</b>" in [note["text"] for note in figure.layout.meta["phone_layout"]["annotations"]]


def test_a_network_whose_outputs_are_not_numbers_gives_no_answer():
    layout = figures.lay_out(Hyperparameters().initial_parameters(), (1, 3))
    figure = figures.network_diagram(layout, [np.zeros(64), np.full(50, np.nan), np.full(10, np.nan)], (1, 3))
    words = [note.text for note in figure.layout.annotations]
    assert "<b>not a number</b>" in words
    assert not [text for text in words if "says" in text]
    assert figure.data[-1].hovertext[0] == "digit 0: not a number"
    assert set(figure.data[-1].marker.line.width) == {1}  # no answer is ringed


def test_on_a_phone_the_answer_is_beside_the_digit_and_the_words_on_the_neuron_below_the_outputs():
    layout = figures.lay_out(Hyperparameters().initial_parameters(), (1, 3))
    activities = [np.zeros(64), np.zeros(50), np.eye(10)[4]]
    figure = figures.network_diagram(layout, activities, (1, 3), "<b>2</b>, high: it pushes towards 7", 4)
    notes = {note["text"]: note for note in figure.layout.meta["phone_layout"]["annotations"]}
    assert notes["<b>2</b>, high: it pushes towards 7"]["y"] == 0
    right = figure.layout.meta["phone_layout"]["shapes"][0]["x1"]
    assert notes["<b>100%<br>says 4</b>"]["x"] == right
    assert (notes["This is a 4."]["x"], notes["This is a 4."]["yanchor"]) == (0, "bottom")  # above it


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


def test_patterns_are_large_beside_the_digit_and_below_it_on_a_phone_and_a_click_reports_a_neuron(digits):
    weights, neurons = Hyperparameters().initial_parameters().weights[0][:, [3, 8, 20, 41]], np.array([3, 8, 20, 41])
    for count in (4, 2):
        figure = patterns(digits.pixels[0], weights[:, :count], neurons[:count], 5)
        digit, *tiles, spots = figure.data
        np.testing.assert_allclose(np.ravel(digit.z) * digits.pixels[0].max(), digits.pixels[0], rtol=1e-6)
        assert len(tiles) == len(spots.x) == count
        for number, tile in enumerate(tiles):
            np.testing.assert_allclose(np.ravel(tile.z), weights[:, number], rtol=1e-6)
            assert list(spots.customdata[number]) == [1, neurons[number]]
            assert tile.x[0] < spots.x[number] < tile.x[-1]
            assert tile.y[0] < spots.y[number] < tile.y[-1]
        largest = np.abs(weights[:, :count]).max()
        assert (figure.layout.coloraxis2.cmin, figure.layout.coloraxis2.cmax) == (-largest, largest)
        wide, phone = figure.layout, figure.layout.meta["phone_layout"]
        phone_x, phone_y = (figure.layout.meta[f"phone_{axis}"] for axis in "xy")
        x = [each.x for each in tiles]
        assert min(np.min(each) for each in x) > max(digit.x)
        assert min(np.min(each) for each in phone_y[1:-1]) > max(phone_y[0])
        for look, across, down in ((wide, [digit.x, *x], [digit.y, *[t.y for t in tiles]]), (phone, phone_x, phone_y)):
            assert np.max(np.concatenate(across)) < look["xaxis"]["range"][1]
            assert np.max(np.concatenate(down)) + 1 < look["yaxis"]["range"][0]  # with the letters
            assert look["yaxis"]["scaleanchor"] == "x"  # square pixels
            words = " ".join(note["text"] for note in look["annotations"])
            shown = ("Which pattern does this digit fit best?", "red wants ink", "blue wants none", "This is a 5.")
            assert [each in words for each in shown] == [True] * 4
            assert [f"<b>{letter}</b>" in words for letter in "ABCD"] == [number < count for number in range(4)]


def test_what_a_neuron_looks_for_is_beside_it_and_its_lines_to_the_outputs_begin_there(digits):
    parameters = Hyperparameters().initial_parameters()
    activities = [digits.pixels[0], np.ones(50), np.eye(10)[4]]
    layout = figures.lay_out(parameters, (1, 3), passed_on=activities)
    clue = parameters.weights[0][:, 3]
    for first, said in (
        ("", "It votes for 3.<br>loud<br>10.4"),
        ("Yes, A.", "Yes, A.<br>It votes for 3.<br>loud<br>10.4"),
    ):
        figure = figures.network_diagram(layout, activities, (1, 3), said, 0, clue)
        shown, digit = figure.data[-6:-4]
        assert shown.type == digit.type == "heatmap"
        np.testing.assert_allclose(np.ravel(shown.z), clue, rtol=1e-6)
        hidden = layout.positions[layout.layers == 1]
        phone = figure.layout.meta["phone_layout"]
        for look, place in ((figure.layout, hidden[3]), (phone, None)):  # the neuron opens to it
            box, cone = (look["shapes"][number] for number in (1, 2))
            assert (box["line"]["color"], cone["fillcolor"]) == (PAIRS["number"][0], CONE_COLOUR)
            assert f"L{box['x0']} {box['y0']}" in cone["path"]
            assert place is None or cone["path"].startswith(f"M{place[0]} {place[1]} ")
        box = figure.layout.shapes[1]
        assert hidden[:, 0].max() < box.x0 < shown.x[0] < shown.x[-1] < box.x1 < 1  # before the outputs
        starts = [
            (trace.x[at], trace.y[at])
            for trace in figure.data[:-6]
            if trace.type == "scatter" and trace.mode == "lines"
            for at in range(0, len(trace.x), 3)
            if trace.x[at + 1] == pytest.approx(1)
        ]
        assert len(starts) == 10
        np.testing.assert_allclose(starts, np.tile([box.x1, (box.y0 + box.y1) / 2], (10, 1)), rtol=1e-6)
        [words] = [note for note in figure.layout.annotations if note.text == said]
        assert (words.x, words.y, words.yanchor) == (box.x0, box.y1, "bottom")  # above it
        [key] = [note for note in figure.layout.annotations if "its 64 weights" in note.text]
        assert (key.y, key.yanchor) == (box.y0, "top")
        above = [note["text"] for note in phone["annotations"] if note["y"] == phone["shapes"][1]["y1"]]
        below = [note["text"] for note in phone["annotations"] if note["y"] == 0]
        votes = "It votes for 3."
        assert (above, below) == ([f"{first}<br>{votes}" if first else votes], ["loud 10.4"])
    blank = figures.network_diagram(layout, activities, (1, 3)).data[
        -6
    ]  # Plotly loses the texts of traces whose number changes
    assert blank.type == "heatmap"
    assert np.isnan(np.asarray(blank.z, float)).all()
