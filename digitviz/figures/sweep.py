"""Figures of a sweep: a curve with its interval, heatmaps, and the effect of each setting."""

import copy
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import (
    MUTED_COLOUR,
    OF_READING,
    TEST_COLOUR,
    TRAIN_COLOUR,
    WRONG_COLOUR,
    on_ink,
    see_through,
)
from digitviz.figures.picture import Picture, Plain, says
from digitviz.language import gettext as _, joined, lazy_gettext, listed, ngettext
from digitviz.numbers import in_percent, numeral
from digitviz.training.hyperparameters import Hyperparameters, value_in_words
from digitviz.training.outcome import Outcome
from digitviz.training.sweep import Axis, Sweep, SweepTable, interval_factor

CURVES = {"test_accuracy": lazy_gettext("test accuracy"), "train_accuracy": lazy_gettext("training accuracy")}
COLOURS = {"test_accuracy": TEST_COLOUR, "train_accuracy": TRAIN_COLOUR}
BETWEEN_PANELS = 0.04
"""Gap between heatmaps, as a fraction of the width."""
MAX_PICTURED, MAX_DOTS = 6, 100
"""Maximum number of values on an axis of a heatmap with room for a picture at each, and of dots in one beside it."""
ROOM, TICK_SIZE = {"hidden": 88, "learning_rate": 96}, 24
"""Room for these pictures, and the size of the labels next to them, in pixels."""
DOT, ARROW, LARGER = 6.2, 35, 1.6
"""Distance of two dots, half the length of the longest arrow, in pixels on a phone, and how much larger in a window."""
OF_CELLS = {"xref": "x domain", "yref": "y domain"}
"""Places around the cells. With "x" and "y", their edge would clip the pictures."""
STEPS = {lazy_gettext("small"): 0.16, lazy_gettext("medium"): 0.4, lazy_gettext("large"): 1.0}
"""How long the arrow of these learning rates is, as a part of the longest."""
SIDES, TOP, BOTTOM, TALL = 0.46, 0.48, -0.28, 1.21
"""Ends of the hundred squares in a cell, from its middle and as parts of it, and how tall the cell is for its width."""
MIDDLE, BELOW = (TOP + BOTTOM) / 2, BOTTOM - 0.12
"""Where a question mark and a number are in a cell with squares."""
UNKNOWN = "<span style='font-size:1.5em'>?</span>"
"""Question mark in a cell with squares."""


def axis_title(axis: Axis) -> str:
    """Return the names of an axis as on the controls."""
    return listed(str(Hyperparameters.TITLES[name]) for name in axis.names)


def _beside(axis: Axis) -> str:
    words = {"learning_rate": _("Learning rate: small → large steps"), "hidden": _("Hidden neurons: few → many")}
    known = words.get(axis.names[0]) if len(axis.names) == 1 else None
    is_rising = known is not None and bool((np.diff([np.sum(values[0]) for values in axis.values]) > 0).all())
    return known if known is not None and is_rising else axis_title(axis)


def _beside_cells(layout: draw.Part, axes: Sequence[Axis], scale: float) -> None:
    """Draw beside the cells of a heatmap, so far without pictures, what the values of its axes are."""
    below, left = ROOM["hidden"] * scale**0.5, -scale * ROOM["learning_rate"] / 2
    for letter, axis in zip("xy", axes[::-1], strict=True):
        parts, words = _pictures(axis, letter == "x", scale)
        layout["shapes"] += parts
        layout["annotations"] += words
        if parts:
            room = below if axis.names == ("hidden",) else ROOM["learning_rate"]
            layout[f"{letter}axis"]["title"] |= {"standoff": room, "font": draw.font(18)}
            layout[f"{letter}axis"]["tickfont"] = draw.font(TICK_SIZE)
    if words:  # instead of the title and the labels
        layout["yaxis"] |= {"title": {"text": ""}, "showticklabels": False}
        beside, bottom = OF_CELLS | {"xanchor": "center", "xshift": left}, 10.0
        layout["annotations"].append(draw.note(0, 1, _("bigger<br>steps ↑"), 18, yanchor="bottom", yshift=4, **beside))
        if "standoff" in layout["xaxis"]["title"]:
            layout["xaxis"]["title"], bottom = {"text": ""}, 22 + below
            said = _("more<br>neurons →")
            layout["annotations"].append(draw.note(0, 0, said, 18, yanchor="top", yshift=-20, **beside))
        layout["margin"] = draw.margins(92, 6, 54, bottom)


