from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters
from digitviz.figures import descent
from digitviz.lesson.comparison import COSTS, Comparison
from digitviz.lesson.surface import BATCHES, descend, two_pixel_surface


@pytest.fixture(scope="module")
def surface(digits):
    return two_pixel_surface(digits)


@pytest.fixture(scope="module")
def paths(surface):
    return [descend(surface, (2.0, -1.0), 0.5, name=name) for name in BATCHES]


@pytest.mark.parametrize("against", COSTS)
def test_each_training_has_a_curve_with_its_measurements(digits, against):
    comparison = Comparison(digits, Hyperparameters(), 0.1, {"full batch": 2, "mini-batch": 5, "one sample": 9})
    comparison.advance(16)
    courses = comparison.snapshot.courses
    linear = descent.loss_against(courses, against, logarithmic=False)
    for course, trace in zip(courses, linear.data, strict=True):
        assert trace.name == course.name.words
        np.testing.assert_array_equal(trace.x, getattr(course, against))
        np.testing.assert_array_equal(trace.y, course.losses)
    logarithmic = descent.loss_against(courses, against)
    assert logarithmic.layout.xaxis.type == "log"
    assert min(trace.x[0] for trace in logarithmic.data) > 0


def test_contours_show_the_surface_and_every_point_of_each_path(surface, paths):
    figure = descent.contours(surface, paths)
    ground = figure.data[0]
    assert ground.z[10][20] == pytest.approx(float(surface.loss(ground.x[20], ground.y[10])), rel=1e-5)
    traces = {trace.name: trace for trace in figure.data}
    for path in paths:
        trace = traces[path.name.words]
        walked = np.asarray(trace.marker.size) > 0
        drawn = np.stack([trace.x, trace.y], axis=1)[walked]
        inside = (np.abs(path.points - 0.5) <= 2).all(axis=1)
        np.testing.assert_array_equal(drawn, path.points[inside])
        np.testing.assert_array_equal(np.asarray(trace.customdata)[walked, 0], np.flatnonzero(inside))
    assert (traces["lowest"].x[0], traces["lowest"].y[0]) == tuple(surface.lowest)
    assert (traces["start"].x[0], traces["start"].y[0]) == (2.0, -1.0)


def test_a_path_that_leaves_the_picture_ends_at_its_frame_in_an_arrow(surface):
    away = descend(surface, (2.0, -1.0), 3.0)
    path, arrow = (trace for trace in descent.contours(surface, [away]).data if trace.legendgroup == away.name)
    low, high = descent.REACH
    drawn = np.stack([path.x, path.y], axis=1)
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    assert ((drawn >= low - 1e-9) & (drawn <= high + 1e-9)).all()
    inside = (np.abs(away.points - 0.5) <= 2).all(axis=1)
    assert len(arrow.x) == 3 * np.sum(inside[:-1] & ~inside[1:])  # from a point inside to the frame, then a gap
    first = int(np.flatnonzero(~inside)[0])
    tip = np.array([arrow.x[1], arrow.y[1]])
    assert np.isclose(tip, low).any() or np.isclose(tip, high).any()
    step, drawn_step = away.points[first] - away.points[first - 1], tip - away.points[first - 1]
    assert step[0] * drawn_step[1] - step[1] * drawn_step[0] == pytest.approx(0, abs=1e-9)
    assert step @ drawn_step > 0
    assert arrow.marker.symbol == "arrow"


def test_before_anything_is_trained_the_picture_says_what_to_do():
    figure = descent.loss_against((), "steps")
    assert "Train all three" in figure.layout.annotations[0].text
    assert not figure.data


def test_in_the_landscape_points_out_of_the_picture_are_left_out(surface):
    away = descend(surface, (2.0, -1.0), 3.0)
    trace = descent.surface_3d(surface, [away]).data[1]
    outside = (np.abs(away.points) > 2.5).any(axis=1)
    assert outside.any()
    assert np.isnan(np.asarray(trace.z)[outside]).all()
    assert trace.z[0] == pytest.approx(away.losses[0], abs=0.1)
