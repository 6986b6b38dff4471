"""Figures of a network as nodes and edges, and of the weighted sum of one neuron."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from digitviz.figures import colours, draw
from digitviz.figures.picture import Picture, Plain, says
from digitviz.language import gettext as _, listed
from digitviz.lesson.dot_product import DotProduct
from digitviz.networks.parameters import Parameters
from digitviz.numbers import a_digit, numeral, probability_in_percent, short

MAX_NODES_PER_LAYER = 64
ROWS = 10
"""Number of rows of a hidden layer. A layer with more neurons has several columns, so that each can be clicked."""
PIXEL, GAP, LEAST_GAP, BESIDE, WIDE = 1.25, 1.9, 1.2, 1.15, 27.0
"""Distances between pixels, layers, and columns of hidden neurons, in units of the distance between rows. Layers are
closer in a network that would be wider than the last."""
CLUE, FAN, ROOM = 0.57, 3.0, 8.95
"""The picture of what a neuron looks for, between the only hidden layer and the outputs: its size as a part of the
digit, its distance from the outputs, and its room, in the same units."""
PHONE_PIXEL, PHONE_GAP, PHONE_ROW, PHONE_WIDTH = 25.0, 54.0, 28.0, 358.0
"""On a phone, layers are one below the other: distances between pixels, layers, and rows of neurons, and the width."""
PHONE_BELOW = 80.0
"""Room on a phone below the outputs, for their bars and the words on the neuron."""
EDGES = 10
"""Number of edges between two layers. More would look like a blur."""
MAX_SQUARE = 30
"""Maximum width of a network, in pixels of its input, that is drawn with square pixels. A wider one would be flat."""
BOX = {"bgcolor": colours.PAPER_COLOUR, "bordercolor": colours.PAIRS["number"][0], "borderpad": 5, "borderwidth": 2}
BOX_AFTER, HALF_BOX = 0.03, 0.36
"""Distance of the box from the frame of the digit, and half of its approximate width, as fractions of the picture."""
BAR, BAR_AFTER, AFTER = 1.3, 1.2, 5.9
"""Length of the bar of a probability of 1, its distance from its output, and the room on the right of the outputs, in
the same units."""
HINT = 0.1
"""Room for words in the frame of a hidden layer, above its neurons."""
WIDTHS, STRENGTHS = (1, 2, 4, 8), (0.5, 0.6, 0.8, 1.0)
"""Widths and opacity of edges, from the weakest quarter of the scale to the strongest."""
CLUE_ON_PHONE, CLUE_AFTER = 0.7, 0.03
"""Size of that picture on a phone, beside the digit, and its distance from it as a fraction of the width."""
LETTERS = "ABCD"
PATTERNS = (
    (5.2, [(9.2 + 5.8 * number, 2.8) for number in range(4)]),
    (4.6, [(0.6 + 7.2 * column, 10.7 + 5.9 * row) for row in range(2) for column in range(2)]),
)
"""Side and upper left corners of what neurons look for, beside a digit, and on a phone below it, in its pixels."""
SIZES = ((31.9, 9.5), (PHONE_WIDTH / PHONE_PIXEL, 22.6))
"""Width and height of all these together, and on a phone."""
SIGN_INKS = {1: colours.PASSES, -1: colours.TRAIN_COLOUR}
"""Colours of words on red and blue."""
THIN = 1
"""Strength of the strongest edges of pixels, which would hide the digit if they were wide."""


@dataclass(frozen=True, eq=False)
class Diagram:
    """A network with positions for its neurons and weights.

    Parameters
    ----------
    layers, neurons : ndarray of int, shape (nodes,)
        Layer of each node, 0 for the inputs, and its index in the layer.
    positions : ndarray, shape (nodes, 2)
        Position of each node, 0 to 1. Inputs are on the left, as a picture. A hidden layer has its neurons in columns,
        the first one on top.
    sources, targets : ndarray of int, shape (edges,)
        Nodes at the ends of each edge. In each layer, the strongest edges come first.
    weights, pushes : ndarray, shape (edges,)
        The weights, and each times what its source passes on.
    is_narrow : bool
        True if the layers are one below the other, as on a phone.
    """

    layers: np.ndarray
    neurons: np.ndarray
    positions: np.ndarray
    sources: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    pushes: np.ndarray
    is_narrow: bool = False


def lay_out(
    parameters: Parameters,
    picked: tuple[int, int] | None = None,
    limit: int | None = EDGES,
    passed_on: Sequence[np.ndarray] | None = None,
) -> Diagram:
    """Arrange a network in layers, with its strongest edges.

    Parameters
    ----------
    parameters : Parameters
    picked : (int, int), optional
        Layer and index of a neuron to draw in any case. The edges are its own.
    limit : int, optional
        Maximum number of edges between two layers. None for all.
    passed_on : sequence of ndarray, optional
        Outputs of the neurons of each layer, with which an edge is strong if it pushes much. 1 by default.

    Returns
    -------
    Diagram
        At most `MAX_NODES_PER_LAYER` neurons per layer, evenly chosen, and the strongest edges.
    """
    sizes = [len(parameters.weights[0]), *(weight.shape[1] for weight in parameters.weights)]
    shown = [draw.evenly(size, MAX_NODES_PER_LAYER) for size in sizes]
    if picked is not None:
        shown[picked[0]] = np.union1d(shown[picked[0]], [picked[1]])
    counts = [len(neurons) for neurons in shown]
    layers, neurons = np.repeat(np.arange(len(sizes)), counts), np.concatenate(shown)

    own, edges = np.flatnonzero((layers == (picked or (-1,))[0]) & (neurons == (picked or (-1, -1))[1])), []
    for layer, matrix in enumerate(parameters.weights):
        entering, leaving = (np.flatnonzero(layers == each) for each in (layer, layer + 1))
        source, target = np.repeat(entering, len(leaving)), np.tile(leaving, len(entering))
        weights = matrix[np.ix_(shown[layer], shown[layer + 1])]
        factor = np.ones(len(entering)) if passed_on is None else np.nan_to_num(passed_on[layer])[shown[layer]]
        with np.errstate(over="ignore", invalid="ignore"):
            pushes = np.nan_to_num(weights * factor[:, np.newaxis]).ravel()
        strongest = np.argsort(-np.abs(pushes), kind="stable")
        if picked is not None:
            strongest = strongest[np.isin(source, own)[strongest] | np.isin(target, own)[strongest]]
        kept = strongest[:limit]
        edges.append((source[kept], target[kept], weights.ravel()[kept], pushes[kept]))
    sources, targets, weights, pushes = (np.concatenate(parts) for parts in zip(*edges, strict=True))
    return Diagram(layers, neurons, _positions(counts), sources, targets, weights, pushes)


def _positions(counts: Sequence[int]) -> np.ndarray:
    """Return the position of every node, 0 to 1, shape (nodes, 2), for the number of nodes of each layer."""
    rows = [draw.SIDE, *(min(ROWS, count) for count in counts[1:])]
    columns = [-(-count // high) for count, high in zip(counts, rows, strict=True)]
    beside = [PIXEL, *[BESIDE] * (len(counts) - 1)]
    filled, last = sum(wide * step for wide, step in zip(columns, beside, strict=True)) - beside[-1], len(counts) - 1
    gaps = [max(LEAST_GAP, min(GAP, (WIDE - filled) / last))] * last
    if last == 2:
        gaps[1] = ROOM
    left, positions = 0.0, []
    for layer, (count, high, wide) in enumerate(zip(counts, rows, columns, strict=True)):
        index = np.arange(count)
        down, right = divmod(index, draw.SIDE) if layer == 0 else (index % high, index // high)
        apart = PIXEL / (ROWS - 1) if layer == 0 else 1 / (ROWS - 1)
        place = 0.5 + ((high - 1) / 2 - down) * apart
        positions.append(np.stack([left + right * beside[layer], place], axis=1))
        left += wide * beside[layer] + gaps[min(layer, last - 1)]
    return np.concatenate(positions) / (positions[-1][0, 0], 1)


def _on_a_phone(counts: Sequence[int]) -> np.ndarray:
    """Return the position of every node, with the layers one below the other."""
    top, positions, high = PHONE_PIXEL / 2, [], phone_height(counts)
    for layer, count in enumerate(counts):
        down, right = divmod(np.arange(count), draw.SIDE if layer == 0 else ROWS)
        pitch = PHONE_PIXEL if layer == 0 else PHONE_ROW
        beside, left = (pitch, pitch / 2) if layer == 0 else (PHONE_WIDTH / ROWS, 13.0)
        positions.append(np.stack([left + right * beside, top + down * pitch], axis=1))
        top += (down[-1] + (layer == 0) / 2) * pitch + PHONE_GAP
    return np.concatenate(positions) / (PHONE_WIDTH, -high) + (0, 1)


def phone_height(counts: Sequence[int]) -> float:
    """Return the height in pixels of a network on a phone, for the number of nodes of each layer."""
    below = sum(PHONE_GAP + (count - 1) // ROWS * PHONE_ROW for count in counts[1:])
    return draw.SIDE * PHONE_PIXEL + below + PHONE_BELOW


@Picture
def network_diagram(
    diagram: Diagram,
    activities: list[np.ndarray],
    picked: tuple[int, int] | None = None,
    said: str = "",
    label: int | None = None,
    clue: np.ndarray | None = None,
) -> Plain:
    """Draw a network with its activations as shades of the nodes, and what its neurons push as edges.

    Pixels that push a picked neuron of the first hidden layer up have one frame, as do those that push it down.

    Parameters
    ----------
    diagram : Diagram
    activities : list of ndarray
        Activations of every layer for one digit. The last layer has probabilities.
    picked : (int, int), optional
        Layer and index of a neuron, which gets a ring.
    said : str
        Text in a box below that neuron, or above the `clue`.
    label : int, optional
        Label of the digit. Without it, the answer counts as correct.
    clue : ndarray, shape (64,), optional
        Weights of the pixels for that neuron of the only hidden layer, as a picture beside it.
    """
    layer, neuron = picked or (-1, -1)
    node = np.flatnonzero((diagram.layers == layer) & (diagram.neurons == neuron))
    sizes, last = [len(activity) for activity in activities], int(diagram.layers.max())
    outputs, answer = np.nan_to_num(activities[-1]), _answer(activities[-1])
    colour = colours.TRAIN_COLOUR if label in {None, answer} else colours.MARK_COLOUR
    narrow = replace(diagram, positions=_on_a_phone(np.bincount(diagram.layers).tolist()), is_narrow=True)
    has_clue = clue is not None
    traces, on_a_phone = (
        [
            *_edges(each, node if has_clue and not each.is_narrow else node[:0]),
            _around(each, node, last),
            _words_on_weights(each, np.isin(each.targets, node)),
            _digit(_beside(each), np.full(64, np.nan) if clue is None else clue, "coloraxis3"),
            _digit(each, _shades(activities[0])),
            _bars(each, outputs),
            *(_nodes(each, layer, activity, picked, colour) for layer, activity in enumerate(activities)),
        ]
        for each in (diagram, narrow)
    )
    unit = _unit(diagram)
    start = min(-0.03, _frame(diagram)[0])  # half a pixel, which is wide without hidden layers
    ends = {"range": [start, 1 + AFTER * unit], "fixedrange": True}
    across: draw.Part = {"visible": False, **ends, "constrain": "domain"}
    inputs = diagram.positions[diagram.layers == 0]
    up: draw.Part = {"visible": False, "range": [-0.1, 1.07 + HINT], "fixedrange": True}
    wide = (inputs[1, 0] - inputs[0, 0]) * (draw.SIDE - 1) / np.ptp(inputs[:, 1])
    square = {"scaleanchor": "x", "scaleratio": wide} if inputs[1, 0] - inputs[0, 0] > 1 / MAX_SQUARE else {}
    y = diagram.positions[diagram.layers == last][answer or 0, 1]
    end = 1 + (BAR_AFTER + BAR * outputs.max()) * unit
    says_it = _("not a number") if answer is None else _("says {digit}").format(digit=answer)
    share = "" if answer is None else f"{probability_in_percent(float(outputs.max()))}<br>"
    tells = f"<b>{share}{says_it}</b>"
    this = [] if label is None else [_("This is {a_label}.").format(a_label=a_digit(label))]
    signs = _signs(diagram)
    weights, excites = _("its {size} weights").format(size=sizes[0]), _("ink on red excites it")
    key = f"<b>{weights}</b><br>{excites}"
    flat = " ".join(lines := said.split("<br>"))
    above, under = ({"xanchor": "left", "yanchor": anchor, "align": "left"} for anchor in ("bottom", "top"))
    left, _right, low, high = _frame(_beside(diagram))
    notes = [*_titles(diagram, sizes), *(draw.note(*_frame(diagram)[::2], each, 18, **under) for each in this if layer)]
    if has_clue:
        notes += [draw.note(left, high, said, 18, **above, yshift=4), draw.note(left, low, key, 18, **under)]
    elif said:
        notes.append(_box(diagram, layer, flat))
    notes += _key_of_shades(diagram, float(diagram.positions[diagram.layers == 1, 0].mean()))
    notes.append(draw.note(*_frame(diagram)[::3], "   ".join(signs), 16, **above, yshift=2))
    notes.append(draw.note(end, y, tells, 24, colour, xanchor="left", xshift=8, align="left"))
    # On a phone, the answer or the clue is beside the digit, and the words on the neuron are below the outputs.
    right, (left, _right, _low, high) = _frame(narrow)[1], _frame(_beside(narrow))
    on_the_right = len(node) and narrow.positions[node[0], 0] < 0.5  # without lines
    hint = _key_of_shades(narrow, float(on_the_right), xanchor="right" if on_the_right else "left")
    words = [*hint, *(draw.note(0, 1, each, 16, **above) for each in this)]
    if has_clue:
        words.append(draw.note(left, high, "<br>".join(lines[:-2]), 16, **above))
        words.append(draw.note(left, 1, tells.replace("<br>", " "), 16, colour, **above))
    else:
        words.append(draw.note(right, 1, tells, 24, colour, **under, xshift=12))
        words.append(draw.note(right, 1, "<br>".join(signs), 16, **under, xshift=12, yshift=-72))
    words.append(draw.note(0, 0, " ".join(lines[-2 - (not has_clue) :]), 15, **above))
    phone = {"xaxis": {**across, "range": [0, 1]}, "yaxis": {**up, "range": [0, 1]}, "annotations": words}
    phone |= {"shapes": _frames(narrow, node, has_clue), "margin": draw.margins(0, 0, 24, 0)}
    narrow_xy = {f"phone_{axis}": [trace[axis] for trace in on_a_phone] for axis in "xy"}
    # In a window below 960 pixels, the circles would overlap.
    meta = {"phone_layout": phone, **narrow_xy, "phone_marker": 22}
    meta |= {"phone_words": 14, "phone_below": 960}
    if len(node):
        meta["first_spot"] = [len(traces) - 1 - last + layer, int(node[0] - np.searchsorted(diagram.layers, layer))]
    figure = draw.figure(
        *traces,
        coloraxis=draw.ink_axis(1),
        coloraxis3=draw.signed_axis(np.zeros(0) if clue is None else clue, showscale=False),
        coloraxis2=draw.colour_axis("passes on", cmin=0, cmax=1, showscale=False),
        xaxis=across,
        yaxis={**up, **square, "constrain": "domain", "constraintoward": "top"},
        meta=meta,
        margin=(0, 0, 34, 40),
        showlegend=False,
        dragmode=False,
        shapes=_frames(diagram, node, has_clue),
        annotations=notes,
    )
    sentence = _("A network with layers of {sizes} neurons; digit {digit} has the largest output, {output}")
    if said:
        sentence = _("{first}. {second}").format(first=sentence, second=_("Selected: {said}"))
    if answer is None:
        sentence = _("A network with layers of {sizes} neurons; its outputs are not numbers")
    said = said.replace("<br>", " ").translate(dict.fromkeys(map(ord, "■□")))  # not spoken
    return says(figure, sentence, sizes=listed(sizes), digit=answer, output=short(outputs.max()), said=said)


def _answer(outputs: np.ndarray) -> int | None:
    """Return the digit with the largest output, or None if no output is a number."""
    return None if np.isnan(outputs).all() else int(np.nanargmax(outputs))


def _titles(diagram: Diagram, sizes: Sequence[int]) -> list[draw.Part]:
    """Return the names of the layers."""
    last, notes = int(diagram.layers.max()), list[draw.Part]()
    under = [_("{size} pixels"), *[_("{size} neurons")] * (last - 1), _("{size} digits")]
    names = [_("input layer"), *[_("one hidden layer")] * (last - 1), _("output layer")]
    if last > 2:
        names = [_("input"), *(_("hidden {number}").format(number=number) for number in range(1, last)), _("output")]
    for layer, (name, words, size) in enumerate(zip(names, under, sizes, strict=True)):
        middle = float(np.unique(diagram.positions[diagram.layers == layer, 0].round(6)).mean())
        named = f"<b>{name}</b><br>{words.format(size=size)}"
        notes.append(draw.note(middle, 1.07 + HINT, named, 18, yanchor="bottom", yshift=-12))
    return notes


def _box(diagram: Diagram, layer: int, said: str) -> draw.Part:
    """Return words in a box below a layer, on the right of the digit."""
    column, edge = diagram.positions[diagram.layers == layer, 0], _frame(diagram)[1] + BOX_AFTER
    middle = float(column.min() + column.max()) / 2
    x, anchor = (edge, "left") if layer and middle < edge + HALF_BOX else (middle, "center")
    return draw.note(x, -0.06, said, 18, **BOX, xanchor=anchor, yanchor="top", yshift=-8)


def _unit(diagram: Diagram) -> float:
    """Return the distance between two rows of neurons as a fraction of the width. Wide networks are not square."""
    return max(float(diagram.positions[1, 0] - diagram.positions[0, 0]) / PIXEL, 1 / MAX_SQUARE)


def _key_of_shades(diagram: Diagram, x: float, **at: object) -> list[draw.Part]:
    """Return the meaning of the shades above the first hidden layer, if there is one."""
    y, shades = diagram.positions[diagram.layers == 1, 1].max(), _("darker: more active")
    look = {"yanchor": "bottom", "yshift": 17 if diagram.is_narrow else 14, **at}
    return [draw.note(x, float(y), shades, 15, colours.SENDS, **look)] * bool(diagram.layers.max() > 1)


def _frames(diagram: Diagram, node: np.ndarray, has_clue: bool) -> list[draw.Part]:
    """Return frames around the digit, the clue, which a node opens to, the hidden layers, and pixels with edges."""
    thin, ring = draw.stroke(colours.MUTED_COLOUR, 1), draw.stroke(colours.PAIRS["number"][0], 2)
    frames = [draw.box(*_frame(diagram), thin)]
    for x, y in diagram.positions[node].tolist() * has_clue:
        left, right, low, high = place = _frame(_beside(diagram))
        corner = f"{right} {low}" if diagram.is_narrow else f"{left} {high}"
        path, look = f"M{x} {y} L{left} {low} L{corner} Z", {"fillcolor": colours.CONE_COLOUR, "line": {"width": 0}}
        frames += [draw.box(*place, ring), {"type": "path", "path": path, **look}]
    for layer in range(1, int(diagram.layers.max())):
        places = diagram.positions[diagram.layers == layer]
        apart = [0.6 * float(np.diff(np.unique(each.round(6))).min(initial=1)) for each in places.T]
        (x0, y0), (x1, y1) = (places.min(axis=0) - apart).tolist(), (places.max(axis=0) + apart).tolist()
        y1 += 0.75 * apart[1] * (not diagram.is_narrow)  # for the hint
        frames.append(draw.box(x0, x1, y0, y1, thin, layer="below"))
    for sign, group in _pixels(diagram).items():
        line = draw.stroke(colours.of_sign(sign), 4)
        frames.append({"type": "path", "path": _outline(diagram, group), "line": line})
    return frames


def _pixels(diagram: Diagram) -> dict[int, np.ndarray]:
    """Return the pixels with edges that push up (1) and those that push down (-1), as nodes."""
    pushes = np.where(diagram.layers[diagram.sources] == 0, diagram.pushes, 0)
    groups = {sign: diagram.sources[np.sign(pushes) == sign] for sign in (-1, 1)}
    return {sign: group for sign, group in groups.items() if len(group)}


def _half_pixel(diagram: Diagram) -> np.ndarray:
    left, right, bottom, top = _frame(diagram)
    return np.array([right - left, top - bottom]) / draw.SIDE / 2


def _outline(diagram: Diagram, pixels: np.ndarray) -> str:
    """Return the border of some pixels as a path."""
    mask = np.zeros((draw.SIDE + 2, draw.SIDE + 2), bool)
    rows, columns = np.divmod(pixels, draw.SIDE)
    mask[rows + 1, columns + 1] = True
    across, up = _half_pixel(diagram)
    lines = []
    for (x, y), row, column in zip(diagram.positions[pixels].tolist(), rows + 1, columns + 1, strict=True):
        for right, above in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            if not mask[row - above, column + right]:
                x0, x1 = (x + across * (right or -1), x + across * (right or 1))
                y0, y1 = (y + up * (above or -1), y + up * (above or 1))
                lines.append(f"M{x0:.4f} {y0:.4f} L{x1:.4f} {y1:.4f}")
    return " ".join(lines)


def _signs(diagram: Diagram) -> list[str]:
    """Return the meanings of the colours of the lines."""
    words = {1: _("red pushes up"), -1: _("blue pushes down")}
    said = {sign: words[sign] for sign in words if (np.sign(diagram.pushes) == sign).any()}
    return [f"<b style='color:{SIGN_INKS[sign]}'>■ {each}</b>" for sign, each in said.items()]


def _beside(diagram: Diagram) -> Diagram:
    """Return the pixels smaller, on the left of the outputs, or on a phone on the right of the digit."""
    left, right, bottom, _top = _frame(diagram)
    size, start = CLUE_ON_PHONE, right + CLUE_AFTER
    if not diagram.is_narrow:
        size, start = CLUE, 1 - FAN * _unit(diagram) - CLUE * (right - left)
    places = diagram.positions[diagram.layers == 0]
    moved = np.array([start, bottom]) + size * (places - (left, bottom))
    return replace(diagram, layers=np.zeros(len(places), int), positions=moved)


def _edges(diagram: Diagram, shown_beside: np.ndarray) -> list[draw.Part]:
    """Return one trace of edges per direction and strength.

    Edges to the outputs begin at the clue if that is shown beside their source.
    """
    traces, of_pixels = list[draw.Part](), diagram.layers[diagram.sources] == 0
    to_outputs = diagram.layers[diagram.targets] == diagram.layers.max()
    ends = diagram.positions[np.stack([diagram.sources, diagram.targets], axis=1)].astype(np.float32)
    _left, right, low, high = _frame(_beside(diagram))
    ends[to_outputs & np.isin(diagram.sources, shown_beside), 0] = right, (low + high) / 2
    sizes = np.abs(diagram.pushes)
    for layer in np.unique(diagram.layers[diagram.sources]):
        sizes[diagram.layers[diagram.sources] == layer] /= sizes[diagram.layers[diagram.sources] == layer].max() or 1.0
    level = np.minimum(sizes * len(WIDTHS), len(WIDTHS) - 1).astype(int)
    level[of_pixels] = np.minimum(level[of_pixels], THIN)
    level[diagram.pushes == 0] = -1
    for colour in (colours.POSITIVE_COLOUR, colours.NEGATIVE_COLOUR):
        for strength, (width, opacity) in enumerate(zip(WIDTHS, STRENGTHS, strict=True)):
            chosen = (level == strength) & ((diagram.pushes >= 0) == (colour == colours.POSITIVE_COLOUR))
            look = {"line": (colour, width), "opacity": opacity, "hoverinfo": "skip"}
            traces.append(draw.scatter(**draw.xy(draw.segments(ends[chosen])), mode="lines", **look))
    return traces


def _around(diagram: Diagram, node: np.ndarray, last: int) -> draw.Part:
    """Return a margin around each hidden neuron except a node, so that lines pass behind it instead of ending there."""
    hidden = (diagram.layers > 0) & (diagram.layers < last)
    hidden[node] = False
    look = {"marker": draw.dot(35, colours.PAPER_COLOUR, "circle", opacity=1), "showlegend": False}
    return draw.scatter(*diagram.positions[hidden].T, hoverinfo="skip", cliponaxis=False, **look)


def _frame(diagram: Diagram) -> tuple[float, float, float, float]:
    """Return the left, right, lower and upper edge of the picture of the pixels."""
    low, high = (edge(diagram.positions[diagram.layers == 0], axis=0) for edge in (np.min, np.max))
    half = (high - low) / (draw.SIDE - 1) / 2
    (left, bottom), (right, top) = (low - half).tolist(), (high + half).tolist()
    return left, right, bottom, top


def _words_on_weights(diagram: Diagram, enters: np.ndarray) -> draw.Part:
    """Return points with hover texts on the edges that enter the picked neuron. Lines themselves have no hover."""
    sources, targets = diagram.sources[enters], diagram.targets[enters]
    middles = (diagram.positions[sources] * 2 + diagram.positions[targets]) / 3
    numbers, said = _numbers(diagram), _("{source} → {target}: weight {weight}")
    ends = zip(numbers[sources], numbers[targets], diagram.weights[enters], strict=True)
    text = [said.format(source=source, target=target, weight=numeral(weight, ".5f")) for source, target, weight in ends]
    return draw.scatter(*middles.T, marker=(9, colours.INVISIBLE), text=text, hoverinfo="text", showlegend=False)


def _numbers(diagram: Diagram) -> np.ndarray:
    """Return the number of each node on pages: from 1, except that an output's number is its digit."""
    return diagram.neurons + (diagram.layers < diagram.layers.max())


