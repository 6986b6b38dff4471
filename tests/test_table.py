from __future__ import annotations

import csv
import io
import itertools
import threading
import time

from digitviz.table import csv_of


def test_a_table_is_read_back_as_it_was_written():
    rows = [("a, b", 1, 0.1 + 0.2), ('"', -3, 1e-300), ("", 0, float("inf"))]
    table = csv_of(["name", "count", "value"], rows)
    assert table.startswith(b"name,count,value\r\n")
    header, *read = csv.reader(io.StringIO(table.decode(), newline=""))
    assert header == ["name", "count", "value"]
    assert [(name, int(count), float(value)) for name, count, value in read] == rows


def test_other_threads_go_on_while_a_long_table_is_written():
    seen, over = [time.perf_counter()], threading.Event()

    def look() -> None:
        while not over.wait(0.001):
            seen.append(time.perf_counter())

    watcher = threading.Thread(target=look)
    watcher.start()
    begun = time.perf_counter()
    csv_of(["one", "two", "three"], itertools.repeat((0.1, 0.2, 0.3), 300_000))
    took = time.perf_counter() - begun
    over.set()
    watcher.join()
    assert max(later - earlier for earlier, later in itertools.pairwise(seen)) < took / 2


def test_a_table_without_rows_has_its_header():
    assert csv_of(["batch", "loss"], []) == b"batch,loss\r\n"
