"""When the network learnt each digit, and which digits are the hardest."""

from __future__ import annotations

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import DIGIT_COLOURS, MUTED_COLOUR
from digitviz.figures.digits import click_points, sheet_of
from digitviz.figures.picture import Picture, Plain
from digitviz.figures.sentence import says
from digitviz.figures.thinning import evenly
from digitviz.language import gettext as _
from digitviz.language import ngettext

MAX_MARKS = 2_000
"""Digits drawn at most, evenly chosen."""
PER_COLUMN = 5
"""Marks in one column; further marks for the same batch start a new column."""
APART = 0.19
"""Vertical distance of marks; rows are 1 apart."""
BESIDE, WIDEST = 0.12, 0.5
"""Horizontal distance of columns, and of the first from the last at most, in doublings of batches."""
TICKS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
"""Batches that may be written on the axis."""


def place_of(batches: np.ndarray) -> np.ndarray:
    """Return the position of a batch on the axis. Each doubling takes the same room: most digits are learnt early."""
    return np.log2(np.asarray(batches, float) + 1)


@Picture
def learnt_digits(since: np.ndarray, labels: np.ndarray, half: np.ndarray, last: int) -> Plain:
    """Draw for every digit the batch after which it stays correct; one row per label, one mark per digit.

    A tall mark shows when half of a row is learnt. `customdata` of the others is the digit's index.

    Parameters
    ----------
    since : ndarray of int, shape (n,)
        Batches; -1 for never. See `digitviz.when_learnt`.
    labels : ndarray of int, shape (n,)
    half : ndarray of int, shape (10,)
        Batches after which half of each label is learnt; -1 for never.
    last : int
        Batches at the last checkpoint.
    """
    shown = evenly(len(labels), MAX_MARKS)
    since, labels = since[shown], labels[shown]
    end = float(place_of(np.array(max(last, 1))))
    never = end + max(0.6, 0.09 * end)
    right, down = _heaps(since, labels)
    x = np.where(since < 0, never, place_of(np.maximum(since, 0))) + right
    ticks = [tick for tick in TICKS if tick <= last]
    digits = zip(labels.tolist(), shown.tolist(), since.tolist(), strict=True)
    marker = {
        "color": [DIGIT_COLOURS[label] for label in labels.tolist()],
        "size": 8,
        "symbol": np.where(since < 0, "x", "circle").tolist(),
    }
    told = [_told(*digit) for digit in digits]
    tick_text = [*map("{:,}".format, ticks), _("never")]
    figure = draw.figure(
        _halfway(half),
        draw.scatter(x, labels + down, "markers", "%{text}", customdata=shown, text=told, marker=marker),
        xaxis=draw.axis(
            _("batches until it stays correct"),
            zeroline=False,
            range=[-0.25, never + 0.35],
            tickvals=[*place_of(np.array(ticks)).tolist(), never],
            ticktext=tick_text,
        ),
        yaxis=draw.axis(_("digit"), dtick=1, range=[9.6, -0.6], tickvals=list(range(10)), **draw.NO_LINES),
        shapes=_rows(never),
        hovermode="closest",
        showlegend=False,
        meta={"words_only": True},
    )
    learnt = np.sort(since[since >= 0])
    if not len(learnt):
        words = _("None of {count} digits is correct after {batches} batches")
        return says(figure, words, count=len(since), batches=last)
    sentence = _(
        "When {count} digits were learnt: half of those that are correct stay so from batch {batch} on; {never} are not"
    )
    count, batch = f"{len(since):,}", f"{learnt[len(learnt) // 2]:,}"
    return says(figure, sentence, count=count, batch=batch, never=len(since) - len(learnt))


def _told(label: int, number: int, batch: int) -> str:
    """Describe a digit by its index and the batch since which it is correct."""
    words = _("label {label}, #{number}<br>correct from batch {batch} on")
    if batch < 0:
        words = _("label {label}, #{number}<br>misclassified at the end")
    return words.format(label=label, number=f"{number + 1:,}", batch=f"{batch:,}")


def _halfway(half: np.ndarray) -> draw.Part:
    """Return a tall mark in each row where half of its digits are learnt."""
    rows = np.flatnonzero(half >= 0)
    words = _("half of all {digit}s<br>correct from batch {batch} on")
    text = [words.format(digit=row, batch=f"{half[row]:,}") for row in rows.tolist()]
    marker = {"symbol": "line-ns", "size": 30, "line": draw.stroke(MUTED_COLOUR, 3)}
    return draw.scatter(place_of(half[rows]), rows, "markers", "%{text}", text=text, marker=marker)


def _heaps(since: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each mark moves right and down, so that marks of the same row and batch do not overlap."""
    right, down = np.zeros(len(since)), np.zeros(len(since))
    for label in np.unique(labels):
        for batch in np.unique(since[labels == label]):
            heap = np.flatnonzero((labels == label) & (since == batch))
            columns = -(-len(heap) // PER_COLUMN)
            column, row = np.arange(len(heap)) % columns, np.arange(len(heap)) // columns
            right[heap] = (column - (columns - 1) / 2) * min(BESIDE, WIDEST / max(columns - 1, 1))
            down[heap] = (row - (-(-len(heap) // columns) - 1) / 2) * APART
    return right, down


def _rows(end: float) -> list[draw.Part]:
    """Return a line between the rows, and one before "never"."""
    line = draw.stroke(MUTED_COLOUR, 0.5)
    between = [draw.rule(0, 1, row + 0.5, row + 0.5, line, xref="paper") for row in range(9)]
    return [*between, draw.rule(end - 0.3, end - 0.3, 0, 1, line, yref="paper")]


@Picture
def hardest_digits(images: np.ndarray, labels: np.ndarray, wrong: np.ndarray, stops: int, columns: int = 6) -> Plain:
    """Draw the most often misclassified digits, each with the share of checkpoints at which it was.

    An invisible point lies over each digit. It can be clicked; its `customdata` is the index of the digit here.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink, 0 to 16.
    labels : ndarray of int, shape (n,)
    wrong : ndarray of int, shape (n,)
        Checkpoints at which each was misclassified.
    stops : int
        Number of checkpoints.
    columns : int
        Digits per row.
    """
    sheet, x, y = sheet_of(images, columns, below=4, beside=2)
    digits = list(zip(x, y, labels.tolist(), wrong.tolist(), strict=True))
    words = _("label {label}, misclassified at {count} of {stops} checkpoints")
    told = [words.format(label=label, count=count, stops=stops) for _x, _y, label, count in digits]
    figure = draw.figure(
        draw.heatmap(sheet),
        click_points(x, y, told),
        annotations=[
            draw.note(x, y + 6.3, f"<b>{label}</b>  {count / stops:.0%}", 15) for x, y, label, count in digits
        ],
        hovermode="closest",
        showlegend=False,
        coloraxis=draw.ink_axis(),
        **draw.image_axes(),
        margin=0,
        meta={"words_only": True},
    )
    sentence = ngettext(
        "The digit that was misclassified at most stops, {most} of {stops}",
        "The {count} digits that were misclassified at most stops, up to {most} of {stops}",
        len(images),
    )
    return says(figure, sentence, count=len(images), most=int(wrong.max(initial=0)), stops=stops)