def _digit(diagram: Diagram, values: np.ndarray, axis: str = "coloraxis") -> draw.Part:
    """Return a value of each pixel as a picture without gaps, below their nodes."""
    across, down = diagram.positions[diagram.layers == 0].reshape(draw.SIDE, draw.SIDE, 2).transpose(2, 0, 1)
    picture = draw.as_float32(values.reshape(draw.SIDE, draw.SIDE))
    return draw.heatmap(picture, x=across[0], y=down[:, 0], coloraxis=axis, hoverinfo="skip")


def _bars(diagram: Diagram, outputs: np.ndarray) -> draw.Part:
    """Return a bar beside each output, or on a phone below it, as long as its probability."""
    places = diagram.positions[diagram.layers == diagram.layers.max()]
    way = np.array([0, -1] if diagram.is_narrow else [1, 0])
    length, after = (
        np.array([BAR, BAR_AFTER]) * _unit(diagram) if way[0] else places[0, 1] * np.array([0.4, 0.2])
    ).tolist()
    starts = places + after * way
    bars = draw.segments(np.stack([starts, starts + outputs[:, np.newaxis] * length * way], axis=1))
    return draw.scatter(**draw.xy(bars), mode="lines", line=(colours.SENDS, 14), hoverinfo="skip")


def _shades(values: np.ndarray) -> np.ndarray:
    """Return sizes as fractions of the largest one. A diverged network has inf and nan; nan counts as 0."""
    sizes = np.abs(np.nan_to_num(values))
    return np.asarray(sizes / (sizes.max(initial=0) or 1.0))


