"""Figures of weights: whole matrices, the neurons of the first layer, and a single neuron."""

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.figures import draw
from digitviz.figures.colours import MUTED_COLOUR, NEGATIVE_COLOUR, PAIRS, PAPER_COLOUR, POSITIVE_COLOUR
from digitviz.figures.digits import sheet_of, tiles
from digitviz.figures.picture import Picture, Plain, ends_of, follows, says
from digitviz.language import gettext as _
from digitviz.lesson.chain_rule import Side, sides_of_weights
from digitviz.networks.parameters import OUTPUTS, Parameters
from digitviz.numbers import short

CAPTION_ROWS = 3
"""Height of the caption below a neuron's picture, in pixels of the picture."""
MAX_CELLS_PER_SIDE = 128
"""Maximum number of drawn rows and columns of a matrix, evenly chosen. The axes say how many are left out."""
MAX_NEURONS = 100
MAX_WORDED = 6
"""Largest number of columns whose captions have room for words."""
NEURON_COLUMNS = 10
PRECISE = ".5~g"
"""Number format for plotly.js, with a true minus sign and decimals down to 0.000001."""


def cells_shown(shape: tuple[int, ...], limit: int = MAX_CELLS_PER_SIDE) -> tuple[np.ndarray, np.ndarray]:
    """Choose the rows and columns of a matrix that figures draw."""
    rows, columns = (draw.evenly(count, limit) for count in shape)
    return rows, columns


def matrix(
    values: np.ndarray,
    sides: tuple[Side, Side],
    words: str = "",
    panel: str = "",
    coloraxis: str = "coloraxis",
    limit: int = MAX_CELLS_PER_SIDE,
    result: str = f"%{{z:{PRECISE}}}",
) -> draw.Part:
    """Return a matrix as cells, whose coordinates are the numbers that pages show.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
    sides : (Side, Side)
        Meaning of its rows and columns.
    words, result : str
        Beginning and end of the hover text.
    panel, coloraxis : str
        As in `draw.heatmap`.
    limit : int
        Maximum number of drawn rows and columns, evenly chosen.
    """
    rows, columns = cells_shown(values.shape, limit)
    hover = f"{words}{sides[0]} %{{y}}<br>{sides[1]} %{{x}}<br>{result}"
    x, y, z = columns + sides[1].first, rows + sides[0].first, draw.as_float32(values[np.ix_(rows, columns)])
    return draw.heatmap(z, hover, panel, coloraxis, x=x, y=y)


@Picture
def weights_before_after(before: Parameters, after: Parameters, layer: int = 0) -> Plain:
    """Draw the weights of a layer before training, now, and their difference, on one scale centred on zero.

    Parameters
    ----------
    before, after : Parameters
    layer : int
        Index of the layer. 0 is w1.
    """
    name, sides = f"w{layer + 1}", sides_of_weights(layer, len(before.weights))
    first, last = before.weights[layer], after.weights[layer]
    (rows, columns), counts = cells_shown(first.shape), first.shape
    titles = _("{name} before").format(name=name), _("{name} now").format(name=name), _("difference")
    panels = dict(zip(titles, (first, last, last - first), strict=True))
    up, across = (_of_all(side, len(shown), n) for side, shown, n in zip(sides, (rows, columns), counts, strict=True))
    x, y = draw.axis(across, dtick=1 if len(columns) <= OUTPUTS else None, **draw.NO_LINES), draw.downwards()
    axes, stacked = dict[str, draw.Part](), dict[str, draw.Part]()
    for number in range(len(panels)):
        panel, top = draw.suffix(number), 1 - number * 0.36
        axes |= draw.placed(panel, [number * 0.35, number * 0.35 + 0.3], None, x, y | {"showticklabels": number == 0})
        stacked |= draw.placed(panel, [0, 1], [top - 0.28, top], x | {"title": {"text": across * (number == 2)}}, y)
    axes["yaxis"] |= draw.axis(up)
    traces = [matrix(values, sides, panel=draw.suffix(number)) for number, values in enumerate(panels.values())]
    figure = draw.figure(
        *traces,
        **axes,
        annotations=draw.panel_titles(panels),
        coloraxis=draw.signed_axis(*(trace["z"] for trace in traces), colorbar=draw.axis(_("weight"))),
        meta={"phone_layout": stacked},
    )
    sentence = _("{name} before training and now, {rows} × {columns} weights; the largest change is {change}")
    sentence = sentence.format(name=name, rows=counts[0], columns=counts[1], change="{change}")
    title = _("{name} {moment}").format(name=name, moment="{moment}")
    cells: draw.Part = {"rows": rows.tolist(), "columns": columns.tolist()}
    follows(figure, "weights", layer=layer, title=title, says=sentence, **cells)
    return says(figure, sentence, change=short(np.abs(last - first).max()))


