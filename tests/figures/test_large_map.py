from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from digitviz import figures
from digitviz.dashboard.components.plot import frame
from digitviz.figures.colours import CORRECT_COLOUR, MUTED_COLOUR, PAPER_COLOUR, WRONG_COLOUR
from digitviz.figures.maps import FAINT, PALE, POINTS, RADIUS


@pytest.fixture
def labels():
    return np.arange(200) % 10


@pytest.fixture
def things(labels):
    return figures.Things(
        np.stack([np.arange(200), labels], axis=1), "a %{customdata[1]}", labels, misread=np.array([3, 50])
    )


@pytest.fixture(params=[2, 3], ids=["plane", "space"])
def view(request, random):
    return figures.MapView(
        random.normal(size=(200, request.param)), "PCA of pixels", "token", {7: np.zeros(request.param)}
    )


def places(trace) -> np.ndarray:
    axes = "xyz" if trace.type == "scatter3d" else "xy"
    return np.array([trace[axis] for axis in axes], dtype=float).T


def drawn(figure) -> list:
    """The visible traces, without the digits written in the plane."""
    there = [trace for trace in figure.data if len(trace.x) > 1 or trace.x[0] is not None]
    return [trace for trace in there if "text" not in trace.mode]


def test_every_point_is_where_it_belongs_and_says_what_it_is(things, view, labels):
    figure = figures.large_map(things, [view])
    points = figure.data[POINTS]
    np.testing.assert_allclose(places(points), view.coordinates, rtol=1e-5)
    assert points.customdata[42].tolist() == [42, labels[42]]
    assert figure.layout.meta["map"]["points"] == [POINTS]
    assert len(drawn(figure)) == 1


def test_digits_are_written_in_the_plane_and_in_front_of_all_points_in_space(things, view):
    figure = figures.large_map(things, [view])
    words = [text for trace in figure.data for text in trace.text or ()]
    over = [note.text for note in figure.layout.scene.annotations]
    assert (words, over) == (([], ["<b>7</b>"]) if view.coordinates.shape[1] == 3 else (["<b>7</b>"], []))


def test_a_long_thin_map_in_space_is_as_large_as_a_round_one(random):
    points = np.array([24, 4, 0]) * random.normal(size=(10, 3))
    scene = figures.large_map(
        figures.Things(np.arange(10)[:, None], ""), [figures.MapView(points, "", "")]
    ).layout.scene
    low, high = points.min(axis=0), points.max(axis=0)
    shown = (points - (low + high) / 2)[:, :2] / (high - low)[:2] * [scene.aspectratio.x, scene.aspectratio.y]
    assert scene.aspectmode == "manual"
    assert np.linalg.norm(shown, axis=1).max() == pytest.approx(RADIUS)
    assert 0 < scene.aspectratio.z < 0.01


def test_errors_are_ringed_when_asked_for(things, view):
    rings = drawn(figures.large_map(replace(things, ringed=True), [view]))[1]
    np.testing.assert_allclose(places(rings), view.coordinates[[3, 50]], rtol=1e-5)


