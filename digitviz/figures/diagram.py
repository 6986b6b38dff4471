"""Figures of a network as nodes and edges, and of the weighted sum of one neuron."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from digitviz.figures import colours, draw
from digitviz.figures.picture import Picture, Plain, says
from digitviz.language import gettext as _
from digitviz.language import joined, listed
from digitviz.lesson.dot_product import DotProduct
from digitviz.networks.parameters import Parameters
from digitviz.numbers import a_digit, numeral, probability_in_percent, short

MAX_NODES_PER_LAYER = 64
ROWS = 10
"""Number of rows of a hidden layer. A layer with more neurons has several columns, so that each can be clicked."""
PIXEL, GAP, BESIDE = (1.25, 1.0), (3.0, 1.0), (1.5, 1.95)
"""Distances between pixels, layers, and columns of hidden neurons, in units of the distance between rows: in a window,
and on a phone, where a finger needs 24 pixels for each neuron."""
PHONE_SQUARE = 1.24
"""Width over height of the picture on a phone, in units of its axes: there, the pixels of the input are square."""
EDGES = 8
"""Number of edges between two layers. More would look like a blur."""
MAX_SQUARE = 30
"""Maximum width of a network, in pixels of its input, that is drawn with square pixels. A wider one would be flat."""
BOX = {"bgcolor": colours.PAPER_COLOUR, "bordercolor": colours.PAIRS["number"][0], "borderpad": 5, "borderwidth": 2}
BOX_AFTER, HALF_BOX = 0.03, 0.36
"""Distance of the box from the frame of the digit, and half of its approximate width, as fractions of the picture."""
BAR, PHONE_BAR, BAR_AFTER = 0.25, 0.12, 0.07
"""Lengths of the bar of a probability of 1, and its distance from its output, as fractions of the picture."""
PHONE_RIGHT = 1.19
"""Right edge of the picture on a phone."""
GAUGE = 5
"""Number of squares of the gauge before the words on a neuron."""
STRENGTHS = (0.4, 0.5, 0.7, 0.9)
"""Opacity of edges, from the weakest quarter of the scale to the strongest."""


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
    weights : ndarray, shape (edges,)
    """

    layers: np.ndarray
    neurons: np.ndarray
    positions: np.ndarray
    sources: np.ndarray
    targets: np.ndarray
    weights: np.ndarray


