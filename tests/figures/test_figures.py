from __future__ import annotations

import base64
import json
import re

import numpy as np
import plotly.graph_objects as go
import pytest

from digitviz import Hyperparameters, TrainingRun, figures, train
from digitviz.drawing import to_digit
from digitviz.explanations.evaluation import wilson_interval
from digitviz.explanations.neurons import effects
from digitviz.figures.digits import tiles
from digitviz.figures.draw import denser_at_the_start, evenly
from digitviz.figures.picture import to_json
from digitviz.networks.parameters import Parameters
from digitviz.numbers import short


@pytest.fixture(scope="module")
def run(digits):
    return train(digits, Hyperparameters(batches=5, steps_per_batch=30))


def drawn_curves(figure) -> dict[int, dict[int, float]]:
    """Read the points from a loss figure: batch -> step -> loss."""
    curves: dict[int, dict[int, float]] = {}
    for trace in figure.data:
        if trace.customdata is not None:
            for batch, step, loss in zip(trace.customdata, trace.x, trace.y, strict=True):
                if np.isfinite(loss):
                    curves.setdefault(int(batch), {})[int(step)] = float(loss)
    return curves


def test_every_batch_has_its_curve_with_exact_values_from_first_to_last_step(run):
    losses = run.history.losses
    curves = drawn_curves(figures.loss_curves(losses))
    assert sorted(curves) == [1, 2, 3, 4, 5]
    for batch, curve in curves.items():
        assert {1, 30} <= set(curve)
        for step, loss in curve.items():
            assert loss == pytest.approx(losses[batch - 1, step - 1], rel=1e-6)


def test_curves_are_coloured_from_first_to_last_and_the_bar_says_batch(run):
    figure = figures.loss_curves(run.history.losses)
    colours = [trace.line.color for trace in figure.data if trace.customdata is not None]
    assert len(set(colours)) == 5
    assert figure.data[-1].marker.colorbar.title.text == "batch"
    assert (figure.data[-1].marker.cmin, figure.data[-1].marker.cmax) == (1, 5)
    assert figures.loss_curves(run.history.losses, logarithmic=True).layout.yaxis.type == "log"


def test_long_runs_are_thinned_to_a_bound_that_keeps_first_and_last(random):
    losses = random.random((2_000, 1_000))
    curves = drawn_curves(figures.loss_curves(losses))
    assert {1, 2_000} <= set(curves)
    assert len(curves) <= 200
    assert sum(map(len, curves.values())) <= 5_000
    assert all({1, 1_000} <= set(curve) for curve in curves.values())


def test_a_curve_ends_at_the_step_where_the_run_stands(digits):
    run = TrainingRun(digits, Hyperparameters(batches=200, steps_per_batch=500))
    run.advance(85)
    dot, curve = figures.loss_curves(run.history.losses, taken=85, batches=200, grows=True).data[-3:-1]
    assert list(dot.x) == [85]
    assert dot.y[0] == pytest.approx(run.history.losses[0, 84])
    assert curve.x[np.isfinite(curve.y)][-1] == 85


def test_a_curve_that_is_growing_is_drawn_thicker(digits):
    run = TrainingRun(digits, Hyperparameters(batches=5, steps_per_batch=30))
    run.advance(40)
    growing = figures.loss_curves(run.history.losses).data[-2]
    assert growing.line.width > 3
    assert np.isfinite(growing.y[:10]).all()
    assert np.isnan(growing.y[10:]).all()


def test_the_first_and_the_last_curve_are_named_and_stand_out(run):
    figure = figures.loss_curves(run.history.losses)
    assert [re.sub("<.+?>", "", note.text) for note in figure.layout.annotations] == ["batch 1", "batch 5"]
    assert figure.layout.annotations[0].y == pytest.approx(run.history.losses[0, 0])
    strong = {trace.line.color for trace in figure.data if trace.line.width and trace.line.width > 3}
    assert len(strong) == 2
    assert all(trace.opacity < 0.5 for trace in figure.data if trace.line.width and trace.line.width < 3)
    assert len(figures.loss_curves(run.history.losses, grows=True).layout.annotations) == 1  # the last still moves
    young = figures.loss_curves(run.history.losses, taken=run.history.losses.shape[1] + 1)
    assert len(young.layout.annotations) == 1  # the name of batch 2 would cover that of batch 1