def _is_named(axis: Axis) -> bool:
    """Return whether the values of an axis rise and are few, so that they have pictures."""
    most = MAX_PICTURED if axis.names == ("hidden",) else len(STEPS)
    return _beside(axis) != axis_title(axis) and 1 < len(axis.values) <= most


def _sizes_of_steps(count: int) -> list[tuple[Any, float]]:
    return [*STEPS.items()][:: 4 - count]  # of two, the smallest and the largest


def _pictures(axis: Axis, is_across: bool, scale: float) -> tuple[list[draw.Part], list[draw.Part]]:
    """Draw the values of an axis, if there are few: neurons as dots, small and large steps as arrows.

    Returns
    -------
    (list of dict, list of dict)
        Shapes, and the words beside the arrows to the left of the cells, below them if `scale` is 1.
    """
    sizes, is_hidden = [np.atleast_1d(each[0]) for each in axis.values], axis.names == ("hidden",)
    if not _is_named(axis) or not all(each.size for each in sizes) or max(map(np.max, sizes)) > MAX_DOTS:
        return [], []
    place: draw.Part = {"type": "path", "xsizemode": "pixel", "ysizemode": "pixel"}
    place |= OF_CELLS | {"yanchor": 0, "xanchor": 0}
    x, y, anchor = (0, -46, "xanchor") if is_across else (-scale * ROOM["learning_rate"] / 2, 0, "yanchor")
    parts, words, middles = list[draw.Part](), list[draw.Part](), (np.arange(len(sizes)) + 0.5) / len(sizes)
    if is_hidden:
        far = DOT * scale**0.5
        place["line"] = draw.stroke(TEST_COLOUR, far - 1, f"{far - 1.4}px,1.4px")
        counts = [int(each.sum()) for each in sizes]
        return [place | {anchor: at, "path": _dots(x, y, far, n)} for at, n in zip(middles, counts, strict=True)], []
    below = {"xanchor": "center", "xshift": x, "yanchor": "top", "yshift": 9}
    left = {"xanchor": "right", "xshift": 2 * x - 10, "yanchor": "middle", "align": "right"}
    look: draw.Part = OF_CELLS | (below if scale == 1 else left)
    y, start = -80 if is_across else 20 if scale == 1 else 0, x - ARROW * scale
    for at, value, (said, far) in zip(middles, sizes, _sizes_of_steps(len(sizes)), strict=True):
        end = round(start + 2 * ARROW * scale * far, 1)
        path = f"M{start} {y}H{end}M{end - 7} {y + 7}L{end} {y}L{end - 7} {y - 7}"
        parts.append(place | {anchor: at, "path": path, "line": draw.stroke(TEST_COLOUR, 4)})
        words.append(draw.note(0, at, f"<b>{said}</b><br>{numeral(value[0], ',g')}", TICK_SIZE - 4, **look))
    return parts, [] if is_across else words


def _dots(x: float, y: float, far: float, count: int) -> str:
    """Return rows for a dashed line, as a block of about a square."""
    side = int(np.ceil(np.sqrt(count)))
    left, ends = x - far * side / 2, [min(side, count - first) for first in range(0, count, side)]
    return "".join(f"M{left:.1f} {y - far * row:.1f}H{left + far * end:.1f}" for row, end in enumerate(ends))


