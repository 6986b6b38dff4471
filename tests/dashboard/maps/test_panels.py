from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np

from digitviz.dashboard.maps.controls import equal_words
from digitviz.dashboard.maps.large import Points
from digitviz.projections.spaces import Space


def test_a_selection_can_be_taken_home(digits):
    points = Points("digits", digits, digits.labels, digits.labels)
    rows = list(csv.reader(io.StringIO(points.csv(np.array([3, 8])).decode())))
    assert rows == [["index", "label", "read"], ["3", "3", "3"], ["8", "8", "8"]]
    assert b"19,," in replace(points, kind="w1_rows").csv(np.array([19]))


def test_a_map_of_points_that_are_mostly_equal_is_said_to_mean_nothing_and_counted_once(random, monkeypatch):
    points = random.normal(size=(99, 2))
    assert equal_words(Space("pixels", 99, None, points.copy)) == ""
    points[:60] = 0.0
    of = Space("pixels", 99, None, points.copy)
    said = equal_words(of)
    assert said.startswith("**60 of 99 points are equal**")
    monkeypatch.delattr(np, "median")
    assert equal_words(of) == said  # at each poll
