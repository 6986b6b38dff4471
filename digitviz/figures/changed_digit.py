"""A digit, what is changed in it, and what that does to the answer."""

from __future__ import annotations

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.figures.colours import (
    CORRECT_COLOUR,
    LABEL_BOX_COLOUR,
    LABEL_COLOUR,
    MARK_COLOUR,
    MUTED_COLOUR,
    TEST_COLOUR,
    TRAIN_COLOUR,
    see_through,
)
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says, short
from digitviz.figures.spots import spots
from digitviz.figures.theme import as_float32, colour_axis, signed_axis, subplot_titles
from digitviz.language import gettext as _
from digitviz.language import ngettext

SIDE = 8
COUNTED = list(range(1, SIDE + 1))
"""Rows and columns, as people count them."""


def _square(number: str = "", domain: tuple[float, float] = (0.0, 1.0)) -> dict:
    axis = {"visible": False, "fixedrange": True, "constrain": "domain"}
    return {
        f"xaxis{number}": {**axis, "domain": domain, "anchor": f"y{number}", "range": [0.5, SIDE + 0.5]},
        f"yaxis{number}": {
            **axis, "anchor": f"x{number}", "scaleanchor": f"x{number}", "range": [SIDE + 0.5, 0.5],
        },
    }  # fmt: skip


def _ink(image: np.ndarray, number: str = "", axis: str = "coloraxis", hover: str | None = None) -> dict:
    said = hover or _("row {row}, column {column}<br>ink {ink} of 16").format(row="%{y}", column="%{x}", ink="%{z:.1f}")
    return {
        "type": "heatmap", "showlegend": False, "z": as_float32(np.reshape(image, (SIDE, SIDE))),
        "x": COUNTED, "y": COUNTED,
        "coloraxis": axis, "xgap": 1, "ygap": 1, "xaxis": f"x{number}", "yaxis": f"y{number}",
        "hovertemplate": f"{said}<extra></extra>",
    }  # fmt: skip


@Picture
def pixel_flips(digit: np.ndarray, answer: int, changed: np.ndarray, chosen: tuple[int, int] | None = None) -> Plain:
    """Draw a digit, and in it what is read when one of its pixels is emptied or filled and the answer changes.

    Parameters
    ----------
    digit : ndarray, shape (8, 8)
        Ink, 0 to 16.
    answer : int
        To the digit as it is.
    changed : ndarray of int, shape (2, 8, 8)
        With each pixel emptied, then filled.
    chosen : (int, int), optional
        Row and column of a pixel that gets a frame, from 0.
    """
    traces = [_ink(digit), _marks(answer, changed, 0, _("emptied")), _marks(answer, changed, 1, _("filled"))]
    shapes = []
    if chosen is not None:
        row, column = chosen
        shapes.append(
            {
                "type": "rect", "x0": column + 0.5, "x1": column + 1.5, "y0": row + 0.5, "y1": row + 1.5,
                "line": {"color": CORRECT_COLOUR, "width": 4},
            }
        )  # fmt: skip
    places = [(row, column) for row in range(SIDE) for column in range(SIDE)]
    words = [", ".join(_changes(answer, changed, row, column)) for row, column in places]
    figure = plain_figure(
        *traces,
        **_square(),
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        shapes=shapes,
        showlegend=True,
        margin={"l": 0, "r": 0, "t": 34, "b": 0},
        meta={
            "scales": {"coloraxis": "ink"},
            "spots": spots([c + 1 for _r, c in places], [r + 1 for r, _c in places], words, 1, 1),
        },
    )
    count = int((changed != answer).sum())
    sentence = ngettext(
        "A digit read as {answer}; {count} change of a single pixel makes it another digit",
        "A digit read as {answer}; {count} changes of a single pixel make it another digit",
        count,
    )
    return says(figure, sentence.format(answer=answer, count=count))


def _marks(answer: int, changed: np.ndarray, kind: int, name: str) -> dict:
    """Return what is read with a pixel emptied or filled, at each that changes the answer."""
    rows, columns = np.nonzero(changed[kind] != answer)
    return {
        "type": "scatter", "x": columns + 1, "y": rows + 1, "mode": "markers+text", "name": name,
        "text": [f"<b>{reading}</b>" for reading in changed[kind][rows, columns].tolist()],
        "textfont": {"size": 15, "color": LABEL_BOX_COLOUR},
        "marker": {
            "symbol": "square", "size": 26, "color": see_through(LABEL_COLOUR, 0.8),
            "line": {"width": 3, "color": TEST_COLOUR if kind else TRAIN_COLOUR},
        },
        "hovertemplate": [
            "<br>".join(_changes(answer, changed, row, column)) + "<extra></extra>"
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        ],
    }  # fmt: skip


def _changes(answer: int, changed: np.ndarray, row: int, column: int) -> list[str]:
    """Say where a pixel is, and what is read with it emptied and filled where that is another answer."""
    words = [_("row {row}, column {column}").format(row=row + 1, column=column + 1)]
    for kind, said in ((0, _("emptied, it reads {digit}")), (1, _("filled, it reads {digit}"))):
        if (reading := int(changed[kind, row, column])) != answer:
            words.append(said.format(digit=reading))
    return words


