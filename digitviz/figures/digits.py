"""Pictures of digits."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import CORRECT_COLOUR, MARK_COLOUR, MUTED_COLOUR, WRONG_COLOUR
from digitviz.figures.picture import Picture, Plain
from digitviz.figures.sentence import says
from digitviz.language import gettext as _
from digitviz.language import ngettext

MAX_LIKELY = 3
"""Digits that the hover text names, with their probabilities."""
FEW_COLUMNS = 6
PHONE_SIZES = 13, 10
"""Pixels of captions on a phone, with few columns of digits and with more."""


def tiles(images: np.ndarray, columns: int) -> np.ndarray:
    """Lay pictures out in rows of `columns`, with gaps of nan between them.

    Parameters
    ----------
    images : ndarray, shape (n, height, width)
    columns : int

    Returns
    -------
    ndarray of float32, shape (rows * (height + 1) - 1, columns * (width + 1) - 1)
    """
    count, height, width = images.shape
    rows = -(-count // columns)
    sheet = np.full((rows, columns, height + 1, width + 1), np.nan, np.float32)
    sheet.reshape(rows * columns, height + 1, width + 1)[:count, :height, :width] = images
    return sheet.transpose(0, 2, 1, 3).reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]


def sheet_of(
    images: np.ndarray, columns: int, below: int = 0, beside: int = 0, around: int = 0
) -> tuple[np.ndarray, list[float], list[float]]:
    """Lay 8 x 8 pictures out in rows, with room for captions.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
    columns : int
    below, beside : int
        Pixels left free below and to the right of each picture.
    around : int
        Pixels left free above and to the left of each picture.

    Returns
    -------
    (ndarray, list of float, list of float)
        The sheet as `tiles` returns it, and x and y of the middle of each picture.
    """
    padded = np.pad(np.asarray(images, np.float32), ((0, 0), (around, below), (around, beside)), constant_values=np.nan)
    rows, places = np.divmod(np.arange(len(images)), columns)
    middle = around + (draw.SIDE - 1) / 2
    x, y = places * (padded.shape[2] + 1) + middle, rows * (padded.shape[1] + 1) + middle
    return tiles(padded, columns), x.tolist(), y.tolist()


@Picture
def guesses(
    images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, columns: int = 6, marked: Collection[int] = ()
) -> Plain:
    """Draw digits with the network's answers; correct and wrong ones differ in colour, sign and words.

    An invisible point lies over each digit. It shows the largest probabilities on hover and can be clicked; its
    `customdata` is the digit's index.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink, 0 to 16.
    labels : ndarray of int, shape (n,)
    probabilities : ndarray, shape (n, 10)
    columns : int
        Digits per row.
    marked : collection of int
        Indices of digits that get a frame.
    """
    sheet, x, y = sheet_of(images, columns, below=4, beside=2)
    answers = probabilities.argmax(axis=1)
    notes = []
    for place, (label, guess) in enumerate(zip(labels.tolist(), answers.tolist(), strict=True)):
        right = guess == label
        words = (_("{guess} ✓") if right else _("{guess} ✗ is {label}")).format(guess=f"<b>{guess}</b>", label=label)
        notes.append(draw.note(x[place], y[place] + 6.3, words, 18, CORRECT_COLOUR if right else WRONG_COLOUR))
    small = {"size": PHONE_SIZES[columns > FEW_COLUMNS]}
    on_a_phone = {"annotations": [{**each, "font": each["font"] | small} for each in notes]}
    sure = [_how_sure(label, row) for label, row in zip(labels.tolist(), probabilities.tolist(), strict=True)]
    line = draw.stroke(MARK_COLOUR, 3)
    figure = draw.figure(
        draw.heatmap(sheet, xgap=0, ygap=0),
        click_points(x, y, sure),
        annotations=notes,
        shapes=[draw.box_around(x[place], y[place], 4.5, line) for place in sorted(marked)],
        hovermode="closest",
        showlegend=False,
        coloraxis=draw.ink_axis(),
        **draw.image_axes(),
        margin=0,
        meta={"words_only": True, "phone_layout": on_a_phone},
    )
    sentence = ngettext(
        "{correct} of {count} digit is classified correctly",
        "{correct} of {count} digits are classified correctly",
        len(labels),
    )
    return says(figure, sentence, correct=int((answers == labels).sum()), count=len(labels))


def click_points(x: Sequence[float], y: Sequence[float], words: Sequence[str]) -> draw.Part:
    """Return an invisible point over each digit, with its words on hover; `customdata` is its index."""
    marker = {"size": 64, "symbol": "square", "opacity": 0, "color": MUTED_COLOUR}
    places = np.arange(len(words))
    return draw.scatter(np.array(x), np.array(y), "markers", "%{text}", customdata=places, text=words, marker=marker)


def _how_sure(label: int, probabilities: Sequence[float]) -> str:
    """Name the most probable digits, one on each line."""
    likely = sorted(range(len(probabilities)), key=lambda digit: -probabilities[digit])[:MAX_LIKELY]
    said = _("{digit}: {probability}")
    lines = [said.format(digit=digit, probability=f"{probabilities[digit]:.1%}") for digit in likely]
    return "<br>".join([_("Label {label}, read as").format(label=label), *lines])


@Picture
def picture_tiles(
    images: np.ndarray, captions: Sequence[str], columns: int, framed: Sequence[bool] = (), font: int = 13
) -> Plain:
    """Draw pictures in rows, with a caption below each.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink, 0 to 16.
    captions : sequence of str
        One or two lines each, separated by `<br>`.
    columns : int
        Pictures per row.
    framed : sequence of bool, optional
        True for those with a thick frame; all others get a thin one.
    font : int
        Size of the captions, pixels.
    """
    sheet, x, y = sheet_of(images, columns, below=7, beside=1, around=1)
    thick, thin = draw.stroke(CORRECT_COLOUR, 3), draw.stroke(MUTED_COLOUR, 0.5)
    frames, notes = [], []
    for number, caption in enumerate(captions):
        left, top = x[number] - 4.5, y[number] - 4.5
        line = thick if number < len(framed) and framed[number] else thin
        frames.append(draw.box(left + 0.2, left + 8.8, top + 0.2, top + 8.8, line))
        notes.append(draw.note(left + 4.5, top + 8.8, caption, font, yanchor="top"))
    range_y = [len(sheet) - 0.5, -0.5]
    figure = draw.figure(
        draw.heatmap(sheet),
        coloraxis=draw.ink_axis(),
        **draw.image_axes(
            x={"range": [-0.5, columns * (draw.SIDE + 3) - 1.5]},
            y={"range": range_y, "constrain": "domain", "constraintoward": "top"},
        ),
        margin=0,
        annotations=notes,
        shapes=frames,
    )
    words = ", ".join(caption.replace("<br>", " ") for caption in captions)
    sentence = ngettext("A digit: {captions}", "{count} digits: {captions}", len(captions))
    return says(figure, sentence, count=len(captions), captions=words)
