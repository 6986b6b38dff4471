"""Figures of changes: networks without some neurons or weights, changed digits, and the answers and accuracy after."""

from collections.abc import Collection, Mapping

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.figures import colours, draw
from digitviz.figures.picture import Picture, Plain, says
from digitviz.figures.reading import THIRDS
from digitviz.figures.weights import MAX_NEURONS, NEURON_COLUMNS, cell_at, cells_shown, matrix, neuron_at, neuron_images
from digitviz.language import gettext as _, listed
from digitviz.lesson.chain_rule import sides_of_weights
from digitviz.networks.parameters import OUTPUTS, Parameters
from digitviz.numbers import in_percent, short

ROOM = 0.02
"""Minimum range of the axis of lost accuracy. A single digit of 180 takes a quarter of it."""
CHANGE_COLOURS = colours.TRAIN_COLOUR, colours.TEST_COLOUR
"""Frames of erased and of filled pixels."""
Cell = tuple[int, int]
"""Row and column of a weight, from 0."""


def switches(parameters: Parameters, layer: int) -> np.ndarray:
    """Return the neurons of a hidden layer that `neuron_switches` draws."""
    return draw.evenly(parameters.weights[layer].shape[1], MAX_NEURONS)


def switch_at(x: float, y: float, layer: int, shown: np.ndarray) -> int | None:
    """Return the neuron at a point of `neuron_switches`. None if there is none.

    Parameters
    ----------
    x, y : float
        Finite coordinates.
    layer : int
        Index of the hidden layer.
    shown : ndarray of int
        Neurons in the figure, from `switches`.
    """
    return neuron_at(x, y, shown) if layer == 0 else cell_at(x, y, shown)


