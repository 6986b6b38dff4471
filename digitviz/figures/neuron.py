"""Figures of one neuron: in the brain, on paper, its activation, and its line in the plane of two inputs."""

from collections.abc import Iterable, Sequence

import numpy as np

from digitviz.figures import colours, draw
from digitviz.figures.picture import Picture, Plain, says
from digitviz.language import gettext as _
from digitviz.lesson.neuron import POINTS, answers, decision_line, fire, firing_region
from digitviz.networks.activations import Activation
from digitviz.numbers import numeral, short

MAX_Z = 1_000.0
"""Largest pre-activation that a curve extends to."""
LEFT, MIDDLE, HALF, LEVEL, PULLS = 0.85, 5.0, 2.6, 3.5, 4.75
"""x of the inputs; x of the sum and of the knot, half the length of the rope, y of the threshold and y of the rope."""
ALONE, BELOW_ROPE = (6.0, 0.0, 4.2, 0.9), (2.7, 0.3, 1.5, 0.4)
"""y above and below the inputs, of the sum, and of the bias: without and with a rope. page.css repeats the latter."""
GRIP, APART, ON_PHONE = 2.8, 28, 0.63
"""Distance of the first puller from the knot, that of the next one in pixels, and the size of both on a phone."""
WORDS_AWAY, CLEAR = 0.25, 0.22
"""Distance of words from their point, and minimum distance from the line, in the plane of two inputs."""


def _number(value: float, digits: int = 4) -> str:
    return numeral(value, f".{digits}g")


def _drawing(*traces: draw.Part, **layout: object) -> Plain:
    """Return a drawing without axes, 10 wide and 6 high."""
    hidden = {"visible": False, "fixedrange": True}
    axes = {"xaxis": {**hidden, "range": [0, 10]}, "yaxis": {**hidden, "range": [0, 6]}}
    return draw.figure(*traces, **axes, margin=0, dragmode=False, **layout)


def _curves(paths: Iterable[str], colour: str, width: int) -> draw.Part:
    return {"type": "path", "layer": "below", "path": " ".join(paths), "line": draw.stroke(colour, width)}


