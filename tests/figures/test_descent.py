from __future__ import annotations

import numpy as np
import pytest

from digitviz.figures import descent
from digitviz.lesson.comparison import COSTS
from digitviz.lesson.surface import BATCHES, descend, two_pixel_surface
from tests.lesson.comparing import compared


@pytest.fixture(scope="module")
def surface(digits):
    return two_pixel_surface(digits)


@pytest.fixture(scope="module")
def paths(surface):
    return [descend(surface, (2.0, -1.0), 0.5, name=name) for name in BATCHES]


@pytest.mark.parametrize("against", COSTS)
def test_each_training_has_a_curve_with_its_measurements(digits, against):
    courses = compared(digits, {"full batch": 2, "mini-batch": 5, "one sample": 9})
    figure = descent.loss_against(courses, against)
    for course, trace in zip(courses, figure.data, strict=True):
        assert trace.name == course.name.words
        np.testing.assert_array_equal(trace.x, getattr(course, against)[1:])
        np.testing.assert_array_equal(trace.y, course.losses[1:])
    assert figure.layout.xaxis.type == "log"
    assert min(trace.x[0] for trace in figure.data) > 0


def test_contours_show_the_surface_and_every_point_of_each_path(surface, paths):
    figure = descent.contours(surface, paths)
    ground = figure.data[0]
    loss = float(surface.loss(ground.x[20], ground.y[10]))
    assert ground.customdata[10][20] == pytest.approx(loss, rel=1e-5)
    assert ground.z[10][20] == pytest.approx(np.sqrt(loss - float(surface.loss(*surface.lowest))), rel=1e-5)
    traces = {trace.name: trace for trace in figure.data}
    for path in paths:
        trace = traces[path.name.words]
        np.testing.assert_array_equal(np.stack([trace.x, trace.y], axis=1), path.points)
        np.testing.assert_array_equal(np.asarray(trace.customdata)[:, 0], np.arange(len(path.points)))
    start, lowest = figure.data[-2:]
    assert (lowest.x[0], lowest.y[0]) == tuple(surface.lowest)
    assert (start.x[0], start.y[0]) == (2.0, -1.0)
    assert lowest.name == "lowest loss"  # in the legend: a label would cover the paths
    titles = ["From above"]  # the heights of several paths are by step
    assert [note.text for note in figure.layout.annotations] == [*titles, "start"]
    alone = descent.contours(surface, paths[:1]).layout.annotations
    [high] = [note for note in alone if note.text == "high loss"]
    assert (high.x, high.y) == (-1.5, -1.5)  # not below the buttons of the picture
    assert figure.layout.legend.xanchor == "right"  # beside the map, where the paths have come down


def test_before_a_prediction_the_ball_rests_at_the_start_and_no_path_is_drawn(surface, paths):
    figure = descent.contours(surface, paths, begun=False)
    assert not {trace.name for trace in figure.data} & {path.name.words for path in paths}
    assert "film" not in figure.layout.meta  # only the buttons begin
    *balls, side = (shape for shape in figure.layout.shapes if shape.type == "circle")
    assert [(ball.xanchor, ball.yanchor) for ball in balls] == [(2.0, -1.0)] * len(paths)
    assert (side.xref, side.xanchor, side.yanchor) == ("x2", 0.0, paths[0].losses[0])
    [cut] = [trace for trace in figure.data if trace.xaxis == "x2"]
    assert np.interp(0, cut.x, cut.y) == pytest.approx(paths[0].losses[0], rel=0.01)
    assert cut.y[0] > paths[0].losses[0]  # both walls of the valley
    assert 0 < np.argmin(cut.y) < len(cut.y) - 1  # down, and up on the other side of the valley
    [arrow, beside] = [note for note in figure.layout.annotations if note.showarrow]
    assert (beside.xref, beside.ax, beside.y, beside.ay) == ("x2", 0, 0, 0)
    goes_left, view = arrow.x < arrow.ax, figure.layout.xaxis2.range
    assert (view[1] < view[0]) == goes_left  # both views show the same way
    downhill, gradient = np.subtract((arrow.x, arrow.y), (arrow.ax, arrow.ay)), surface.gradient(np.array([2.0, -1.0]))
    assert downhill @ gradient == pytest.approx(-np.linalg.norm(downhill) * np.linalg.norm(gradient))
    assert not [note for note in descent.contours(surface, paths).layout.annotations if note.showarrow]


