"""Figures of backpropagation: factors of the chain rule, a step, derivatives of activations, and gradient checks."""

from collections.abc import Sequence

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import MUTED_COLOUR, TEST_COLOUR, TRAIN_COLOUR
from digitviz.figures.picture import Picture, Plain, ends_of, says
from digitviz.figures.weights import PRECISE, matrix
from digitviz.language import gettext as _
from digitviz.lesson.chain_rule import Factor, GradientsAlong, Part as FactorPart, Step, sides_of_weights
from digitviz.networks.activations import ACTIVATIONS
from digitviz.numbers import numeral, short

THUMBNAIL = 64
"""Maximum number of cells per side of the pictures in an equation."""
OPERATOR = 0.1
"""Distance between two pictures of an equation, as a fraction of the width."""
ROW_HEIGHT, TITLES = 340, 52
"""Height of an equation in pictures, and of its letters and shapes, in pixels."""
WIDE_RATIO = 1000
"""Ratio of the largest to the smallest length above which their axis is logarithmic."""


@Picture
def chain_rule(equations: Sequence[Sequence[FactorPart]], chosen: str) -> Plain:
    """Draw the chain rule in pictures, with one row per equation. Each matrix is a heatmap with its letter and shape.

    Every factor has its own scale, centred on zero, and the same one wherever it appears.

    Parameters
    ----------
    equations : sequence of sequence of Part
        All or some equations of the chain rule.
    chosen : str
        Letter of the factor that gets a frame wherever it appears.

    Returns
    -------
    Figure
        One trace per part, in the given order.
    """
    width = (1 + OPERATOR) / max(len(equation) for equation in equations) - OPERATOR
    height, titles_height = 1 / len(equations), TITLES / ROW_HEIGHT
    factors = dict.fromkeys(part.factor.letter for equation in equations for part in equation)
    colours = {letter: f"coloraxis{draw.suffix(number)}" for number, letter in enumerate(factors)}
    axes: draw.Part = {}
    titles: list[str] = []
    operators: list[draw.Part] = []
    thumbnails: list[draw.Part] = []
    frames: list[draw.Part] = []
    for row, equation in enumerate(equations):
        bottom, top = 1 - (row + 1) * height, 1 - (row + titles_height) * height
        for slot, part in enumerate(equation):
            panel, colour = draw.suffix(len(thumbnails)), colours[part.factor.letter]
            left = slot * (width + OPERATOR)
            hidden = {"visible": False, "fixedrange": True}
            down = hidden | {"autorange": "reversed"}
            axes |= draw.placed(panel, [left, left + width], [bottom, top], hidden, down)
            axes[colour] = draw.signed_axis(part.factor.values, np.array([part.factor.reach]), showscale=False)
            thumbnails.append(_thumbnail(part, panel, colour))
            rows, columns = reversed(part.factor.values.shape) if part.transposed else part.factor.values.shape
            titles.append(f"<b>{part.plain}</b><br>{rows} × {columns}")
            for words, x in ((part.before, left - OPERATOR / 2), (part.after, left + width + OPERATOR / 4)):
                if words:
                    paper = {"xref": "paper", "yref": "paper", "xanchor": "center"}
                    operators.append(draw.note(x, (bottom + top) / 2, words, 22 if len(words) == 1 else 15, **paper))
            if part.factor.letter == chosen:
                frames.append(draw.box(0, 1, 0, 1, (TEST_COLOUR, 4), f"{panel} domain"))
    figure = draw.figure(
        *thumbnails,
        **axes,
        margin=(4, 24, 4, 4),
        dragmode=False,
        shapes=frames,
        annotations=[*draw.panel_titles(titles), *operators],
        meta={"spots": _whole_pictures(thumbnails, equations)},
    )
    sentence = _("The chain rule in pictures, {pictures} matrices; number of equations: {equations}")
    return says(figure, sentence, equations=len(equations), pictures=len(thumbnails))


def _whole_pictures(thumbnails: list[draw.Part], equations: Sequence[Sequence[FactorPart]]) -> draw.Part:
    """Return one spot for each picture in the equations."""
    ends = [(trace["x"][0], trace["x"][-1], trace["y"][0], trace["y"][-1]) for trace in thumbnails]
    left, right, top, bottom = np.array(ends, float).T
    x, y, width, height = (left + right) / 2, (top + bottom) / 2, right - left + 1, bottom - top + 1
    words = [_named(part) for equation in equations for part in equation]
    return draw.spots(x.tolist(), y.tolist(), words, width.tolist(), height.tolist(), list(range(len(words))))


def _named(part: FactorPart) -> str:
    return _("{name}: {value}").format(name=part.plain, value=part.factor.meaning)


