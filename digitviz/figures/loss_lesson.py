"""Figures of the loss lesson: logits, probabilities, losses, and the blame of a linear neuron's weights."""

from collections.abc import Mapping

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import (
    CORRECT_COLOUR,
    DIGIT_COLOURS,
    INVISIBLE,
    MUTED_COLOUR,
    PAPER_COLOUR,
    TEST_COLOUR,
    TRAIN_COLOUR,
    WRONG_COLOUR,
)
from digitviz.figures.picture import Picture, Plain, says, winner_of
from digitviz.language import gettext as _, listed
from digitviz.lesson.neuron import Blame
from digitviz.lesson.softmax import LARGEST_EXPONENT, SMALLEST_EXPONENT, losses_along
from digitviz.numbers import in_percent, numeral, probability_in_percent, short

LARGEST_DRAWN = 1e300
"""Largest limit of an axis. Additions to it must not overflow."""
CLICKABLE_HEIGHTS = 51
"""Number of probabilities that a click can set: 0, 0.02, ..."""
SMALLEST_WRITTEN, SMALLEST_SHARE = 0.0005, 0.005
"""Smallest bars with a number, and with a percentage. Smaller ones would read 0.000 and 0%."""
ROOM_ABOVE = 0.65
"""Largest probability of the correct digit with room for words above its handle."""
ROOM_FOR_HANDLE = 0.17
"""Height of half a handle and of the number above a bar, as a probability."""
MARGIN = 48
"""Pixels left of the bars of a prediction, for the percentages."""
SHARE_COLOUR, STEP_COLOUR = TRAIN_COLOUR, CORRECT_COLOUR
"""Colours of the two ways to blame weights: in proportion to them, and by the gradient."""


@Picture
def logits_and_probabilities(logits: np.ndarray, probabilities: np.ndarray | None, label: int) -> Plain:
    """Draw the ten logits of one digit and their softmax probabilities, as bars with a common zero.

    Parameters
    ----------
    logits : ndarray, shape (10,)
    probabilities : ndarray, shape (10,), or None
        None to leave them out.
    label : int
        The correct digit. A band marks its position.
    """
    hover = _("digit {digit}<br>{name} {value}")
    below, above = _reach_of(logits)
    shares = np.full(len(logits), np.nan) if probabilities is None else probabilities
    right = {"overlaying": "y", "side": "right", "tickvals": [0, 0.5, 1], **draw.NO_LINES}
    zero = {"zeroline": True, "zerolinewidth": 2, "zerolinecolor": MUTED_COLOUR}
    figure = draw.figure(
        _per_digit(logits, _("score (logit)"), "y", hover, offsetgroup="y"),
        _per_digit(shares, _("probability"), "y2", hover, offsetgroup="y2"),
        xaxis=_digits_axis(label),
        yaxis=draw.axis(_("score (logit)"), color=TRAIN_COLOUR, range=[-1.1 * below, 1.1 * above], **zero),
        yaxis2=draw.axis(_("probability"), color=TEST_COLOUR, range=[-1.1 * below / above, 1.1], **right),
        barmode="group",
        bargap=0.25,
        shapes=[_band(label - 0.5, label + 0.5, MUTED_COLOUR, 0.18)],
    )
    if probabilities is None:
        return says(figure, _("Logits of the ten digits; the label is {label}"), label=label)
    sentence = _("Logits and probabilities of ten digits: {digit} has the largest, {probability}; the label is {label}")
    return says(figure, sentence, **winner_of(probabilities), label=label)


def _per_digit(values: np.ndarray, name: str, side: str, hover: str, **more: object) -> draw.Part:
    """Return a bar for each digit, on the first ("y") or the second ("y2") vertical axis."""
    said = hover.format(digit="%{x}", value="%{y:.4g}", name=name, loss=name)
    marker = {"color": TRAIN_COLOUR if side == "y" else TEST_COLOUR}
    return draw.bars(np.arange(len(values)), values, said, name=name, yaxis=side, marker=marker, **more)