def _nodes(
    diagram: Diagram, layer: int, activity: np.ndarray, picked: tuple[int, int] | None, colour: str
) -> draw.Part:
    """Return the neurons of a layer, shaded by their activations, with rings around the picked one and the answer."""
    here, last = diagram.layers == layer, int(diagram.layers.max())
    neurons = diagram.neurons[here]
    is_answer = neurons == (_answer(activity) if layer == last else None)
    is_picked = np.array([picked == (layer, each) for each in neurons])
    values = np.nan_to_num(activity[neurons])
    # Probabilities are not rescaled: ten pale nodes show an undecided network.
    shades = np.abs(values) if layer == last else _shades(values)
    is_share = layer == last and not np.isnan(activity).any()
    written = probability_in_percent if is_share else partial(short, digits=4)
    names = {0: _("pixel {number}: {value}"), last: _("digit {number}: {value}")}
    words = names.get(layer, _("neuron {number}: {value}"))
    numbers = _numbers(diagram)[here]
    inks = np.where(is_picked, colours.PAIRS["number"][0], np.where(is_answer, colour, colours.MUTED_COLOUR)).tolist()
    outline = draw.stroke(inks, np.where(is_picked | is_answer, 4, int(layer > 0)).tolist())
    marker = draw.dot(29, shades, "circle", coloraxis="coloraxis2", opacity=1, line=outline)
    if layer == 0:  # `_digit` shows the ink
        marker = draw.dot(30, colours.INVISIBLE, "square", line=outline)
    fonts = draw.font(19, np.where(is_answer, colour, colours.PAIRS["number"][0]).tolist())
    shown = [f"<b>{n}</b>" if mine else f"{n}" * (layer == last) for n, mine in zip(numbers, is_answer, strict=True)]
    said = [words.format(number=n, value=written(v)) for n, v in zip(numbers, activity[neurons].tolist(), strict=True)]
    look = {"mode": "markers+text", "textposition": "middle right", "hoverinfo": "text", "showlegend": False}
    look |= {"cliponaxis": False}  # a large neuron may extend beyond the frame
    places, custom = draw.xy(diagram.positions[here]), [[layer, int(neuron)] for neuron in neurons]
    return draw.scatter(**places, text=shown, textfont=fonts, marker=marker, hovertext=said, customdata=custom, **look)