def test_before_a_prediction_numbers_mark_where_first_steps_land(surface, paths):
    start, rates = np.array([2.0, -1.0]), (0.1, 2.5, 1.0)
    notes = descent.contours(surface, paths[:1], False, rates).layout.annotations
    above, marks = ([note for note in notes if note.text.startswith("<b>") and note.xref == on] for on in (None, "x2"))
    assert [note.text for note in above] == [note.text for note in marks]
    assert [note.text for note in marks] == ["<b>3</b>", "<b>1</b>", "<b>4</b>"]  # not the numbers of the buttons
    for mark, seen, rate in zip(marks, above, sorted(rates), strict=True):
        there = start - rate * surface.gradient(start)
        assert (seen.x, seen.y) == pytest.approx(tuple(there))
        assert np.dot((seen.xshift, seen.yshift), surface.lowest - start) <= 0  # clear of the name of the lowest point
        place = np.linalg.norm(there - start), float(surface.loss(*there))
        assert (mark.x, mark.y) == pytest.approx(place)
    notes = descent.contours(surface, [descend(surface, start, 1.0)], True, rates).layout.annotations
    marks = [note for note in notes if note.text.startswith("<b>")]
    assert [(note.text, note.xref) for note in marks] == [("<b>1</b>", "x2")]  # a path lands on one of them
    assert not [note for note in descent.contours(surface, paths, True, rates).layout.annotations if note.showarrow]


def test_the_valley_comes_first_and_is_larger_where_there_are_landing_places(surface, paths):
    layout = descent.contours(surface, paths[:1], False, (0.1, 1.0)).layout
    assert layout.xaxis2.domain[1] < layout.xaxis.domain[0]
    assert np.ptp(layout.xaxis2.domain) > np.ptp(layout.xaxis.domain)
    [low] = [note for note in layout.annotations if "lowest" in note.text]  # a single one
    assert (low.x, low.y) == tuple(surface.lowest)
    assert "the arrow, seen from the side" in [note.text for note in layout.annotations]
    others = descent.contours(surface, paths[:1]).layout  # whose steps are about the way on the map
    assert others.xaxis.domain[1] < others.xaxis2.domain[0]


def test_at_school_weights_are_named_by_their_pixels_and_axes_have_no_numbers(surface, paths):
    layout = descent.contours(surface, paths[:1], False, (0.1, 1.0), is_plain=True).layout
    assert [axis.title.text for axis in (layout.xaxis, layout.yaxis)] == ["weight A", "weight B"]
    assert [axis.showticklabels for axis in (layout.xaxis, layout.yaxis, layout.xaxis2)] == [False] * 3
    assert layout.yaxis2.ticktext == ("less wrong", "more wrong")  # from below
    assert not [note for note in layout.annotations if "loss" in note.text]
    notes = [note.text for note in descent.two_pixels(np.zeros((2, 8, 8)), is_plain=True).layout.annotations]
    assert {"<b>A</b>", "<b>B</b>"} <= set(notes)


def test_a_ball_rolls_along_each_path_and_arrives(surface, paths):
    film = descent.contours(surface, paths).layout.meta["film"]
    for step, places in enumerate(film["balls"]):
        np.testing.assert_array_equal(places[: len(paths)], [path.points[step] for path in paths])
        np.testing.assert_array_equal(places[len(paths) :], [(step, path.losses[step]) for path in paths])
    assert film["labels"][3] == "step 3"  # each path has its own loss
    alone = descent.contours(surface, paths[:1]).layout.meta["film"]
    assert alone["labels"][3].startswith("step 3: loss 0.")
    school = descent.contours(surface, paths[:1], is_plain=True).layout.meta["film"]
    assert school["labels"][3] == "step 3"
    best = descend(surface, (2.0, -1.0), 1.1)
    assert np.linalg.norm(best.points[-1] - surface.lowest) < 0.05


def test_from_the_side_a_path_steps_over_the_ground_that_it_crosses(surface):
    path = descend(surface, (2.0, 0.0), 2.2)
    ground, steps = (trace for trace in descent.contours(surface, [path]).data if trace.xaxis == "x2")
    np.testing.assert_allclose(steps.y, path.losses)
    way = np.linalg.norm(path.points[1] - path.points[0])
    assert steps.x[1] == pytest.approx(way)
    halfway = surface.loss(*path.points[:2].mean(axis=0))
    assert np.interp(way / 2, ground.x, ground.y) == pytest.approx(halfway, rel=0.01)
    assert halfway < path.losses[1]  # it jumps across the valley
    away = descend(surface, (2.0, 0.0), 3.0)
    ground, _steps = (trace for trace in descent.contours(surface, [away]).data if trace.xaxis == "x2")
    assert max(ground.y) <= 3 * away.losses[0]


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