def _digits_axis(label: int, **more: object) -> draw.Part:
    title = _("digit (the label is {label})").format(label=label)
    return draw.axis(title, dtick=1, showgrid=False, fixedrange=True, **more)


def _band(start: float, end: float, colour: str, opacity: float) -> draw.Part:
    """Return a band from the bottom to the top of the figure."""
    shade = {"fillcolor": colour, "opacity": opacity, "layer": "below"}
    return draw.box(start, end, 0, 1, {"width": 0}, xref="x", yref="y domain", **shade)


def _reach_of(values: np.ndarray) -> tuple[float, float]:
    """Return the extent of an axis below and above zero. At least a third is above, for the probabilities."""
    finite = np.clip(values[np.isfinite(values)].astype(np.float64), -LARGEST_DRAWN, LARGEST_DRAWN)
    below, above = float(max(0, -finite.min(initial=0))), float(finite.max(initial=0))
    above = max(above, 0.6 * below) or 1.0
    return below, above


@Picture
def powers_of_e(logits: np.ndarray, farthest: float) -> Plain:
    """Draw exponents on a line with the limits of exp. Several are also drawn after subtracting the largest.

    Parameters
    ----------
    logits : ndarray, shape (n,)
    farthest : float
        Minimum extent of the line to the right.
    """
    row = np.asarray(logits, np.float64)
    with np.errstate(invalid="ignore"):
        lines = {"z": row, _("z − max"): row - row.max()} if len(row) > 1 else {_("power"): row}
    low, high = 1.35 * SMALLEST_EXPONENT, max(1.2 * LARGEST_EXPONENT, farthest)
    zones = (
        (low, SMALLEST_EXPONENT, MUTED_COLOUR, _("gives 0")),
        (SMALLEST_EXPONENT, LARGEST_EXPONENT, None, _("a number")),
        (LARGEST_EXPONENT, high, WRONG_COLOUR, _("gives inf")),
    )
    hover = _("digit {digit}<br>exponent {value}").format(digit="%{text}", value="%{x:.6g}")
    look = {"marker": draw.ring(26, list(DIGIT_COLOURS), 3, "line-ns"), "text": [*map(str, range(len(row)))]}
    figure = draw.figure(
        *(draw.scatter(values, [name] * len(values), hover=hover, **look) for name, values in lines.items()),
        xaxis=draw.axis(_("exponent"), range=[low, high], fixedrange=True, zeroline=False),
        yaxis=draw.axis(type="category", range=[len(lines) - 0.4, -0.6], fixedrange=True, showgrid=False),
        margin=(10, 10, 30, 10),
        annotations=[
            draw.note((x0 + x1) / 2, 1, words, yref="paper", yanchor="bottom") for x0, x1, _colour, words in zones
        ],
        shapes=[_band(x0, x1, colour, 0.2) for x0, x1, colour, _words in zones if colour is not None],
    )
    sentence = _("Exponents on a line, up to {largest}; exp gives inf above {most}, and 0 once they are below {least}")
    most, least = numeral(LARGEST_EXPONENT, ".2f"), numeral(SMALLEST_EXPONENT, ".2f")
    return says(figure, sentence, largest=short(row.max()), most=most, least=least)


