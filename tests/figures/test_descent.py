from __future__ import annotations

import numpy as np
import pytest

from digitviz.figures import descent
from digitviz.figures.descent import VALLEY
from digitviz.lesson.surface import BATCHES, JUMPS, WALL, descend, two_pixel_surface


@pytest.fixture(scope="module")
def surface(digits):
    return two_pixel_surface(digits)


@pytest.fixture(scope="module")
def paths(surface):
    return [descend(surface, (2.0, -1.0), 0.5, name=name) for name in BATCHES]


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


STEPS = {"tiny": 0.1, "long": 2.0}


def in_valley(surface, rate):
    return descend(surface, tuple(surface.lowest - WALL * surface.across), rate, steps=JUMPS)


def test_the_ball_rests_on_the_wall_of_a_valley_and_only_a_step_shows_where_each_one_lands(surface):
    path = in_valley(surface, 2.0)
    asked = descent.valley(surface, path, STEPS, begun=False)
    assert "film" not in asked.layout.meta
    assert len(asked.data) == 3  # nothing but the ground
    assert not len(asked.data[-1].x)
    [ball] = asked.layout.shapes
    assert (ball.xanchor, ball.yanchor) == pytest.approx((0, 1))
    figure = descent.valley(surface, path, STEPS)
    _earth, curve, *arcs, _hops, lands = figure.data
    assert ball.y1 - ball.y0 == lands.marker.size == curve.line.width  # the ground is half a ball below the curve
    np.testing.assert_allclose(np.interp(1, curve.x, curve.y), 0, atol=1e-3)
    for at, rate in enumerate(STEPS.values()):
        there = path.points[0] - rate * surface.gradient(path.points[0])
        assert lands.x[at] == pytest.approx(rate * surface.curvatures[1])
        height = (surface.loss(*there) - path.lowest_loss) / (path.losses[0] - path.lowest_loss)
        assert (arcs[at].x[-1], arcs[at].y[-1]) == (lands.x[at], lands.y[at]) == pytest.approx((lands.x[at], height))
    assert (lands.text, lands.customdata) == (("tiny", "long"), (0, 1))
    words = [note.text for note in asked.layout.annotations]
    assert words[:2] == [
        f"reads badly<br><b>{surface.right(path.points[0]):.0%}</b> right",
        f"reads well: <b>{surface.right(surface.lowest):.0%}</b> right",
    ]
    assert "Which step leads to the bottom?" in words[-1]
    assert not any("Which step" in note.text for note in figure.layout.annotations)


def test_the_ball_jumps_along_its_path_and_out_of_the_valley_if_it_diverges(surface):
    path = in_valley(surface, 2.0)
    figure = descent.valley(surface, path, STEPS)
    film, heights = figure.layout.meta["film"], (path.losses - path.lowest_loss) / (path.losses[0] - path.lowest_loss)
    places = np.array(film["balls"])[:, 0]
    landed = places[:: descent.MOMENTS]
    factor = 1 - 2.0 * surface.curvatures[1]
    np.testing.assert_allclose(landed, np.column_stack([1 - factor ** np.arange(JUMPS + 1), heights]), atol=1e-9)
    assert film["labels"][:: descent.MOMENTS][3] == f"step 3: loss {path.losses[3]:.3g}"
    assert (figure.data[-2].x[-1], figure.data[-2].y[-1]) == tuple(landed[-1])
    away = descent.valley(surface, in_valley(surface, 2.7), STEPS).layout.meta["film"]
    assert not VALLEY[0] < away["balls"][-1][0][0] < VALLEY[1]
    assert len(away["balls"]) < len(film["balls"])
    school = descent.valley(surface, path, STEPS, is_plain=True).layout.meta["film"]
    assert school["labels"][-1] == f"step {JUMPS}"


def test_at_school_weights_are_named_by_their_pixels_and_axes_have_no_numbers(surface, paths):
    layout = descent.contours(surface, paths[:1], is_plain=True).layout
    assert [axis.title.text for axis in (layout.xaxis, layout.yaxis)] == ["weight A", "weight B"]
    assert [axis.showticklabels for axis in (layout.xaxis, layout.yaxis, layout.xaxis2)] == [False] * 3
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


def test_in_the_landscape_points_out_of_the_picture_are_left_out(surface):
    away = descend(surface, (2.0, -1.0), 3.0)
    trace = descent.surface_3d(surface, [away]).data[1]
    outside = (np.abs(away.points) > 2.5).any(axis=1)
    assert outside.any()
    assert np.isnan(np.asarray(trace.z)[outside]).all()
    assert trace.z[0] == pytest.approx(away.losses[0], abs=0.1)