def test_before_training_the_picture_says_what_will_come(digits):
    run = TrainingRun(digits, Hyperparameters())
    nothing = figures.loss_curves(run.history.losses, begins_at=90.0)
    assert "Press Train" in nothing.layout.annotations[0].text
    assert not nothing.layout.xaxis.visible
    assert all(trace.y[0] is None for trace in nothing.data)
    for grows in (True, False):
        low = figures.progress_curves(run.history, 0, is_low=True, grows=grows)
        assert ("How high" in low.layout.annotations[1].text) is not grows
        assert (low.data[-1].customdata is not None) is not grows
    guesses = figures.progress_curves(run.history, 0, is_low=True, guess=0.8)
    points = guesses.data[-1]
    assert list(points.y) == [share / 100 for share in points.customdata]
    assert points.hovertext[points.customdata.index(80)] == "guess 80%"
    assert guesses.layout.hoverdistance == -1  # a click anywhere
    for grows in (True, False):
        guessed = figures.progress_curves(run.history, 0, is_low=True, guess=0.8, grows=grows)
        assert [rule.y0 for rule in guessed.layout.shapes] == [0.1, 0.8]
        words = [note.text for note in guessed.layout.annotations]
        assert "your guess <b>80%</b>" in words
        assert not [text for text in words if "How high" in text]
    low = figures.loss_curves(run.history.losses, begins_at=90.0, test_loss=run.history.test_loss)
    assert "How low" in low.layout.annotations[0].text


@pytest.mark.parametrize("steps", [30, 1])
def test_before_the_first_step_the_axes_fit_the_loss_that_the_training_begins_with(digits, steps):
    run = TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=steps))
    nothing = run.history.losses
    run.advance(1)
    losses = run.history.losses
    before, after = figures.loss_curves(nothing, begins_at=losses[0, 0], grows=True), figures.loss_curves(losses)
    for figure in (before, after):
        dots = [(*trace.x, *trace.y) for trace in figure.data if trace.mode == "markers" and trace.y[0] is not None]
        assert dots == [(1, pytest.approx(losses[0, 0]))]
    assert figures.progress_curves(run.history, 0, begins_at=0.9).layout.yaxis2.range[1] == pytest.approx(0.945)


@pytest.mark.parametrize("steps", [30, 1])
def test_beside_the_network_the_batches_follow_one_another_below_the_loss_on_test_digits(digits, steps):
    history = train(digits, Hyperparameters(batches=5, steps_per_batch=steps)).history
    figure = figures.loss_curves(history.losses, test_loss=history.test_loss, digits=100)
    threads, *_now, tests = figure.data
    known = np.isfinite(threads.y)
    np.testing.assert_allclose(threads.x[known] * steps, np.arange(5 * steps) + 1, rtol=1e-6)
    np.testing.assert_allclose(threads.y[known], history.losses.ravel(), rtol=1e-6)
    np.testing.assert_allclose(tests.x, [1, 2, 3, 4, 5])
    np.testing.assert_allclose(tests.y, 100 * history.test_loss, rtol=1e-6)
    assert tests.line.width > threads.line.width
    assert figure.layout.xaxis.range == (0, 5)
    names = figure.layout.annotations[0].text
    assert all(f"{trace.line.color}" in names for trace in (threads, tests)), "they are named in their colours"
    assert f"test: {short(100 * history.test_loss[-1])} ({short(history.test_loss[-1])} per digit)" in names


def test_one_step_per_batch_is_one_curve_over_batches(random):
    losses = random.random((300, 1))
    figure = figures.loss_curves(losses)
    np.testing.assert_allclose(figure.data[0].y, losses[:, 0], rtol=1e-6)
    assert "batch" in figure.layout.xaxis.title.text


def test_progress_shows_accuracy_and_loss_of_both_parts_and_chance(run):
    figure = figures.progress_curves(run.history, run.batch)
    np.testing.assert_allclose(figure.data[0].y, run.history.train_accuracy, rtol=1e-6)
    np.testing.assert_allclose(figure.data[2].y, run.history.test_accuracy, rtol=1e-6)
    np.testing.assert_allclose(figure.data[3].y, run.history.test_loss, rtol=1e-6)
    assert figure.layout.shapes[0].y0 == 0.1