@Picture
def biological_neuron(fires: bool = True) -> Plain:
    """Draw a nerve cell: synapses, dendrites, body and axon, in the colours of their counterparts in `perceptron`.

    If it fires, its axon is thick, and its body and the ends of the axon glow.
    """
    ends, starts = ([8.9, 9.2, 8.9], [4.5, 3.5, 2.5]), ([0.8, 1.0, 0.8], [4.6, 3.1, 1.6])
    dendrites = [
        "M 2.9 3.4 C 2.4 3.9 1.7 4.2 0.8 4.6 M 1.7 4.2 C 1.2 4.1 0.7 3.95 0.2 4 M 1.7 4.2 C 1.6 4.5 1.5 4.7 1.4 4.95",
        "M 2.9 3.4 C 2 3.4 1.5 3.3 1 3.1 M 1.7 3.3 C 1.3 2.9 0.9 2.6 0.6 2.4",
        "M 2.9 3.4 C 2.3 2.8 1.8 1.9 0.8 1.6 M 1.7 2.1 C 1.8 1.7 1.6 1.3 1.5 1",
        "M 2.9 3.4 C 3 4 2.9 4.5 3.1 5.1 M 2.96 4.2 C 3.2 4.6 3.5 4.8 3.8 4.9",
        "M 2.9 3.4 C 3.1 2.8 2.8 2.1 3 1.4",
    ]
    axon = ["M 2.9 3.4 C 4.5 3.65 5.8 3.25 7.3 3.5"]
    axon += [f"M 7.3 3.5 C 8 {(y + 10.5) / 4} 8.1 {y} {x} {y}" for x, y in zip(*ends, strict=True)]
    others = [f"M {x + 0.65} {y + 0.45} Q {x + 0.1} {y} {x + 0.65} {y - 0.45}" for x, y in zip(*ends, strict=True)]
    others += [f"M -0.3 {y + (y - 3.1) / 4} Q 0.3 {y} {x} {y}" for x, y in zip(*starts, strict=True)]
    fills = [*map(colours.of_sign, (1, -1, 1)), colours.ADDS, colours.NUCLEUS_COLOUR, *[colours.SENDS] * 3]
    names = [*[_("synapse")] * 3, _("cell body"), _("nucleus"), *[_("end of the axon")] * 3]
    x, y = ([*first, middle, middle, *last] for first, middle, last in zip(starts, (2.9, 3.4), ends, strict=True))
    dots = draw.dot([*[22] * 3, 84, 12, *[19] * 3], fills, opacity=1)
    notes = [
        draw.note(0.1, 5.5, _("<b>synapses</b><br>push up or down"), 18, xanchor="left"),
        draw.note(4.2, 5.5, _("<b>dendrites</b><br>receive"), 18, colours.RECEIVES, xanchor="left"),
        draw.note(2.9, 0.5, _("<b>cell body</b> adds up"), 18, colours.ADDS),
        draw.note(5.7, 3.4, _("<b>axon</b><br>transmits"), 18, colours.SENDS, yanchor="bottom", yshift=12),
        draw.note(5.7, 3.4, _("fires only<br>above a<br><b>threshold</b>"), 18, yanchor="top", yshift=-12),
        draw.note(9.9, 1.5, _("to the<br>next cells"), 18, colours.MUTED_COLOUR, xanchor="right"),
    ]
    small = [note | {"font": note.get("font", {}) | {"size": 13}} for note in notes]  # on a phone
    glow = draw.scatter(x[4:], y[4:], marker=draw.dot([114, 36, 36, 36], colours.SENDS, opacity=0.3))
    figure = _drawing(
        *([glow] if fires else []),
        draw.scatter(x, y, marker=dots, hovertext=names, hoverinfo="text"),
        shapes=[
            _curves(dendrites, colours.RECEIVES, 6),
            _curves(axon, colours.SENDS, 12 if fires else 5),
            _curves(others, colours.MUTED_COLOUR, 5),
        ],
        annotations=notes,
        meta={"phone_layout": {"annotations": small}, "phone_marker": 30},
    )
    sentence = _("A nerve cell: synapses weigh what dendrites receive, its body adds it up, the axon passes it on")
    return says(figure, sentence)