@Picture
def patterns(pixels: np.ndarray, weights: np.ndarray, neurons: np.ndarray, label: int) -> Plain:
    """Ask which of a few neurons a digit fits best, with what each of them looks for as a picture.

    Parameters
    ----------
    pixels : ndarray, shape (64,)
        Inputs of the network.
    weights : ndarray, shape (64, n)
        Weights of the neurons, at most 4, one column each.
    neurons : ndarray of int, shape (n,)
        Their indices in the layer.
    label : int
        Label of the digit.
    """
    letters, cells = LETTERS[: len(neurons)], (np.arange(draw.SIDE) + 0.5) / draw.SIDE
    question, this = _("Which pattern does this digit fit best?"), _("This is {a_label}.")
    of_signs, this = {1: _("red wants ink"), -1: _("blue wants none")}, this.format(a_label=a_digit(label))
    key = [f"<b style='color:{SIGN_INKS[sign]}'>■ {words}</b>" for sign, words in of_signs.items()]
    looks, under = list[tuple[Any, ...]](), {"xanchor": "left", "yanchor": "top", "align": "left"}
    for side, corners in PATTERNS:
        places = np.array([(0, 0, draw.SIDE), *((*corner, side) for corner in corners[: len(letters)])], float)
        x, y = (places[:, axis, np.newaxis] + places[:, 2:] * cells for axis in (0, 1))
        frames = [draw.box(x0, x0 + size, y0, y0 + size, (colours.MUTED_COLOUR, 1)) for x0, y0, size in places.tolist()]
        below = zip((places[1:, 0] + places[1:, 2] / 2).tolist(), (places[1:, 1] + places[1:, 2]).tolist(), strict=True)
        named = [draw.note(*at, f"<b>{each}</b>", 22, yanchor="top") for at, each in zip(below, letters, strict=True)]
        looks.append(([*x, x[1:].mean(axis=1)], [*y, y[1:].mean(axis=1)], frames, named))
    (x, y, shapes, notes), (*narrow_places, phone_shapes, words) = looks
    left = PATTERNS[0][1][0][0]
    notes.append(draw.note(left, 0, f"<b>{question}</b>", 24, colours.TRAIN_COLOUR, **under))
    notes.append(draw.note(left, 0, "   ".join(key), 18, **under, yshift=-38))
    notes.append(draw.note(0, draw.SIDE, this, 18, **under))
    words.append(draw.note(0, draw.SIDE, f"<b>{question}</b>", 18, colours.TRAIN_COLOUR, **under, yshift=-14))
    words.append(draw.note(draw.SIDE, 0, "<br>".join([this, "", *key]), 16, **under, xshift=8))
    images = [
        draw.heatmap(draw.as_float32(values.reshape(draw.SIDE, draw.SIDE)), None, None, axis, x=across, y=down)
        for values, axis, across, down in zip(
            [_shades(pixels), *weights.T], ["coloraxis", *["coloraxis2"] * len(letters)], x, y, strict=False
        )
    ]
    said = [_("pattern {letter}").format(letter=each) for each in letters]
    look = {"marker": draw.dot(150, colours.INVISIBLE, "square"), "hovertext": said, "hoverinfo": "text"}
    fixed = {"visible": False, "fixedrange": True, "constrain": "domain"}
    up = {**fixed, "scaleanchor": "x", "constraintoward": "top"}
    axes = [{"xaxis": {**fixed, "range": [0, wide]}, "yaxis": {**up, "range": [high, -0.1]}} for wide, high in SIZES]
    narrow_xy = dict(zip(("phone_x", "phone_y"), narrow_places, strict=True))
    phone = {**axes[1], "annotations": words, "shapes": phone_shapes, "margin": draw.margins(0, 0, 4, 0)}
    figure = draw.figure(
        *images,
        draw.scatter(x[-1], y[-1], customdata=[[1, each] for each in neurons.tolist()], **look),
        coloraxis=draw.ink_axis(1),
        coloraxis2=draw.signed_axis(weights, showscale=False),
        **axes[0],
        meta={"asks": True, "phone_layout": phone, **narrow_xy, "phone_marker": 110, "phone_below": 960},
        margin=(0, 0, 8, 8),
        dragmode=False,
        shapes=shapes,
        annotations=notes,
    )
    sentence = _("The digit {digit} and {count} patterns. {question}")
    return says(figure, sentence, digit=label, count=len(letters), question=question)


