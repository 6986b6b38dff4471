"""Figures of a network's answers and confidence, and of the batch after which it learnt each digit."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from digitviz.explanations.evaluation import Calibration, most_confused
from digitviz.figures import draw
from digitviz.figures.colours import (
    DIGIT_COLOURS,
    GAP_COLOUR,
    MARK_COLOUR,
    MUTED_COLOUR,
    PAIRS,
    TEST_COLOUR,
    TRAIN_COLOUR,
    see_through,
)
from digitviz.figures.digits import picture_tiles
from digitviz.figures.picture import Picture, Plain, says
from digitviz.language import gettext as _
from digitviz.numbers import a_digit, in_percent, numeral

DARKEST_MISTAKE, FEWEST = 0.05, 4
"""A cell is in the darkest orange if this fraction of a label's digits, and at least this number, share its wrong
answer."""
PALER = 2.5
"""Range of the blue scale as a multiple of the largest value. It keeps the numbers in the cells legible."""
FAINTEST, CORNER = 3, 0.38
"""Least ink of a pixel in the picture of a mistake, and the distance of its count from the middle of the cell."""
ROOM = 0.04
"""Margin beyond the outermost points, as a fraction of the axes."""


@Picture
def confusion_matrix(
    matrix: np.ndarray,
    percent: bool = False,
    chosen: tuple[int, int] | None = None,
    doubtful: bool = False,
    mistakes: np.ndarray | None = None,
) -> Plain:
    """Draw a confusion matrix: correct answers in blue on the diagonal, mistakes in orange, empty cells for zeros.

    The blues stay in the paler half of their scale, so that numbers on them are legible. The first trace is the
    diagonal, the second everything else, both 10 x 10 with nan for empty cells. The scales depend only on the number of
    digits per label, so they stay the same while a network learns.

    Parameters
    ----------
    matrix : ndarray of int, shape (10, 10)
        Counts, from `digitviz.confusion_matrix`: one row per label.
    percent : bool
        True to write percentages of each label instead of counts.
    chosen : tuple of int, optional
        Label and answer of a cell with a frame of its own, in the colour of the numbers.
    doubtful : bool
        True if some labels are wrong.
    mistakes : ndarray, shape (10, 10, 8, 8), optional
        Ink of a misclassified digit for each cell of a mistake, 0 to 16, nan elsewhere. Its picture fills the cell,
        with the count beside it if there are several. A third and a fourth trace hold both.
    """
    support = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, support, out=np.zeros(matrix.shape), where=support > 0)
    values, notes, most = (shares, matrix, 1.0) if percent else (matrix, shares, float(max(support.max(), 1)))
    diagonal = np.eye(len(matrix), dtype=bool)
    darkest = max(DARKEST_MISTAKE, FEWEST / max(int(support.max()), FEWEST))
    lines = {"dtick": 1, "tick0": -0.5, "showgrid": True, "gridcolor": see_through(MUTED_COLOUR, 0.45)}
    each = {"dtick": 1, "showgrid": False, "zeroline": False, "fixedrange": True, "constrain": "domain", "minor": lines}
    frequent = [(label, answer) for label, answer, _times in most_confused(matrix, 1)]
    frames = dict.fromkeys(frequent, MARK_COLOUR) | ({} if chosen is None else {chosen: PAIRS["number"][0]})
    shapes = [draw.box_around(answer, label, 0.5, (colour, 3)) for (label, answer), colour in frames.items()]
    right, wrong = (matrix > 0) & diagonal, (matrix > 0) & ~diagonal
    named = [] if doubtful else [(*cell, _("right"), 2, TRAIN_COLOUR) for cell in np.argwhere(right)[:1].tolist()]
    if not doubtful:
        words = _("{a_label}, read as {answer}")
        cells = [(label, answer) for label, answer in (frequent if chosen is None else [chosen]) if label != answer]
        named += [(*cell, words.format(a_label=a_digit(cell[0]), answer=cell[1]), 4, MARK_COLOUR) for cell in cells]
    free = matrix == 0
    figure = draw.figure(
        _cells(_("correct"), values, notes, percent, right, "coloraxis"),
        _cells(_("misclassified"), values, notes, percent, wrong, "coloraxis2", mistakes is None),
        *([] if mistakes is None else _pictures(mistakes, matrix * wrong)),
        xaxis=draw.axis(_("it is read as …"), range=[-0.5, 9.5], tickfont=draw.font(15), **each),
        yaxis=draw.axis(
            _("label") if doubtful else _("it is really a …"),
            range=[9.5, -0.5],
            scaleanchor="x",
            tickfont=draw.font(15),
            **each,
        ),
        coloraxis=draw.colour_axis("signed", cmin=-PALER * most, cmax=PALER * most, reversescale=True, showscale=False),
        coloraxis2=draw.colour_axis("mistakes", cmin=0, cmax=most * darkest, showscale=False),
        **({} if mistakes is None else {"coloraxis3": draw.ink_axis()}),
        shapes=shapes,
        annotations=[note for cell in named for note in _named(free, *cell)],
        margin=(10, 10, 10, 10),
        showlegend=False,
        dragmode=False,
        meta={"phone_words": 13, "narrow_layout": {"font": draw.font(13)}},
    )
    figure["layout"]["meta"]["phone_layout"] = {"xaxis": figure["layout"]["xaxis"] | {"side": "top"}}  # seen first
    sentence = _("Confusion matrix of {count} digits: {correct} on the diagonal are correct, {wrong} are misclassified")
    correct, count = int(np.trace(matrix)), int(matrix.sum())
    return says(figure, sentence, count=numeral(count), correct=numeral(correct), wrong=numeral(count - correct))


def _named(free: np.ndarray, label: int, answer: int, words: str, wide: int, colour: str) -> list[draw.Part]:
    """Return the words of a cell in the nearest `free` cells of a row, with an arrow, and mark these as taken.

    Nothing if too few are free.
    """
    rows, columns = np.nonzero(sliding_window_view(free, wide, axis=1).all(axis=2))
    if not len(rows):
        return []
    away = np.column_stack([columns + (wide - 1) / 2 - answer, rows - label])
    nearest = np.hypot(*away.T).argmin()
    free[rows[nearest], columns[nearest] : columns[nearest] + wide] = False
    right, below = away[nearest].tolist()
    edge = 0.5 / max(abs(right), abs(below))
    look = {"showarrow": True, "arrowhead": 2, "arrowwidth": 2, "arrowcolor": colour, "axref": "x", "ayref": "y"}
    at = answer + edge * right, label + edge * below
    return [draw.note(*at, f"<b>{words}</b>", None, colour, ax=answer + right, ay=label + below, **look)]


def _pictures(mistakes: np.ndarray, counts: np.ndarray) -> list[draw.Part]:
    """Return a picture in each cell of a mistake, and in a corner how many there are, unless there is one."""
    shown = (mistakes >= FAINTEST) & (counts > 0)[..., None, None]
    ink = np.pad(np.where(shown, mistakes, np.nan), [(0, 0), (0, 0), (1, 1), (1, 1)], constant_values=np.nan)
    ink = ink.transpose(0, 2, 1, 3).reshape(100, 100)
    fine = {"x0": -0.45, "dx": 0.1, "y0": -0.45, "dy": 0.1}
    look = {"mode": "text", "textfont": draw.font(15) | {"shadow": "auto"}, "hoverinfo": "skip"}
    label, answer = np.indices(counts.shape).reshape(2, -1)
    text = [f"<b>{count}</b>" if count > 1 else "" for count in counts.ravel().tolist()]
    return [
        draw.heatmap(draw.as_float32(ink), None, None, "coloraxis3", hoverinfo="skip", **fine),
        draw.trace("scatter", x=answer + CORNER, y=label - CORNER, text=text, **look),
    ]


def _cells(
    name: str,
    values: np.ndarray,
    notes: np.ndarray,
    percent: bool,
    shown: np.ndarray,
    coloraxis: str,
    says_counts: bool = True,
) -> draw.Part:
    """Return some cells of the matrix. The others stay empty."""
    count, share = ("%{customdata}", "%{z:.1%}") if percent else ("%{z}", "%{customdata:.1%}")
    hover = _("label {label}, read as {answer}<br>digits: {count}<br>share of this label: {share}")
    hover = hover.format(label="%{y}", answer="%{x}", count=count, share=share)
    drawn = np.where(shown, values, np.nan).astype(np.float32)
    number = "%{z:.0%}" if percent else "%{z}"
    look = {
        "coloraxis": coloraxis,
        "texttemplate": number if says_counts else "",
        "textfont": draw.font(20, PAIRS["number"][0]),
    }
    digits = {key: list(range(len(values))) for key in "xy"}  # else a table would count from 1
    return draw.heatmap(drawn, hover, name=name, customdata=notes, hoverongaps=False, xgap=1, ygap=1, **look, **digits)


@Picture
def reliability(found: Calibration) -> Plain:
    """Draw the accuracy of answers against their confidence. On the diagonal, both are equal.

    Parameters
    ----------
    found : Calibration
        Result of `digitviz.explanations.evaluation.calibration`, with one point per bin.
    """
    lowest = min(0.9, float(min([1.0, *found.confidence, *found.accuracy]))) - ROOM
    words = [_("confidence: {confidence}"), _("accuracy: {accuracy}"), _("digits: {count}")]
    hover = "<br>".join(words).format(confidence="%{x:.1%}", accuracy="%{y:.1%}", count="%{customdata}")
    diagonal, reach = np.array([lowest, 1.0]), {"range": [lowest, 1 + ROOM], "nticks": 7, "zeroline": False}
    marker = draw.dot(11, TRAIN_COLOUR)
    figure = draw.figure(
        draw.scatter(diagonal, diagonal, "lines", line=(MUTED_COLOUR, 2, "dot")),
        draw.scatter(found.confidence, found.accuracy, "markers", hover, customdata=found.count, marker=marker),
        xaxis=draw.percent_axis(_("confidence (mean probability of the answer)"), **reach),
        yaxis=draw.percent_axis(_("accuracy"), **reach),
        shapes=[
            draw.rule(sure, sure, sure, right, (TEST_COLOUR, 3), layer="below")
            for sure, right in zip(found.confidence.tolist(), found.accuracy.tolist(), strict=True)
        ],
    )
    if not len(found.count):
        return says(figure, _("No answers to compare with the labels"))
    sentence = _("Accuracy of answers against their confidence, in {count} bins; expected calibration error {error}")
    return says(figure, sentence, count=len(found.count), error=in_percent(found.expected_error))


MAX_MARKS = 2_000
"""Maximum number of drawn digits, evenly chosen."""
PER_COLUMN = 5
"""Maximum number of marks in one column. Further marks for the same batch start a new column."""
APART = 0.19
"""Vertical distance between marks. Rows are 1 apart."""
BESIDE, WIDEST = 0.12, 0.5
"""Horizontal distance between columns, and maximum distance from the first to the last, in doublings of batches."""
TICKS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
"""Batches that the axis can label."""


def place_of(batches: np.ndarray | list[int]) -> np.ndarray:
    """Return the position of a batch on the axis. Doublings are equally wide, because most digits are learnt early."""
    return np.log2(np.asarray(batches, float) + 1)


@Picture
def learnt_digits(since: np.ndarray, labels: np.ndarray, half: np.ndarray, last: int) -> Plain:
    """Draw, for every digit, the batch after which it stays correct. Each label has a row, each digit a mark.

    A tall mark shows when half of a row is learnt. `customdata` of the other marks is the index of the digit.

    Parameters
    ----------
    since : ndarray of int, shape (n,)
        Number of batches. -1 for never. See `digitviz.when_learnt`.
    labels : ndarray of int, shape (n,)
    half : ndarray of int, shape (10,)
        Batches after which half of each label's digits are learnt. -1 for never.
    last : int
        Number of batches at the last checkpoint.
    """
    shown = draw.evenly(len(labels), MAX_MARKS)
    since, labels = since[shown], labels[shown]
    end = float(place_of([max(last, 1)])[0])
    never = end + max(0.6, 0.09 * end)
    right, down = _heaps(since, labels)
    x = np.where(since < 0, never, place_of(np.maximum(since, 0))) + right
    ticks = [tick for tick in TICKS if tick <= last]
    marker = draw.dot(8, [DIGIT_COLOURS[each] for each in labels.tolist()], np.where(since < 0, "x", "circle").tolist())
    told = [_told(*digit) for digit in zip(labels.tolist(), shown.tolist(), since.tolist(), strict=True)]
    marks = {"tickvals": [*place_of(ticks).tolist(), never], "ticktext": [*map(numeral, ticks), _("never")]}
    reach, line = [-0.25, never + 0.35], draw.stroke(MUTED_COLOUR, 0.5)
    between = [draw.rule(0, 1, row + 0.5, row + 0.5, line, xref="paper") for row in range(9)]
    figure = draw.figure(
        _halfway(half),
        draw.scatter(x, labels + down, "markers", "%{text}", customdata=shown, text=told, marker=marker),
        xaxis=draw.axis(_("batch from which it stays correct"), zeroline=False, range=reach, **marks),
        yaxis=draw.axis(_("digit"), dtick=1, range=[9.6, -0.6], tickvals=list(range(10)), **draw.NO_LINES),
        shapes=[*between, draw.rule(never - 0.3, never - 0.3, 0, 1, line, yref="paper")],
        meta={"words_only": True},
    )
    learnt = np.sort(since[since >= 0])
    if not len(learnt):
        words = _("None of {count} digits is classified correctly after {batches} batches")
        return says(figure, words, count=len(since), batches=last)
    sentence = _(
        "When {count} digits were learned: half of those that are correct at the end stay so from batch {batch} on; "
        "{never} are misclassified at the end"
    )
    count, batch = numeral(len(since)), numeral(learnt[(len(learnt) - 1) // 2])
    return says(figure, sentence, count=count, batch=batch, never=len(since) - len(learnt))


def _told(label: int, number: int, batch: int) -> str:
    """Describe a digit by its index and the batch after which it stays correct."""
    words = _("label {label}, #{number}<br>correct from batch {batch} on")
    if batch < 0:
        words = _("label {label}, #{number}<br>misclassified at the end")
    return words.format(label=label, number=numeral(number + 1), batch=numeral(batch))


def _halfway(half: np.ndarray) -> draw.Part:
    """Return a tall mark in each row where half of its digits are learnt."""
    rows = np.flatnonzero(half >= 0)
    words = _("half of all {digit}s<br>correct from batch {batch} on")
    text = [words.format(digit=row, batch=numeral(half[row])) for row in rows.tolist()]
    marker = {"symbol": "line-ns", "size": 42, "line": draw.stroke(MUTED_COLOUR, 3)}
    return draw.scatter(place_of(half[rows]), rows, "markers", "%{text}", text=text, marker=marker)


def _heaps(since: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the offsets of each mark, right and down, so that marks of the same row and batch do not overlap."""
    right, down = np.zeros(len(since)), np.zeros(len(since))
    for label in np.unique(labels):
        for batch in np.unique(since[labels == label]):
            heap = np.flatnonzero((labels == label) & (since == batch))
            columns = -(-len(heap) // PER_COLUMN)
            row, column = np.divmod(np.arange(len(heap)), columns)
            right[heap] = (column - (columns - 1) / 2) * min(BESIDE, WIDEST / max(columns - 1, 1))
            down[heap] = (row - row[-1] / 2) * APART
    return right, down


@Picture
def hardest_digits(images: np.ndarray, labels: np.ndarray, wrong: np.ndarray, stops: int, columns: int = 6) -> Plain:
    """Draw the digits that are misclassified most often, each with the fraction of checkpoints at which it is wrong.

    An invisible point over each digit makes it clickable. Its `customdata` is the index of the digit in the arguments.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink, 0 to 16.
    labels : ndarray of int, shape (n,)
    wrong : ndarray of int, shape (n,)
        Number of checkpoints at which each digit is misclassified.
    stops : int
        Total number of checkpoints.
    columns : int
    """
    digits = list(zip(labels.tolist(), wrong.tolist(), strict=True))
    words = _("label {label}, misclassified at {count} of {stops} checkpoints")
    told = [words.format(label=label, count=count, stops=stops) for label, count in digits]
    captions = [f"<b>{label}</b>  {in_percent(count / stops, 0)}" for label, count in digits]
    figure = picture_tiles.plain(images, captions, columns, font=15, hover=told, below=4)
    figure["layout"]["meta"]["words_only"] = True
    sentence = _("The digits misclassified at the most checkpoints, up to {most} of {stops}")
    return says(figure, sentence, most=int(wrong.max(initial=0)), stops=stops)


@Picture
def important_pixels(lost: np.ndarray) -> Plain:
    """Draw the accuracy lost when a pixel is the same in all digits. Pixels that are needed are red.

    Parameters
    ----------
    lost : ndarray, shape (8, 8)
        Result of `digitviz.pixel_importance`.
    """
    points = np.asarray(100 * lost, np.float32)
    words = _("percentage points lost: {lost}").format(lost="%{z:.1f}")
    row, column = divmod(int(lost.argmax()), 8)
    title = draw.bar_below(_("accuracy lost in percentage points"), -0.12, thickness=12)
    figure = draw.figure(
        draw.pixels(points, words),
        **(draw.image_layout(draw.signed_axis(points, colorbar=title), (0, 0, 8, 0)) | draw.digit_axes(numbered=True)),
        plot_bgcolor=GAP_COLOUR,
        shapes=[draw.box_around(column + 1, row + 1, 0.5, (MARK_COLOUR, 3))] if lost.max() > 0 else [],
    )
    sentence = _("Accuracy lost when a pixel is the same in all digits: most in row {row}, column {column}, {share}")
    if lost.max() <= 0:
        sentence = _("How the accuracy changes when a pixel is the same in all digits: it never falls")
    return says(figure, sentence, row=row + 1, column=column + 1, share=in_percent(lost.max()))