def _squares(column: int, row: int, share: float, asks: bool) -> draw.Part:
    """Draw a hundred squares in a cell, of which so many are filled from below, or for nan only their frame.

    If the frame `asks` for a click, it looks like a button.
    """
    x, y = column + SIDES * np.linspace(-1, 1, 11), row + np.linspace(BOTTOM, TOP, 11)
    left, right, low, high, unknown = *x[::10], *y[::10], bool(np.isnan(share))
    rows, rest = divmod(100 if unknown else round(100 * share), 10)
    path = f"M{left:.3f} {low:.3f}H{right:.3f}V{y[rows]:.3f}H{x[rest]:.3f}V{y[rows + (rest > 0)]:.3f}H{left:.3f}Z"
    path = path if asks or not unknown else ""
    path += "".join(f"M{left:.3f} {at:.3f}H{right:.3f}" for at in y[:: 10 if unknown else 1])
    path += "".join(f"M{at:.3f} {low:.3f}V{high:.3f}" for at in x[:: 10 if unknown else 1])
    line, fill = draw.stroke(MUTED_COLOUR, 1.2), TRAIN_COLOUR
    if unknown and asks:
        line, fill = draw.stroke(TRAIN_COLOUR, 2), see_through(TRAIN_COLOUR, 0.1)
    return {"type": "path", "path": path, "line": line, "fillcolor": fill}


def _with_squares(layout: draw.Part, cells: np.ndarray, words: np.ndarray, asks: bool) -> draw.Part:
    """Draw how many digits are read in each cell of a heatmap, and return the layout on a phone. See `_squares`."""
    layout["yaxis"] |= {"scaleanchor": "x", "scaleratio": TALL, "constrain": "domain", "constraintoward": "top"}
    labels = layout["xaxis"]["categoryarray"]
    in_lines = ["<br>".join(label.rsplit(" ", 1)) for label in labels]
    layout["xaxis"] |= {"constrain": "domain", "tickvals": labels, "ticktext": in_lines}
    one, asking = _("{count} of 100") if asks else "{count}", TRAIN_COLOUR if asks else None
    for (y, x), share in np.ndenumerate(cells):
        read = (UNKNOWN, asking) if np.isnan(share) else (one.format(count=words[y, x]), None)
        layout["shapes"].append(_squares(x, y, share, asks))
        layout["annotations"].append(draw.note(x, y + (MIDDLE if np.isnan(share) else BELOW), read[0], 22, read[1]))
    small = copy.deepcopy(layout) | {"margin": {"t": 44}}
    small["yaxis"]["scaleratio"] *= 1.1  # room for the words below the arrows
    for each in small["annotations"]:
        each["font"]["size"] = 18 if each["text"] == UNKNOWN else 14
    legend = _("Out of 100 new digits: {mark} read right").format(mark=f"<b style='color:{TRAIN_COLOUR}'>■</b>")
    above = OF_CELLS | {"xanchor": "right", "yanchor": "bottom", "yshift": 15}
    layout["annotations"].append(draw.note(1, 1, legend, 20, **above))
    small["annotations"].append(draw.note(1, 1, legend, 16, **above))
    return small


def cell_names(axes: Sequence[Axis]) -> list[str]:
    """Return the settings and values of each cell of a sweep as text."""
    named = [[f"{axis_title(axis)} {label}" for label in axis_labels(axis)] for axis in axes]
    for place, axis in enumerate(axes):
        if axis.names == ("hidden",):
            counts = [int(np.sum(values[0])) for values in axis.values]
            words = [ngettext("{count} neuron", "{count} neurons", count) for count in counts]
            named[place] = [each.format(count=label) for each, label in zip(words, axis_labels(axis), strict=True)]
        if axis.names == ("learning_rate",) and _is_named(axis):  # as in the picture
            named[place] = [_("{size} steps").format(size=size) for size, _far in _sizes_of_steps(len(axis.values))]
    return [listed(cell) for cell in itertools.product(*named)]