def test_guesses_say_right_and_wrong_in_words_and_colour(run):
    test = run.test[:12]
    probabilities = run.network.predict_proba(test.pixels)
    figure = figures.guesses(test.images, test.labels, probabilities)
    over = figure.data[1].text
    for note, told, label, row in zip(figure.layout.annotations, over, test.labels, probabilities, strict=True):
        assert str(row.argmax()) in note.text
        assert ("✓" in note.text) == (row.argmax() == label)
        assert told.split("<br>")[0] == f"Label {label}, read as"
        three = np.argsort(-row, kind="stable")[:3]
        assert told.split("<br>")[1:] == [f"{digit}: {row[digit]:.1%}" for digit in three]
    assert figure.data[1].customdata.tolist() == list(range(12))
    np.testing.assert_array_equal(np.asarray(figure.data[0].z)[:8, :8], test.images[0])


def test_weights_share_one_scale_centred_on_zero(run):
    figure = figures.weights_before_after(run.initial_parameters, run.parameters)
    before, now, difference = (np.asarray(trace.z) for trace in figure.data)
    np.testing.assert_allclose(before, run.initial_parameters.weights[0], rtol=1e-6)
    np.testing.assert_allclose(now, run.parameters.weights[0], rtol=1e-6)
    np.testing.assert_allclose(difference, run.parameters.weights[0] - run.initial_parameters.weights[0], rtol=1e-5)
    axis = figure.layout.coloraxis
    assert axis.cmin == -axis.cmax
    assert axis.cmax == pytest.approx(max(np.abs(before).max(), np.abs(now).max(), np.abs(difference).max()))
    assert figure.data[0].hovertemplate.startswith("pixel %{y}<br>neuron %{x}")
    assert figure.data[0].y[9] == 10
    assert figures.weights_before_after(run.initial_parameters, run.parameters, 1).data[0].x[3] == 3  # a digit


@pytest.mark.parametrize("hidden", [(), (1,), (512, 300)])
def test_weights_of_any_shape_are_drawn(hidden):
    parameters = Hyperparameters(hidden=hidden).initial_parameters()
    for layer in range(len(hidden) + 1):
        figure = figures.weights_before_after(parameters, parameters, layer)
        assert max(np.asarray(figure.data[0].z).shape) <= 128
    figures.neuron_images(parameters)


def test_weights_of_a_run_that_blew_up_are_drawn():
    first = Hyperparameters().initial_parameters()
    last = first.from_arrays([array * 1e200 for array in first.arrays])
    for figure in (figures.weights_before_after(first, last), figures.neuron_images(last)):
        assert np.isfinite(np.nan_to_num(np.asarray(figure.data[0].z))).all()
        drawn = max(np.nanmax(np.abs(np.asarray(trace.z))) for trace in figure.data if trace.type == "heatmap")
        assert drawn == figure.layout.coloraxis.cmax  # not pale, because the scale goes beyond what is drawn


def test_a_neurons_picture_is_its_column_of_w1(run):
    figure = figures.neuron_images(run.parameters)
    sheet = np.asarray(figure.data[0].z)
    np.testing.assert_allclose(sheet[:8, 9:17], run.parameters.weights[0][:, 1].reshape(8, 8), rtol=1e-6)
    assert np.asarray(figure.data[0].customdata)[0, 9] == 2  # displayed numbers start at 1
    twice = Parameters([2 * weights for weights in run.parameters.weights], run.parameters.biases)
    on_one_scale = figures.neuron_images(run.parameters, on_scale_of=(twice,))
    assert on_one_scale.layout.coloraxis.cmax == pytest.approx(2 * figure.layout.coloraxis.cmax)


def test_below_each_neuron_stand_its_number_and_its_vote_and_a_click_on_either_finds_it(run):
    order = np.arange(50)[::-1]
    shown = figures.weights.neurons_shown(run.parameters, order=order)
    words = figures.neuron_images(run.parameters, order=order, votes=np.arange(50) % 10).data[1]
    assert words.text[7] == "43 → 2"
    assert figures.neuron_images(run.parameters).data[1].text[16] == "17"
    for x, y in ((words.x[13], words.y[13]), (words.x[13], words.y[13] - 6)):
        assert figures.weights.neuron_at(x, y, shown) == order[13]
    for x, y in ((-5, 0), (0, -5), (1e9, 0), (0, 1e9)):
        assert figures.weights.neuron_at(x, y, shown) is None