@Picture
def products_as_pictures(dot: DotProduct) -> Plain:
    """Draw the inputs, weights and products of a neuron of the first layer as 8 x 8 pictures."""
    roles = {_("input x"): colours.RECEIVES, _("weight w"): colours.PASSES, _("product x · w"): colours.ADDS}
    traces, axes = list[draw.Part](), dict[str, draw.Part]()
    for number, (letter, values) in enumerate(zip(roles, (dot.values, dot.weights, dot.products), strict=True)):
        panel, left = draw.suffix(number), number * 0.35
        traces.append(draw.pixels(values, f"{letter} %{{z:.5g}}", panel, f"coloraxis{panel}", gap=0))
        axes |= draw.image_axes(panel, {"domain": [left, left + 0.3]}, fixed=False, square=True)
    titles = [f"<b style='color:{colour}'>{letter}</b>" for letter, colour in roles.items()]
    at = {"xref": "paper", "yref": "paper"}
    signs = [draw.note(x, 0.5, f"<b>{sign}</b>", 26, **at) for x, sign in ((0.325, "×"), (0.675, "="))]
    figure = draw.figure(
        *traces,
        **axes,
        coloraxis=draw.colour_axis("ink", cmin=0, showscale=False),
        coloraxis2=draw.signed_axis(dot.weights, showscale=False),
        coloraxis3=draw.signed_axis(dot.products, showscale=False),
        margin=(0, 0, 30, 0),
        annotations=[*draw.panel_titles(titles), *signs],
    )
    sentence = _("{count} inputs of a neuron, their weights, and their products, which add up to {sum}")
    return says(figure, sentence, count=len(dot.values), sum=short(dot.rest(0)))


@Picture
def products_as_bars(dot: DotProduct, source: str = "neuron") -> Plain:
    """Draw the 64 largest products in a neuron's weighted sum as bars, the largest first.

    Parameters
    ----------
    dot : DotProduct
    source : str
        Source of the values: "neuron" or "pixel".
    """
    order = dot.order[:64]
    products = dot.products[order]
    came = _("from pixel") if source == "pixel" else _("from neuron")
    figure = draw.figure(
        draw.bars(
            [str(place + 1) for place in order],
            products,
            f"{came} %{{x}}<br>%{{customdata[0]:.4g}} × %{{customdata[1]:.4g}} = %{{y:.4g}}",
            marker={"color": [colours.of_sign(product) for product in products]},
            customdata=np.stack([dot.values[order], dot.weights[order]], axis=1),
        ),
        xaxis=draw.axis(came, type="category", showgrid=False),
        yaxis=draw.axis(_("input times weight")),
    )
    sentence = _("The {count} largest products of a neuron's weighted sum; the largest is {product}")
    return says(figure, sentence, count=len(order), product=short(products[0]))
