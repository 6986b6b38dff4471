"""The browser moves the pictures of an experiment to what the server would draw."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest
from playwright._impl._driver import compute_driver_executable

from digitviz import figures
from digitviz.dashboard.components.component import SCRIPTS
from digitviz.training.sweep import SweepTable
from tests.figures.sweeps import made_up
from tests.figures.test_sweep_figures import BIAS, DECAYS, NEURONS

MOVE = """
import { readFileSync } from "node:fs";
globalThis.document = { documentElement: {} };
const { speak } = await import("./words.js");
await speak("en");
const { MOVES } = await import("./moving.js");
const { rows, meta } = JSON.parse(readFileSync(process.argv[2]), (_, value) => (value === "nan" ? NaN : value));
console.log(JSON.stringify(MOVES[meta.kind](rows, meta)));
"""


@pytest.fixture
def moved(tmp_path):
    """Return a function that runs `moving.js` for a figure and the rows of a tape."""
    for name in ("elements", "moving", "numbers", "words"):
        shutil.copy(SCRIPTS[name], tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "move.js").write_text(MOVE)

    def move(rows: list[tuple[Any, ...]], meta: dict[str, Any]) -> list[Any]:
        (tmp_path / "data.json").write_text(json.dumps({"rows": rows, "meta": meta}))
        command = [compute_driver_executable()[0], "move.js", "data.json"]
        return json.loads(subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60).stdout)

    return move


def rows_of(table: SweepTable) -> list[tuple[Any, ...]]:
    known = np.isfinite(table.columns["seconds"])
    accuracy, diverged = table.columns["test_accuracy"], table.columns["diverged"]
    return [
        (number, 1, 0.1, "nan" if diverged[number] else float(accuracy[number]), 0.1)
        for number in np.flatnonzero(known).tolist()
    ]


def without_results(table: SweepTable) -> SweepTable:
    return SweepTable(table.sweep, [None] * len(table))


@pytest.mark.parametrize("axes", [NEURONS | DECAYS, BIAS | NEURONS | DECAYS])
def test_cells_are_filled_as_on_the_server(moved, axes):
    size = 6 * (1 + (len(axes) == 3))
    values = np.linspace(0.05, 0.95, 3 * size).reshape(size, 3)
    values[1] = 0.927, np.nan, np.nan
    values[3] = np.nan
    values[4:6] = [np.nan, np.nan, 0.5], [np.nan] * 3
    table = made_up(axes, values, diverged=(0, 1, 2, 4, 6, 12, 15, 16))
    begun = figures.sweep_heatmap.plain(without_results(table))
    update, layout, traces = moved(rows_of(table), begun["layout"]["meta"]["moves"])
    whole = figures.sweep_heatmap.plain(table)
    expected, panels = whole["data"], len(begun["data"]) // 2
    cells = whole["layout"]["shapes"][:size] if len(axes) == 2 else []
    for at, cell in enumerate(cells):
        note = whole["layout"]["annotations"][at]
        found = [
            layout[f"{name}"] for name in (f"shapes[{at}].path", f"annotations[{at}].text", f"annotations[{at}].y")
        ]
        assert found == [cell["path"], note["text"], pytest.approx(note["y"])]
    assert len(layout) == 3 * len(cells)
    assert traces == [*range(2 * panels)]
    for panel in range(panels):
        shown = np.array(update["z"][panel], float)
        np.testing.assert_allclose(shown, np.array(expected[panel]["z"], float), rtol=1e-5)
        assert update["text"][panel] == expected[panel]["text"]
        if len(axes) == 2:
            continue
        assert update["text"][panels + panel] == expected[panels + panel]["text"]
        assert update["textfont.color"][panels + panel] == expected[panels + panel]["textfont"]["color"]
    if len(axes) == 3:
        assert update["text"][panels][:2] == ["diverged", "93<br>50% diverged<br>2 of 3"]
    assert update["text"][0][2] == ["50.0%<br>50% diverged<br>2 of 3", "diverged"]


def test_points_and_their_intervals_are_those_of_the_server(moved):
    values = np.array([[0.5, 0.6, 0.62], [0.9, 0.93, np.nan], [np.nan] * 3])
    table = made_up(NEURONS, values, diverged=(1, 8))
    begun = figures.sweep_curve.plain(without_results(table))
    update, layout, traces = moved(rows_of(table), begun["layout"]["meta"]["moves"])
    mean, dots, crosses = figures.sweep_curve.plain(table)["data"]
    assert update["showlegend"] == [True, True, crosses["showlegend"]] == [True] * 3
    assert not begun["data"][2]["showlegend"]
    assert (layout, traces) == ({"annotations": [], "xaxis.type": "category"}, [0, 1, 2])
    np.testing.assert_allclose(update["y"][0][:2], mean["y"][:2], rtol=1e-6)
    for name in ("array", "arrayminus"):
        np.testing.assert_allclose(update[f"error_y.{name}"][0][:2], mean["error_y"][name][:2], rtol=1e-6)
        assert update[f"error_y.{name}"][1:] == [None, None]
    for at, marks in enumerate((dots, crosses), 1):
        assert [*zip(*[update[axis][at] for axis in "xy"], strict=True)] == [*zip(marks["x"], marks["y"], strict=True)]
        assert update["customdata"][at] == [list(each) for each in marks["customdata"]]


def test_runners_stand_at_their_last_accuracy_and_lines_go_through_all(moved):
    track = figures.runs.start_of_race.plain(["a", "b"], 0.9, ["momentum"], reached=[0.1, 0.1])["layout"]["meta"][
        "moves"
    ]
    rows = [(0, 10, 0.1, 0.3, 2.0), (1, 10, 0.2, 0.6, 1.5), (0, 20, 0.3, 0.5, 1.0), (0, 20, 0.3, 0.5, 1.0)]
    update, layout, _traces = moved(rows, track)
    assert update == {"x": [[0.5, 0.6]]}
    assert (layout["shapes[0].xanchor"], layout["shapes[4].x1"]) == (0.5, 0.6)
    assert (layout["annotations[2].text"], layout["annotations[2].xanchor"]) == ("<b>50.0%</b>", "left")
    assert layout["annotations[3].xanchor"] == "right"
    assert moved([], track)[0] == {"x": [[0.1, 0.1]]}
    lines = {"kind": "lines", "count": 2, "cost": 1, "value": 4, "scales": [1, 100]}
    update, _layout, traces = moved(rows, lines)
    assert update == {"x": [[10, 20], [1000]], "y": [[2.0, 1.0], [1.5]], "mode": ["lines", "markers"]}
    assert traces == [0, 1]
    first = {"kind": "first", "count": 2, "values": [4, 3]}
    update, _layout, traces = moved(rows, first)
    assert (update, traces) == ({"x": [[10, 20]] * 2, "y": [[2.0, 1.0], [0.3, 0.5]]}, [0, 1])