def _of_all(side: Side, shown: int, count: int) -> str:
    """Return the title of an axis, with the number of shown items unless all are shown."""
    many = _("{title} ({shown} of {count} shown)")
    return str(side) if shown == count else many.format(title=side, shown=shown, count=count)


def neurons_shown(parameters: Parameters, limit: int = MAX_NEURONS, order: np.ndarray | None = None) -> np.ndarray:
    """Return the neurons of the first layer that `neuron_images` draws, in the order of the pictures."""
    if order is None:
        return draw.evenly(parameters.weights[0].shape[1], limit)
    return order[draw.evenly(len(order), limit)]


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
    pictures = draw.heatmap(sheet, f"{what}<br>{weight}", customdata=clicked, hoverongaps=False)
    below = draw.scatter(np.array(x), np.array(y) + 5.4, "text", text=captions, textfont=draw.font(13))
    figure = draw.figure(pictures, below, **draw.image_layout(scale, fixed=False, y={"constrain": "domain"}))
    follows(figure, "neurons", shown=shown.tolist(), columns=columns, caption=vote)
    figure["layout"]["meta"]["spots"] = draw.spots(x, y, words, draw.SIDE, draw.SIDE)
    sentence = _("What neurons look for: the weights of {count} as pictures, from {lowest} to {highest}")
    return says(figure, sentence, count=len(shown), **ends_of(images))


@Picture
def neurons_before_after(
    before: Parameters,
    now: Parameters,
    moment: str,
    columns: int = NEURON_COLUMNS,
    order: np.ndarray | None = None,
    votes: np.ndarray | None = None,
    latest: Parameters | None = None,
    outline: np.ndarray | None = None,
) -> Plain:
    """Draw the same neurons before training and now, side by side; on a phone, several are one above the other.

    Both sides have one colour scale, so that the small initial weights look pale next to the trained ones.

    Parameters
    ----------
    before, now : Parameters
    moment : str
        Point in training of `now`, in the title of its side.
    columns, order, votes
        As in `neuron_images`, which draws the side of `now`. A click on either side finds the neuron.
    latest : Parameters, optional
        Weights that the colour scale covers at every point in training.
    outline : ndarray, shape (8, 8), optional
        Digit to outline on a single neuron now.
    """
    figure = neuron_images.plain(now, columns, order=order, votes=votes)
    earlier = neuron_images.plain(before, columns, order=order)
    shown, layout = neurons_shown(now, order=order), figure["layout"]
    for captions in (figure["data"][1], earlier["data"][1]):
        captions["textfont"] = draw.font(16)
    pictures = [side["data"][0]["z"] for side in (earlier, figure)]
    figure["data"] += [trace | draw.on_axes("2") for trace in earlier["data"]]
    bar = draw.bar_below("", 0, len=0.4, thickness=10, nticks=5, tickfont=draw.font(14))
    last = np.zeros(0) if latest is None else latest.weights[0][:, shown]
    layout["coloraxis"] = draw.signed_axis(*pictures, last, colorbar=bar)
    layout |= draw.image_axes("2", {"domain": [0, 0.475]}, {"constrain": "domain"}, fixed=False)
    layout["xaxis"] |= {"domain": [0.525, 1], "anchor": "y"}
    titles = draw.panel_titles([moment, _("before training")])
    arrow = draw.note(0.5, 0.5, "➜", 36, MUTED_COLOUR, xref="paper", yref="paper")
    layout["annotations"] = [*({**title, "font": draw.font(18)} for title in titles), arrow]
    layout["margin"] = draw.margins(0, 0, 34, 40)
    turned = arrow | {"textangle": 90, "y": 0.52, "font": draw.font(28, MUTED_COLOUR)}
    phone = _stacked(layout, [0, 0.44], [0.56, 1]) | {"annotations": [*layout["annotations"][:2], turned]}
    phone["coloraxis"] = {**layout["coloraxis"], "showscale": False}
    layout["meta"] |= {"phone_words": 12, "phone_layout": phone}
    layout["meta"]["follows"] |= {"title": "{moment}", "least": float(np.abs(np.nan_to_num(last)).max(initial=0.0))}
    if len(shown) == 1:
        _alone(figure, outline)
        return says(figure, _("What a neuron looks for, before training and {moment}"), moment=moment)
    sentence = _("What {count} neurons look for, before training and {moment}")
    return says(figure, sentence, count=len(shown), moment=moment)