@Picture
def perceptron(
    inputs: Sequence[float],
    weights: Sequence[float],
    bias: float,
    activation: Activation,
    said: str | None = None,
    is_asked: bool = False,
    is_plain: bool = False,
) -> Plain:
    """Draw a neuron on paper, with its numbers. Hovering over a weight shows the product.

    Parameters
    ----------
    inputs, weights : sequence of float
    bias : float
    activation : Activation
    said : str, optional
        Meaning of the output, below a rope on which the products pull. Empty without a threshold; None without a rope.
    is_asked : bool
        True to leave the sum and the output to the reader: a "?" in their places, and no sums on an even rope.
    is_plain : bool
        True for plain words, without the sum in numbers.
    """
    count, title, firing = len(inputs), str(activation.title), fire(inputs, weights, bias, activation)
    z, output = firing.z, firing.output
    top, floor, center, base = ALONE if said is None else BELOW_ROPE
    heights = (top - (np.arange(count) + 0.5) * (top - floor) / count).tolist()
    size = (52 if said is None else 42) if count < 4 else 34  # of an input: inputs do not touch
    sizes = (72, 72, 66, 54) if said is None else (58, 72, 54, 44)  # of the sum, the box, the output and the bias
    largest = float(np.nan_to_num(np.abs(firing.products)).max(initial=0)) or 1.0
    lines, notes, is_between = [], [], count == 2  # room between the lines
    entering = zip(heights, weights, inputs, firing.products.tolist(), strict=True)
    for number, (height, weight, value, product) in enumerate(entering, start=1):
        width = 5 if is_asked else _width(product, largest)  # which does not give the winner away
        lines += _push((height, center), product, width, f"{_number(value)} × {_number(weight)} = {_number(product)}")
        colour = colours.PASSES if product >= 0 else colours.TRAIN_COLOUR  # like its line, but legible
        pushes = (_("pushes up") if product > 0 else _("pushes down")) if product else _("pushes nothing")
        name = f"w<sub>{number}</sub> = {_number(weight)}" + f"<br>{pushes}" * is_between
        name = f"<b>× {_number(abs(weight))}</b> {pushes}" if is_plain or is_asked else name
        beside = {"yanchor": "bottom", "yshift": 0} if height >= center else {"yanchor": "top", "yshift": -4}
        beside |= {"xanchor": "left", "xshift": size / 2 + 26, "align": "left"}
        notes.append(draw.note(LEFT, height, name, 20, colour, **beside))
        shown = f"<b>{_number(value, 3)}</b>"
        notes.append(draw.note(LEFT, height, shown, 18, colours.RECEIVES, yanchor="top", yshift=-size / 2))
    total, sent = ("?", "?") if is_asked else (_number(z), _number(output))
    bars, pullers, switch = list[draw.Part](), list[tuple[int, int, float, str]](), _("<b>activation<br>function</b>")
    if said is not None:
        switch = _("<b>on/off<br>switch</b>")
        factors = [
            f"{_number(abs(value))} × {_number(abs(weight))}" for value, weight in zip(inputs, weights, strict=True)
        ]
        terms = np.append(firing.products, bias)
        bars, pullers, told = _tug_of_war(terms, [*factors, _number(abs(bias))], largest, is_asked)
        sums = "" if is_plain or is_asked else _sum_in_numbers(inputs, weights, bias, total)
        line, words = _threshold() if said and not is_asked else ([], [])
        bars, notes = [*line, *bars], [*notes, *told, *words, *_below(sums, said * (not is_asked), z)]
    in_the_box = [] if is_asked else [_in_the_box(activation, center)]
    levels = [_level(height, value, size / 2) for height, value in zip(heights, inputs, strict=True)]
    numbers = [*[""] * count, total, f"{title}<br> <br> ", sent, _number(bias, 3)]
    paper, on_box = colours.PAPER_COLOUR, colours.ON_BOX_COLOUR
    fills = [*[paper] * count, colours.ADDS, colours.BOX_COLOUR, colours.SENDS, colours.BOX_COLOUR]
    forms = [*["circle"] * (count + 1), "square", "circle", "circle"]
    rims = draw.stroke([*[colours.RECEIVES] * count, *fills[count:]], 3)
    marker = draw.dot([*[size] * count, *sizes], fills, forms, opacity=1, line=rims)
    font = draw.font([*[14] * count, 19, 17, 19, 17], [*[paper] * (count + 1), on_box, paper, on_box])
    hovers = _hovers(inputs, "?" if is_asked else _number(z, 6), title, sent, bias)
    beside_bias: draw.Part = {"xanchor": "left", "xshift": sizes[3] / 2 + 5}
    weighed = _("<b>weights</b>") if is_between else _("<b>weights</b>: red pushes up, blue pushes down")
    if said is not None:
        weighed = _("<b>weights</b>: drag")
    weights_at = ((1.6, 3.2) if said is None else (3.1, 0.2)) if is_between else (3, top)
    above_lines = {} if is_between else {"xanchor": "left", "yanchor": "top", "yshift": 5, "align": "left"}
    over: draw.Part = {"yanchor": "bottom", "yshift": size / 2 - 1} if count < 4 else {"yanchor": "top", "yshift": 5}
    notes += [
        draw.note(LEFT, heights[0] if count < 4 else top, _("<b>inputs</b>"), 18, colours.RECEIVES, **over),
        *[draw.note(weights_at[0], weights_at[1], weighed, 18, **above_lines)] * (not is_asked),
        draw.note(MIDDLE, center, _("<b>sum</b>"), 18, colours.ADDS, yanchor="bottom", yshift=sizes[0] / 2 + 4),
        *[draw.note(6.9, center, switch, yanchor="bottom", yshift=38)] * (not is_asked),
        draw.note(9.0, center, _("<b>output</b>"), 18, colours.SENDS, yanchor="bottom", yshift=sizes[2] / 2 + 13),
        *[draw.note(MIDDLE, base, _("<b>bias</b>"), None, colours.MUTED_COLOUR, **beside_bias)] * (not is_asked),
    ]
    small = [
        note
        | {"font": (look := note.get("font", {})) | {"size": max(13, look.get("size", 13) - 8)}}
        | {
            "xshift": min(note.get("xshift", 0), size / 2 + 6),
            "text": note["text"].replace(" + ", "<br>+ " if note["y"] == PULLS else " + "),
        }
        for note in notes
    ]
    switched, biased = (None, None) if is_asked else (6.9, base)  # at first the bias is 0
    x, y = [*[LEFT] * count, MIDDLE, switched, 9.0, MIDDLE], [*heights, center, center, center, biased]
    on_phone = [*levels, *(_puller(*each, ON_PHONE) for each in pullers), *in_the_box]
    figure = _drawing(
        *lines,
        *bars,
        _line([MIDDLE, 9.0], [center, center], 5, colours.SENDS),
        _line([MIDDLE, MIDDLE], [biased, center], 3, colours.MUTED_COLOUR),
        draw.scatter(
            x, y, "markers+text", text=numbers, textfont=font, marker=marker, hovertext=hovers, hoverinfo="text"
        ),
        annotations=notes,
        meta={
            "asks": True,
            "phone_layout": {"annotations": small, "shapes": on_phone},
            "phone_marker": 56,
            "phone_words": 15,
        },
        shapes=[*levels, *(_puller(*each) for each in pullers), *in_the_box],
    )
    sentence = _("The weighted sum of a neuron's inputs is {sum}, its output {output}")
    said_sum, said_output = ("?", "?") if is_asked else (short(z), short(output))
    return says(figure, sentence, sum=said_sum, output=said_output)