@Picture
def digit_and_change(before: np.ndarray, after: np.ndarray) -> Plain:
    """Draw a digit before and after a change, and the change between them on a scale centred on zero.

    Parameters
    ----------
    before, after : ndarray, shape (8, 8) or (64,)
        Ink, 0 to 16.
    """
    change = np.asarray(after, float) - np.asarray(before, float)
    titles = {"": _("before"), "2": _("the change"), "3": _("after")}
    domains = ((0.0, 0.31), (0.345, 0.655), (0.69, 1.0))
    said = _("row {row}, column {column}<br>ink {ink}").format(row="%{y}", column="%{x}", ink="%{z:+.1f}")
    axes: dict = {}
    for number, domain in zip(titles, domains, strict=True):
        axes |= _square(number, domain)
    figure = plain_figure(
        _ink(before), _ink(change, "2", "coloraxis2", said), _ink(after, "3"),
        **axes,
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        coloraxis2=signed_axis(change, showscale=False),
        annotations=subplot_titles(titles),
        margin={"l": 0, "r": 0, "t": 28, "b": 0},
        meta={"scales": {"coloraxis": "ink", "coloraxis2": "signed"}},
        showlegend=False,
    )  # fmt: skip
    sentence = _("A digit before and after a change of at most {most} of 16 in each pixel")
    return says(figure, sentence.format(most=short(np.abs(change).max(initial=0.0))))


@Picture
def two_readings(before: np.ndarray, after: np.ndarray) -> Plain:
    """Draw the ten probabilities before and after a change, as pairs of bars in two colours.

    Parameters
    ----------
    before, after : ndarray, shape (10,)
    """
    digits = list(range(10))
    first, second = int(np.nan_to_num(before).argmax()), int(np.nan_to_num(after).argmax())
    bar = {"type": "bar", "orientation": "h", "y": digits}
    figure = plain_figure(
        {
            **bar, "x": as_float32(before), "name": _("before"), "marker": {"color": MUTED_COLOUR},
            "offsetgroup": "before",
            "hovertemplate": _("before: {probability}").format(probability="%{x:.2%}") + "<extra>%{y}</extra>",
        },
        {
            **bar, "x": as_float32(after), "name": _("after"), "marker": {"color": TEST_COLOUR},
            "offsetgroup": "after",
            "text": [f"{p:.0%}" if p >= 0.005 else "" for p in after], "textposition": "outside", "cliponaxis": False,
            "constraintext": "none", "textfont": {"size": 12},
            "hovertemplate": _("after: {probability}").format(probability="%{x:.2%}") + "<extra>%{y}</extra>",
        },
        barmode="group", bargap=0.15, bargroupgap=0.05,
        xaxis={"range": [0, 1.25], "tickformat": ".0%", "title": {"text": _("probability")}, "fixedrange": True},
        yaxis={
            "autorange": "reversed", "tickvals": digits, "fixedrange": True,
            "title": {"text": _("digit"), "standoff": 14}, "automargin": False,
        },
        margin={"l": 52, "r": 0, "t": 28, "b": 0},
        legend={"traceorder": "normal"},
    )  # fmt: skip
    sentence = _("Probabilities before and after: {first} with {one}, then {second} with {other}")
    return says(
        figure,
        sentence.format(first=first, one=f"{before[first]:.1%}", second=second, other=f"{after[second]:.1%}"),
    )


@Picture
def accuracy_against_size(sizes: np.ndarray, curves: dict[str, np.ndarray], here: float) -> Plain:
    """Draw accuracies against how much ink is added or taken, and mark the size that is chosen.

    Parameters
    ----------
    sizes : ndarray, shape (n,)
        Ink of 0 to 16.
    curves : dict of str to ndarray, shape (n,)
        By their names, fractions; in the order of the palette.
    here : float
        The chosen size.
    """
    looks = ((TEST_COLOUR, "solid"), (MUTED_COLOUR, "dash"), (CORRECT_COLOUR, "dot"))
    traces = [
        {
            "type": "scatter", "mode": "lines+markers", "x": as_float32(sizes), "y": as_float32(values), "name": name,
            "line": {"color": colour, "width": 3, "dash": dash}, "marker": {"color": colour, "size": 6},
            "hovertemplate": _("ink {size}: {accuracy}").format(size="%{x:.2f}", accuracy="%{y:.1%}")
            + "<extra>%{fullData.name}</extra>",
        }
        for (name, values), (colour, dash) in zip(curves.items(), looks, strict=False)
    ]  # fmt: skip
    line = {"color": MARK_COLOUR, "width": 2}
    figure = plain_figure(
        *traces,
        xaxis={"title": {"text": _("largest change to a pixel (full ink is 16)")}, "rangemode": "tozero"},
        yaxis={"title": {"text": _("test accuracy")}, "tickformat": ".0%", "range": [0, 1.02]},
        shapes=[{"type": "line", "x0": here, "x1": here, "y0": 0, "y1": 1, "yref": "paper", "line": line}],
        margin={"l": 60, "r": 10, "t": 50, "b": 45},
    )
    first = next(iter(curves.values()))
    nearest = int(np.abs(sizes - here).argmin())
    sentence = _("Test accuracy against the largest change to a pixel: {accuracy} at {size} of 16")
    return says(figure, sentence.format(accuracy=f"{first[nearest]:.1%}", size=short(sizes[nearest])))
