"""A digit, what is changed in it, and what that does to the answer."""

from __future__ import annotations

import numpy as np

from digitviz.figures import draw
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
from digitviz.figures.picture import Picture, Plain
from digitviz.figures.reading import THIRDS
from digitviz.figures.sentence import says, short
from digitviz.language import gettext as _
from digitviz.language import ngettext


def _square(panel: str = "", domain: tuple[float, float] = (0.0, 1.0)) -> draw.Part:
    x, y = {"domain": domain, "range": [0.5, draw.SIDE + 0.5]}, {"range": [draw.SIDE + 0.5, 0.5]}
    return draw.image_axes(panel, x, y, square=True)


def _ink(image: np.ndarray, panel: str = "", coloraxis: str = "coloraxis", hover: str | None = None) -> draw.Part:
    said = hover or _("row {row}, column {column}<br>ink {ink} of 16").format(row="%{y}", column="%{x}", ink="%{z:.1f}")
    return draw.pixels(draw.as_float32(image), said, panel, coloraxis, showlegend=False)


@Picture
def pixel_flips(digit: np.ndarray, answer: int, changed: np.ndarray, chosen: tuple[int, int] | None = None) -> Plain:
    """Draw a digit, and in it the new answer if emptying or filling one of its pixels changes the answer.

    Parameters
    ----------
    digit : ndarray, shape (8, 8)
        Ink, 0 to 16.
    answer : int
        The answer to the unchanged digit.
    changed : ndarray of int, shape (2, 8, 8)
        Answers with each pixel emptied, then filled.
    chosen : (int, int), optional
        Row and column of a pixel that gets a frame, from 0.
    """
    places = [(row, column) for row in range(draw.SIDE) for column in range(draw.SIDE)]
    words = [", ".join(_changes(answer, changed, row, column)) for row, column in places]
    line = draw.stroke(CORRECT_COLOUR, 4)
    figure = draw.figure(
        _ink(digit),
        _marks(answer, changed, 0, _("emptied")),
        _marks(answer, changed, 1, _("filled")),
        **_square(),
        coloraxis=draw.ink_axis(),
        shapes=[] if chosen is None else [draw.box_around(chosen[1] + 1, chosen[0] + 1, 0.5, line)],
        showlegend=True,
        margin=(0, 0, 34, 0),
        meta={"spots": draw.spots([c + 1 for _r, c in places], [r + 1 for r, _c in places], words, 1, 1)},
    )
    count = int((changed != answer).sum())
    sentence = ngettext(
        "A digit read as {answer}; {count} change of a single pixel makes it another digit",
        "A digit read as {answer}; {count} changes of a single pixel make it another digit",
        count,
    )
    return says(figure, sentence, answer=answer, count=count)


def _marks(answer: int, changed: np.ndarray, kind: int, name: str) -> draw.Part:
    """Return the new answers, at each pixel that changes the answer when emptied (kind 0) or filled (kind 1)."""
    rows, columns = np.nonzero(changed[kind] != answer)
    hover = [
        "<br>".join(_changes(answer, changed, row, column)) + "<extra></extra>"
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    outline = draw.stroke(TEST_COLOUR if kind else TRAIN_COLOUR, 3)
    marker = draw.dot(26, see_through(LABEL_COLOUR, 0.8), "square", line=outline)
    text = [f"<b>{reading}</b>" for reading in changed[kind][rows, columns].tolist()]
    look = {"name": name, "text": text, "textfont": draw.font(15, LABEL_BOX_COLOUR), "marker": marker}
    return draw.scatter(columns + 1, rows + 1, "markers+text", "", **look, hovertemplate=hover)


def _changes(answer: int, changed: np.ndarray, row: int, column: int) -> list[str]:
    """Name a pixel, and the answers with it emptied and filled if they differ from `answer`."""
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
    said = _("row {row}, column {column}<br>ink {ink}").format(row="%{y}", column="%{x}", ink="%{z:+.1f}")
    axes: draw.Part = {}
    for panel, domain in zip(titles, THIRDS, strict=True):
        axes |= _square(panel, domain)
    figure = draw.figure(
        _ink(before),
        _ink(change, "2", "coloraxis2", said),
        _ink(after, "3"),
        **axes,
        coloraxis=draw.ink_axis(),
        coloraxis2=draw.signed_axis(change, showscale=False),
        annotations=draw.subplot_titles(titles),
        margin=(0, 0, 28, 0),
        showlegend=False,
    )
    most = short(np.abs(change).max(initial=0.0))
    return says(figure, _("A digit before and after a change of at most {most} of 16 in each pixel"), most=most)


@Picture
def accuracy_against_size(sizes: np.ndarray, curves: dict[str, np.ndarray], here: float) -> Plain:
    """Draw accuracies against how much ink is added or removed, and mark the chosen size.

    Parameters
    ----------
    sizes : ndarray, shape (n,)
        Ink, 0 to 16.
    curves : dict of str to ndarray, shape (n,)
        Fractions by the names of the curves; their order sets the colours.
    here : float
        The chosen size.
    """
    looks = ((TEST_COLOUR, "solid"), (MUTED_COLOUR, "dash"), (CORRECT_COLOUR, "dot"))
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
        shapes=[draw.rule(here, here, 0, 1, (MARK_COLOUR, 2), yref="paper")],
        margin=(60, 10, 50, 45),
    )
    first = next(iter(curves.values()))
    nearest = int(np.abs(sizes - here).argmin())
    sentence = _("Test accuracy against the largest change to a pixel: {accuracy} at {size} of 16")
    return says(figure, sentence, accuracy=f"{first[nearest]:.1%}", size=short(sizes[nearest]))
