"""Pictures of runs: the tree, the small curves, and several runs in one plot."""

from __future__ import annotations

import re

import numpy as np
import pytest

from digitviz import figures
from digitviz.figures.runs import LOOKS


@pytest.mark.parametrize(("low", "lowest"), [(0.96, 0.8), (0.8, 0.8), (0.7, 0.7), (0.68, 0.6), (0, 0)])
def test_the_axis_begins_at_a_tenth_below_the_lowest_interval(low, lowest):
    assert figures.lowest_accuracy([0.9, low]) == lowest
    assert figures.lowest_accuracy([]) == 0.8


def test_a_race_starts_at_chance_with_a_lane_and_words_for_each_and_its_curves_keep_the_finish():
    figure = figures.start_of_race(["plain", "<b>own"], ["straight on"], 0.9)
    assert list(figure.data[1].x) == [0.1, 0.1]
    assert list(figure.data[1].text) == ["plain", "&lt;b&gt;own"]
    texts = [note.text for note in figure.layout.annotations]
    assert texts == ["<b>plain</b>", "<b>&lt;b&gt;own</b>", "straight on", "finish: 90%"]
    [line] = figure.layout.shapes
    assert line.x0 == line.x1 == 0.9
    curves = figures.compared_curves([figures.ComparedRun("a", *np.ones((3, 2)))], False, goal=0.9)
    [line] = curves.layout.shapes
    assert line.y0 == line.y1 == 0.9
    assert not figures.compared_curves([figures.ComparedRun("a", *np.ones((3, 2)))]).layout.shapes


def test_a_name_is_shown_as_it_is():
    curve = figures.compared_curves([figures.ComparedRun("<i>%{y}", *np.ones((3, 2)))]).data[0]
    assert curve.name == "&lt;i&gt;%{y}"
    assert "<i>" not in curve.hovertemplate


def test_a_small_curve_goes_from_its_first_loss_to_its_last():
    picture = figures.run_sketch([4.0, 2.0, np.inf, 1.0])
    points = re.search('points="([^"]*)"', picture)
    assert points is not None
    heights = [float(point.split(",")[1]) for point in points[1].split()]
    assert len(heights) == 3
    assert heights == sorted(heights)
    assert figures.sketch_in_words([4.0, 2.0, np.inf, 1.0]) == "Loss from 4 to 1"


@pytest.mark.parametrize("losses", [[], [np.nan], [0.0], [2.0, 2.0], [1e308, 0.0]])
def test_a_small_curve_of_any_losses_can_be_drawn(losses):
    assert "nan" not in figures.run_sketch(losses)
    assert "nan" not in figures.sketch_in_words(losses)


def test_six_runs_can_be_told_apart():
    assert len({colour for colour, _dash in LOOKS}) == len({dash for _colour, dash in LOOKS}) == 6


def test_each_compared_run_has_a_curve_of_its_accuracy_and_one_of_its_loss():
    steps = np.arange(1, 11) * 100
    accuracy = np.where(np.arange(10) == 3, np.nan, 0.5)
    accuracies, losses = figures.compared_curves([figures.ComparedRun("a", steps, accuracy, np.ones(10))]).data
    assert accuracies.x.tolist() == [100, 200, 300, *range(500, 1001, 100)]
    assert losses.yaxis == "y2"
    assert len(losses.x) == 10


def test_different_losses_have_no_common_axis():
    run = figures.ComparedRun("a", np.arange(1, 4), np.array([0.92, 0.93, 0.94]), np.ones(3))
    both, alone = figures.compared_curves([run]), figures.compared_curves([run], same_loss=False)
    assert [trace.yaxis for trace in both.data] == ["y", "y2"]
    assert [trace.yaxis for trace in alone.data] == ["y"]
    assert "yaxis2" not in alone.layout.to_plotly_json()
    assert "loss" not in alone.layout.meta["says"]
    low, high = both.layout.yaxis.range
    assert low <= 0.1 < 1 < high


@pytest.mark.parametrize(("longest", "kind"), [(900, "linear"), (1000, "log")])
def test_runs_of_very_different_lengths_are_drawn_by_factors(longest, kind):
    runs = [figures.ComparedRun("a", np.array([1, end]), np.ones(2), np.ones(2)) for end in (100, longest)]
    assert figures.compared_curves(runs).layout.xaxis.type == kind


def test_a_run_of_which_nothing_is_known_has_a_name_in_the_legend_alone():
    figure = figures.compared_curves([figures.ComparedRun("a", *np.zeros((3, 0)))])
    assert "a: no accuracy yet" in figure.layout.meta["says"]
    assert np.isnan(figure.data[0].y).tolist() == [True]
    assert figure.data[0].showlegend