def axis_labels(axis: Axis) -> list[str]:
    """Return the values of an axis as text, without those of settings that only follow the first one."""
    name, values = axis.names[0], [values[0] for values in axis.values]
    if name == "hidden":  # the neurons of one layer, or of each
        values = [[value] if isinstance(value, int) else list(value) for value in values]
    return [value_in_words(name, value) for value in values]


@Picture
def sweep_curve(table: SweepTable, name: str = "test_accuracy") -> Plain:
    """Draw the accuracy against one setting: the mean over the seeds, its 95% interval, and each training as a dot.

    Diverged trainings are crosses at the bottom. Trainings that are not known yet are left out.

    Parameters
    ----------
    table : SweepTable
        A sweep with one axis, or none for seeds alone.
    name : {"test_accuracy", "train_accuracy"}

    Raises
    ------
    ValueError
        If the sweep has more axes.
    """
    axes = table.sweep.axes
    if len(axes) > 1:
        raise ValueError(f"a curve shows a sweep with one axis, not {len(axes)}")
    labels = axis_labels(axes[0]) if axes else [_("all seeds")]
    mean, low, high = (np.reshape(each, len(labels)) for each in table.interval(name))
    values, diverged = (table.grid(each).reshape(len(labels), -1) for each in (name, "diverged"))
    colour, counted = COLOURS[name], str(CURVES[name])
    named = np.array(labels, object)
    across = np.broadcast_to(named[:, np.newaxis], values.shape)
    whose = np.stack([table.columns["seed"], np.arange(len(table))], axis=-1).reshape(*values.shape, 2)
    is_shown = np.isfinite(values) & ~diverged
    which = {"setting": "%{x}", "seed": "%{customdata[0]}"}
    hover = _("{setting}<br>seed {seed}: {accuracy}").format(accuracy="%{y:.1%}", **which)
    nothing, seeds = _("the accuracy of each training will appear here"), _("{curve} of one training")
    moves = {"kind": "points", "known": _known(table, name), "seeds": table.sweep.seeds, "labels": labels}
    reach = np.nan_to_num(interval_factor(np.arange(1, table.sweep.seeds + 1)))
    moves |= {"seed": table.sweep.base.seed, "reach": [0, *reach.tolist()]}
    failed, any_diverged = _("{setting}<br>seed {seed}: diverged").format(**which), bool(diverged.any())
    look: draw.Part = {"name": _("diverged"), "customdata": whose[diverged], "showlegend": any_diverged}
    look |= {"marker": draw.dot(10, WRONG_COLOUR, "x"), "cliponaxis": False}
    crosses = draw.scatter(across[diverged], np.zeros(diverged.sum()), hover=failed, **look)
    figure = draw.figure(
        draw.curve(
            named, mean, _("average {curve}").format(curve=counted), (colour, 3), "%{x}<br>%{y:.1%}",
            customdata=whose[:, 0], error_y={
                "type": "data", "array": np.nan_to_num(high - mean), "arrayminus": np.nan_to_num(mean - low),
                "color": colour, "thickness": 2, "width": 5,
            },
        ) | {"mode": "lines+markers", "marker": draw.dot(9, colour)},
        draw.scatter(
            across[is_shown], values[is_shown], hover=hover, name=seeds.format(curve=counted),
            customdata=whose[is_shown], marker=draw.dot(6, see_through(colour, 0.4)),
        ),
        *([crosses] if any_diverged or not table.is_complete else []),
        meta={} if table.is_complete else {"moves": moves},
        xaxis=draw.axis(_beside(axes[0]) if axes else None, type="category", categoryorder="array",
                        categoryarray=labels),
        yaxis=draw.axis(counted, tickformat=".1~%") | ({} if is_shown.any() else {"range": [0, 1]}),
        annotations=[] if np.isfinite(table.grid("seconds")).any() else [draw.in_the_middle(nothing)],
    )  # fmt: skip
    return says(figure, sweep_in_words(table, name))