def _alone(figure: Plain, outline: np.ndarray | None) -> None:
    """Give the whole height of `neurons_before_after` to a neuron without its number, and outline a digit on it."""
    layout, data, at = figure["layout"], figure["data"], np.arange(-1, draw.SIDE + 1)
    ends = [-0.5, draw.SIDE - 0.5]
    for panel in ("", "2"):
        layout[f"xaxis{panel}"] |= {"range": ends}
        layout[f"yaxis{panel}"] |= {"range": ends[::-1], "autorange": False}
    for captions in (data[1], data[3]):
        captions["text"] = [""]
    if outline is not None:  # a thin line on a halo
        look = {"contours": {"coloring": "none", "start": PIXEL_MAX / 2, "end": PIXEL_MAX / 2}, "showscale": False}
        for line in ((PAPER_COLOUR, 7), (PAIRS["number"][0], 2.5)):
            data.append(draw.trace("contour", z=np.pad(outline, 1), x=at, y=at, line=line, hoverinfo="skip", **look))
    layout["coloraxis"]["showscale"], layout["meta"]["asks"] = False, True
    layout["margin"] = draw.margins(0, 0, 34, 0)
    layout["meta"]["phone_layout"] = {
        axis: layout[axis] | {"domain": domain} for axis, domain in (("xaxis2", [0, 0.36]), ("xaxis", [0.46, 1]))
    } | {"annotations": [*layout["annotations"][:2], layout["annotations"][2] | {"x": 0.41, "font": draw.font(22)}]}


def _stacked(layout: draw.Part, below: list[float], above: list[float]) -> draw.Part:
    """Return axes with the current picture below the one before training."""
    axes: draw.Part = {}
    for panel, up in (("", below), ("2", above)):
        axes[f"xaxis{panel}"] = {**layout[f"xaxis{panel}"], "domain": [0, 1]}
        axes[f"yaxis{panel}"] = {**layout[f"yaxis{panel}"], "domain": up}
    return axes


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
    image = draw.as_float32(parameters.weights[0][:, neuron])
    pixels = draw.pixels(image, _("weight {number}").format(number="%{z:.5f}"))
    axes = draw.digit_axes(domain=(0, 1 if alone else 0.44), numbered=True)
    figure = draw.figure(pixels, **axes, coloraxis=draw.signed_axis(image, showscale=alone))
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
    x = draw.axis(through.format(neuron=name), anchor="y2", domain=[0.56, 1])
    y = draw.axis(_("digit"), anchor="x2", autorange="reversed", dtick=1, showgrid=False)
    figure["layout"] |= {"xaxis2": x, "yaxis2": y}
    sentence = _("The 64 weights of {neuron}, and its weights to ten digits; the largest: {weight}, to {digit}")
    return says(figure, sentence, neuron=name, weight=short(effects.max()), digit=int(effects.argmax()))