def _tug_of_war(
    terms: np.ndarray, written: Sequence[str], largest: float, is_asked: bool
) -> tuple[list[draw.Part], list[tuple[int, int, float, str]], list[draw.Part]]:
    """Return a rope on which each term of a sum pulls, the pullers, and words that say how each term is `written`.

    Unless `is_asked`, the rope is as thick as what it adds up, with blocks as long as the sums of both sides, and the
    knot is at the total.
    """
    terms = np.clip(np.nan_to_num(terms), -1e9, 1e9)
    sums = [float(terms[terms > 0].sum()), abs(float(terms[terms < 0].sum()))]
    rope, pullers, notes = list[draw.Part](), list[tuple[int, int, float, str]](), list[draw.Part]()
    large, foot = (28, BELOW_ROPE[2] + 1) if is_asked else (24, PULLS - 0.5)  # to the sum, which the knot stands for
    sides = (1, _("up"), colours.PASSES), (-1, _("down"), colours.TRAIN_COLOUR)
    for total, (side, words, colour) in zip(sums, sides, strict=True):
        shade, pulls, at = colours.of_sign(side), np.sign(terms) == side, MIDDLE + side * GRIP / 2
        width = 10 if is_asked else max(2, 20 * min(total / largest, 2))
        rope.append(_line([MIDDLE, MIDDLE + side * GRIP], [PULLS] * 2, width, shade))
        sizes = 2.3 if is_asked else 1.2 + 1.1 * np.sort(np.abs(terms[pulls]))[::-1] / max(sums)
        pullers += [(side, place, size, shade) for place, size in enumerate((sizes + np.zeros(pulls.sum())).tolist())]
        said = f"<b>{words}</b>" if is_asked else f"<b>{words} {_number(total)}</b>"
        notes.append(draw.note(at, PULLS, said, 28, colour, yanchor="bottom", yshift=22))
        parts = " + ".join(part for part, pull in zip(written, pulls, strict=True) if pull)
        notes.append(draw.note(at, PULLS, parts, large if pulls.sum() < 3 else 18, colour, yanchor="top", yshift=-26))
        if not is_asked:
            rope.append(_line([MIDDLE, MIDDLE + side * HALF * total / max(1.0, *sums)], [PULLS] * 2, 44, shade))
    notes += [draw.note(MIDDLE, PULLS, _("<b>Who wins?</b>"), 28, yanchor="bottom", yshift=46)] * is_asked
    at = MIDDLE + HALF * (0 if is_asked else float(np.clip(terms.sum() / max(1.0, *sums), -1, 1)))
    knot = draw.dot(48, colours.ADDS, "diamond", opacity=1, line=(colours.PAPER_COLOUR, 3))
    start = _line([MIDDLE] * 2, [foot, PULLS + 0.5], 3, colours.MUTED_COLOUR, hoverinfo="skip")
    start["line"]["dash"] = "dot"
    return [start, *rope, draw.scatter([at], [PULLS], marker=knot, text=[_("knot")], hoverinfo="text")], pullers, notes


