from __future__ import annotations

import numpy as np
import pytest

from digitviz import figures
from digitviz.figures.maps import BETWEEN_NUMERALS, BETWEEN_SMALL, apart
from digitviz.projections.spaces import cloud_centres


def test_a_map_writes_each_digit_at_its_centre_and_names_every_point(random):
    labels = np.arange(40) % 10
    places = random.normal(size=(40, 2)) + 20 * np.stack([labels % 4, labels // 4], axis=1)
    centres = cloud_centres(places, labels)
    figure = figures.digit_map(places, labels)
    points, written = figure.data
    np.testing.assert_allclose(points.x, places[:, 0], rtol=1e-6)
    assert points.customdata.tolist() == [[number + 1, number % 10] for number in range(40)]
    assert written.text == tuple(f"<b>{digit}</b>" for digit in range(10))
    np.testing.assert_allclose(written.y, [centres[digit][1] for digit in range(10)], rtol=1e-6)
    assert not figure.frames


@pytest.mark.parametrize("between", [BETWEEN_NUMERALS, BETWEEN_SMALL])
@pytest.mark.parametrize(("middle", "spread"), [(50.0, 0.0), (50.0, 1.0), (50.0, 10.0), (100.0, 0.0)])
def test_digits_written_in_one_place_move_apart_inside_the_map_and_others_stay(random, middle, spread, between):
    centres = dict(enumerate(random.normal(middle, spread, size=(9, 2)))) | {9: np.array([0.0, 0.0])}
    moved = apart(centres, np.linspace([0.0, 0.0], [100.0, 100.0], 11), between)
    distances = np.abs(moved[:, np.newaxis] - moved).max(axis=2) + 100 * np.eye(10)
    assert distances.min() >= 0.98 * 100 * between
    np.testing.assert_array_equal(moved[9], centres[9])
    assert moved.min() >= 0
    assert moved.max() <= 100
    assert np.abs(moved - np.array([*centres.values()])).max() < 350 * between


def test_the_moments_of_a_map_are_frames_that_end_where_it_settled(random):
    labels = np.arange(40) % 10
    begin, end = random.normal(size=(2, 40, 2))
    figure = figures.digit_map(end, labels, [("iteration 5", begin)])
    first, last = figure.frames
    np.testing.assert_allclose(first.data[0].x, begin[:, 0], atol=1e-3)
    np.testing.assert_allclose(last.data[0].x, end[:, 0], atol=1e-3)
    film = figure.layout.meta["film"]
    assert film["labels"] == ["iteration 5", "settled"]
    assert film["start"] == 1


def test_a_map_beside_a_film_stays_while_the_film_moves(random):
    labels = np.arange(40) % 10
    begin, end = random.normal(size=(2, 40, 2))
    still = figures.digit_map.plain(begin, labels)
    both = figures.beside(figures.digit_map.plain(end, labels, [("", begin)]), still)
    assert [trace.get("xaxis", "x") for trace in both["data"]][2:] == ["x2", "x2"]
    for frame in both["frames"]:
        assert frame["traces"] == [0, 1, 2, 3]
        assert frame["data"][2:] == [{}, {}]
    wide, phone = both["layout"], both["layout"]["meta"]["phone_layout"]
    assert wide["xaxis2"]["domain"][1] < wide["xaxis"]["domain"][0]
    assert phone["xaxis2"]["domain"] == phone["xaxis"]["domain"] == (0, 1)
    assert phone["yaxis2"]["domain"][0] > phone["yaxis"]["domain"][1]  # above it
    assert phone["yaxis"]["domain"][1] < wide["yaxis"]["domain"][1]  # more room for the bar


def test_the_axes_fit_the_last_frame_of_an_animation(random):
    labels = np.arange(40) % 10
    end = random.normal(size=(40, 2))
    played = {"title": "map", "last": "end", "milliseconds": 250, "autoplay": True}
    figure = figures.digit_map(end, labels, [("before training", 9 * end)], film=played)
    for axis, places in ((figure.layout.xaxis, end[:, 0]), (figure.layout.yaxis, end[:, 1])):
        assert axis.range[0] < places.min() < places.max() < axis.range[1]
        assert np.ptp(axis.range) < 1.2 * np.ptp(end, axis=0).max()