@Picture
def guess_and_target(probabilities: np.ndarray, label: int, moves: bool = True, is_plain: bool = False) -> Plain:
    """Draw predicted probabilities as ten bars, and the target as an outline: 1 at the correct digit, otherwise 0.

    What the loss measures is red: what is missing in the outline, and the bars of the other digits.

    An invisible background receives clicks at any height, which choose a digit and a probability. The bar of the right
    digit can be dragged by its handle; the loss that the page shows follows.

    Parameters
    ----------
    probabilities : ndarray, shape (10,)
    label : int
    moves : bool
        False if no click changes it.
    is_plain : bool
        True for whole percentages.
    """
    digits = list(range(len(probabilities)))
    heights = np.linspace(0, 1, CLICKABLE_HEIGHTS)
    hover = _("digit {number}: {value}").format(number="%{x}", value="%{customdata:.1%}")
    click = _("select to set it to {height}").format(height="%{y:.0%}")
    custom = np.tile(probabilities, (len(heights), 1)).astype(np.float32)
    ground = {"coloraxis": None, "customdata": custom, "opacity": 0, "showscale": False}
    colours = [CORRECT_COLOUR if digit == label else WRONG_COLOUR for digit in digits]
    finite, decimals = np.nan_to_num(probabilities), int(not is_plain)
    own = float(finite[label])
    text = [in_percent(share, 0) if share >= SMALLEST_SHARE else "" for share in finite]
    text[label] = ""  # it is on the handle
    shares = {"text": text, "textfont": draw.font(18), **draw.NUMBERS_ABOVE}
    held = in_percent(own, 0) if is_plain else probability_in_percent(own)
    handle = {"bgcolor": CORRECT_COLOUR, "borderpad": 7, "bordercolor": PAPER_COLOUR, "borderwidth": 3}
    missing = _("missing<br>{share}").format(share=in_percent(1 - own, decimals))
    lack = draw.note(label, (1 + own) / 2 + 0.03, missing, 18, CORRECT_COLOUR, bgcolor=PAPER_COLOUR)
    notes = [draw.note(label, own, f"<b>{'↕ ' * moves}{held}</b>", 18, PAPER_COLOUR, **handle)]
    lacks = [lack] if own < ROOM_ABOVE else []
    high = [digit for digit in digits if digit != label and probabilities[digit] > 2 * ROOM_FOR_HANDLE]
    false = [draw.note(digit, float(probabilities[digit]) / 2, _("by<br>mistake"), 18, PAPER_COLOUR) for digit in high]
    side: draw.Part = {"xanchor": "left", "xshift": 16} if label < 5 else {"xanchor": "right", "xshift": -16}
    near = np.nan_to_num(np.delete(probabilities, label)[max(label - 2, 0) : label + 2])
    over = float(near.max()) + ROOM_FOR_HANDLE
    end: draw.Part = {"xanchor": "right", "xshift": 14} if label == digits[-1] else {}
    # In a narrow window, a handle would hide the next bars, and a bar is narrower than the text.
    lifted = {**notes[0], **end, "y": over if own < over < 0.4 else own}
    beside = [{**note, **side} for note in lacks]
    turned = {"textangle": -90, "font": draw.font(14, PAPER_COLOUR)}
    upright = [{**note, "text": note["text"].replace("<br>", " "), **turned} for note in false]
    named: draw.Part = {"tickvals": digits, "ticktext": [str(digit) for digit in digits], "tickangle": 0}
    named["ticktext"][label] = f"<b>{label}</b><br>" + _("correct")
    hatch = {"shape": "/", "fgcolor": CORRECT_COLOUR, "bgcolor": INVISIBLE, "size": 14, "solidity": 0.2}
    outline = {"color": INVISIBLE, "line": draw.stroke(CORRECT_COLOUR, 3), "pattern": hatch}
    figure = draw.figure(
        draw.heatmap(
            np.zeros(custom.shape, np.uint8), f"{hover}<extra>{click * moves}</extra>", x=digits, y=heights, **ground
        ),
        draw.bars(digits, probabilities, marker={"color": colours}, **shares),
        draw.bars([label], [1 - own], base=[own], marker=outline),
        xaxis=draw.axis(tickmode="array", **named, tickfont=draw.font(18), fixedrange=True, range=[-0.5, 9.5]),
        yaxis=draw.percent_axis(range=[0, 1.05], fixedrange=True, tickvals=[0, 0.5, 1], tickfont=draw.font(16)),
        barmode="overlay",
        dragmode=False,
        margin=(MARGIN, 0, 24, 48),
        annotations=[*notes, *lacks, *false],
        meta={
            "phone_words": 14,
            "decimals": decimals,
            "narrow_layout": {"annotations": [lifted, *beside, *upright]},
            **({"drag": label, "first_spot": [0, f"{round(own * (len(heights) - 1))} {label}"]} if moves else {}),
        },
    )
    sentence = _("Predicted probabilities of the ten digits: {probability} for the correct one, {label}")
    return says(figure, sentence, probability=in_percent(probabilities[label]), label=label)


