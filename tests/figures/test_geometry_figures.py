"""Pictures of the inside of a network: a digit's walk, and the decision boundaries in a plane."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest

from digitviz import figures
from digitviz.dashboard.questions.geometry import _walk_picture
from digitviz.explanations.geometry import border_plane, vector_walk, walk_plane
from digitviz.figures.geometry import TOP, digit_regions_scale
from tests.explanations.made import made_network


def a_walk(network, pixels, digits):
    plane = walk_plane(network, digits.pixels[:90])
    walk = vector_walk(network, pixels)
    states = network.hidden(digits.pixels[:90])[-1]
    below, of_pixels = network.parameters.weights[-2], len(network.parameters.weights) == 2
    figure = figures.walk_picture(walk, plane, below, states, digits.labels[:90], pixels, "ReLU", of_pixels)
    return walk, plane, figure


MOVING = ("path", "bend", "foot", "ink", "mark", "bars")
"""Traces of a walk that change from frame to frame, at its end."""


def moving(figure, frame: int) -> dict:
    return dict(zip(MOVING, figure.frames[frame].data, strict=True))


def places(trace) -> np.ndarray:
    return np.array([trace.x, trace.y], float).T


def test_the_walk_grows_by_one_vector_after_the_other_and_ends_with_ten_dot_products(digits):
    network, pixels = made_network((8,)), digits.pixels[7]
    walk, plane, figure = a_walk(network, pixels, digits)
    count = len(walk.order)
    assert count == np.count_nonzero(pixels)
    assert len(figure.frames) == count + 1 + 1 + 10 + 1
    size = np.abs(walk.sums).max()
    for k in (0, 1, count // 2, count):
        parts = moving(figure, k)
        np.testing.assert_allclose(places(parts["path"]), walk.sums[: k + 1] @ plane.T, atol=2e-3 * size)
        shown = np.array(parts["ink"].z, float)
        np.testing.assert_array_equal(np.isfinite(shown).sum(), k)
        added = walk.order[:k]
        np.testing.assert_array_equal(shown.reshape(64)[added], pixels[added])
        assert set(parts["bars"].y) == {None}
    bent = moving(figure, count + 1)
    np.testing.assert_allclose(places(bent["bend"])[1], plane @ walk.bent, atol=2e-3 * size)
    fifth = moving(figure, count + 1 + 5)
    np.testing.assert_allclose(fifth["bars"].y[:5], walk.logits[:5], rtol=1e-5)
    assert fifth["bars"].y[5] is None
    foot = (walk.labels[4] @ walk.bent) / (walk.labels[4] @ walk.labels[4]) * walk.labels[4]
    np.testing.assert_allclose(places(fifth["foot"])[1], plane @ foot, atol=2e-3 * size)


def test_a_layer_below_of_64_neurons_is_not_taken_for_the_pixels(digits):
    network = made_network((64, 8))
    subject = SimpleNamespace(network=network, test=digits[:90])
    figure = _walk_picture(subject, SimpleNamespace(pixels=digits.pixels[7]))
    assert "neuron" in figure["layout"]["meta"]["film"]["labels"][1]


def test_it_is_shown_at_its_end_with_the_logits_of_the_network(digits):
    network, pixels = made_network((8,)), digits.pixels[7]
    walk, _plane, figure = a_walk(network, pixels, digits)
    film = figure.layout.meta["film"]
    assert film["start"] == len(figure.frames) - 1 == len(film["labels"]) - 1
    shown = figure.data[-len(MOVING) :]
    np.testing.assert_allclose(shown[-1].y, network.logits(pixels[None])[0], rtol=1e-5)
    assert np.argmax(shown[-1].marker.opacity) == network.predict(pixels[None])[0]
    last = int(walk.order[0])
    told = f"1 of {len(walk.order)}: row {last // 8 + 1}, column {last % 8 + 1}, ink {pixels[last]:g}"
    assert film["labels"][1] == told
    assert str(int(walk.logits.argmax())) in film["labels"][-1]
    assert figure.frames[0].traces == tuple(range(len(figure.data) - len(MOVING), len(figure.data)))


def test_vectors_of_other_scales_say_how_much_longer_they_are_drawn(digits):
    network = made_network((8,))
    walk, plane, figure = a_walk(network, digits.pixels[7], digits)
    by_name = {trace.name: trace for trace in figure.data}
    for begins, vectors in (("pixel vectors × ", network.parameters.weights[0]), ("label vectors × ", walk.labels)):
        (name,) = [name for name in by_name if name.startswith(begins)]
        factor = float(name.removeprefix(begins).replace(",", ""))
        drawn, true = places(by_name[name]), vectors @ plane.T
        np.testing.assert_allclose(drawn, factor * true, atol=2e-3 * np.abs(drawn).max())


@pytest.mark.parametrize("hidden", [(1,), (6, 5, 4, 3), (90, 7)])
def test_walks_of_any_depth_are_drawn_and_stay_short(digits, hidden):
    network = made_network(hidden)
    _walk, _plane, figure = a_walk(network, digits.pixels[7], digits)
    assert len(figure.frames) <= 66 + 12
    if len(hidden) > 1:
        assert "neuron" in figure.layout.meta["film"]["labels"][1]
        np.testing.assert_array_equal(figure.data[-3].z, digits.images[7])


def test_a_digit_without_ink_does_not_move(digits):
    _walk, _plane, figure = a_walk(made_network((8,)), np.zeros(64), digits)
    assert len(figure.frames) == 1 + 1 + 10 + 1


def area(x: np.ndarray, y: np.ndarray) -> float:
    """Return the area of a polygon, positive if its corners run counter-clockwise."""
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)


def test_regions_are_coloured_by_answer_and_confidence_and_borders_lie_between_them(digits):
    network, three = made_network((8,)), digits.pixels[[13, 4, 15]]
    plane = border_plane(network, three, resolution=24)
    figure = figures.border_regions(plane, three, [3, 4, None])
    regions, borders, veil = figure.data[:3]
    np.testing.assert_array_equal(np.floor(regions.z), plane.labels)
    rest = (np.asarray(regions.z) - plane.labels) / TOP
    np.testing.assert_allclose(rest, (plane.confidence - 0.1) / 0.9, atol=1e-5)
    np.testing.assert_array_equal(regions.customdata[..., 0], plane.labels)
    pictures = sum((shape.x1 - shape.x0) * (shape.y1 - shape.y0) for shape in figure.layout.shapes)
    whole = np.prod([np.ptp(axis) + axis[1] - axis[0] for axis in (plane.x, plane.y)])
    assert -area(np.array(veil.x), np.array(veil.y)) == pytest.approx(whole - area(*plane.corners.T) - pictures)
    middles = []
    for axis, step in ((1, [np.diff(plane.x)[0], 0]), (0, [0, np.diff(plane.y)[0]])):
        rows, columns = np.nonzero(np.diff(plane.labels, axis=axis))
        middles += [*(np.stack([plane.x[columns], plane.y[rows]], axis=1) + np.array(step) / 2)]
    boxes = figure.layout.shapes  # no line crosses a picture
    free = [(x, y) for x, y in middles if not any(box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1 for box in boxes)]
    assert 0 < len(free) < len(middles)
    drawn = np.array([borders.x, borders.y], float).reshape(2, -1, 3)[..., :2].mean(axis=2).T
    np.testing.assert_allclose(drawn, free, atol=2e-3)
    for corner, image in enumerate(figure.data[4:7]):
        np.testing.assert_array_equal(np.asarray(image.z).reshape(64), three[corner])
        assert figure.layout.xaxis.range[0] <= min(image.x) < max(image.x) <= figure.layout.xaxis.range[1]
        assert figure.layout.yaxis.range[0] <= min(image.y) < max(image.y) <= figure.layout.yaxis.range[1]
        middle, side = np.array([np.mean(image.x), np.mean(image.y)]), 8 * (image.x[1] - image.x[0])
        assert np.abs(middle - plane.corners[corner]).max() > 0.75 * side  # leaves room for the corner's mark
    assert figure.data[7].hovertext == ("A: label 3", "B: label 4", "C")
    assert [re.sub("<[^>]*>", "", text) for text in figure.data[7].text] == ["3", "4", "C"]
    named = figure.data[8]
    assert len(named.text) > 1
    for name, x, y in zip(named.text, named.x, named.y, strict=True):
        at = np.abs(plane.y - y).argmin(), np.abs(plane.x - x).argmin()
        assert name == f"<b>{plane.labels[at]}</b>"


def test_a_wide_plane_begins_with_the_surroundings_of_its_digits(digits):
    three = digits.pixels[[3, 14, 15]]
    ranges = []
    for aspect in (0.0, 2.5):
        plane = border_plane(made_network((8,)), three, 24, aspect=aspect)
        x, y = (
            axis.range
            for axis in (figures.border_regions(plane, three, [3, 4, 5]).layout[name] for name in ("xaxis", "yaxis"))
        )
        ranges.append([*x, *y])
    np.testing.assert_allclose(*ranges, rtol=0.1)
    assert plane.x[0] < ranges[1][0] < plane.corners[:, 0].min()


def test_keys_reach_points_all_over_the_plane_and_hear_what_is_read_there(digits):
    network, three = made_network((8,)), digits.pixels[[3, 14, 15]]
    plane = border_plane(network, three, resolution=24)
    named = figures.border_regions(plane, three, [3, 4, 5]).layout.meta["spots"]
    for x, y, words in zip(named["x"], named["y"], named["words"], strict=True):
        probabilities = network.predict_proba(plane.pixels_at(np.array([[x, y]])))[0]
        assert words == f"read as {probabilities.argmax()}, {probabilities.max():.0%} sure"


def test_the_scale_of_regions_leads_from_digit_to_digit():
    scale = digit_regions_scale()
    ends = [place for place, _colour in scale]
    assert ends == sorted(ends)
    assert (ends[0], ends[-1]) == (0, 1)