def _puller(side: int, place: int, size: float, colour: str, scale: float = 1) -> draw.Part:
    """Return a person who leans back and pulls a rope to one side, in pixels around the hands."""
    size, angles = size * scale, np.linspace(0, 7, 40)  # closed
    legs = [(26, -18), (20, -36), (2, -50)], [(26, -18), (27, -38), (15, -53)]
    limbs = [(1, 0), (34, 8), (26, -18)], [(34, 8), (12, 0)], *legs
    head = [[(42 + r * np.cos(each), 21 + r * np.sin(each)) for each in angles.tolist()] for r in (1, 5, 8)]
    path = " ".join(
        "M" + " L".join(f"{side * (size * x - scale * APART * place):.1f} {size * y:.1f}" for x, y in points)
        for points in (*limbs, *head)
    )
    at = {"xsizemode": "pixel", "ysizemode": "pixel", "xanchor": MIDDLE + side * GRIP, "yanchor": PULLS}
    return {"type": "path", "path": path, **at, "line": draw.stroke(colour, 4.5 * size)}


def _threshold() -> tuple[list[draw.Part], list[draw.Part]]:
    """Return the ground below the rope, silent on the left and firing on the right, and its words."""
    halves = (
        (-1, colours.BOX_COLOUR, _("silent"), colours.ON_BOX_COLOUR),
        (1, colours.SENDS, _("fires above 0"), colours.PAPER_COLOUR),
    )
    ground = [_line([MIDDLE, MIDDLE + side * GRIP], [LEVEL] * 2, 34, fill) for side, fill, _words, _ink in halves]
    return ground, [draw.note(MIDDLE + side * GRIP / 2, LEVEL, words, 18, ink) for side, _fill, words, ink in halves]


def _below(sums: str, said: str, z: float) -> list[draw.Part]:
    """Return what the sum means below the ground, and the sum in numbers."""
    words, colour = said.replace("<br>", " "), colours.SENDS if z > 0 else None
    means = draw.note(MIDDLE, LEVEL, words, 20, colour, yanchor="top", yshift=-18)
    written = draw.note(MIDDLE, LEVEL, sums, 20, colours.ADDS, yanchor="top", yshift=-42)
    return [note for note in (written, means) if note["text"]]


def _sum_in_numbers(inputs: Sequence[float], weights: Sequence[float], bias: float, total: str) -> str:
    terms = [f"{_number(value)} × {in_brackets(weight)}" for value, weight in zip(inputs, weights, strict=True)]
    terms += [in_brackets(bias)] if bias else []
    return f"{' + '.join(terms)} = <b>{total}</b>"


def _level(height: float, value: float, radius: float) -> draw.Part:
    """Return the filled part of the circle of an input: all of it from 1 on, and from above if it is negative."""
    share = float(np.clip(abs(value), 0, 1))
    angles, side = np.linspace(-1, 1, 33) * np.arccos(1 - 2 * share), -np.copysign(radius, value)
    path = "M" + " L".join(f"{radius * np.sin(angle):.1f} {side * np.cos(angle):.1f}" for angle in angles) + " Z"
    at = {"xsizemode": "pixel", "ysizemode": "pixel", "xanchor": LEFT, "yanchor": height}
    return {"type": "path", "path": path, **at, "fillcolor": colours.RECEIVES, "line": draw.stroke(colours.RECEIVES, 1)}


