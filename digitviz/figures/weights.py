"""Figures of weights: whole matrices, the neurons of the first layer, and a single neuron."""

from __future__ import annotations

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.figures import draw, following
from digitviz.figures.colours import MUTED_COLOUR, NEGATIVE_COLOUR, PAIRS, POSITIVE_COLOUR
from digitviz.figures.digits import sheet_of, tiles
from digitviz.figures.draw import evenly
from digitviz.figures.picture import Picture, Plain, ends_of, says
from digitviz.language import gettext as _
from digitviz.language import ngettext
from digitviz.networks.parameters import INPUTS, OUTPUTS, Parameters
from digitviz.numbers import short

CAPTION_ROWS = 3
"""Height of the caption below a neuron's picture, in pixels of the picture."""
MAX_CELLS_PER_SIDE = 128
"""Maximum number of drawn rows and columns of a matrix, evenly chosen. The axes say how many are left out."""
MAX_NEURONS = 100
MAX_WORDED = 6
"""Largest number of columns whose captions have room for words."""
NEURON_COLUMNS = 10


def cells_shown(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Choose the rows and columns of a matrix that figures draw."""
    rows, columns = (evenly(count, MAX_CELLS_PER_SIDE) for count in shape)
    return rows, columns


@Picture
def weights_before_after(before: Parameters, after: Parameters, layer: int = 0) -> Plain:
    """Draw the weights of a layer before training, now, and their difference, on one scale centred on zero.

    Parameters
    ----------
    before, after : Parameters
    layer : int
        Index of the layer. 0 is w1.
    """
    name = f"w{layer + 1}"
    entering, leaving = before.weights[layer].shape
    rows, columns = cells_shown((entering, leaving))
    first, last = (parameters.weights[layer][np.ix_(rows, columns)] for parameters in (before, after))
    to_digits = layer == len(before.weights) - 1 and leaving == OUTPUTS
    x, y = _output_names(leaving, to_digits)[columns], _input_names(entering, is_input=layer == 0)[rows]
    titles = _("{name} before").format(name=name), _("{name} now").format(name=name), _("difference")
    panels = dict(zip(titles, map(draw.as_float32, (first, last, last - first)), strict=True))
    weight = _("weight {number}").format(number="%{z:.5f}")
    category = {"type": "category", "showgrid": False, "tickangle": 0}
    across = category | _few_ticks(columns, 0 if to_digits else 1)
    across |= draw.axis(_of_all(_leaving_title(layer, before), len(columns), leaving))
    down = category | _few_ticks(rows, 1) | {"autorange": "reversed"}
    traces: list[draw.Part] = []
    axes: draw.Part = {}
    for number, matrix in enumerate(panels.values()):
        panel = draw.suffix(number)
        shown = matrix if matrix.any() else np.zeros(matrix.shape, np.int8)  # a quarter of the bytes
        traces.append(draw.heatmap(shown, f"%{{y}}<br>%{{x}}<br>{weight}", panel, x=x, y=y))
        place = [number * 0.35, number * 0.35 + 0.3]
        axes |= draw.placed(panel, place, None, across, down | {"showticklabels": number == 0})
    entering_title = _("pixel") if layer == 0 else _leaving_title(layer - 1, before)
    axes["yaxis"] |= draw.axis(_of_all(entering_title, len(rows), entering))
    figure = draw.figure(
        *traces,
        **axes,
        annotations=draw.panel_titles(panels),
        coloraxis=draw.signed_axis(*panels.values(), colorbar=draw.axis(_("weight"))),
    )
    sentence = _("{name} before training and now, {rows} × {columns} weights; the largest change is {change}")
    sentence = sentence.format(name=name, rows=entering, columns=leaving, change="{change}")
    following.weights(figure, layer, rows, columns, sentence)
    return says(figure, sentence, change=short(np.abs(last - first).max()))


def _input_names(count: int, is_input: bool) -> np.ndarray:
    if is_input and count == INPUTS:
        pixel = _("pixel {number} (row {row}, column {column})")
        return np.array([pixel.format(number=i + 1, row=i // 8 + 1, column=i % 8 + 1) for i in range(count)])
    return np.array([_("from neuron {number}").format(number=i + 1) for i in range(count)])


def _output_names(count: int, are_digits: bool) -> np.ndarray:
    name = _("digit {digit}") if are_digits else _("to neuron {number}")
    return np.array([name.format(digit=i, number=i + 1) for i in range(count)])


def _leaving_title(layer: int, parameters: Parameters) -> str:
    if layer == len(parameters.weights) - 1:
        return _("digit")
    return _("neuron") if len(parameters.weights) == 2 else _("neuron, layer {number}").format(number=layer + 1)


def _of_all(title: str, shown: int, count: int) -> str:
    """Add the number of shown items to an axis title, unless all are shown."""
    many = _("{title} ({shown} of {count} shown)")
    return title if shown == count else many.format(title=title, shown=shown, count=count)


def _few_ticks(places: np.ndarray, first: int) -> dict[str, list]:
    """Return ticks for a categorical axis, at every tenth cell, or every cell if there are few.

    Numbers start from `first`. Pixels get a tick at every eighth cell, one per row.
    """
    every = 1 if len(places) <= 10 else 8 if len(places) == 64 else 10
    positions = list(range(0, len(places), every))
    return {"tickvals": positions, "ticktext": [str(places[i] + first) for i in positions]}


def neurons_shown(parameters: Parameters, limit: int = MAX_NEURONS, order: np.ndarray | None = None) -> np.ndarray:
    """Return the neurons of the first layer that `neuron_images` draws, in the order of the pictures."""
    if order is None:
        return evenly(parameters.weights[0].shape[1], limit)
    return order[evenly(len(order), limit)]


def cell_at(
    x: float, y: float, shown: np.ndarray, columns: int = NEURON_COLUMNS, size: tuple[int, int] = (1, 1)
) -> int | None:
    """Return the neuron in the cell at a point with finite coordinates. None if there is none.

    Parameters
    ----------
    x, y : float
    shown : ndarray of int
        Neurons in the cells, row by row.
    columns : int
    size : (int, int)
        Width and height of a cell.
    """
    columns = min(columns, len(shown))
    column, row = round(x) // size[0], round(y) // size[1]
    place = row * columns + column
    return int(shown[place]) if 0 <= column < columns and row >= 0 and place < len(shown) else None


def neuron_at(x: float, y: float, shown: np.ndarray, columns: int = NEURON_COLUMNS) -> int | None:
    """Return the neuron at a point of `neuron_images`, in its picture or caption. See `cell_at` for the parameters."""
    return cell_at(x, y, shown, columns, (draw.SIDE + 1, draw.SIDE + CAPTION_ROWS + 1))


def neuron_name(parameters: Parameters, neuron: int) -> str:
    """Return the name of a neuron of the first layer: its digit if the layer is the output, otherwise its number."""
    if len(parameters.weights) == 1 and parameters.weights[0].shape[1] == OUTPUTS:
        return _("digit {digit}").format(digit=neuron)
    return _("neuron {number}").format(number=neuron + 1)


@Picture
def neuron_images(
    parameters: Parameters,
    columns: int = NEURON_COLUMNS,
    limit: int = MAX_NEURONS,
    order: np.ndarray | None = None,
    votes: np.ndarray | None = None,
    on_scale_of: tuple[Parameters, ...] = (),
) -> Plain:
    """Draw the 64 weights of each neuron of the first layer as an 8 x 8 picture, with its number below.

    `neuron_at` returns the neuron for a click.

    Parameters
    ----------
    parameters : Parameters
    columns : int
    limit : int
        Maximum number of drawn neurons, evenly chosen.
    order : ndarray of int, optional
        Neurons in the order of the pictures; others are not drawn. All, by number, if not given.
    votes : ndarray of int, shape (neurons,), optional
        Digit that each neuron supports, in its caption: "votes for 5", or "17 → 5" if there are many columns.
    on_scale_of : tuple of Parameters
        Networks whose weights the scale of colours includes, to compare pictures.
    """
    shown = neurons_shown(parameters, limit, order)
    columns = min(columns, len(shown))
    images = draw.as_float32(parameters.weights[0].T[shown].reshape(-1, draw.SIDE, draw.SIDE))
    sheet, x, y = sheet_of(images, columns, below=CAPTION_ROWS)
    is_output = len(parameters.weights) == 1
    numbers = shown + (0 if is_output else 1)
    shape = (len(shown), draw.SIDE + CAPTION_ROWS, draw.SIDE)
    clicked = np.nan_to_num(tiles(np.broadcast_to(numbers[:, None, None], shape), columns)).astype(np.uint16)
    what = _("digit {digit}") if is_output else _("neuron {number}")
    what = what.format(digit="%{customdata}", number="%{customdata}")
    weight = _("weight {number}").format(number="%{z:.5f}")
    captions, vote = [str(number) for number in numbers.tolist()], None
    words = [neuron_name(parameters, neuron) for neuron in shown.tolist()]
    if votes is not None:
        digits = votes[shown].tolist()
        vote = _("votes for {digit}") if columns <= MAX_WORDED else "{number} → {digit}"
        captions = [vote.format(number=number, digit=digit) for number, digit in zip(captions, digits, strict=True)]
        said = _("neuron {number} votes most strongly for {digit}")
        words = [said.format(number=n + 1, digit=digit) for n, digit in zip(shown.tolist(), digits, strict=True)]
    scale = draw.signed_axis(images, *(other.weights[0] for other in on_scale_of), colorbar=draw.axis(_("weight")))
    figure = draw.figure(
        draw.heatmap(sheet, f"{what}<br>{weight}", customdata=clicked, hoverongaps=False),
        draw.scatter(np.array(x), np.array(y) + 5.4, "text", text=captions, textfont=draw.font(13)),
        **draw.image_layout(scale, fixed=False, y={"constrain": "domain"}),
    )
    following.follows(figure, "neurons", shown=shown.tolist(), columns=columns, caption=vote)
    figure["layout"]["meta"]["spots"] = draw.spots(x, y, words, draw.SIDE, draw.SIDE)
    sentence = ngettext(
        "What {count} neuron looks for: its weights as a picture, from {lowest} to {highest}",
        "What {count} neurons look for: their weights as pictures, from {lowest} to {highest}",
        len(shown),
    )
    return says(figure, sentence, count=len(shown), **ends_of(images))


@Picture
def neurons_before_after(
    before: Parameters,
    now: Parameters,
    moment: str,
    columns: int = NEURON_COLUMNS,
    order: np.ndarray | None = None,
    votes: np.ndarray | None = None,
    means: np.ndarray | None = None,
    latest: Parameters | None = None,
) -> Plain:
    """Draw the same neurons before training and now, side by side; on a phone, one above the other.

    With `means`, each neuron has a column: before training, now, and the mean picture of the digit that it votes for.
    Both sides have one colour scale, so that the small initial weights look pale next to the trained ones.

    Parameters
    ----------
    before, now : Parameters
    moment : str
        Point in training of `now`, in the title of its side.
    columns, order, votes
        As in `neuron_images`, which draws the side of `now`. A click on either side finds the neuron.
    means : ndarray, shape (10, 8, 8), optional
        Mean picture of each digit, for at most `MAX_WORDED` neurons with votes.
    latest : Parameters, optional
        Weights that the colour scale has room for at every point in training.
    """
    figure = neuron_images.plain(now, columns, order=order, votes=votes)
    shown = neurons_shown(now, order=order)
    first = draw.as_float32(before.weights[0].T[shown].reshape(-1, draw.SIDE, draw.SIDE))
    sheet, _x, _y = sheet_of(first, min(columns, len(shown)), below=CAPTION_ROWS)
    captions, layout = figure["data"][1], figure["layout"]
    captions["textfont"] = draw.font(16)
    numbers = [str(neuron + (len(now.weights) > 1)) for neuron in shown.tolist()]
    if votes is not None and columns <= MAX_WORDED:
        numbers = [neuron_name(now, neuron) for neuron in shown.tolist()]
    weight = _("weight {number}").format(number="%{z:.5f}")
    figure["data"] += [
        draw.heatmap(sheet, weight, "2", hoverongaps=False),
        captions | {"text": numbers} | draw.on_axes("2"),
    ]
    bar = draw.bar_below("", 0, len=0.4, thickness=10, nticks=5, tickfont=draw.font(14))
    last = np.zeros(0) if latest is None else latest.weights[0][:, shown]
    layout["coloraxis"] = draw.signed_axis(first, figure["data"][0]["z"], last, colorbar=bar)
    layout |= draw.image_axes("2", {"domain": [0, 0.475]}, {"constrain": "domain"}, fixed=False)
    layout["xaxis"] |= {"domain": [0.525, 1], "anchor": "y"}
    titles = draw.subplot_titles({"": moment, "2": _("before training")})
    arrow = draw.note(0.5, 0.5, "➜", 36, MUTED_COLOUR, xref="paper", yref="paper")
    layout["annotations"] = [*({**title, "font": draw.font(18)} for title in titles), arrow]
    layout["margin"] = draw.margins(0, 0, 34, 40)
    layout["meta"] |= {"phone_words": 12, "phone_layout": _one_above_the_other(layout, arrow)}
    layout["meta"]["follows"] |= {"title": "{moment}", "least": float(np.abs(np.nan_to_num(last)).max(initial=0.0))}
    if means is not None and votes is not None:
        _in_columns(figure, means[votes[shown]])
        layout["meta"]["follows"]["means"] = means.round().astype(int).reshape(-1, draw.SIDE**2).tolist()
    sentence = _("What {count} neurons look for, before training and {moment}")
    return says(figure, sentence, count=len(shown), moment=moment)


def _in_columns(figure: Plain, voted_for: np.ndarray) -> None:
    """Arrange `neurons_before_after` in two rows, with a digit below each neuron, and the points in training beside."""
    layout, places = figure["layout"], np.arange(len(voted_for))[:, None] * (draw.SIDE + 1)
    below, edges = draw.SIDE + CAPTION_ROWS - 1.6, np.arange(draw.SIDE + 1)
    left = (places - 0.5 + edges).ravel()
    means = draw.heatmap(tiles(voted_for, len(voted_for)), "", None, "coloraxis2", x=left, y=below + edges)
    look = {"contours": {"coloring": "none", "start": PIXEL_MAX / 2, "end": PIXEL_MAX / 2}, "showscale": False}
    z = np.pad(means["z"], ((1, 1), (0, 0)))  # closed at the top and at the bottom
    outlines = draw.trace("contour", z=z, y=np.arange(-1, draw.SIDE + 1), line=(PAIRS["number"][0], 2), **look)
    figure["data"] += [means | {"hoverinfo": "skip", "hoverongaps": False}, outlines]
    votes, numbers = figure["data"][1], figure["data"][3]
    votes |= {"y": votes["y"] - 0.45, "textfont": draw.font(19)}
    numbers["y"] = numbers["y"] - 10.2  # above the pictures
    layout["coloraxis2"] = draw.ink_axis(PIXEL_MAX)
    wide = [-0.5, float(places[-1, 0]) + draw.SIDE - 0.5]
    for panel, low, high, domain in (("", -0.5, 17.5, [0, 0.645]), ("2", -2.1, 7.8, [0.645, 1])):
        layout[f"xaxis{panel}"] |= {"domain": [0, 1], "range": [-14, wide[1]], "constrain": "domain"}
        layout[f"yaxis{panel}"] |= {"domain": domain, "range": [high, low], "autorange": False}
    now, before, _arrow = layout["annotations"]
    middle = draw.SIDE / 2 - 0.5
    layout["annotations"] = []
    means_row = _("average digit,<br>outlined above"), "", below + middle + 0.5
    for words, panel, height in ((now["text"], "", middle), (before["text"], "2", middle), means_row):
        first, _space, rest = words.partition(" ")
        lines = f"{first}<br>{rest}" if len(first) > 1 and rest and "<br>" not in words else words
        layout["annotations"].append(
            draw.note(-1, height, lines, 17, xref=f"x{panel}", yref=f"y{panel}", xanchor="right")
        )
    layout["coloraxis"]["showscale"] = False
    layout["margin"] = draw.margins(0, 0, 0, 0)
    phone: draw.Part = {f"xaxis{panel}": {**layout[f"xaxis{panel}"], "range": wide} for panel in ("", "2")}
    for panel, domain in (("", [0, 0.54]), ("2", [0.7, 1])):  # their titles are above them
        phone[f"yaxis{panel}"] = {**layout[f"yaxis{panel}"], "domain": domain}
    phone |= {"annotations": [now, before], "margin": draw.margins(0, 0, 30, 0)}
    layout["meta"] |= {"phone_words": 10, "phone_layout": phone}
    layout["meta"]["scales"]["coloraxis2"] = "ink"


def _one_above_the_other(layout: draw.Part, arrow: draw.Part) -> draw.Part:
    """Return the layout of `neurons_before_after` on a phone."""
    parts = {"": [0, 0.44], "2": [0.56, 1]}
    axes = {f"xaxis{panel}": {**layout[f"xaxis{panel}"], "domain": [0, 1]} for panel in parts}
    axes |= {f"yaxis{panel}": {**layout[f"yaxis{panel}"], "domain": up} for panel, up in parts.items()}
    scale = {**layout["coloraxis"], "showscale": False}
    turned = arrow | {"textangle": 90, "y": 0.52, "font": draw.font(28, MUTED_COLOUR)}
    return {**axes, "coloraxis": scale, "annotations": [*layout["annotations"][:2], turned]}


@Picture
def one_neuron(parameters: Parameters, neuron: int, effects: np.ndarray | None = None) -> Plain:
    """Draw a neuron's 64 weights as a large picture, and next to it its effective weights to the ten digits.

    Parameters
    ----------
    parameters : Parameters
    neuron : int
        Index in the first layer.
    effects : ndarray, shape (10,), optional
        See `digitviz.explanations.neurons.effects`; None if the first layer is the output.
    """
    name, alone = neuron_name(parameters, neuron), effects is None
    image = draw.as_float32(parameters.weights[0][:, neuron].reshape(draw.SIDE, draw.SIDE))
    numbers = [*map(str, draw.COUNTED)]
    pixel = _("row {row}, column {column}<br>weight {number}").format(row="%{y}", column="%{x}", number="%{z:.5f}")
    each = {"type": "category", "showgrid": False, "constrain": "domain"}
    figure = draw.figure(
        draw.heatmap(image, pixel, x=numbers, y=numbers, xgap=1, ygap=1),
        xaxis=draw.axis(_("column"), domain=[0, 1 if alone else 0.44], **each),
        yaxis=draw.axis(_("row"), autorange="reversed", scaleanchor="x", **each),
        coloraxis=draw.signed_axis(image, showscale=alone),
    )
    if effects is None:
        return says(figure, _("The 64 weights of {neuron} as a picture"), neuron=name)
    through = _("product of the weights from {neuron}")
    if len(parameters.weights) == 2:
        through = _("weight from {neuron}")
    colours = [NEGATIVE_COLOUR if effect < 0 else POSITIVE_COLOUR for effect in effects.tolist()]
    said = _("to digit {digit}: {number}").format(digit="%{y}", number="%{x:.5f}")
    digits = list(range(len(effects)))
    look = {"orientation": "h", "marker": {"color": colours}}
    figure["data"].append(draw.bars(draw.as_float32(effects), digits, said, "2", **look))
    figure["layout"] |= {
        "xaxis2": draw.axis(through.format(neuron=name), anchor="y2", domain=[0.56, 1]),
        "yaxis2": draw.axis(_("digit"), anchor="x2", autorange="reversed", dtick=1, showgrid=False),
    }
    sentence = _(
        "The 64 weights of {neuron} as a picture, and its weights to the ten digits; the largest: {weight}, to {digit}"
    )
    return says(figure, sentence, neuron=name, weight=short(effects.max()), digit=int(effects.argmax()))