def sweep_in_words(table: SweepTable, name: str = "test_accuracy") -> str:
    """Return in words what `sweep_curve` or `sweep_heatmap` shows."""
    stars = _("Stars: equal in whole percent.") if best_cells(table, name)[0].sum() > 1 else ""
    about = stars if len(table.sweep.axes) > 1 else _what_the_interval_is(table)
    return joined([_ends(table, name), about, _diverged(table)])


def training_at(sweep: Sweep, click: Mapping[str, Any]) -> int | None:
    """Return the training for a click in `sweep_curve` or `sweep_heatmap`; for a mean or a cell, its first seed.

    Parameters
    ----------
    sweep : Sweep
    click : mapping
        Untrusted: "customdata" of Plotly's point.

    Returns
    -------
    int or None
        Index in `Sweep.trainings`. None if there is no such training.
    """
    number = click.get("customdata")
    if isinstance(number, list) and len(number) == 2:
        number = number[1]  # after the seed
    return number if type(number) is int and 0 <= number < sweep.size else None


def best_cells(table: SweepTable, name: str = "test_accuracy") -> tuple[np.ndarray, np.ndarray]:
    """Return masks of a complete table: cells best in whole percent, and others inside the best one's interval."""
    mean, low, _high = table.interval(name)
    if not table.is_complete or not np.isfinite(mean).any():
        return np.zeros(mean.shape, bool), np.zeros(mean.shape, bool)
    best = np.isclose(mean, np.nanmax(mean))
    return np.isclose(mean.round(2), mean[best][0].round(2)), ~best & (mean >= low[best].max())