def test_before_and_after_have_one_colour_scale_and_lie_one_above_the_other_on_a_phone(run):
    before, now = run.initial_parameters, run.parameters
    figure = figures.weights.neurons_before_after(before, now, "now", columns=3, order=np.array([4, 17, 9, 2]))
    assert figure.data[3].text == ("5", "18", "10", "3")
    layout, phone = figure.layout, figure.layout.meta["phone_layout"]
    largest = [np.nanmax(np.abs(np.asarray(figure.data[number].z))) for number in (0, 2)]
    assert layout.coloraxis.cmax == pytest.approx(max(largest))
    assert layout.coloraxis.cmin == -layout.coloraxis.cmax
    assert figure.data[0].coloraxis == figure.data[2].coloraxis == "coloraxis"
    assert layout.annotations[0].text == "now"
    assert layout.xaxis2.domain[1] < layout.xaxis.domain[0]
    assert phone["yaxis"]["domain"][1] < phone["yaxis2"]["domain"][0]
    assert figures.weights.neuron_at(9, 12, np.array([4, 17, 9, 2]), 3) is None
    assert figures.weights.neuron_at(4, 12 + 4, np.array([4, 17, 9, 2]), 3) == 2


def test_few_neurons_have_their_votes_in_words(run):
    votes = np.arange(50) % 10
    figure = figures.weights.neurons_before_after(
        run.initial_parameters, run.parameters, "now", columns=3, order=np.array([4, 17]), votes=votes
    )
    assert figure.data[1].text == ("votes for 4", "votes for 7")
    assert figure.data[3].text == ("5", "18")


def test_the_colours_of_neurons_stay_the_same_at_every_point_in_training(run):
    latest = run.parameters.from_arrays([3 * array for array in run.parameters.arrays])
    parts = run.initial_parameters, run.initial_parameters, "before", 2, np.array([4, 17])
    figure = figures.weights.neurons_before_after(*parts, latest=latest)
    assert figure.layout.coloraxis.cmax == np.abs(latest.weights[0][:, [4, 17]]).max()
    assert figure.layout.meta["follows"]["least"] == figure.layout.coloraxis.cmax


def test_a_single_neuron_fills_the_picture_without_its_number_and_has_the_outline_of_a_digit(run):
    parts = run.initial_parameters, run.parameters, "第 3 批之后", 10, np.array([17])
    plain = figures.weights.neurons_before_after(*parts)
    assert plain.layout.meta["says"] == "What a neuron looks for, before training and 第 3 批之后"
    assert [trace.type for trace in plain.data] == ["heatmap", "scatter"] * 2
    digit = np.arange(64.0).reshape(8, 8) / 4
    figure = figures.weights.neurons_before_after(*parts, outline=digit)
    for number, parameters in ((0, run.parameters), (2, run.initial_parameters)):
        image = parameters.weights[0][:, 17].reshape(8, 8)
        np.testing.assert_allclose(np.asarray(figure.data[number].z)[:8], image, rtol=1e-6)
    assert figure.data[1].text == figure.data[3].text == ("",)
    halo, line = figure.data[4:]
    assert halo.line.width > line.line.width
    for outline in (halo, line):
        np.testing.assert_allclose(np.asarray(outline.z)[1:-1, 1:-1], digit)
        assert not np.asarray(outline.z)[[0, -1]].any()  # so that the outline is closed
        assert outline.contours.start == outline.contours.end == 8
        assert list(outline.x) == list(outline.y) == list(range(-1, 9))
    layout = figure.layout
    assert layout.xaxis.range == layout.xaxis2.range == (-0.5, 7.5)
    assert layout.yaxis.range == layout.yaxis2.range == (7.5, -0.5)
    assert [note.text for note in layout.annotations] == ["第 3 批之后", "before training", "➜"]
    phone = layout.meta["phone_layout"]
    assert phone["xaxis2"]["domain"][1] < phone["annotations"][2]["x"] < phone["xaxis"]["domain"][0]


def test_one_neuron_is_shown_with_its_image_and_what_it_says_to_each_digit(run):
    reached = effects(run.parameters)
    figure = figures.weights.one_neuron(run.parameters, 16, reached[16])
    np.testing.assert_allclose(figure.data[0].z, run.parameters.weights[0][:, 16].reshape(8, 8), rtol=1e-6)
    np.testing.assert_allclose(figure.data[1].x, run.parameters.weights[1][16], rtol=1e-6)
    assert figure.layout.xaxis2.title.text == "weight from neuron 17"
    assert len(figures.weights.one_neuron(run.parameters, 16).data) == 1