@Picture
def losses_against_probability(logits: np.ndarray, now: tuple[float, float, float], label: int) -> Plain:
    """Draw both losses of one prediction against the correct digit's probability, and mark the prediction.

    Parameters
    ----------
    logits : ndarray, shape (10,)
    now : (float, float, float)
        Probability of the correct digit in the prediction, its cost, and its cross-entropy.
    label : int
    """
    probabilities = np.linspace(0.001, 0.999, 200)
    costs, cross_entropies = losses_along(logits, label, probabilities)
    top = max(7.5, now[2] * 1.1 if np.isfinite(now[2]) else 0)  # above the loss at a probability of 0.001
    along = _("probability {probability}<br>{loss} {value}")
    here = _("this prediction: probability {probability}<br>{loss} {value}")
    traces = []
    for name, values, value, colour, symbol in (
        (_("squared error"), costs, now[1], TRAIN_COLOUR, "circle"),
        (_("cross-entropy"), cross_entropies, now[2], TEST_COLOUR, "diamond"),
    ):
        hover = along.format(probability="%{x:.3f}", loss=name, value="%{y:.4g}")
        traces.append(draw.scatter(probabilities, values, "lines", hover, name=name, line=(colour, 2.5)))
        hover = here.format(probability="%{x:.4g}", loss=name, value="%{y:.4g}")
        traces.append(draw.point(now[0], value, hover, (14, colour, symbol)))
    figure = draw.figure(
        *traces,
        xaxis=draw.axis(_("probability of the correct digit, {label}").format(label=label), range=[-0.02, 1.02]),
        yaxis=draw.axis(_("loss of this prediction"), range=[0, top]),
    )
    sentence = _("Losses of the digit {label}: at {probability} squared error {cost}, cross-entropy {cross_entropy}")
    cost, cross_entropy = short(now[1]), short(now[2])
    return says(figure, sentence, label=label, probability=in_percent(now[0]), cost=cost, cross_entropy=cross_entropy)


@Picture
def loss_terms(probabilities: np.ndarray, label: int) -> Plain:
    """Draw the contribution of each digit to the two losses of a prediction: squared error above, cross-entropy below.

    Parameters
    ----------
    probabilities : ndarray, shape (10,)
    label : int
    """
    target = np.arange(len(probabilities)) == label
    with np.errstate(divide="ignore", invalid="ignore"):
        squares, logarithms = (probabilities - target) ** 2 / 2, np.where(target, -np.log(probabilities), 0.0)
    each = {"rangemode": "tozero", "fixedrange": True, "nticks": 4}
    hover = _("digit {digit}<br>contributes {value} to the {loss}")
    figure = draw.figure(
        _per_digit(squares, _("squared error"), "y", hover, **_written(squares)),
        _per_digit(logarithms, _("cross-entropy"), "y2", hover, **_written(logarithms)),
        xaxis=_digits_axis(label, anchor="y2"),
        yaxis=draw.axis(domain=[0.56, 1.0], color=TRAIN_COLOUR, **each),
        yaxis2=draw.axis(domain=[0.0, 0.44], color=TEST_COLOUR, **each),
        bargap=0.3,
    )
    sentence = _("Squared error {cost} and cross-entropy {cross_entropy}, by digit; the label is {label}")
    return says(figure, sentence, label=label, cost=short(squares.sum()), cross_entropy=short(logarithms.sum()))


def _written(values: np.ndarray) -> draw.Part:
    """Return numbers above bars. Those that round to 0 are left out."""
    text = [numeral(value, ".3f") if value >= SMALLEST_WRITTEN else "" for value in values]
    return {"text": text, "textfont": draw.font(12), **draw.NUMBERS_ABOVE}


