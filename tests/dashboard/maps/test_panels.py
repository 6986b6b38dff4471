from __future__ import annotations

import csv
import io

import numpy as np

from digitviz.dashboard.maps.panels import Predictions, selection_csv


def test_a_selection_can_be_taken_home(digits):
    predictions = Predictions(digits.labels, digits.labels, np.array([], int))
    rows = list(csv.reader(io.StringIO(selection_csv("digits", np.array([3, 8]), predictions).decode())))
    assert rows == [["index", "label", "read"], ["3", "3", "3"], ["8", "8", "8"]]
    assert b"19,," in selection_csv("w1_rows", np.array([19]), predictions)