@Picture
def sweep_heatmap(
    table: SweepTable, name: str = "test_accuracy", guess: int | None = None, examples: bool = False
) -> Plain:
    """Draw the mean accuracy for two settings as a heatmap, and for three as heatmaps side by side.

    A cell says how many of 100 digits are read. Empty ones have a "?". Once all are known, the best cells have a star.
    If there is room, a cell has as many dark squares of a hundred, otherwise a colour, and also says how many trainings
    diverged or are missing. Decimals and these numbers are in the hover text.

    Parameters
    ----------
    table : SweepTable
        A sweep with two or three axes. The last axis runs across and the one before it upwards. Of three axes, the
        first distinguishes the panels.
    name : {"test_accuracy", "train_accuracy"}
    guess : int, optional
        A training in the cell with a frame.
    examples : bool
        True if the sweep has not begun. The cells then do not say how many trainings are known.

    Raises
    ------
    ValueError
        If the sweep has fewer axes.
    """
    axes = table.sweep.axes
    if len(axes) < 2:
        raise ValueError(f"a heatmap shows a sweep with two or three axes, not {len(axes)}")
    across, up = (axis_labels(axis) for axis in axes[:-3:-1])
    mean = table.interval(name).mean.reshape(-1, len(up), len(across))
    best, near = (each.reshape(mean.shape) for each in best_cells(table, name))
    firsts = np.arange(mean.size).reshape(mean.shape) * table.sweep.seeds
    known = np.isfinite(table.grid("seconds")).sum(axis=-1).reshape(mean.shape)
    diverged = table.grid("diverged").sum(axis=-1).reshape(mean.shape) / np.maximum(known, 1)
    panels = axis_labels(axes[0]) if len(axes) == 3 else [""]
    width = (1 + BETWEEN_PANELS) / len(panels)
    hover = _("{across} {x}<br>{up} {y}<br>{accuracy}")
    hover = hover.format(across=axis_title(axes[-1]), x="%{x}", up=axis_title(axes[-2]), y="%{y}", accuracy="%{text}")
    squared = len(axes) == 2 and max(mean.shape) <= MAX_PICTURED
    largest = 26 if table.is_complete and not diverged.any() else 20  # no further words in the cells
    size = int(np.clip(min(160 // (len(across) * len(panels)), 130 // len(up)), 12, largest))
    traces, marks = list[draw.Part](), list[draw.Part]()
    layout: draw.Part = {"shapes": [], "annotations": []}
    small: draw.Part = {"shapes": []}
    seeds = 1 if examples else table.sweep.seeds
    for number, (values, share) in enumerate(zip(mean, diverged, strict=True)):
        panel, of_each = draw.suffix(number), [*zip(values.flat, share.flat, known[number].flat, strict=True)]
        words = [[_cell(*cell, seeds, decimals) for cell in of_each] for decimals in (0, 1)]
        if squared:
            words[0] = [each.partition("<br>")[0] for each in words[0]]
        text, told = np.array(words, object).reshape(2, *values.shape)
        cells = draw.as_float32(np.where(share == 1, 0, values))
        told = np.where(near[number], told + "<br>" + _("perhaps as good as the best"), told).tolist()
        look: draw.Part = {"xgap": 3, "ygap": 3, "text": told, "customdata": firsts[number].tolist()}
        traces.append(draw.heatmap(cells, hover, panel, x=across, y=up, opacity=float(not squared), **look))
        x = draw.axis(_beside(axes[-1]), **_categories(across, squared))
        y = draw.axis("" if number else _beside(axes[-2]), **_categories(up, squared), showticklabels=not number)
        layout |= draw.placed(panel, (number * width, (number + 1) * width - BETWEEN_PANELS), None, x, y)
        empty = np.isnan(cells)
        text[best[number]] = "<b>★\u2009" + text[best[number]] + "</b>"
        if squared:
            small = _with_squares(layout, cells, text, examples)
        text = np.where(empty, "" if squared else "?", "" if squared else text)
        inks = np.where(empty, 0, cells).ravel().tolist()
        colours, sizes = [on_ink(mean, *OF_READING) for mean in inks], size  # Plotly's own colours are hard to read
        if examples:  # each "?" asks for a click
            colours = np.where(empty.ravel(), TRAIN_COLOUR, colours).tolist()
            sizes = np.where(empty.ravel(), 6 * size // 5, size).tolist()
        look = {"text": text.ravel().tolist(), "textfont": draw.font(sizes, colours)}
        look |= {} if table.is_complete else {"customdata": firsts[number].ravel().tolist()}  # no cell to click
        columns, rows = np.meshgrid(np.array(across, object), np.array(up, object))
        said = None if table.is_complete else hover.replace("<br>%{text}", "") if squared else hover
        marks.append(draw.scatter(columns.ravel(), rows.ravel(), "text", said, panel, cliponaxis=False, **look))
    moves = {"kind": "cells", "known": _known(table, name), "seeds": table.sweep.seeds, "shape": mean.shape}
    moves |= {"inks": [(end, on_ink(end - 0.01, *OF_READING)) for end in (*OF_READING, 2)]}
    bar = draw.bar_below("", 1, yref="container", x=1, xanchor="right", len=0.4, thickness=10, ypad=4)
    bar |= {"tickvals": [0, 0.5, 1], "ticktext": ["0", "50", "100"], "tickfont": draw.font(14)}
    shade = {"cmin": 0, "cmax": 1, "colorbar": bar, "showscale": len(axes) == 2}
    meta: draw.Part = {"phone_words": {12: 12, 26: 13}.get(size, 15)}
    if squared:
        shade, meta = {"showscale": False}, {"phone_layout": small, "phone_below": 900, "asks": examples}
        moves |= {"unknown": UNKNOWN, "places": (MIDDLE, BELOW), "ends": (SIDES, BOTTOM, TOP)}
        _beside_cells(small, axes, 1.0)
    if len(axes) == 2:
        _beside_cells(layout, axes, LARGER if squared else 1.0)
    else:
        title, words_of = axis_title(axes[0]), _("{name}: {value}")
        layout["annotations"] += draw.panel_titles(words_of.format(name=title, value=label) for label in panels)
    if guess is not None:
        place, row, column = map(int, np.unravel_index(guess // table.sweep.seeds, mean.shape))
        guessed = draw.box_around(column, row, 0.48, (TEST_COLOUR, 5), panel=draw.suffix(place))
        for part in (layout, small):
            part["shapes"].append(guessed)
    layout["coloraxis"] = draw.colour_axis("reading", **shade)
    layout["meta"] = meta | ({} if table.is_complete else {"moves": moves})
    return says(draw.figure(*traces, *marks, **layout), sweep_in_words(table, name))


def _known(table: SweepTable, name: str) -> list[tuple[int, float | None]]:
    """Return the number and the accuracy of each known training, None if it diverged, for `moving.js`."""
    accuracy, known = table.columns[name].tolist(), np.isfinite(table.columns["seconds"]).nonzero()[0].tolist()
    return [(number, None if np.isnan(accuracy[number]) else accuracy[number]) for number in known]


def _categories(labels: Sequence[str], squared: bool) -> draw.Part:
    """Return an axis that shows all labels and outlines the cells, even before any cell is known."""
    outline = {"tickson": "boundaries", "gridcolor": MUTED_COLOUR, "griddash": "dash", "showline": True, "mirror": True}
    outline = draw.NO_LINES if squared else outline | {"zeroline": False, "linecolor": MUTED_COLOUR}
    ends = [-0.5, len(labels) - 0.5]
    return {"type": "category", "categoryorder": "array", "categoryarray": [*labels], "range": ends, **outline}


def _cell(mean: float, diverged: float, known: int, seeds: int, decimals: int) -> str:
    """Return the text in a cell."""
    if diverged == 1:
        return _("diverged")
    if np.isnan(mean):
        return ""
    lines = [in_percent(mean, decimals) if decimals else numeral(100 * mean, ".0f")]
    if diverged:
        lines.append(_("{share} diverged").format(share=in_percent(diverged, 0)))
    if known < seeds:
        lines.append(_("{known} of {count}").format(known=numeral(int(known)), count=numeral(seeds)))
    return "<br>".join(lines)


@Picture
def main_effects(table: SweepTable, name: str = "test_accuracy") -> Plain:
    """Draw the fraction of the variance that belongs to each setting, to the seeds, and to settings together.

    Parameters
    ----------
    table : SweepTable
    name : {"test_accuracy", "train_accuracy"}

    Raises
    ------
    ValueError
        If a training is not known yet, or all results are equal.
    """
    effects = table.effects(name)
    if effects is None:
        raise ValueError("effects are known once every training has ended, if the results differ")
    titles = {axis.names: axis_title(axis) for axis in table.sweep.axes} | {("seed",): _("luck (seeds)")}
    combined = _("how the two fit together") if len(titles) == 3 else _("in combination")
    shown = {titles.get(names, combined): share for names, share in effects.items()}
    shown = dict(sorted(shown.items(), key=lambda item: item[1]))
    largest = next(reversed(shown))
    if len(table.sweep.axes) < 2:
        shown.pop(combined)
    figure = draw.figure(
        draw.bars(
            [*shown.values()], [*shown], "%{y}: %{x:.1%}", orientation="h", **draw.NUMBERS_ABOVE,
            marker=draw.stroke([TEST_COLOUR if name == largest else TRAIN_COLOUR for name in shown]),
            text=[in_percent(share, 0) for share in shown.values()], textfont=draw.font(20),
        ),
        xaxis=draw.percent_axis(None, range=[0, 1.3 * shown[largest]], showticklabels=False, **draw.NO_LINES),
        yaxis={"type": "category"}, margin=(10, 10, 0, 10),
    )  # fmt: skip
    sentence = _("What matters most: {largest}. Share of all differences in {curve}: {effects}.")
    if table.columns["diverged"].any():
        sentence = joined([sentence, _("A diverged training counts as guessing (10%).")])
    told = listed(f"{title} {in_percent(share)}" for title, share in reversed(shown.items()))
    return says(figure, sentence, curve=CURVES[name], effects=told, largest=largest)


@Picture
def outcome_curves(outcome: Outcome, steps_per_batch: int = 1) -> Plain:
    """Draw both accuracies of one training against its steps. For a click, `training_at` returns the first training.

    Parameters
    ----------
    outcome : Outcome
        It may lack its later moments, or all of them.
    steps_per_batch : int
    """
    steps, looks = outcome.moments * steps_per_batch, {name: (colour, 3.5) for name, colour in COLOURS.items()}
    first, last = [0] * len(steps), int(np.isfinite(outcome.clock).sum()) - 1
    nothing = [] if last >= 0 else [draw.in_the_middle(_("the accuracy will appear here"))]
    figure = draw.figure(
        *(
            draw.curve(steps, outcome.curves[name], str(title), looks[name], "%{x:,}<br>%{y:.1%}", customdata=first)
            for name, title in CURVES.items()
        ),
        xaxis=draw.axis(_("steps"), range=[0, int(steps[-1])]),
        yaxis=draw.percent_axis(_("accuracy")),
        annotations=nothing,
    )
    if outcome.diverged_at is not None:
        return says(figure, _("The training diverged at step {step}."), step=numeral(outcome.diverged_at))
    if last < 0:
        return says(figure, _("No training has ended yet."))
    ends = {name: in_percent(outcome.curves[name][last]) for name in CURVES}
    sentence = _("After {steps} steps, training accuracy is {train_accuracy} and test accuracy {test_accuracy}.")
    return says(figure, sentence, steps=numeral(int(steps[last])), **ends)


def _ends(table: SweepTable, name: str) -> str:
    """Return a sentence on the best and the worst point."""
    mean = table.interval(name).mean.ravel()
    known = np.flatnonzero(np.isfinite(mean))
    if not len(known):
        return _("No training has ended yet.") if not table.columns["diverged"].any() else ""
    best, worst = known[mean[known].argmax()], known[mean[known].argmin()]
    numbers = {"best": in_percent(mean[best]), "worst": in_percent(mean[worst]), "curve": str(CURVES[name])}
    if not table.sweep.axes:
        return _("The average {curve} of all seeds is {best}.").format(**numbers)
    sentence = _("The average {curve} is highest with {high}: {best}. It is lowest with {low}: {worst}.")
    if np.isclose(mean[best], mean[worst]):
        sentence = _("The average {curve} is {best} with {high}.")
    high, low = (_named(table.sweep, np.flatnonzero(np.isclose(mean, mean[at]))) for at in (best, worst))
    missing = "" if table.is_complete else _("Some results are still missing.")
    return joined([sentence.format(high=high, low=low, **numbers), missing])


def _named(sweep: Sweep, cells: np.ndarray) -> str:
    """Return the name of the first of some cells with the same mean, and the number of the others."""
    name, others = cell_names(sweep.axes)[cells[0]], len(cells) - 1
    words = ngettext("{cell} and {count} other cell", "{cell} and {count} other cells", others)
    return words.format(cell=name, count=numeral(others)) if others else name


def _what_the_interval_is(table: SweepTable) -> str:
    if table.sweep.seeds == 1:
        return _("One seed does not show how much is luck.")
    return _(
        "Each bar is the range in which the average of many more than {count} seeds would probably lie. Other test "
        "digits would give other numbers."
    ).format(count=numeral(table.sweep.seeds))


def _diverged(table: SweepTable) -> str:
    """Return a sentence on the diverged trainings; empty without any."""
    count = int(table.columns["diverged"].sum())
    said = ngettext("{count} training diverged.", "{count} trainings diverged.", count).format(count=count)
    return said if count else ""