def test_without_hidden_layers_each_neuron_is_a_digit():
    parameters = Hyperparameters(hidden=()).initial_parameters()
    assert effects(parameters) is None
    assert figures.weights.neuron_name(parameters, 0) == "digit 0"
    assert figures.neuron_images(parameters).data[1].text == tuple("0123456789")


def test_a_picture_drawn_for_the_screen_is_the_figure_without_its_checks(run):
    test = run.test[:12]
    canvas = np.zeros((60, 60), np.uint8)
    canvas[10:50, 25:33] = 255
    drawing = to_digit(canvas)
    hidden = run.network.hidden(drawing.row)[-1][0]
    for picture, arguments in (
        (figures.loss_curves, (run.history.losses,)),
        (figures.progress_curves, (run.history, 5)),
        (figures.guesses, (test.images, test.labels, run.network.predict_proba(test.pixels))),
        (figures.weights_before_after, (run.initial_parameters, run.parameters)),
        (figures.neuron_images, (run.parameters,)),
        (figures.stages, (drawing,)),
        (figures.digit_with_numbers, (drawing.digit, "8 x 8")),
        (figures.hidden_cells, (hidden, hidden - hidden.mean())),
        (figures.probability_bars, (run.network.predict_proba(drawing.row)[0], 3)),
    ):
        sent = json.loads(to_json(picture.plain(*arguments)))
        sent["layout"].pop("template")
        checked = go.Figure(sent)  # Plotly accepts it, including packed arrays
        for ours, theirs in zip(checked.data, picture(*arguments).data, strict=True):
            assert set(ours) == set(theirs)
            for name in ("x", "y", "z", "customdata"):
                if name in theirs:
                    np.testing.assert_array_equal(_unpacked(ours[name]), theirs[name])


def _unpacked(values):
    if isinstance(values, dict):
        array = np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
        return array.reshape([int(side) for side in values.get("shape", str(array.size)).split(",")])
    return values


def test_tiles_leave_a_gap_between_pictures():
    sheet = tiles(np.ones((3, 2, 2)), columns=2)
    assert sheet.shape == (5, 5)
    assert np.isnan(sheet[2]).all()
    assert np.isnan(sheet[3:, 3:]).all()
    assert np.nansum(sheet) == 12


@pytest.mark.parametrize("choose", [evenly, denser_at_the_start])
@pytest.mark.parametrize(("count", "most"), [(1, 5), (2, 5), (5, 5), (1000, 7), (500, 30)])
def test_thinning_keeps_first_and_last_within_its_bound(choose, count, most):
    kept = choose(count, most)
    assert len(kept) <= most
    assert (kept[0], kept[-1]) == (0, count - 1)
    assert (np.diff(kept) > 0).all()


def test_the_band_of_chance_is_wilsons_interval_around_the_test_accuracy(digits):
    run = TrainingRun(digits, Hyperparameters(batches=6, steps_per_batch=20))
    run.advance(run.total_steps)
    figure = figures.progress_curves(run.history, 6, test_digits=180)
    low, high = figure.data[-2:]
    ends = [wilson_interval(round(180 * accuracy), 180) for accuracy in run.history.test_accuracy]
    np.testing.assert_allclose(np.transpose([low.y, high.y]), ends, rtol=1e-6)
    assert "180 digits" in high.name
    assert high.fill == "tonexty"
    assert len(figures.progress_curves(run.history, 6).data) == 4


def test_a_low_picture_shows_only_the_accuracy(digits):
    run = TrainingRun(digits, Hyperparameters(batches=6, steps_per_batch=20))
    run.advance(run.total_steps)
    growing = figures.progress_curves(run.history, 6, is_low=True, grows=True)
    chance, names = (note["text"] for note in growing.layout.meta["grows"]["notes"])
    assert chance == "guessing 10%"
    assert re.sub("<.+?>|&nbsp;", " ", names).split() == ["training", "test"]  # their ends still move
    low = figures.progress_curves(run.history, 6, is_low=True)
    test = run.history.test_accuracy[-1]
    assert f"test {test:.1%}" in low.layout.annotations[1].text
    assert "how many it reads" in low.layout.title.text
    assert low.layout.xaxis.ticktext == ("0", "60 steps", "120")
    assert low.layout.xaxis.tickvals == (0, 3, 6)  # in batches
    whole = figures.progress_curves(run.history, 6)
    assert [trace.name for trace in low.data] == ["training", "test"]
    np.testing.assert_array_equal([trace.y for trace in low.data], [trace.y for trace in whole.data[::2]])
