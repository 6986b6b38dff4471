"""Pictures of runs: the tree, a race, and several runs in one plot."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from digitviz import figures
from digitviz.figures.runs import LOOKS, best_of, in_families

SMALL = "<span style='font-size:.8em'>{}</span>"
NODE = figures.runs.RunNode("a", "first", "trained", 1.0, 0.9)


def node(id: str, begun: float, parent: str | None = None, accuracy: float | None = 0.9) -> figures.runs.RunNode:
    return replace(NODE, id=id, begun=begun, parent=parent, accuracy=accuracy)


def test_branches_stand_behind_what_they_left_and_families_by_age():
    runs = [node("e", 5), node("d", 4, "b"), node("c", 3, "a"), node("b", 2, "a"), node("a", 1)]
    row, joined = in_families(runs)
    assert [run.id for run in row] == ["a", "b", "d", "c", "e"]
    assert joined == [(0, 1), (0, 3), (1, 2)]


def test_a_parent_that_is_gone_or_younger_than_its_branch_joins_nothing():
    runs = [node("a", 1, "b"), node("b", 2, "a"), node("c", 3, "gone"), node("d", 4, "d")]
    row, joined = in_families(runs)
    assert [run.id for run in row] == ["a", "b", "c", "d"]
    assert joined == [(0, 1)]


def test_each_run_is_a_point_at_its_accuracy_that_sends_its_id():
    runs = [node("a", 1), node("b", 2, "a", 0.95), node("c", 3, accuracy=None)]
    lines, known, unknown = figures.runs.run_tree(runs).data
    assert (lines.x[:2].tolist(), lines.y[:2].tolist()) == ([0, 1], [0.9, 0.95])
    assert (list(known.customdata), known.y.tolist()) == (["b", "a"], [0.95, 0.9])
    assert list(unknown.customdata) == ["c"]
    assert unknown.y[0] < 0.9


def test_the_best_run_is_the_oldest_of_those_with_the_highest_accuracy():
    assert best_of([node("b", 2, accuracy=0.95), node("a", 1, accuracy=0.95), node("c", 3, accuracy=None)]).id == "a"
    assert best_of([node("c", 3, accuracy=None)]) is None


def test_the_run_that_is_open_has_a_ring():
    opened = replace(node("b", 2), is_open=True), replace(node("c", 3, accuracy=None), is_open=True)
    _lines, known, unknown = figures.runs.run_tree([node("a", 1), *opened]).data
    assert (list(known.customdata), list(known.marker.line.width)) == (["b", "a"], [3, 0])
    assert unknown.marker.color[0] == known.marker.line.color


@pytest.mark.parametrize("runs", [[node("a", 1, accuracy=None)], [node("a", 1, accuracy=1.0)]])
def test_few_runs_make_a_picture_too(runs):
    low, high = figures.runs.run_tree(runs).layout.yaxis.range
    assert low < high


def test_the_axis_of_accuracies_holds_the_intervals_that_show_how_far_chance_moves_each():
    runs = [replace(NODE, accuracy=0.92, interval=(0.87, 0.95)), node("b", 2, accuracy=0.94)]
    figure = figures.runs.run_tree(runs)
    low, high = figure.layout.yaxis.range
    assert 0.7 < low < 0.8
    assert high > 1
    assert list(figure.layout.yaxis.tickvals) == pytest.approx([0.8, 0.9, 1])
    bars = figure.data[1].error_y
    np.testing.assert_allclose(bars.arrayminus, [0, 0.05], atol=1e-12)
    np.testing.assert_allclose(bars.array, [0, 0.03], atol=1e-12)
    assert figures.runs.run_tree([node("a", 1, accuracy=0.04)]).layout.yaxis.range[0] < 0.04


@pytest.mark.parametrize(("count", "named"), [(1, 1), (5, 5), (6, 1)])
def test_a_few_runs_all_have_their_names_otherwise_and_on_a_phone_only_the_best(count, named):
    runs = [replace(node(str(place), place, accuracy=0.9 + place / 100), name=f"run {place}") for place in range(count)]
    layout = figures.runs.run_tree(runs).layout
    told = [f"run {run.id}<br><b>{run.accuracy:.1%}</b>" for run in runs]
    assert [note.text for note in layout.annotations] == told[-named:]
    [best] = layout.meta["phone_layout"]["annotations"]
    assert best["text"] == told[-1]


@pytest.mark.parametrize(("low", "lowest"), [(0.96, 0.8), (0.8, 0.8), (0.7, 0.7), (0.68, 0.6), (0, 0)])
def test_the_axis_begins_at_a_tenth_below_the_lowest_interval(low, lowest):
    assert figures.runs.lowest_accuracy([0.9, low]) == lowest
    assert figures.runs.lowest_accuracy([]) == 0.8


def test_the_keys_go_from_the_newest_run_to_the_oldest_which_is_further_right():
    figure = figures.runs.run_tree([node("old", 1), node("new", 3), node("middle", 2)])
    assert list(figure.data[1].customdata) == ["new", "middle", "old"]
    assert list(figure.data[1].x) == [2, 1, 0]
    assert figure.layout.xaxis.range[0] > figure.layout.xaxis.range[1]


def test_a_race_starts_at_chance_with_a_lane_and_words_for_each_and_its_curves_keep_the_finish():
    figure = figures.runs.start_of_race(["plain", "<b>own"], 0.9, below=["straight on"])
    assert list(figure.data[1].x) == [0.1, 0.1]
    assert list(figure.data[1].text) == ["plain", "&lt;b&gt;own"]
    texts = [note.text for note in figure.layout.annotations]
    named = ["<b>plain</b><br>" + SMALL.format("straight on"), "<b>&lt;b&gt;own</b><br>" + SMALL.format("")]
    assert texts[:2] == named
    assert ["○" in text and "my winner" in text for text in texts[2:]] == [True, True]
    borders = {shape.line.width for shape in figure.layout.shapes if shape.type == "rect"}
    assert borders == {2}  # each lane is a button
    picked = figures.runs.start_of_race(["plain", "own"], 0.9, guess=1).layout
    assert ["●" in note.text for note in picked.annotations[2:]] == [False, True]
    assert picked.annotations[3].y == pytest.approx(1.19)
    assert [shape.line.width for shape in picked.shapes if shape.type == "rect"] == [2, 4]
    assert figure.layout.xaxis.ticktext == ("10%", "30%", "50%", "70%", "<b>90%<br>finish</b>")
    *_runners, line = figure.layout.shapes[:3]
    assert line.x0 == line.x1 == 0.9
    curves = figures.runs.compared_curves([figures.runs.ComparedRun("a", *np.ones((3, 2)))], False, goal=0.9)
    [line] = curves.layout.shapes
    assert line.y0 == line.y1 == 0.9
    assert not figures.runs.compared_curves([figures.runs.ComparedRun("a", *np.ones((3, 2)))]).layout.shapes


def test_all_runners_have_their_fronts_at_the_start_and_a_click_anywhere_in_a_lane_is_on_its_own():
    kinds = ["gradient_descent", "momentum", "adam", "numpy"]
    figure = figures.runs.start_of_race(kinds, 0.9, kinds)
    runners = figure.layout.shapes[:4]
    assert len({runner.path for runner in runners}) == 4
    for at, runner in enumerate(runners):
        across = [float(each) for each in re.findall(r"(-?[\d.]+) -?[\d.]+", runner.path)]
        assert max(across) == pytest.approx(-runner.line.width / 2)  # and half the line
        assert figure.layout.meta["phone_layout"]["shapes"][at]["line"]["width"] < runner.line.width
        assert (runner.xanchor, runner.yanchor) == (0.1, pytest.approx(at + 0.38))
    grounds = figure.layout.shapes[-4:]
    assert [(ground.y0 + ground.y1) / 2 for ground in grounds] == pytest.approx(figure.data[1].y.tolist())
    begun = figures.runs.start_of_race(kinds, 0.9, kinds, [0.1] * 4).layout
    assert begun.xaxis.range == figure.layout.xaxis.range  # no runner jumps at Start


def test_in_a_race_each_runner_stands_at_its_accuracy():
    figure = figures.runs.start_of_race(["a", "b"], 0.9, ["gradient_descent"], [0.25, 0.94], 1, "after 80 steps")
    assert figure.data[1].x.tolist() == [0.25, 0.94]
    assert figure.layout.shapes[0].xanchor == 0.25
    assert figure.layout.meta["says"] == "after 80 steps: a: 25.0%, b: 94.0%. The finish is at 90%."
    *trails, other, lit = figure.layout.shapes[3:]
    assert [(trail.x0, trail.x1) for trail in trails] == [(0.1, 0.25), (0.1, 0.94)]
    assert lit.y0 < 1 < lit.y1
    assert lit.line.width > other.line.width
    told = {note.text: (note.x, note.xanchor) for note in figure.layout.annotations}
    assert told["<b>25.0%</b>"] == (0.25, "left")  # where it has room
    assert told["<b>94.0%</b>"] == (0.94, "right")


def test_after_a_race_the_lanes_are_in_the_order_of_the_places_and_name_the_runners():
    told = ["rolls on", "walks"]
    figure = figures.runs.start_of_race(["b", "a"], 0.9, ["momentum"], [0.5, 0.6], 0, rows=[1, 0], below=told)
    assert figure.data[1].y.tolist() == [1, 0]
    runner, _other, _finish, *trails, lit = figure.layout.shapes[:6]
    assert [runner.yanchor, *(trail.y0 for trail in trails)] == pytest.approx([1.38, 1.38, 0.38])
    assert lit.y0 < 1 < lit.y1
    notes = [(note.text, note.y) for note in figure.layout.annotations[:2]]
    named = [(f"<b>b</b><br>{SMALL.format('rolls on')}", 0.52), (f"<b>a</b><br>{SMALL.format('walks')}", -0.48)]
    assert notes == named


def test_a_track_that_begins_above_chance_shows_runners_that_come_from_outside_the_picture():
    figure = figures.runs.start_of_race(["a", "b"], 0.9, reached=[0.75, 0.94], start=0.7)
    low, high = figure.layout.xaxis.range
    assert low == 0.7
    assert figure.layout.xaxis.title.text == "test digits read correctly, from 70%"
    assert 1 < high < 1.02
    assert [trail.x0 for trail in figure.layout.shapes[3:5]] == [low, low]


def test_a_race_can_be_played_again_from_the_moment_that_it_shows():
    figure, places = figures.runs.start_of_race.plain(["a", "b"], 0.9, reached=[0.5, 0.95]), [[0.5, 0.6], [0.5, 0.95]]
    figures.runs.add_replay(figure, ["after 10 steps", "after 20 steps"], places, 1)
    film = figure["layout"]["meta"]["film"]
    assert (film["start"], film["labels"][film["start"]]) == (1, "after 20 steps")
    assert film["places"] == places
    moves = figure["layout"]["meta"]["moves"]
    assert figure["layout"]["shapes"][moves["trails"] + 1]["x1"] == 0.95
    assert figure["layout"]["annotations"][moves["shares"] + 1]["text"] == "<b>95.0%</b>"


def test_a_name_is_shown_as_it_is():
    named = [replace(NODE, name="<b>5</b> & %{x}")]
    figure = figures.runs.run_tree(named)
    assert figure.data[1].text[0].startswith("&lt;b&gt;5&lt;/b&gt; &amp; %{x}")
    assert "%{x}" not in figure.data[1].hovertemplate
    assert figure.layout.annotations[0].text.startswith("&lt;b&gt;5&lt;/b&gt; &amp; %{x}")
    curve = figures.runs.compared_curves([figures.runs.ComparedRun("<i>%{y}", *np.ones((3, 2)))]).data[0]
    assert curve.name == "&lt;i&gt;%{y}"
    assert "<i>" not in curve.hovertemplate


def test_six_runs_can_be_told_apart():
    assert len({colour for colour, _dash in LOOKS}) == len({dash for _colour, dash in LOOKS}) == 6


def test_each_compared_run_has_a_curve_of_its_accuracy_and_one_of_its_loss():
    steps = np.arange(1, 11) * 100
    accuracy = np.where(np.arange(10) == 3, np.nan, 0.5)
    accuracies, losses = figures.runs.compared_curves(
        [figures.runs.ComparedRun("a", steps, accuracy, np.ones(10))]
    ).data
    assert accuracies.x.tolist() == [100, 200, 300, *range(500, 1001, 100)]
    assert losses.yaxis == "y2"
    assert len(losses.x) == 10


def test_different_losses_have_no_common_axis():
    run = figures.runs.ComparedRun("a", np.arange(1, 4), np.array([0.92, 0.93, 0.94]), np.ones(3))
    both, alone = figures.runs.compared_curves([run]), figures.runs.compared_curves([run], same_loss=False)
    assert [trace.yaxis for trace in both.data] == ["y", "y2"]
    assert [trace.yaxis for trace in alone.data] == ["y"]
    assert "yaxis2" not in alone.layout.to_plotly_json()
    assert "loss" not in alone.layout.meta["says"]
    low, high = both.layout.yaxis.range
    assert low <= 0.1 < 1 < high


@pytest.mark.parametrize(("longest", "kind"), [(900, "linear"), (1000, "log")])
def test_runs_of_very_different_lengths_are_drawn_by_factors(longest, kind):
    runs = [figures.runs.ComparedRun("a", np.array([1, end]), np.ones(2), np.ones(2)) for end in (100, longest)]
    assert figures.runs.compared_curves(runs).layout.xaxis.type == kind


def test_a_run_of_which_nothing_is_known_has_a_name_in_the_legend_alone():
    figure = figures.runs.compared_curves([figures.runs.ComparedRun("a", *np.zeros((3, 0)))])
    assert "a: no accuracy yet" in figure.layout.meta["says"]
    assert np.isnan(figure.data[0].y).tolist() == [True]
    assert figure.data[0].showlegend
