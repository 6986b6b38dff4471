"""The figures of sweeps show each training, mark what diverged, and leave out what is not known yet."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from digitviz import figures
from digitviz.figures.colours import PAIRS
from digitviz.figures.picture import to_json
from digitviz.figures.sweep import cell_names
from digitviz.language import speaking
from tests.figures.sweeps import DECAYS, NEURONS, made_up

BIAS = {"bias": [False, True]}


def says(figure):
    return figure.layout.meta["says"]


def in_cells(figure):
    """Return the texts in the cells with squares, by row and column."""
    cells = np.asarray(figure.data[0].z).shape
    return np.reshape([note.text for note in figure.layout.annotations[: np.prod(cells)]], cells)


def test_a_curve_has_the_mean_its_interval_each_training_and_crosses():
    table = made_up(NEURONS, [[0.2, 0.4], [0.9, np.nan], [0.5, 0.5]], diverged=(5,))
    mean, dots, crosses = figures.sweep_curve(table).data
    found = table.interval()
    assert list(mean.x) == ["2", "10", "30-20"]
    np.testing.assert_allclose(mean.y, [0.3, 0.9, 0.5])
    np.testing.assert_allclose(mean.error_y.array, [found.high[0] - 0.3, 0, 0])
    np.testing.assert_allclose(mean.error_y.arrayminus, [0.3 - found.low[0], 0, 0])
    assert list(zip(dots.x, dots.y, map(tuple, dots.customdata), strict=True)) == [
        ("2", 0.2, (0, 0)), ("2", 0.4, (1, 1)), ("10", 0.9, (0, 2)), ("30-20", 0.5, (0, 4)),
    ]  # fmt: skip
    assert [(*crosses.x,), (*crosses.customdata[0],)] == [("30-20",), (1, 5)]


def test_one_seed_has_no_bars_and_the_sentence_says_so():
    figure = figures.sweep_curve(made_up(NEURONS, [[0.2], [0.9], [0.5]]))
    assert not np.any(figure.data[0].error_y.array)
    assert "One seed does not show how much is luck." in says(figure)


def test_seeds_alone_are_one_point():
    figure = figures.sweep_curve(made_up({}, [[0.9, 0.92, 0.94]]))
    assert figure.data[0].y == pytest.approx([0.92])
    assert len(figure.data[1].y) == 3
    assert "The average test accuracy of all seeds is 92.0%" in says(figure)


def test_settings_that_change_together_are_named_by_the_first():
    figure = figures.sweep_curve(made_up({("batch_size", "batches"): [(10, 30), (20, 15)]}, [[0.5], [0.6]]))
    assert list(figure.data[0].x) == ["10", "20"]
    assert figure.layout.xaxis.title.text == "Batch size, Batches"


def test_a_heatmap_has_a_cell_per_pair_and_its_text():
    values = [[0.25, 0.35], [0.3, 0.3], [0.9, 0.9], [0.8, 0.8], [0.5, 0.5], [np.nan, np.nan]]
    cells, numbers = figures.sweep_heatmap(made_up(NEURONS | DECAYS, values, diverged=(2, 3, 8))).data
    assert (numbers.x[-1], numbers.y[-1], numbers.text[-1]) == ("10", "30-20", "")
    assert (list(cells.x), list(cells.y)) == (["0", "10"], ["2", "10", "30-20"])
    np.testing.assert_allclose(cells.z, np.array([[0.3, 0], [0.9, 0.8], [0.5, np.nan]], np.float32))
    assert [list(row) for row in cells.text] == [
        ["30.0%", "diverged"], ["90.0%", "80.0%"], ["50.0%<br>50% diverged", ""],
    ]  # fmt: skip


def test_means_are_large_whole_numbers_and_exact_under_the_pointer():
    values = np.array([[0.947, 0.949], *[[0.1, 0.2]] * 5])
    figure = figures.sweep_heatmap(made_up(NEURONS | DECAYS, values))
    assert in_cells(figure)[0].tolist() == ["<b>★\u200995</b>", "15"]
    assert list(figure.data[0].text[0]) == ["94.8%", "15.0%"]


@pytest.mark.parametrize(("rows", "size"), [(10, 13), (11, 12), (7, 18)])
def test_a_number_is_in_its_row(rows, size):
    table = made_up({"hidden": range(2, 2 + rows)} | DECAYS, np.full((2 * rows, 1), 0.5))
    assert figures.sweep_heatmap(table).data[1].textfont.size == size


def test_a_cell_whose_seeds_are_not_all_known_says_how_many_are():
    values = [[0.2, 0.4], [0.9, np.nan], [0.5, 0.5], [np.nan, np.nan], [0.3, 0.3], [np.nan, 0.8]]
    cells = figures.sweep_heatmap(made_up(NEURONS | DECAYS, values, diverged=(10,))).data[0]
    assert [text for row in cells.text for text in row] == [
        "30.0%", "90.0%<br>1 of 2", "50.0%", "", "30.0%", "80.0%<br>50% diverged",
    ]  # fmt: skip


def test_cells_with_the_same_mean_share_the_first_or_last_place():
    told = says(figures.sweep_heatmap(made_up(NEURONS | DECAYS, [[0.1], [0.9], [0.1], [0.1], [0.9], [0.5]])))
    assert "is highest with 2 neurons, Weight decay 10 and 1 other cell: 90.0%." in told
    assert "lowest with 2 neurons, Weight decay 0 and 2 other cells: 10.0%." in told


def test_three_settings_are_heatmaps_side_by_side_on_one_scale():
    values = np.arange(12)[:, np.newaxis] / 12
    figure = figures.sweep_heatmap(made_up(BIAS | NEURONS | DECAYS, values))
    assert [trace.xaxis for trace in figure.data] == ["x", "x2", "x", "x2"]
    np.testing.assert_allclose(figure.data[1].z, np.arange(6, 12).reshape(3, 2) / 12, rtol=1e-6)
    assert [note.text for note in figure.layout.annotations] == ["Bias: off", "Bias: on"]
    assert {trace.coloraxis for trace in figure.data[:2]} == {"coloraxis"}
    assert figure.layout.xaxis.domain[1] < figure.layout.xaxis2.domain[0]
    assert figure.layout.xaxis2.domain[1] == pytest.approx(1)


def test_cells_that_are_not_known_yet_have_a_question_mark():
    values = np.array([[0.5], [np.nan], [0.7], [np.nan], [0.9], [0.8]])
    table = made_up(NEURONS | DECAYS, values)
    figure = figures.sweep_heatmap(table, guess=3)
    numbers = figure.data[1]
    unknown = "<span style='font-size:1.5em'>?</span>"
    assert in_cells(figure).ravel().tolist() == ["50", unknown, "70", unknown, "90", "80"]
    known, asked = figure.layout.annotations[:2]
    assert (asked.y, known.y) == (pytest.approx(0.1), pytest.approx(-0.4))  # amid the squares, and below them
    assert list(numbers.customdata) == [*range(6)]
    assert [figures.training_at(table.sweep, {"customdata": number}) for number in (3, 6, True)] == [3, None, None]
    (frame,) = (shape for shape in figure.layout.shapes if shape.type == "rect")  # around the guessed cell
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (0.52, 1.48, 0.52, 1.48)
    assert [*zip(numbers.x, numbers.y, strict=True)][1:4:2] == [("10", "2"), ("10", "10")]
    assert figure.layout.yaxis.title.text == "Hidden neurons: few → many"
    assert figure.layout.xaxis.title.text == "Weight decay"


def test_neurons_are_dots_and_up_to_three_sizes_of_steps_are_arrows_with_names_beside_the_cells():
    rates, few = {"learning_rate": [1e-4, 0.01, 1.0]}, {"hidden": [2, 10]}
    layout = figures.sweep_heatmap(made_up(rates | few, np.full((6, 1), np.nan))).layout
    two, ten, *arrows = [shape.path for shape in layout.shapes[6:]]
    assert (two.count("M"), ten.count("M")) == (1, 3)  # rows
    small, medium, large = ([float(each) for each in re.findall(r"[-\d.]+", arrow)[:3]] for arrow in arrows)
    assert small[:2] == medium[:2] == large[:2]  # where the arrow starts
    assert small[0] < small[2] < medium[2] < large[2]
    words = [note.text for note in layout.annotations[6:]]
    of_size = {"small": "0.0001", "medium": "0.01", "large": "1"}
    legend = "Out of 100 new digits: <b style='color:#1d6fb8'>■</b> read right"
    beside = [f"<b>{size}</b><br>{rate}" for size, rate in of_size.items()] + ["bigger<br>steps ↑", "more<br>neurons →"]
    assert words == [legend, *beside]
    assert layout.yaxis.showticklabels is False
    phone = layout.meta["phone_layout"]  # smaller pictures, with their words below them
    assert [note["text"] for note in phone["annotations"][6:]] == [legend, *beside]
    assert len(phone["shapes"]) == len(layout.shapes)
    assert phone["margin"]["l"] == 92
    assert len(phone["shapes"][7]["path"]) < len(ten) + 20
    ends = figures.sweep_heatmap(made_up({"learning_rate": [1e-4, 1.0]} | few, np.full((4, 1), np.nan))).layout
    assert [note.text for note in ends.annotations[5:-2]] == [beside[0], beside[2]]
    many = {"learning_rate": [1e-4, 1e-3, 0.01, 0.1]}
    for others in (many | DECAYS, rates | few | BIAS, {"hidden": [2, 200]} | DECAYS, {"hidden": [(), 10]} | DECAYS):
        count = int(np.prod([len(each) for each in others.values()]))
        shapes = figures.sweep_heatmap(made_up(others, np.full((count, 1), np.nan))).layout.shapes
        assert all(shape.xsizemode != "pixel" for shape in shapes)


def test_a_cell_has_as_many_squares_of_a_hundred_as_digits_are_read():
    values = np.array([[0.69], [np.nan], [1.0], [0.004], [0.5], [0.995]])
    layout = figures.sweep_heatmap(made_up(NEURONS | DECAYS, values)).layout
    cells, ratio = layout.shapes, layout.yaxis.scaleratio
    assert ratio * 0.76 == pytest.approx(0.92, abs=0.01)  # as wide as high
    assert (layout.yaxis.scaleanchor, layout.yaxis.constrain, layout.xaxis.constrain) == ("x", "domain", "domain")
    for number, (share, cell) in enumerate(zip(values.ravel().tolist(), cells, strict=False)):
        if np.isnan(share):
            assert (cell.path.count("M"), cell.path.count("Z")) == (4, 0)  # a frame
            continue
        outline, _lines = cell.path.split("Z")
        left, low, right, full, last, top, end = (float(each) for each in re.findall(r"[-\d.]+", outline))
        assert (left, low) == (pytest.approx(number % 2 - 0.46), pytest.approx(number // 2 - 0.28))
        filled = (right - left) * (full - low) + (last - left) * (top - full)
        assert filled / (0.92 * 0.76) == pytest.approx(round(100 * share) / 100, abs=0.01)
        assert end == left
    whole = figures.sweep_heatmap(made_up(BIAS | NEURONS | DECAYS, np.full((12, 1), 0.5))).layout
    assert not whole.shapes  # no room for squares


def test_before_a_sweep_each_unknown_cell_looks_like_a_button():
    table = made_up(NEURONS | DECAYS, np.array([[0.2], [0.69], [0.3], [np.nan], [0.4], [np.nan]]))
    before, after = (figures.sweep_heatmap(table, examples=asks) for asks in (True, False))
    for figure, buttons in ((before, [3, 5]), (after, [])):
        cells, notes = figure.layout.shapes[:6], figure.layout.annotations[:6]
        assert [at for at, cell in enumerate(cells) if cell.line.color == PAIRS["blue"][0]] == buttons
        assert [at for at, note in enumerate(notes) if note.font.color == PAIRS["blue"][0]] == buttons
    assert [in_cells(figure)[0, 0] for figure in (before, after)] == ["20 of 100", "20"]
    large = figures.sweep_heatmap(made_up(BIAS | NEURONS | DECAYS, np.full((12, 1), np.nan)), examples=True).data[2]
    assert {*large.textfont.color} == {PAIRS["blue"][0]}


def test_each_number_has_the_best_colour_for_its_cell():
    values = np.array([[0.144], *[[np.nan]] * 3, [0.55], [0.95], *[[np.nan]] * 6])
    numbers = figures.sweep_heatmap(made_up(BIAS | NEURONS | DECAYS, values)).data[2]
    shown = [*zip(numbers.x, numbers.y, numbers.text, numbers.textfont.color, strict=True)]
    assert [each for each in shown if each[2] != "?"] == [
        ("0", "2", "14", PAIRS["number"][0]), ("0", "30-20", "55", "#000001"), ("10", "30-20", "95", PAIRS["paper"][0]),
    ]  # fmt: skip
    whole = figures.sweep_heatmap(made_up(NEURONS | DECAYS, np.full((6, 1), 0.5))).data[1]
    assert whole.customdata is None  # a click there is one on the cell


def test_a_single_known_mean_is_neither_the_highest_nor_the_lowest():
    told = says(figures.sweep_heatmap(made_up(NEURONS | DECAYS, np.array([[0.2], *[[np.nan]] * 5]))))
    assert told.startswith("The average test accuracy is 20.0% with 2 neurons, Weight decay 0. Some results")


@pytest.mark.parametrize("values", [{}, NEURONS, NEURONS | DECAYS, BIAS | NEURONS | DECAYS])
@pytest.mark.parametrize("known", ["nothing", "diverged"])
def test_a_sweep_without_any_result_is_drawn(values, known):
    count = int(np.prod([len(each) for each in values.values()]))
    table = made_up(values, np.full((count, 2), np.nan), range(2 * count) if known == "diverged" else ())
    draw = figures.sweep_curve if len(values) < 2 else figures.sweep_heatmap
    for language in ("en", "zh"):
        with speaking(language):
            plain = draw.plain(table)
            to_json(plain)
            assert plain["layout"]["meta"]["says"]
    with pytest.raises(ValueError, match="once every training has ended, if the results differ"):
        figures.main_effects(table)
    told = says(draw(table))
    assert (
        (f"{2 * count} trainings diverged." in told) if known == "diverged" else ("No training has ended yet." in told)
    )


def test_a_figure_refuses_a_sweep_with_the_wrong_number_of_settings():
    with pytest.raises(ValueError, match="one axis, not 2"):
        figures.sweep_curve(made_up(NEURONS | DECAYS, np.zeros((6, 1))))
    with pytest.raises(ValueError, match="two or three axes, not 1"):
        figures.sweep_heatmap(made_up(NEURONS, np.zeros((3, 1))))


def test_effects_are_bars_with_the_largest_on_top():
    values = np.array([[0.2, 0.21], [0.3, 0.31], [0.8, 0.81], [0.9, 0.91], [0.5, 0.51], [0.6, 0.61]])
    (bars,) = figures.main_effects(made_up(NEURONS | DECAYS, values)).data
    assert list(bars.y) == ["how the two fit together", "luck (seeds)", "Weight decay", "Hidden neurons"]
    assert list(bars.x) == sorted(bars.x)
    assert sum(bars.x) == pytest.approx(1)
    assert bars.marker.color[-1] not in bars.marker.color[:-1]


def test_the_best_cells_of_a_whole_table_have_a_star():
    values = np.array([[0.1], [0.9], [0.1], [0.1], [0.9], [0.5]])
    figure = figures.sweep_heatmap(made_up(NEURONS | DECAYS, values))
    assert [*zip(*np.nonzero(np.char.find(in_cells(figure), "★") >= 0), strict=True)] == [(0, 1), (2, 0)]
    assert "Stars: equal in whole percent." in says(figure)
    values[0] = np.nan
    assert "★" not in "".join(in_cells(figures.sweep_heatmap(made_up(NEURONS | DECAYS, values))).ravel())
    values = np.array([[0.1, 0.1], [0.9, 0.88], [0.6, 0.62], [0.3, 0.3], [0.86, 0.89], [0.5, 0.5]])
    figure = figures.sweep_heatmap(made_up(NEURONS | DECAYS, values))
    assert [text for text in in_cells(figure).ravel() if "★" in text] == ["<b>★\u200989</b>"]
    found = [text for row in figure.data[0].text for text in row if "perhaps as good as the best" in text]
    assert [text.split("<br>")[0] for text in found] == ["87.5%"]  # may only have been less lucky


def test_a_diverged_training_says_when():
    table = made_up({}, [[0.5]], diverged=(0,))
    assert says(figures.outcome_curves(table.outcomes[0])) == "The training diverged at step 7."


def test_a_training_that_has_not_begun_has_empty_axes_of_its_length():
    table = made_up({}, [[0.5]])
    unknown = {name: np.full_like(curve, np.nan) for name, curve in table.outcomes[0].curves.items()}
    outcome = dataclasses.replace(
        table.outcomes[0], curves=unknown, clock=np.full_like(table.outcomes[0].clock, np.nan)
    )
    figure = figures.outcome_curves(outcome, 10)
    assert figure.layout.xaxis.range == (0, 10 * outcome.batches)
    assert says(figure) == "No training has ended yet."
    whole = table.outcomes[0]
    begun = {name: np.append(curve[:1], unknown[name][1:]) for name, curve in whole.curves.items()}
    clock = np.append(whole.clock[:1], outcome.clock[1:])
    begun = dataclasses.replace(whole, curves=begun, clock=clock)
    assert f"After {int(whole.moments[0]) * 10} steps, training accuracy is" in says(figures.outcome_curves(begun, 10))
    assert [figures.training_at(table.sweep, {"customdata": int(each)}) for each in figure.data[0].customdata[:1]] == [
        0
    ]


def test_a_click_names_the_training_of_a_dot_a_cross_or_a_mean():
    table = made_up(NEURONS, [[0.2, 0.4], [0.9, np.nan], [0.5, 0.5]], diverged=(5,))
    mean, dots, crosses = figures.sweep_curve(table).data
    trainings = [
        figures.training_at(table.sweep, {"customdata": list(map(int, each))})
        for trace in (mean, dots, crosses)
        for each in trace.customdata
    ]
    assert trainings == [0, 2, 4, 0, 1, 2, 4, 5]


def test_a_click_on_a_cell_names_its_first_seed():
    table = made_up(BIAS | NEURONS | DECAYS, np.full((12, 2), 0.5))
    cell = figures.sweep_heatmap.plain(table)["data"][1]["customdata"][2][1]
    assert figures.training_at(table.sweep, {"customdata": cell}) == 2 * (6 + 2 * 2 + 1)
    settings = table.sweep.trainings[2 * (6 + 2 * 2 + 1)].recipe.hyperparameters
    assert (settings.bias, settings.hidden, settings.weight_decay, settings.seed) == (True, (30, 20), 10.0, 0)


@pytest.mark.parametrize("values", [{}, NEURONS, NEURONS | DECAYS, BIAS | NEURONS | DECAYS])
@pytest.mark.parametrize("number", [10**9, [0, -1], [0, 1e9], [0, True], [0], [0, 1, 0], "0", [0, 10**30], [0, [1]]])
def test_a_click_that_no_browser_sends_names_nothing(values, number):
    count = int(np.prod([len(each) for each in values.values()]))
    sweep = made_up(values, np.full((count, 2), 0.5)).sweep
    assert [figures.training_at(sweep, click) for click in ({}, {"customdata": number})] == [None, None]


@pytest.mark.parametrize(
    ("rates", "first"), [((1e-4, 1), "small steps"), ((1e-4, 1e-3, 0.1, 1), "Learning rate 0.0001")]
)
def test_a_cell_is_named_as_in_the_picture(rates, first):
    table = made_up({"learning_rate": [*rates], "hidden": [2, 10]}, np.full((2 * len(rates), 1), np.nan))
    assert cell_names(table.sweep.axes)[0] == f"{first}, 2 neurons"