def test_what_is_not_selected_is_faint_and_what_is_stands_out_in_both_maps(things, view):
    chosen = replace(things, selected=np.array([9, 1]))
    figure = figures.large_map(chosen, [view, replace(view, coordinates=-view.coordinates)])
    for sign, first in ((1, 0), (-1, len(figure.data) // 2)):
        assert figure.data[first + POINTS].marker.opacity == FAINT
        np.testing.assert_allclose(places(figure.data[first + POINTS + 1]), sign * view.coordinates[[9, 1]], rtol=1e-5)
    assert figure.layout.meta["map"]["selected"] == [9, 1]


def test_lines_lead_from_the_picked_point_to_its_neighbours_and_what_else_there_is_is_pale(things, view):
    near, moved = np.array([1, 2, 7]), np.array([7, 8])
    torn = replace(view, near=near, moved=moved, torn=np.array([8, 30]), pairs=np.array([[4, 5]]))
    figure = figures.large_map(replace(things, picked=6), [torn])
    over = figure.data[POINTS + 1 :]
    drawn_over = [trace for trace in over if trace.line.color in (PAPER_COLOUR, WRONG_COLOUR)]
    thin, (*edge, thick) = places(figure.data[0]), [places(trace) for trace in drawn_over if len(trace.x) > 1]
    assert [trace.line.dash for trace in drawn_over] == ["solid", "dash"]
    assert len(edge) == (view.coordinates.shape[1] == 2)  # in space, it would cover the dashes
    for under in edge:
        np.testing.assert_array_equal(under, thick)
    np.testing.assert_allclose(thin[:2], view.coordinates[[4, 5]], rtol=1e-5)
    np.testing.assert_allclose(thick[[0, 1, 3, 4]], view.coordinates[[6, 8, 6, 30]], rtol=1e-5)
    assert np.isnan(thick[[2, 5]]).all()
    assert figure.data[POINTS].marker.opacity == PALE
    np.testing.assert_allclose(places(figure.data[POINTS + 1]), view.coordinates[[1, 2, 7, 6]], rtol=1e-5)
    [moved] = [places(trace) for trace in over if trace.line.color == MUTED_COLOUR]
    np.testing.assert_allclose(moved[:2], view.coordinates[[6, 7]], rtol=1e-5)
    [kept] = [places(trace) for trace in over if trace.line.color == CORRECT_COLOUR]
    [dots] = [trace for trace in over if str(trace.marker.color) == CORRECT_COLOUR]
    np.testing.assert_allclose(kept[[0, 1, 3, 4]], view.coordinates[[6, 1, 6, 2]], rtol=1e-5)
    np.testing.assert_allclose(places(dots), view.coordinates[[1, 2]], rtol=1e-5)
    [ring] = [trace for trace in drawn(figure) if trace.marker.symbol == "circle-open"]
    assert ring.marker.size > 3 * dots.marker.size  # shows those that are as close as its own edge
    assert [trace is dots for trace in over if trace is ring or trace is dots] == [False, True]  # over the ring


def test_a_map_with_a_question_is_beside_it_in_a_wide_window_only(things, view):
    asked = figures.large_map(replace(things, picked=5, asked=[1, 8]), [view]).layout
    plain = figures.large_map(replace(things, picked=5), [view]).layout
    place = "scene" if view.coordinates.shape[1] == 3 else "xaxis"

    def across(layout) -> list[float]:
        return list(layout["domain"]["x"] if place == "scene" else layout["domain"])

    assert across(asked[place]) == [0, 0.5]
    assert across(asked.meta["narrow_layout"][place]) == across(plain[place]) == [0, 1]
    rings = [
        trace
        for trace in drawn(figures.large_map(replace(things, picked=5, asked=[1, 8]), [view]))
        if trace.marker.symbol == "circle-open"
    ]
    assert rings == []  # nothing marks where it lies
    assert (asked.meta["map"]["asked"], plain.meta["map"]["asked"]) == ([1, 8], [])
    assert asked.meta["map"]["question"] == "Does this digit lie with the 1s or the 8s?"


def test_two_maps_stand_side_by_side_and_on_a_phone_one_above_the_other(things, view):
    layout = figures.large_map(things, [view, view]).layout
    phone = layout.meta["phone_layout"]
    if view.coordinates.shape[1] == 3:
        assert [title.x for title in layout.annotations] == [sum(layout[s].domain.x) / 2 for s in ("scene", "scene2")]
        assert layout.scene.domain.x[1] < layout.scene2.domain.x[0]
        assert phone["scene"]["domain"]["y"][0] > phone["scene2"]["domain"]["y"][1]
    else:
        assert [title.xref for title in layout.annotations] == ["x domain", "x2 domain"]
        assert layout.xaxis.domain[1] < layout.xaxis2.domain[0]
        assert phone["yaxis"]["domain"][0] > phone["yaxis2"]["domain"][1]
    assert [title.text for title in layout.annotations] == ["PCA of pixels"] * 2
    assert {title.xanchor for title in layout.annotations} == {"center"}  # otherwise the anchor depends on the position


def test_points_without_labels_are_coloured_by_their_shade(view, random):
    shades = random.random(200)
    figure = figures.large_map(figures.Things(np.arange(200)[:, None], "pixel", shades=shades), [view])
    np.testing.assert_allclose(figure.data[POINTS].marker.color, shades, rtol=1e-6)
    assert figure.data[POINTS].marker.coloraxis == "coloraxis"


def test_a_map_of_the_digits_is_light_enough_to_be_seen_moving(digits, random):
    numbers = np.zeros((len(digits), 4))
    things = figures.Things(numbers, "a %{customdata[1]}", digits.labels)
    figure = figures.large_map.plain(things, [figures.MapView(random.normal(size=(len(digits), 2)), "", "")])
    assert len(frame(figure, "x", 500)) < 60_000


def test_tiles_carry_their_captions_and_frames(digits):
    figure = figures.digits.picture_tiles(
        digits.images[:5], ["a", "b", "c", "3, 4", "e, 9%"], 3, [False, True, False, False, False]
    )
    sheet = figure.data[0].z
    assert np.nansum(sheet) == digits.images[:5].sum()
    assert [note.text for note in figure.layout.annotations] == ["a", "b", "c", "3, 4", "e, 9%"]
    on_a_phone = figure.layout.meta["phone_layout"]["annotations"]
    assert [note["text"] for note in on_a_phone] == ["a", "b", "c", "3, 4", "e<br>9%"]  # no room beside it
    (framed,) = (shape for shape in figure.layout.shapes if shape.line.width > 1)
    assert len(figure.layout.shapes) == 5
    second = figure.layout.annotations[1]
    assert framed.x0 < second.x < framed.x1
    assert framed.y1 <= second.y + 0.1