def _thumbnail(part: FactorPart, panel: str, colour: str) -> draw.Part:
    values, sides = part.factor.values, (part.factor.rows, part.factor.columns)
    if part.transposed:
        values, sides = values.T, (part.factor.columns, part.factor.rows)
    invitation = _("select to enlarge")
    result = f"%{{z:{PRECISE}}}<extra>{invitation}</extra>"
    return matrix(values, sides, f"{_named(part)}<br>", panel, colour, THUMBNAIL, result)


@Picture
def factor(shown: Factor, picked: tuple[int, int] | None = None) -> Plain:
    """Draw one factor of the chain rule on a scale centred on zero.

    Parameters
    ----------
    shown : Factor
    picked : (int, int), optional
        Row and column of a number to mark.
    """
    figure = draw.figure(
        matrix(shown.values, (shown.rows, shown.columns)),
        *([] if picked is None else [_ring(picked[0] + shown.rows.first, picked[1] + shown.columns.first)]),
        coloraxis=draw.signed_axis(shown.values, np.array([shown.reach]), colorbar={"exponentformat": "power"}),
        xaxis=draw.axis(str(shown.columns), **draw.NO_LINES),
        yaxis=draw.downwards(str(shown.rows)),
    )
    height, width = shown.values.shape
    sentence = _("{meaning}: {height} × {width} numbers from {lowest} to {highest}")
    return says(figure, sentence, meaning=shown.meaning, height=height, width=width, **ends_of(shown.values))


def _ring(row: int, column: int, panel: str | None = None) -> draw.Part:
    return draw.point(column, row, None, draw.ring(16, MUTED_COLOUR, 3), panel)


@Picture
def one_step(step: Step, layer: int, picked: tuple[int, int] | None = None) -> Plain:
    """Draw the effect of one step on a weight matrix: gradient, weights before, change, weights after.

    Each has its own scale, centred on zero, except that the weights before and after share one.

    Parameters
    ----------
    step : Step
    layer : int
        Index of the layer. 0 is w1.
    picked : (int, int), optional
        Row and column of a weight to mark.
    """
    name = f"w{layer + 1}"
    parts = step.gradient, step.before, step.change, step.after
    gradient, before, change, after = (part.weights[layer] for part in parts)
    panels = {
        _("gradient of {weights}").format(weights=name): (gradient, "coloraxis"),
        _("{weights} before").format(weights=name): (before, "coloraxis2"),
        _("step: −learning rate × gradient"): (change, "coloraxis3"),
        _("{weights} after").format(weights=name): (after, "coloraxis2"),
    }
    down, across = sides = sides_of_weights(layer, len(step.before.weights))
    traces: list[draw.Part] = []
    axes: draw.Part = {}
    for number, (title, (values, coloraxis)) in enumerate(panels.items()):
        panel = draw.suffix(number)
        traces.append(matrix(values, sides, f"{title}<br>", panel, coloraxis))
        axes |= _quarter(number, str(down), str(across), traces[-1]["y"], traces[-1]["x"])
        if picked is not None:
            traces.append(_ring(picked[0] + down.first, picked[1] + across.first, panel))
    figure = draw.figure(
        *traces,
        **axes,
        coloraxis=_axis_below(_("gradient"), 0.14, gradient),
        coloraxis2=_axis_below(_("weight"), 0.5, before, after),
        coloraxis3=_axis_below(_("step taken"), 0.86, change),
        margin=(10, 10, 30, 110),
        annotations=draw.panel_titles(panels),
    )
    sentence = _("One step changes {name} by at most {change}: gradient, weights before, step, weights after")
    return says(figure, sentence, name=name, change=short(np.abs(change).max()))


def _quarter(number: int, row_name: str, column_name: str, rows: np.ndarray, columns: np.ndarray) -> draw.Part:
    """Return the axes of one of four pictures in a 2 x 2 grid. Only axes at the edge have titles and numbers.

    The axes end with the cells, because a ring in the first row would extend them.
    """
    panel, left, upper = draw.suffix(number), number % 2 == 0, number < 2
    across, up = [0, 0.42] if left else [0.57, 1.0], [0.6, 1.0] if upper else [0, 0.4]
    ends = [columns[0] - 0.5, columns[-1] + 0.5]
    x = draw.axis("" if upper else column_name, range=ends, showticklabels=not upper, **draw.NO_LINES)
    y = draw.axis(row_name if left else "", range=[rows[-1] + 0.5, rows[0] - 0.5], **draw.NO_LINES)
    return draw.placed(panel, across, up, x, y)


def _axis_below(title: str, x: float, *arrays: np.ndarray) -> draw.Part:
    """Return a colour axis with its bar below the pictures. Its title includes both limits, which saves space."""
    scale = draw.signed_axis(*arrays)
    words = f"{title}<br>±{short(scale['cmax'])}"
    return scale | {"colorbar": draw.bar_below(words, -0.25, len=0.28, thickness=12, x=x, showticklabels=False)}