@Picture
def error_parabola(blame: Blame, landings: Mapping[str, tuple[float, str]] | None = None) -> Plain:
    """Draw E = (t - o)^2 / 2 against the output o, and its tangent, with slope -(t - o), at the current output.

    Parameters
    ----------
    blame : Blame
    landings : mapping of str to (float, str), optional
        Outputs and colours after each way to change the weights, by name.
    """
    landings = landings or {}
    farthest = max([abs(blame.error), *(abs(output - blame.target) for output, _colour in landings.values())])
    reach = max(0.0 if landings else 1.0, 1.4 * farthest) or 1.0  # the axis is shorter to separate landings
    outputs = np.linspace(blame.target - reach, blame.target + reach, 121)
    tangent = np.array([blame.output - reach / 3, blame.output + reach / 3])
    numbers = {"output": "%{x:.4g}", "error": "%{y:.4g}"}
    along, here = _("output {output}<br>error {error}"), _("current output {output}<br>error {error}")
    landed = _("{way}<br>output {output}<br>error {error}")
    tangent_heights = blame.squared_error + blame.derivative * (tangent - blame.output)
    parabola, name, said = (blame.target - outputs) ** 2 / 2, _("error"), along.format(**numbers)
    at = {"xref": "x", "yref": "y domain"}
    figure = draw.figure(
        draw.scatter(outputs, parabola, "lines", said, name=name, line=(TRAIN_COLOUR, 2.5)),
        draw.scatter(tangent, tangent_heights, "lines", name=_("tangent"), line=(TEST_COLOUR, 2.5, "dash")),
        draw.point(blame.output, blame.squared_error, here.format(**numbers), (13, TEST_COLOUR)),
        *(
            draw.point(o, (blame.target - o) ** 2 / 2, landed.format(way=way, **numbers), (14, c, "diamond"), name=way)
            for way, (o, c) in landings.items()
        ),
        xaxis=draw.axis(_("output"), range=[outputs[0], outputs[-1]]),
        yaxis=draw.axis(_("error"), range=[0, 0.55 * reach**2]),
        shapes=[draw.rule(blame.target, blame.target, 0, 1, draw.stroke(MUTED_COLOUR, dash="dot"), **at)],
        annotations=[draw.note(blame.target, 1, _("target"), xanchor="left", yanchor="top", yshift=-4, **at)],
    )
    sentence = _("The error against the output: {error} at the output {output}, 0 at the target {target}")
    error, output, target = short(blame.squared_error), short(blame.output), short(blame.target)
    return says(figure, sentence, error=error, output=output, target=target)


@Picture
def blame_shares(blame: Blame, steps: np.ndarray) -> Plain:
    """Draw the change of each weight: by its proportional share of the error, and by a step of gradient descent.

    Parameters
    ----------
    blame : Blame
    steps : ndarray, shape (n,)
        Gradient steps, - learning rate x gradient.
    """
    names = [f"w{i + 1} = {numeral(weight, '.4g')}" for i, weight in enumerate(blame.weights)]

    def bars(name: str, values: np.ndarray, colour: str) -> draw.Part:
        look = {"name": name, "marker": {"color": colour}, "text": [numeral(value, ".3f") for value in values]}
        return draw.bars(names, values, f"%{{x}}<br>{name} %{{y:.5g}}", **look, **draw.NUMBERS_ABOVE)

    figure = draw.figure(
        *([] if blame.shares is None else [bars(_("share in proportion to the weight"), blame.shares, SHARE_COLOUR)]),
        bars(_("gradient descent step"), steps, STEP_COLOUR),
        xaxis=draw.axis(type="category", fixedrange=True),
        yaxis=draw.axis(_("weight change"), fixedrange=True),
        barmode="group",
    )
    sentence = _("How {count} weights change by their shares of the error, and by gradient descent: {steps}")
    return says(figure, sentence, count=len(names), steps=listed(map(short, steps)))