def in_brackets(value: float) -> str:
    """Return a number as a factor or term: in brackets if it is negative."""
    return f"({_number(value)})" if value < 0 else _number(value)


def _in_the_box(activation: Activation, center: float) -> draw.Part:
    """Return the curve of an activation from -3 to 3, in the lower part of the box."""
    heights = activation.function(np.linspace(-3, 3, 49))
    heights = 28 * (heights - heights.min()) / np.ptp(heights) - 26
    path = "M" + " L".join(f"{x} {y:.1f}" for x, y in zip(range(-24, 25), heights, strict=True))
    size = {"xsizemode": "pixel", "ysizemode": "pixel", "xanchor": 6.9, "yanchor": center}
    return {"type": "path", "path": path, **size, "line": draw.stroke(colours.ON_BOX_COLOUR, 3)}


def _line(x: list[float], y: Sequence[float | None], width: float, colour: str, **more: object) -> draw.Part:
    return draw.scatter(x, y, "lines", line=(colour, width), **more)


def _hovers(inputs: Sequence[float], z: str, activation: str, output: str, bias: float) -> list[str]:
    """Return the hover text for each node of the perceptron."""
    entering = _("input {number}: {value}")
    return [
        *(entering.format(number=number, value=_number(value, 6)) for number, value in enumerate(inputs, start=1)),
        _("pre-activation: {value}").format(value=z),
        _("activation: {name}").format(name=activation),
        _("output: {value}").format(value=output),
        _("bias: {value}").format(value=_number(bias, 6)),
    ]


def _width(product: float, largest: float) -> float:
    """Return the width of a line in pixels."""
    return 2 + 8 * (min(abs(product) / largest, 2.0) if np.isfinite(product) else 1.0)


def _push(ends: tuple[float, float], product: float, width: float, words: str) -> list[draw.Part]:
    """Return the line from an input to the sum, given both y, and points for hovering."""
    x = np.linspace(LEFT + 0.6, 3.8, 9)
    y = np.interp(x, [LEFT, MIDDLE], ends)
    colour, opacity = colours.of_sign(product), 1 if product else 0.4
    line = _line([LEFT, MIDDLE], ends, width, colour, opacity=opacity)
    return [line, draw.scatter(x, y, marker={"size": 12, "opacity": 0}, text=[words] * 9, hoverinfo="text")]


@Picture
def activation_curves(activation: Activation, z: float) -> Plain:
    """Draw an activation and its derivative, with the working point marked on both.

    Parameters
    ----------
    activation : Activation
    z : float
        Pre-activation of the neuron. Its point is left out if it is not finite or its size exceeds `MAX_Z`.
    """
    seen = np.isfinite(z) and abs(z) <= MAX_Z
    reach = max(6.0, 1.2 * abs(z)) if seen else 6.0
    x = np.linspace(-reach, reach, 401)
    outputs = activation.function(x)
    derivatives, hover = activation.derivative(x, outputs), "z = %{x:.3g}<br>%{y:.4g}"
    figure = draw.figure(
        draw.curve(x, outputs, str(activation.title), (colours.SENDS, 3, "solid"), hover),
        draw.curve(x, derivatives, _("how fast it changes: its derivative"), (colours.TEST_COLOUR, 3, "dash"), hover),
        xaxis=draw.axis(_("pre-activation z"), range=[-reach, reach]),
        yaxis=draw.axis(_("activation a")),
    )
    if seen:
        point, name = np.array([z]), _("this neuron")
        output = activation.function(point)
        y = np.concatenate([output, activation.derivative(point, output)])
        marker = draw.dot([21, 12], [colours.SENDS, colours.TEST_COLOUR], line=(colours.PAPER_COLOUR, 2))
        hover = f"z = %{{x:.4g}}<br>%{{y:.4g}}<extra>{name}</extra>"
        figure["data"].append(draw.scatter([z, z], y, "markers", hover, name=name, marker=marker))
    sentence = _("{activation} and its derivative; this neuron's pre-activation is {z}")
    return says(figure, sentence, activation=activation.title, z=short(z))


