from __future__ import annotations

import csv
import io

from digitviz.table import csv_of


def test_a_table_is_read_back_as_it_was_written():
    rows = [("a, b", 1, 0.1 + 0.2), ('"', -3, 1e-300), ("", 0, float("inf"))]
    table = csv_of(["name", "count", "value"], rows)
    assert table.startswith(b"name,count,value\r\n")
    header, *read = csv.reader(io.StringIO(table.decode(), newline=""))
    assert header == ["name", "count", "value"]
    assert [(name, int(count), float(value)) for name, count, value in read] == rows


def test_a_table_without_rows_has_its_header():
    assert csv_of(["batch", "loss"], []) == b"batch,loss\r\n"