def lay_out(parameters: Parameters, picked: tuple[int, int] | None = None, limit: int | None = EDGES) -> Diagram:
    """Arrange a network in layers, with its strongest weights as edges.

    Parameters
    ----------
    parameters : Parameters
    picked : (int, int), optional
        Layer and index of a neuron to draw in any case. The edges are its own.
    limit : int, optional
        Maximum number of edges between two layers. None for all.

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
    positions = _positions(counts)

    layer, neuron = picked or (-1, -1)
    node, edges = np.flatnonzero((layers == layer) & (neurons == neuron)), []
    for layer, matrix in enumerate(parameters.weights):
        entering, leaving = (np.flatnonzero(layers == each) for each in (layer, layer + 1))
        source, target = np.repeat(entering, len(leaving)), np.tile(leaving, len(entering))
        weight = matrix[np.ix_(shown[layer], shown[layer + 1])].ravel()
        strongest = np.argsort(-np.abs(weight), kind="stable")
        if picked is not None:
            strongest = strongest[np.isin(source, node)[strongest] | np.isin(target, node)[strongest]]
        kept = strongest[:limit]
        edges.append((source[kept], target[kept], weight[kept]))
    sources, targets, weights = (np.concatenate(parts) for parts in zip(*edges, strict=True))
    return Diagram(layers, neurons, positions, sources, targets, weights)


def _positions(counts: Sequence[int], on_a_phone: bool = False) -> np.ndarray:
    """Return the position of every node, 0 to 1, shape (nodes, 2), for the number of nodes of each layer."""
    pixel, gap = PIXEL[on_a_phone], GAP[on_a_phone]
    rows = [draw.SIDE, *(min(ROWS, count) for count in counts[1:])]
    columns = [-(-count // high) for count, high in zip(counts, rows, strict=True)]
    beside = [pixel, *[BESIDE[on_a_phone]] * (len(counts) - 1)]
    across = sum(wide * step for wide, step in zip(columns, beside, strict=True)) - beside[-1] + gap * (len(counts) - 1)
    left, positions = 0.0, []
    for layer, (count, high, wide) in enumerate(zip(counts, rows, columns, strict=True)):
        index = np.arange(count)
        down, right = divmod(index, draw.SIDE) if layer == 0 else (index % high, index // high)
        apart = pixel / (ROWS - 1) if layer == 0 else 1 / (ROWS - 1)
        if on_a_phone and layer == 0:
            apart = min(PHONE_SQUARE / across, apart)
        place = 0.5 + ((high - 1) / 2 - down) * apart
        positions.append(np.stack([(left + right * beside[layer]) / across, place], axis=1))
        left += wide * beside[layer] + gap
    return np.concatenate(positions)


@Picture
def network_diagram(
    diagram: Diagram,
    activities: list[np.ndarray],
    picked: tuple[int, int] | None = None,
    said: str = "",
    label: int | None = None,
    is_plain: bool = False,
    reason: str = "",
) -> Plain:
    """Draw a network with its activations as shades of the nodes, and its weights as edges.

    Parameters
    ----------
    diagram : Diagram
    activities : list of ndarray
        Activations of every layer for one digit. The last layer has probabilities.
    picked : (int, int), optional
        Layer and index of a neuron, which gets a ring.
    said : str
        Text in a box next to that neuron.
    label : int, optional
        Label of the digit. Without it, the answer counts as correct.
    is_plain : bool
        True for plain words, without positive and negative weights.
    reason : str
        Which ink pushes that neuron up, for the words below the digit.
    """
    layer, neuron = picked or (-1, -1)
    node = np.flatnonzero((diagram.layers == layer) & (diagram.neurons == neuron))
    last = int(diagram.layers.max())
    outputs = np.nan_to_num(activities[-1])
    answer = _answer(activities[-1])
    colour = colours.TRAIN_COLOUR if label in {None, answer} else colours.MARK_COLOUR
    sizes = [len(activity) for activity in activities]
    narrow = replace(diagram, positions=_positions(np.bincount(diagram.layers).tolist(), on_a_phone=True))
    passed_on = np.concatenate([values[diagram.neurons[diagram.layers == at]] for at, values in enumerate(activities)])
    traces, on_a_phone = (
        [
            *_edges(each, passed_on, all((np.nan_to_num(activity) >= 0).all() for activity in activities), is_plain),
            _around(each, node, last),
            _words_on_weights(each, np.isin(each.targets, node)),
            _digit(each, activities[0]),
            _bars(each, outputs, PHONE_BAR if each is narrow else BAR),
            *(_nodes(each, layer, activity, picked, colour) for layer, activity in enumerate(activities)),
        ]
        for each in (diagram, narrow)
    )
    left = min(-0.03, _frame(diagram)[0])  # half a pixel, which is wide without hidden layers
    across: draw.Part = {"visible": False, "range": [left, 1.47], "fixedrange": True, "constrain": "domain"}
    inputs, up = diagram.positions[diagram.layers == 0], {"visible": False, "range": [-0.07, 1.07], "fixedrange": True}
    wide = (inputs[1, 0] - inputs[0, 0]) * (draw.SIDE - 1) / np.ptp(inputs[:, 1])
    square = {"scaleanchor": "x", "scaleratio": wide} if inputs[1, 0] - inputs[0, 0] > 1 / MAX_SQUARE else {}
    y, end = diagram.positions[diagram.layers == last][answer or 0, 1], 1 + BAR_AFTER + BAR * outputs.max()
    says_it = _("not a number") if answer is None else _("says {digit}").format(digit=answer)
    share = "" if answer is None else f"{probability_in_percent(float(outputs.max()))}<br>"
    column = diagram.positions[diagram.layers == layer, 0] if len(node) else np.zeros(1)
    middle, edge = float(column.min() + np.ptp(column) / 2), _frame(diagram)[1] + BOX_AFTER
    at = (edge, "left") if layer and middle < edge + HALF_BOX else (middle, "center")
    gauge = _gauge(activities[layer], neuron) if said and 0 < layer < last and not is_plain else ""
    boxes = [draw.note(at[0], -0.06, gauge + said, 18, **BOX, xanchor=at[1], yanchor="top", yshift=-8)] * bool(said)
    # On a phone, there is no room beside the neuron, and no words beside the output.
    told = gauge + said.replace(": ", ":<br>").replace("，", "，<br>") or says_it * (answer is None)
    under = [draw.note(0.5, 0, told, 14, **BOX, yref="paper", yanchor="top", yshift=-5)] * bool(told)
    answer_words = f"<b>{share}{says_it * bool(share)}</b>"  # below the digits, clear of their bars
    under.append(draw.note(PHONE_RIGHT, -0.05, answer_words, 13, colour, xanchor="right", yanchor="top", align="right"))
    titles = [note | {"font": draw.font(13)} for note in _titles(narrow, sizes, label)]
    titles[last] |= {"x": PHONE_RIGHT, "xanchor": "right"}  # at the edge of the picture
    own = _titles(diagram, sizes, None if layer == 0 else label)
    if layer == 1 and label is not None and square:
        own[-1]["text"] = joined([own[-1]["text"], reason or _("Ink in a frame pushes<br>up (red) or down (blue).")])
        titles[-1]["font"] = draw.font(12)
        titles[-1]["text"] += "<br>" + (reason or _("Ink in a frame<br>pushes up (red)<br>or down (blue)."))
    across_a_phone = {**across, "range": [min(left, _frame(narrow)[0]), PHONE_RIGHT]}
    phone = {"yaxis": up, "xaxis": across_a_phone, "annotations": [*titles, *under]}
    phone |= {"shapes": _frames(narrow, passed_on), "margin": {"l": 0, "r": 0, "t": 50, "b": 168}}
    narrow_xy = {f"phone_{axis}": [trace[axis] for trace in on_a_phone] for axis in "xy"}
    # In a window below 960 pixels, the circles would overlap.
    meta = {"phone_layout": phone, **narrow_xy, "phone_marker": 14, "phone_words": 13, "phone_below": 960}
    if len(node):
        meta["first_spot"] = [len(traces) - 1 - last + layer, int(node[0] - np.searchsorted(diagram.layers, layer))]
    figure = draw.figure(
        *traces,
        coloraxis=draw.ink_axis(1),
        coloraxis2=draw.colour_axis("passes on", cmin=0, cmax=1, showscale=False),
        xaxis=across,
        yaxis={**up, **square, "constrain": "domain", "constraintoward": "top"},
        meta=meta,
        margin=(0, 0, 50, 74),
        legend={"y": 0, "yref": "container", "yanchor": "bottom", "font": draw.font(17)},
        dragmode=False,
        shapes=_frames(diagram, passed_on),
        annotations=[
            *own,
            *boxes,
            draw.note(end, y, f"<b>{share}{says_it}</b>", 24, colour, xanchor="left", xshift=8, align="left"),
        ],
    )
    sentence = _("A network with layers of {sizes} neurons; digit {digit} has the largest output, {output}")
    if said and reason:
        said = _("{first}. {second}").format(first=said, second=own[-1]["text"].replace("<br>", " "))
    if said:
        sentence = _("{first}. {second}").format(first=sentence, second=_("Selected: {said}"))
    if answer is None:
        sentence = _("A network with layers of {sizes} neurons; its outputs are not numbers")
    return says(figure, sentence, sizes=listed(sizes), digit=answer, output=short(outputs.max()), said=said)


def _answer(outputs: np.ndarray) -> int | None:
    """Return the digit with the largest output, or None if no output is a number."""
    return None if np.isnan(outputs).all() else int(np.nanargmax(outputs))


def _titles(diagram: Diagram, sizes: Sequence[int], label: int | None) -> list[draw.Part]:
    """Return the names of the layers, with a hint to click at the first hidden one, and the label below the picture."""
    last = int(diagram.layers.max())
    columns = [diagram.positions[diagram.layers == each, 0] for each in range(last + 1)]
    hidden = [_("{size}, pick one"), *["{size}"] * last][: last - 1]
    under = [_("{size} pixels"), *hidden, _("{size} digits")]
    notes = [
        draw.note(float(x.min() + np.ptp(x) / 2), 1.07, f"<b>{name}</b><br>{words.format(size=size)}", yanchor="bottom")
        for x, name, words, size in zip(columns, _layer_names(last), under, sizes, strict=True)
    ]
    if label is not None:
        left, _right, bottom, _top = _frame(diagram)
        words = _("This is {a_label}.").format(a_label=a_digit(label))
        notes.append(draw.note(left, bottom, words, xanchor="left", yanchor="top", yshift=-4, align="left"))
    return notes


def _gauge(values: np.ndarray, neuron: int) -> str:
    """Return squares, filled up to what a neuron passes on, between 0 and the most in its layer."""
    filled = int(np.ceil(GAUGE * _shades(values)[neuron]))
    squares = f"<span style='color:{colours.SENDS}'>{'■' * filled}{'□' * (GAUGE - filled)}</span>"
    sign, most = "±" * bool((values < 0).any()), short(float(np.abs(np.nan_to_num(values)).max()), 3)
    return f"0 {squares} {sign}{most} \u2002"


def _frames(diagram: Diagram, passed_on: np.ndarray) -> list[draw.Part]:
    """Return frames around the picture, each hidden layer in columns, and each pixel with an edge, in its colour.

    Frames of pixels without ink are dotted, like their edges.
    """
    left, right, bottom, top = _frame(diagram)
    half = (right - left) / draw.SIDE / 2, (top - bottom) / draw.SIDE / 2
    thin = draw.stroke(colours.MUTED_COLOUR, 1)
    frames = [draw.box(left, right, bottom, top, thin)]
    for layer in range(1, int(diagram.layers.max())):
        places = diagram.positions[diagram.layers == layer]
        apart = [0.55 * float(np.diff(np.unique(each)).min(initial=1)) for each in places.T]
        (x0, y0), (x1, y1) = (places.min(axis=0) - apart).tolist(), (places.max(axis=0) + apart).tolist()
        whole = draw.box(x0, x1, y0, y1, thin, layer="below", fillcolor=colours.see_through(colours.MUTED_COLOUR, 0.12))
        frames += [whole] * (len(places) > ROWS)
    for source, weight in zip(diagram.sources, diagram.weights, strict=True):
        if diagram.layers[source] == 0:
            (x, y), colour = diagram.positions[source], colours.of_sign(weight)
            line = draw.stroke(colour, 3, "dot" if passed_on[source] == 0 else None)
            frames.append(draw.box(x - half[0], x + half[0], y - half[1], y + half[1], line))
    return frames


def _layer_names(last: int) -> list[str]:
    if last <= 2:
        return [_("input layer"), *[_("one hidden layer")] * (last - 1), _("output layer")]
    return [_("input"), *(_("hidden {number}").format(number=number) for number in range(1, last)), _("output")]


def _edges(diagram: Diagram, passed_on: np.ndarray, is_positive: bool, is_plain: bool) -> list[draw.Part]:
    """Return one trace of edges per sign and strength, and the key to shades of neurons.

    The edges of pixels and neurons that pass on 0 push nothing, so they are dotted. `passed_on` has a value per node.
    """
    largest = float(np.abs(diagram.weights).max(initial=0)) or 1.0
    traces: list[draw.Part] = []
    level = np.minimum(np.abs(diagram.weights) / largest * len(STRENGTHS), len(STRENGTHS) - 1).astype(int)
    level[passed_on[diagram.sources] == 0] = -1
    ends = diagram.positions[np.stack([diagram.sources, diagram.targets], axis=1)].astype(np.float32)
    ends[diagram.layers[diagram.sources] == 0, 0, 0] += (diagram.positions[1, 0] - diagram.positions[0, 0]) / 2
    names, shade = (_("positive weight"), _("negative weight")), _("stronger purple: further from 0")
    if is_positive:
        names = _("positive weight: pushes up"), _("negative weight: pushes down")
        shade = _("stronger purple: passes on more")
        if is_plain:
            names = _("pushes up"), _("pushes down")
    for colour, name in zip((colours.POSITIVE_COLOUR, colours.NEGATIVE_COLOUR), names, strict=True):
        for strength, opacity in [(-1, STRENGTHS[0]), *enumerate(STRENGTHS)]:
            chosen = (level == strength) & ((diagram.weights >= 0) == (colour == colours.POSITIVE_COLOUR))
            line = colour, 2 + strength, "dot" if strength < 0 else None
            look = {"line": line, "opacity": opacity, "showlegend": False}
            traces.append(draw.scatter(**draw.xy(draw.segments(ends[chosen])), mode="lines", **look))
        traces.append(draw.scatter([None], [None], "lines", "", line=(colour, 4), name=name))
    marker, dotted = draw.dot(18, colours.SENDS, opacity=1), (colours.MUTED_COLOUR, 3, "dot")
    key = draw.scatter([None], [None], "lines", "", line=dotted, name=_("dotted: pushes nothing"))
    return [
        *traces,
        *[key] * bool((level < 0).any()),
        draw.scatter([None], [None], "markers", "", marker=marker, name=shade),
    ]


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


def _digit(diagram: Diagram, pixels: np.ndarray) -> draw.Part:
    """Return the pixels as a picture without gaps, below their nodes."""
    across, down = diagram.positions[diagram.layers == 0].reshape(draw.SIDE, draw.SIDE, 2).transpose(2, 0, 1)
    return draw.heatmap(_shades(pixels).reshape(draw.SIDE, draw.SIDE), x=across[0], y=down[:, 0], hoverinfo="skip")


def _bars(diagram: Diagram, outputs: np.ndarray, length: float) -> draw.Part:
    """Return a bar beside each output, as long as its probability times `length`."""
    y = diagram.positions[diagram.layers == diagram.layers.max(), 1]
    look = {"base": 1 + BAR_AFTER, "width": 0.05, "orientation": "h", "marker": {"color": colours.SENDS}}
    return draw.bars(outputs * length, y, hoverinfo="skip", showlegend=False, **look)


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
    values = np.nan_to_num(activity[neurons])
    # Probabilities are not rescaled: ten pale nodes show an undecided network.
    shades = np.abs(values) if layer == last else _shades(values)
    is_share = layer == last and not np.isnan(activity).any()
    written = probability_in_percent if is_share else partial(short, digits=4)
    names = {0: _("pixel {number}: {value}"), last: _("digit {number}: {value}")}
    words, is_picked = names.get(layer, _("neuron {number}: {value}")), [picked == (layer, each) for each in neurons]
    numbers = _numbers(diagram)[here]
    inks = np.where(is_picked, colours.PAIRS["number"][0], np.where(is_answer, colour, colours.MUTED_COLOUR))
    outline = draw.stroke(inks.tolist(), np.where(is_picked | is_answer, 4, int(layer > 0)).tolist())
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
def products_as_bars(dot: DotProduct, source: str = "neuron", limit: int = 64) -> Plain:
    """Draw the products in a neuron's weighted sum as bars, the largest first.

    Parameters
    ----------
    dot : DotProduct
    source : str
        Source of the values: "neuron" or "pixel".
    limit : int
    """
    order = dot.order[:limit]
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