@Picture
def decision_plane(
    weights: Sequence[float],
    bias: float,
    targets: np.ndarray,
    here: Sequence[float],
    bounds: tuple[float, float],
    next_point: int | None = None,
) -> Plain:
    """Draw the plane of two inputs: the region in which the neuron fires, its decision line, and `POINTS` to separate.

    Parameters
    ----------
    weights : sequence of float, length 2
    bias : float
    targets : ndarray of int, shape (4,)
        Target at each point, 0 or 1.
    here : sequence of float, length 2
        Current inputs.
    bounds : (float, float)
        Range of both axes.
    next_point : int, optional
        Index of the next point, which is circled.
    """
    each, given = {"range": list(bounds), "dtick": 1, "constrain": "domain"}, answers(weights, bias)
    region, line = (find(weights, bias, *bounds) for find in (firing_region, decision_line))
    name = _("input {letter}")
    fires = {"fill": "toself", "fillcolor": colours.see_through(colours.SENDS, 0.18), "name": _("fires: sum above 0")}
    traces = [
        draw.scatter(**draw.xy(region), mode="none", **fires),
        draw.scatter(**draw.xy(line), mode="lines", line=(colours.SENDS, 3), name=_("sum = 0")),
    ]
    if next_point is not None:
        (x, y), marker = POINTS[next_point].tolist(), draw.dot(38, colours.INVISIBLE, line=(colours.ADDS, 3))
        traces.append(draw.point(x, y, None, marker, name=_("next point")))
    traces.append(_targets(targets, given, line))
    if all(bounds[0] <= value <= bounds[1] for value in here):
        hover = _("current inputs: {point}").format(point="(%{x}, %{y})")
        traces.append(draw.point(here[0], here[1], hover, (16, colours.RECEIVES, "x"), name=_("current inputs")))
    figure = draw.figure(
        *traces,
        xaxis=draw.axis(name.format(letter="x<sub>1</sub>"), **each),
        yaxis=draw.axis(name.format(letter="x<sub>2</sub>"), scaleanchor="x", **each),
        legend={"y": 1.03, "font": draw.font(14)},
    )
    sentence = _("The plane of two inputs: the neuron classifies {correct} of {count} points correctly")
    return says(figure, sentence, correct=int((targets == given).sum()), count=len(POINTS))


def _beside(point: np.ndarray, line: np.ndarray) -> str:
    """Return the place for the words at a point: to the top right, unless they would lie on the line."""
    corners = {"top right": (1, 1), "bottom right": (1, -1), "bottom left": (-1, -1), "top left": (-1, 1)}
    across, up = np.diff(line, axis=0)[0] if len(line) else (0.0, 0.0)
    normal, start = np.array([up, -across]) / (np.hypot(across, up) or 1), line[0] if len(line) else point
    away = {corner: abs((point + WORDS_AWAY * np.array(to) - start) @ normal) for corner, to in corners.items()}
    return "top right" if not len(line) or away["top right"] > CLEAR else max(away, key=lambda corner: away[corner])


def _targets(targets: np.ndarray, given: np.ndarray, line: np.ndarray) -> draw.Part:
    """Return the points with their targets, and signs for correct and wrong answers."""
    correct = targets == given
    shades = [colours.CORRECT_COLOUR if good else colours.WRONG_COLOUR for good in correct]
    said = _("should give {target}, gives {answer}").format(target="%{customdata[0]}", answer="%{customdata[1]}")
    return draw.scatter(
        **draw.xy(POINTS),
        mode="markers+text",
        hover=f"(%{{x}}, %{{y}})<br>{said}",
        name=_("should fire (1) or not (0)"),
        text=[f"<b>{target}</b> {'✓' if good else '✗'}" for target, good in zip(targets, correct, strict=True)],
        textposition=[_beside(point, line) for point in POINTS],
        textfont=draw.font(17, shades),
        marker=draw.dot(18, shades, ["circle" if target else "circle-open" for target in targets], line={"width": 3}),
        customdata=np.stack([targets, given], axis=1),
    )