@Picture
def neuron_switches(parameters: Parameters, layer: int, off: Collection[int], outputs: np.ndarray) -> Plain:
    """Draw the neurons of a hidden layer. Silent ones are pale and crossed out.

    The first layer looks like `neuron_images`. Neurons of other layers have the colour of their outputs.

    Parameters
    ----------
    parameters : Parameters
    layer : int
        Index of the hidden layer.
    off : collection of int
        Indices of the silent neurons.
    outputs : ndarray, shape (neurons,)
        Outputs of the layer's neurons for one digit.
    """
    shown = switches(parameters, layer)
    if layer == 0:
        figure = neuron_images.plain(parameters)
        figure["layout"]["coloraxis"]["showscale"] = False  # leaves its space to the pictures
        named = figure["layout"]["meta"]["spots"]
        x, y, half = named["x"], named["y"], draw.SIDE / 2
    else:
        columns = min(NEURON_COLUMNS, len(shown))
        x, y, half = (np.arange(len(shown)) % columns).tolist(), (np.arange(len(shown)) // columns).tolist(), 0.5
        figure = _cells(shown, outputs, columns)
    silent = [place for place, neuron in enumerate(shown.tolist()) if neuron in off]
    figure["layout"]["shapes"] = [shape for place in silent for shape in _cover(x[place], y[place], half)]
    silent_one, speaking = _("neuron {number}, silent"), _("neuron {number}")
    words = [(silent_one if n in off else speaking).format(number=n + 1) for n in shown.tolist()]
    figure["layout"]["meta"]["spots"] = draw.spots(x, y, words, 2 * half, 2 * half)
    return says(figure, _("Hidden neurons: {count}, {silent} of them silent"), count=len(outputs), silent=len(off))


def _cells(shown: np.ndarray, outputs: np.ndarray, columns: int) -> Plain:
    cells = draw.in_rows(draw.as_float32(outputs[shown]), columns)
    numbers = [str(neuron + 1) for neuron in shown.tolist()] + [""] * (cells.size - len(shown))
    said = _("neuron {number}<br>output {output}").format(number="%{text}", output="%{z:.3f}")
    text = np.array(numbers).reshape(cells.shape).tolist()
    look = {"xgap": 3, "ygap": 3, "text": text, "texttemplate": "%{text}", "hoverongaps": False}
    layout = draw.image_layout(draw.signed_axis(outputs, showscale=False), fixed=False, square=True)
    return draw.figure(draw.heatmap(cells, said, **look), **layout)


def _cover(x: float, y: float, half: float) -> list[draw.Part]:
    """Return the overlay of a silent neuron: almost opaque paper, and a cross."""
    left, right, top, bottom = x - half, x + half, y - half, y + half
    cross = f"M{left},{top} L{right},{bottom} M{left},{bottom} L{right},{top}"
    return [
        draw.box(left, right, top, bottom, {"width": 0}, fillcolor=colours.PAPER_COLOUR, opacity=0.8),
        {"type": "path", "path": cross, "line": draw.stroke(colours.MUTED_COLOUR, 1.5)},
    ]


@Picture
def neuron_harms(accuracies: np.ndarray, before: float) -> Plain:
    """Draw the accuracy lost without each neuron, the most important neuron first.

    Parameters
    ----------
    accuracies : ndarray, shape (neurons,)
        Accuracy without each neuron, one at a time.
    before : float
        Accuracy with all neurons.
    """
    order = np.argsort(accuracies, kind="stable")
    lost = before - accuracies[order]
    reach = [1.15 * min(0.0, float(lost.min())), 1.15 * max(ROOM, float(lost.max()))]
    said = _("without neuron {number}<br>accuracy {accuracy}")
    said = said.format(number="%{customdata[0]}", accuracy="%{customdata[1]:.1%}")
    fills = [colours.WRONG_COLOUR if each > 0 else colours.CORRECT_COLOUR for each in lost.tolist()]
    custom = np.stack([order + 1, accuracies[order]], axis=-1).astype(np.float32)
    text = [str(order[0] + 1) * bool(lost[0] > 0)] + [""] * (len(order) - 1)
    look = {"marker": {"color": fills}, "text": text, **draw.NUMBERS_ABOVE}
    figure = draw.figure(
        draw.bars(np.arange(1, len(order) + 1), draw.as_float32(lost), said, customdata=custom, **look),
        xaxis=draw.axis(_("neurons, most important first"), showticklabels=False),
        yaxis=draw.percent_axis(_("accuracy lost"), nticks=6, range=reach, tickformat=".1~%"),
        margin=(60, 10, 24, 30),
    )
    words = _("Accuracy lost without each neuron: most without neuron {number}, {lost}")
    words = words if lost[0] > 0 else _("Accuracy lost without each neuron: no single one costs any")
    return says(figure, words, number=int(order[0]) + 1, lost=in_percent(lost[0]))


@Picture
def silenced_curve(counts: np.ndarray, accuracies: np.ndarray, mine: tuple[int, float]) -> Plain:
    """Draw the accuracy against the number of silent neurons, the least harmful ones first.

    Parameters
    ----------
    counts : ndarray of int, shape (n,)
    accuracies : ndarray, shape (n,)
    mine : (int, float)
        Number of currently silent neurons, and the accuracy without them.
    """
    said = _("{count} silent: {accuracy}").format(count="%{x}", accuracy="%{y:.1%}")
    curve, mark = (counts, accuracies, _("least important first")), (*mine, _("your selection"))
    figure = _marked_curve(curve, mark, _("silent neurons"), said)
    words = _("Test accuracy against silent neurons: {accuracy} with {count} of {all}")
    return says(figure, words, accuracy=in_percent(mine[1]), count=mine[0], all=int(counts[-1]))


def _marked_curve(
    curve: tuple[np.ndarray, np.ndarray, str], mark: tuple[float, float, str], title: str, said: str
) -> Plain:
    """Draw test accuracies as a curve with one marked point. Both are tuples of x, y and name; `title` is for x."""
    (x, y, name), (here_x, here_y, here) = curve, mark
    hover = f"{said}<extra>%{{fullData.name}}</extra>"
    return draw.figure(
        draw.scatter(draw.as_float32(x), draw.as_float32(y), "lines", hover, name=name, line=(colours.TEST_COLOUR, 3)),
        draw.point(here_x, here_y, hover, (13, colours.MARK_COLOUR, "diamond"), name=here),
        xaxis=draw.axis(title, dtick=1 if 1 < x[-1] < 10 else None),
        yaxis=draw.percent_axis(_("test accuracy")),
        margin=(60, 26, 30, 45),
    )


def weight_at(x: float, y: float, shape: tuple[int, int], is_last: bool) -> Cell | None:
    """Return row and column, from 0, of the weight at a point of `weight_matrix`. None if there is none.

    Parameters
    ----------
    x, y : float
        Finite coordinates.
    shape : (int, int)
    is_last : bool
        True if the columns are the ten digits.
    """
    row, column = round(y) - 1, round(x) - (0 if is_last else 1)
    rows, columns = cells_shown(shape)
    return (row, column) if row in rows and column in columns else None


@Picture
def weight_matrix(
    weights: np.ndarray,
    before: np.ndarray,
    inputs: np.ndarray,
    layer: int,
    layers: int,
    chosen: Cell | None = None,
    typed: Collection[Cell] = (),
) -> Plain:
    """Draw a matrix of weights on the scale of its earlier values. Hovering shows a weight's contribution for a digit.

    `weight_at` returns the weight for a click.

    Parameters
    ----------
    weights, before : ndarray, shape (inputs, outputs)
        Current weights, and weights before any change.
    inputs : ndarray, shape (inputs,)
        Inputs of this layer for the digit.
    layer, layers : int
        Index of the matrix, and the number of matrices.
    chosen : (int, int), optional
        A weight with a frame.
    typed : collection of (int, int)
        Weights that the visitor typed. They get a thinner frame.
    """
    rows, columns = cells_shown(weights.shape)
    with np.errstate(over="ignore", invalid="ignore"):  # a diverged network overflows
        adds = inputs[rows, None] * weights[np.ix_(rows, columns)]
    custom = draw.as_float32(np.stack([np.broadcast_to(inputs[rows, None], adds.shape), adds], axis=-1))
    product = _("input {input} × weight {weight} = {product}")
    product = product.format(input="%{customdata[0]:.4~g}", weight="%{z:.4~g}", product="<b>%{customdata[1]:.4~g}</b>")
    down, across = sides = sides_of_weights(layer, layers)
    framed = [(cell, colours.CORRECT_COLOUR, 2.0) for cell in typed]
    framed += [] if chosen is None else [(chosen, colours.MARK_COLOUR, 3.0)]
    figure = draw.figure(
        matrix(weights, sides, result=product) | {"customdata": custom},
        coloraxis=draw.signed_axis(before, colorbar=draw.axis(_("weight"))),
        xaxis=draw.axis(str(across), dtick=1 if len(columns) <= OUTPUTS else None, **draw.NO_LINES),
        yaxis=draw.downwards(str(down)),
        shapes=[draw.box_around(cell[1] + across.first, cell[0] + 1, 0.5, tuple(line)) for cell, *line in framed],
        margin=(55, 0, 8, 40),
    )
    words = _("w{number}, {rows} × {columns} weights; {cut} of them are 0")
    shape = dict(zip(("rows", "columns"), weights.shape, strict=True))
    return says(figure, words, number=layer + 1, cut=int((weights == 0).sum()), **shape)


def weight_name(layer: int, layers: int, row: int, column: int) -> str:
    """Return the name of the weight in a row and column, from 0, with the numbers that pages show."""
    down, across = sides_of_weights(layer, layers)
    return f"{down} {row + down.first} → {across} {column + across.first}"


@Picture
def pruned_curve(fractions: np.ndarray, accuracies: np.ndarray, here: tuple[float, float]) -> Plain:
    """Draw the accuracy against the fraction of weights cut, the smallest first.

    Parameters
    ----------
    fractions : ndarray, shape (n,)
        Fractions, 0 to 1.
    accuracies : ndarray, shape (n,)
    here : (float, float)
        The current fraction and accuracy, including typed weights.
    """
    said = _("{share} cut: {accuracy}").format(share="%{x:.0%}", accuracy="%{y:.1%}")
    curve, mark = (fractions, accuracies, _("cuts only")), (*here, _("now"))
    figure = _marked_curve(curve, mark, _("weights cut, smallest first"), said)
    figure["layout"]["xaxis"] |= draw.percent_axis(range=[-0.01, 1.01])
    words = _("Test accuracy against the share of weights cut: {accuracy} with {share} cut")
    return says(figure, words, accuracy=in_percent(here[1]), share=in_percent(here[0], 0))


@Picture
def pixel_flips(
    digit: np.ndarray,
    answer: int,
    changed: np.ndarray,
    chosen: Cell | None = None,
    tried: Mapping[Cell, float] | None = None,
) -> Plain:
    """Draw a digit, with the new answer in each other pixel that changes the answer when erased or filled.

    Parameters
    ----------
    digit : ndarray, shape (8, 8)
        Ink, 0 to 16. The chosen pixel may be changed already.
    answer : int
        The answer to the unchanged digit.
    changed : ndarray of int, shape (2, 8, 8)
        Answers with each pixel erased, then filled. Only those that differ from `answer` are marked.
    chosen : (int, int), optional
        Row and column, from 0, of the changed pixel. It has a thicker frame. Until there is one, a hint says beside the
        digit that pixels can be clicked.
    tried : mapping of (int, int) to float, optional
        The probability of `answer` with each pixel that was changed before and did not change the answer.
    """
    traces = []
    if tried:
        look: draw.Part = {"mode": "text", "textfont": draw.font(15) | {"shadow": "auto"}, "hoverinfo": "skip"}
        look |= {"x": [column + 1 for _row, column in tried], "y": [row + 1 for row, _column in tried]}
        traces = [draw.trace("scatter", text=[in_percent(each, 0) for each in tried.values()], **look)]
    at: draw.Part = {"xref": "x domain", "xanchor": "left", "xshift": 8, "align": "left"}
    hint = draw.note(1, 4.5, _("← press<br>any pixel"), 18, colours.TRAIN_COLOUR, **at)
    places = [(row, column) for row in range(draw.SIDE) for column in range(draw.SIDE)]
    words = [listed(_changes(answer, changed, row, column)) for row, column in places]
    axes = draw.digit_axes()
    axes["xaxis"]["constraintoward"] = "left"  # leaves room for the hint
    figure = draw.figure(
        draw.pixels(digit),
        _marks(answer, changed, 0, _("erased"), chosen),
        _marks(answer, changed, 1, _("filled"), chosen),
        *([] if chosen is None else [_shown_change(chosen, changed, bool(digit[chosen] > PIXEL_MAX / 2))]),
        *traces,
        **axes,
        coloraxis=draw.ink_axis(),
        plot_bgcolor=colours.GAP_COLOUR,
        showlegend=False,
        margin=0,
        annotations=[hint] if chosen is None else [],
        meta={
            "spots": draw.spots([c + 1 for _r, c in places], [r + 1 for r, _c in places], words, 1, 1),
            "phone_layout": {"annotations": []},  # no room beside it
        },
    )
    sentence = _("A digit read as {answer}; marked single-pixel changes that turn it into another digit: {count}")
    return says(figure, sentence, answer=answer, count=int((changed != answer).sum()))


def _marks(answer: int, changed: np.ndarray, kind: int, name: str, chosen: Cell | None) -> draw.Part:
    """Return the new answers at the other pixels that change the answer if erased (kind 0) or filled (kind 1)."""
    flips = changed[kind] != answer
    if chosen is not None:
        flips[chosen] = False
    rows, columns = np.nonzero(flips)
    pixels = zip(rows.tolist(), columns.tolist(), strict=True)
    hover = ["<br>".join(_changes(answer, changed, *pixel)) + "<extra></extra>" for pixel in pixels]
    outline = draw.stroke(CHANGE_COLOURS[kind], 3)
    marker = draw.dot(38, colours.see_through(colours.LABEL_COLOUR, 0.9), "square", line=outline)
    text = [_answer_in_cell(reading, name) for reading in changed[kind][rows, columns].tolist()]
    look = {"name": name, "text": text, "textfont": draw.font(16, colours.LABEL_BOX_COLOUR), "marker": marker}
    return draw.scatter(columns + 1, rows + 1, "markers+text", "", **look, hovertemplate=hover)


def _answer_in_cell(answer: int, how: str) -> str:
    return f'<b>{answer}</b><br><span style="font-size:11px">{how}</span>'


def _shown_change(pixel: Cell, changed: np.ndarray, is_filled: bool) -> draw.Part:
    """Return the frame of the pixel that is filled or erased in the picture, with the answer in it."""
    name, marker = _("filled") if is_filled else _("erased"), draw.ring(40, CHANGE_COLOURS[is_filled], 5, "square-open")
    text = [_answer_in_cell(int(changed[int(is_filled)][pixel]), name)]
    font = draw.font(18, colours.on_ink(PIXEL_MAX * is_filled))
    x, y = [pixel[1] + 1], [pixel[0] + 1]
    return draw.scatter(x, y, "markers+text", name=name, marker=marker, text=text, textfont=font)


def _changes(answer: int, changed: np.ndarray, row: int, column: int) -> list[str]:
    """Return the name of a pixel, and its answers when erased and filled if they differ from `answer`."""
    words = [_("row {row}, column {column}").format(row=row + 1, column=column + 1)]
    for kind, said in ((0, _("erased: read as {digit}")), (1, _("filled: read as {digit}"))):
        if (reading := int(changed[kind, row, column])) != answer:
            words.append(said.format(digit=reading))
    return words


@Picture
def digit_and_change(before: np.ndarray, after: np.ndarray) -> Plain:
    """Draw a digit before and after a change, and their difference on a scale centred on zero.

    Parameters
    ----------
    before, after : ndarray, shape (8, 8) or (64,)
        Ink, 0 to 16.
    """
    change = np.asarray(after, float) - np.asarray(before, float)
    titles = _("before"), _("the change"), _("after")
    said = _("ink {ink}").format(ink="%{z:+.1f}")
    left, middle, right = THIRDS
    axes = draw.digit_axes("", left) | draw.digit_axes("2", middle) | draw.digit_axes("3", right)
    figure = draw.figure(
        draw.pixels(before),
        draw.pixels(change, said, "2", "coloraxis2"),
        draw.pixels(after, panel="3"),
        **axes,
        coloraxis=draw.ink_axis(),
        coloraxis2=draw.signed_axis(change, showscale=False),
        annotations=draw.panel_titles(titles),
        margin=(0, 0, 28, 0),
    )
    most = short(np.abs(change).max(initial=0.0))
    return says(figure, _("A digit before and after a change of at most {most} of 16 in each pixel"), most=most)


@Picture
def accuracy_against_size(sizes: np.ndarray, curves: dict[str, np.ndarray], here: float) -> Plain:
    """Draw accuracies against the amount of ink added or removed, and mark the chosen one.

    Parameters
    ----------
    sizes : ndarray, shape (n,)
        Amounts of ink, 0 to 16.
    curves : dict of str to ndarray, shape (n,)
        Accuracies as fractions, by the names of the curves. Their order determines the colours.
    here : float
        The chosen amount.
    """
    looks = ((colours.TEST_COLOUR, "solid"), (colours.MUTED_COLOUR, "dash"), (colours.CORRECT_COLOUR, "dot"))
    said = _("ink {size}: {accuracy}").format(size="%{x:.2f}", accuracy="%{y:.1%}")
    hover = f"{said}<extra>%{{fullData.name}}</extra>"
    x = draw.as_float32(sizes)
    figure = draw.figure(
        *(
            draw.scatter(x, draw.as_float32(y), "lines+markers", hover, name=name, line=(c, 3, dash), marker=(6, c))
            for (name, y), (c, dash) in zip(curves.items(), looks, strict=False)
        ),
        xaxis=draw.axis(_("largest change to a pixel (full ink is 16)"), rangemode="tozero"),
        yaxis=draw.percent_axis(_("test accuracy")),
        shapes=[draw.rule(here, here, 0, 1, (colours.MARK_COLOUR, 2), yref="paper")],
        margin=(60, 10, 50, 45),
    )
    first = next(iter(curves.values()))
    nearest = int(np.abs(sizes - here).argmin())
    sentence = _("Test accuracy against the largest change to a pixel: {accuracy} at {size} of 16")
    return says(figure, sentence, accuracy=in_percent(first[nearest]), size=short(sizes[nearest]))