@Picture
def activation_derivatives(chosen: str, z: float) -> Plain:
    """Draw every activation above and its derivative below. One is thicker and has a point at `z`.

    Parameters
    ----------
    chosen : str
        A name in `ACTIVATIONS`.
    z : float
    """
    x, sides = np.linspace(-5, 5, 401), ("y", "y2")
    curves = {name: activation.value_and_derivative(x) for name, activation in ACTIVATIONS.items()}
    derivatives = np.array([derivative for _value, derivative in curves.values()])
    at_z = ACTIVATIONS[chosen].value_and_derivative(np.array([z]))
    traces, hover = [], "z %{x:.2f}<br>%{y:.4~g}"
    for name, activation in ACTIVATIONS.items():
        title, line = str(activation.title), draw.stroke(activation.colour, 4 if name == chosen else 2)
        for side, values in zip(sides, curves[name], strict=True):
            look = {"legendgroup": name, "showlegend": side == "y"}
            traces.append(draw.curve(x, values, title, line, hover, yaxis=side, **look))
    figure = draw.figure(
        *traces,
        *(
            draw.point(z, float(value[0]), hover, (13, TEST_COLOUR), yaxis=side)
            for side, value in zip(sides, at_z, strict=True)
        ),
        xaxis=draw.axis(_("pre-activation z"), anchor="y2", range=[-5, 5]),
        yaxis=draw.axis("σ(z)", domain=[0.55, 1], range=[-1.6, 3.2]),
        yaxis2=draw.axis("σ′(z)", domain=[0, 0.45], range=[derivatives.min() - 0.1, derivatives.max() + 0.1]),
    )
    sentence = _("Activations, and derivatives; at z = {z} {activation} is {value} and its derivative {derivative}")
    value, derivative = (short(part[0]) for part in at_z)
    chosen_title = ACTIVATIONS[chosen].title
    return says(figure, sentence, activation=chosen_title, z=short(z), value=value, derivative=derivative)


@Picture
def check_errors(epsilons: np.ndarray, errors: np.ndarray, chosen: float) -> Plain:
    """Draw the error of a derivative by finite differences against the step size.

    Parameters
    ----------
    epsilons, errors : ndarray, shape (n,)
        Step sizes and relative errors. Errors of exactly 0 do not fit on the logarithmic axis.
    chosen : float
        The step size to mark.
    """
    hover = "ε %{x}<br>" + _("relative error {error}").format(error="%{y:.2~g}")
    sizes = np.where(np.isclose(epsilons, chosen, rtol=1e-6), 15, 7).tolist()
    y, look = np.where(errors > 0, errors, np.nan), {"line": draw.stroke(TRAIN_COLOUR, 2), "marker": {"size": sizes}}
    powers = {"type": "log", "exponentformat": "power"}
    figure = draw.figure(
        draw.scatter(epsilons, y, "lines+markers", hover, **look),
        xaxis=draw.axis(_("ε: how far the weight moves"), **powers),
        yaxis=draw.axis(_("relative error"), **powers),
    )
    best = int(np.nan_to_num(errors, nan=np.inf).argmin())
    sentence = _("Relative error of a derivative by finite differences, smallest at ε = {epsilon}: {error}")
    return says(figure, sentence, epsilon=short(epsilons[best]), error=short(errors[best]))


@Picture
def angle_and_length(along: GradientsAlong) -> Plain:
    """Draw the angle between the notebook's gradient and that of its loss above, and the ratio of lengths below."""
    # When the loss becomes flat, the ratio to its gradient grows without limit, so a linear scale would hide the rest.
    lengths_there = along.lengths[along.lengths > 0]  # neither 0 nor nan
    logarithmic = len(lengths_there) > 0 and lengths_there.max() > WIDE_RATIO * lengths_there.min()
    lengths = {"type": "log", "exponentformat": "power"} if logarithmic else {"rangemode": "tozero"}
    ticks = {"tickvals": along.batches.tolist()} if len(along.batches) == 1 else {}
    after = _("after {batches} batches").format(batches="%{x}")
    times, mode = _("{ratio} times as long").format(ratio="%{y:.3~g}"), "lines+markers"
    figure = draw.figure(
        draw.scatter(along.batches, along.angles, mode, f"{after}<br>%{{y:.1f}}°", yaxis="y", line=(TRAIN_COLOUR, 2)),
        draw.scatter(along.batches, along.lengths, mode, f"{after}<br>{times}", yaxis="y2", line=(TEST_COLOUR, 2)),
        xaxis=draw.axis(_("finished batches"), anchor="y2", **ticks),
        yaxis=draw.axis(_("angle"), domain=[0.55, 1], range=[0, 95], ticksuffix="°"),
        yaxis2=draw.axis(_("length ratio"), domain=[0, 0.45], **lengths),
    )
    batches, angle, ratio = (part[-1] if len(part) else np.nan for part in (along.batches, along.angles, along.lengths))
    sentence = _("Finished batches: {batches}; the notebook's gradient is off by {angle}° and {times} times as long")
    return says(figure, sentence, batches=numeral(batches), angle=short(angle), times=short(ratio))
