"""The data: digits, their pixel values, and a batch of them."""

from __future__ import annotations

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.figures import draw
from digitviz.figures.colours import TEST_COLOUR, TRAIN_COLOUR
from digitviz.figures.digits import sheet_of
from digitviz.figures.picture import Picture, Plain
from digitviz.figures.sentence import says, short
from digitviz.language import gettext as _
from digitviz.language import ngettext

BELOW, BESIDE = 3, 2
"""Cells left free below and next to a digit, for its label."""
PALER = 2.5
"""Times the largest value that the scale reaches, so that numbers in the cells stay legible."""
FRAME = draw.stroke(TEST_COLOUR, 3)


@Picture
def digit_grid(images: np.ndarray, labels: np.ndarray, columns: int = 5, picked: int | None = None) -> Plain:
    """Draw digits in rows, each with its label.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink, 0 to 16; nan leaves a cell empty.
    labels : ndarray of int, shape (n,)
    columns : int
    picked : int, optional
        Index of the digit that gets a frame.
    """
    sheet, x, y = sheet_of(images, columns, BELOW, BESIDE)
    names = labels.tolist()
    words = [_("label {digit}").format(digit=label) for label in names]
    figure = draw.figure(
        draw.heatmap(sheet, _("ink {ink}").format(ink="%{z:.3g}")),
        coloraxis=draw.ink_axis(),
        **draw.image_axes(square=True),
        margin=0,
        meta={"spots": draw.spots(x, y, words, width=8, height=8)},
        dragmode=False,
        annotations=[
            draw.note(across, down + 5.5, f"<b>{label}</b>", 17)
            for across, down, label in zip(x, y, names, strict=True)
        ],
        shapes=[] if picked is None else [draw.box_around(x[picked], y[picked], 4.4, FRAME)],
    )
    sentence = ngettext("A digit, labelled {labels}", "{count} digits, labelled {labels}", len(labels))
    return says(figure, sentence, count=len(labels), labels=", ".join(map(str, labels)))


