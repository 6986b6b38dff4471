from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np

from digitviz.dashboard.maps.panels import Points


def test_a_selection_can_be_taken_home(digits):
    points = Points("digits", digits, digits.labels, digits.labels)
    rows = list(csv.reader(io.StringIO(points.csv(np.array([3, 8])).decode())))
    assert rows == [["index", "label", "read"], ["3", "3", "3"], ["8", "8", "8"]]
    assert b"19,," in replace(points, kind="w1_rows").csv(np.array([19]))