def place_in_grid(x: float, y: float, columns: int = 5) -> int:
    """Return the index in `digit_grid` of the digit that contains a point."""
    return int(round(y) // (9 + BELOW) * columns + round(x) // (9 + BESIDE))


def _numbers(values: np.ndarray, largest: float, words: str, form: str, **more: object) -> Plain:
    """Draw 64 values with a number in each pixel; `words` are those of the hover text, `form` the number's format."""
    place = _("row {row}, column {column}").format(row="%{y}", column="%{x}")
    number = f"%{{z:{form}}}"
    return draw.figure(
        draw.pixels(values, f"{place}<br>{words}", gap=0, texttemplate=number, **more),
        coloraxis=draw.ink_axis(largest * PALER),
        xaxis=draw.axis(_("column"), dtick=1, constrain="domain", **draw.NO_LINES),
        yaxis=draw.downwards(_("row"), dtick=1, scaleanchor="x", constrain="domain"),
    )


@Picture
def digit_numbers(image: np.ndarray) -> Plain:
    """Draw one digit with the ink of each pixel written into it."""
    figure = _numbers(image, PIXEL_MAX, _("ink {ink} of 16").format(ink="%{z:.0f}"), ".0f")
    lowest, highest = short(image.min()), short(image.max())
    sentence = _("The ink of {pixels} pixels, from {lowest} to {highest}")
    return says(figure, sentence, pixels=image.size, lowest=lowest, highest=highest)


@Picture
def pixel_use(shares: np.ndarray) -> Plain:
    """Draw the fraction of digits in which each pixel has ink, shape (8, 8), 0 to 1."""
    said = _("inked in {share} of the digits").format(share="%{z:.1%}")
    figure = _numbers(shares, 1, said, ".0%", textfont={"size": 14})
    lowest, highest = f"{shares.min():.1%}", f"{shares.max():.1%}"
    sentence = _("How many of the digits have ink in each of {pixels} pixels, from {lowest} to {highest}")
    return says(figure, sentence, pixels=shares.size, lowest=lowest, highest=highest)


@Picture
def batch_matrices(x: np.ndarray, one_hot: np.ndarray, row: int) -> Plain:
    """Draw a batch and its one-hot labels, one digit per row.

    Parameters
    ----------
    x : ndarray, shape (n, 64)
        Ink, 0 to 16.
    one_hot : ndarray, shape (n, 10)
    row : int
        Index of the row that is framed in both matrices. The axis counts rows from 1.
    """
    rows = {"range": [len(x) + 0.5, 0.5], **draw.NO_LINES}
    traces, frames = [], []
    for panel, matrix, first, words in (  # pixels are counted from 1, digits are what they are
        ("", x, 1, _("row {row}, pixel {pixel}: ink {ink}").format(row="%{y}", pixel="%{x}", ink="%{z}")),
        ("2", one_hot, 0, _("row {row}, digit {digit}: {value}").format(row="%{y}", digit="%{x}", value="%{z}")),
    ):
        columns, numbers = np.arange(matrix.shape[1]) + first, np.arange(1, len(matrix) + 1)
        traces.append(draw.heatmap(matrix.astype(np.float32), words, panel, f"coloraxis{panel}", x=columns, y=numbers))
        frames.append(draw.box(first - 0.5, first + matrix.shape[1] - 0.5, row + 0.5, row + 1.5, FRAME, panel))
    titles = {"": f"x ({x.shape[0]} × {x.shape[1]})", "2": f"y ({one_hot.shape[0]} × {one_hot.shape[1]})"}
    figure = draw.figure(
        *traces,
        annotations=draw.subplot_titles(titles),
        shapes=frames,
        coloraxis=draw.colour_axis("ink", cmin=0, cmax=PIXEL_MAX, colorbar=draw.axis(_("ink"))),
        coloraxis2=draw.ink_axis(1),
        xaxis=draw.axis(_("pixel"), domain=[0, 0.72], dtick=8, range=[0.5, x.shape[1] + 0.5], **draw.NO_LINES),
        xaxis2=draw.axis(_("digit"), domain=[0.78, 1], dtick=3, **draw.NO_LINES),
        yaxis=draw.axis(_("row of the batch"), **rows),
        yaxis2=draw.axis(anchor="x2", matches="y", showticklabels=False, **rows),
    )
    sentence = _("A batch of {digits} digits with {pixels} pixels each, and their one-hot labels; one row is framed")
    return says(figure, sentence, digits=x.shape[0], pixels=x.shape[1])


@Picture
def never_seen_curves(replaced: np.ndarray, shuffled: np.ndarray, marks: tuple[int, ...]) -> Plain:
    """Draw how many digits have been in no batch yet, after each batch, for both ways of sampling.

    Parameters
    ----------
    replaced, shuffled : ndarray of int, shape (batches,)
    marks : tuple of int
        Numbers of batches to mark.
    """
    words = _("after {batches}: {count}")
    arrow = {"ax": 0, "ay": -45, "arrowhead": 2}
    hover = _("after {batches} batches: {count} never seen").format(batches="%{x}", count="%{y}")
    batches = np.arange(1, len(replaced) + 1)
    figure = draw.figure(
        *(
            draw.scatter(batches, counts, "lines", f"{name}<br>{hover}", name=name, line=(colour, 3))
            for name, counts, colour in (
                (_("with replacement"), replaced, TRAIN_COLOUR),
                (_("shuffled epochs"), shuffled, TEST_COLOUR),
            )
        ),
        xaxis=draw.axis(_("batches drawn"), rangemode="tozero"),
        yaxis=draw.axis(_("digits never seen"), rangemode="tozero"),
        annotations=[
            {"x": mark, "y": int(count), "text": words.format(batches=mark, count=count), **arrow}
            for mark, count in ((mark, replaced[mark - 1]) for mark in marks if mark <= len(replaced))
        ],
    )
    sentence = _(
        "Digits never seen after {batches} batches: {replaced} with replacement, {shuffled} with shuffled epochs"
    )
    counts = {"batches": len(replaced), "replaced": replaced[-1], "shuffled": shuffled[-1]}
    return says(figure, sentence, **{name: f"{count:,}" for name, count in counts.items()})
