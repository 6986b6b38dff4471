"""Figures of digits: with labels, answers or captions, as numbers, and as the rows of a batch."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.figures import colours, draw
from digitviz.figures.colours import CORRECT_COLOUR, MARK_COLOUR, MUTED_COLOUR, TEST_COLOUR, TRAIN_COLOUR
from digitviz.figures.picture import Picture, Plain, ends_of, says
from digitviz.language import gettext as _, listed
from digitviz.numbers import a_digit, in_percent, numeral

MAX_LIKELY = 3
"""Number of digits in the hover text, with their probabilities."""
FEW_COLUMNS, IN_WORDS = 6, 3
"""Maximum number of columns with captions of normal size, and with words in them."""
PHONE_SIZES = 13, 10
"""Font sizes of captions on a phone, in pixels: with few columns, and with many."""


def tiles(images: np.ndarray, columns: int) -> np.ndarray:
    """Arrange pictures in rows of `columns`, with gaps of nan between them.

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
    """Arrange 8 x 8 pictures in rows, with room for captions.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
    columns : int
    below, beside : int
        Free pixels below and to the right of each picture.
    around : int
        Free pixels above and to the left of each picture.

    Returns
    -------
    (ndarray, list of float, list of float)
        The sheet, like a result of `tiles`, and x and y of the centre of each picture.
    """
    padded = np.pad(np.asarray(images, np.float32), ((0, 0), (around, below), (around, beside)), constant_values=np.nan)
    rows, places = np.divmod(np.arange(len(images)), columns)
    middle = around + (draw.SIDE - 1) / 2
    x, y = places * (padded.shape[2] + 1) + middle, rows * (padded.shape[1] + 1) + middle
    return tiles(padded, columns), x.tolist(), y.tolist()


@Picture
def guesses(
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
    columns: int = 6,
    marked: Collection[int] = (),
    large: bool = False,
) -> Plain:
    """Draw digits with the network's answers. Correct and wrong ones differ in colour, sign and words.

    An invisible point over each digit makes it clickable, and shows the largest probabilities on hover. Its
    `customdata` is the index of the digit.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink, 0 to 16.
    labels : ndarray of int, shape (n,)
    probabilities : ndarray, shape (n, 10)
    columns : int
    marked : collection of int
        Indices of digits with a frame.
    large : bool
        True for large words, and for a frame around each digit, so that it looks like a button.
    """
    sheet, x, y = sheet_of(images, columns, below=4, beside=2 - large, around=int(large))
    answers = probabilities.argmax(axis=1)
    notes, small = [], []
    size, far = 24 if large else 16, 6.3
    small_size = 16 if columns <= IN_WORDS else PHONE_SIZES[columns > FEW_COLUMNS]
    for place, (label, guess) in enumerate(zip(labels.tolist(), answers.tolist(), strict=True)):
        right = guess == label
        short = f"<b>{guess}</b> ✓" if right else f"{label} → <b>{guess}</b> ✗"
        words = _in_lines(_("Is {a_label}, read as {answer}").format(a_label=a_digit(label), answer=f"<b>{guess}</b>"))
        if large:
            short = words
        colour = CORRECT_COLOUR if right else TEST_COLOUR
        notes.append(draw.note(x[place], y[place] + far, short if right or columns > IN_WORDS else words, size, colour))
        small.append(draw.note(x[place], y[place] + far, short, max(16, small_size), colour))
    sure = [_how_sure(label, row) for label, row in zip(labels.tolist(), probabilities.tolist(), strict=True)]
    below = 640 if columns > IN_WORDS or large else 1000
    buttons = zip(x, y, strict=True) if large else ()
    figure = draw.figure(
        draw.heatmap(sheet),
        click_points(x, y, sure),
        annotations=notes,
        shapes=[
            *(draw.box_around(x[place], y[place], 4.5, (MARK_COLOUR, 3)) for place in sorted(marked)),
            *(draw.box(at - 5.1, at + 5.1, up - 4.8, up + 8.4, (TRAIN_COLOUR, 2)) for at, up in buttons),
        ],
        **({"hoverdistance": -1} if large else {}),
        **draw.image_layout(),
        meta={"words_only": True, "phone_layout": {"annotations": small}, "phone_below": below},
    )
    sentence = _("Classified correctly: {correct} of {count} digits")
    return says(figure, sentence, correct=int((answers == labels).sum()), count=len(labels))


def click_points(x: Sequence[float], y: Sequence[float], words: Sequence[str]) -> draw.Part:
    """Return an invisible point over each digit, with words for hovering. `customdata` is the index."""
    marker = {"size": 64, "symbol": "square", "opacity": 0, "color": MUTED_COLOUR}
    places = np.arange(len(words))
    return draw.scatter(np.array(x), np.array(y), "markers", "%{text}", customdata=places, text=words, marker=marker)


def _how_sure(label: int, probabilities: Sequence[float]) -> str:
    """List the most probable digits, one per line."""
    likely = sorted(range(len(probabilities)), key=lambda digit: -probabilities[digit])[:MAX_LIKELY]
    said = _("{digit}: {probability}")
    lines = [said.format(digit=digit, probability=in_percent(probabilities[digit])) for digit in likely]
    return "<br>".join([_("Label {label}, read as").format(label=label), *lines])


def _in_lines(caption: str) -> str:
    """Break a caption at its commas, because a phone has no room beside it, but not between row and column."""
    return caption if caption.rpartition(", ")[2].isdecimal() else caption.replace(", ", "<br>").replace("，", "<br>")


@Picture
def picture_tiles(
    images: np.ndarray,
    captions: Sequence[str],
    columns: int,
    framed: Sequence[bool | None] = (),
    font: int = 13,
    hover: Sequence[str] = (),
    below: int = 7,
) -> Plain:
    """Draw pictures in rows, each with a caption below.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink, 0 to 16.
    captions : sequence of str
        One or two lines each, separated by `<br>`.
    columns : int
    framed : sequence of bool or None, optional
        True for a thick frame, None for a thick dashed one in red, False for a thin one.
    font : int
        Font size of the captions, in pixels.
    hover : sequence of str, optional
        More words on each picture, for hovering.
    below : int
        Room for a caption, in pixels of the pictures.
    """
    sheet, x, y = sheet_of(images, columns, below=below, beside=1, around=1)
    looks = (CORRECT_COLOUR, 4), (MUTED_COLOUR, 0.5), (colours.WRONG_COLOUR, 4, "dash")
    strokes = {mark: draw.stroke(*look) for mark, look in zip((True, False, None), looks, strict=True)}
    frames, notes = [], []
    for number, (across, middle, caption) in enumerate(zip(x, y, captions, strict=True)):
        frames.append(draw.box_around(across, middle, 4.3, strokes[framed[number] if framed else False]))
        notes.append(draw.note(across, middle + 4.3, caption, font, yanchor="top"))
    in_lines = [{**note, "text": _in_lines(caption)} for note, caption in zip(notes, captions, strict=True)]
    down = {"range": [len(sheet) - 0.5, -0.5], "constrain": "domain", "constraintoward": "top"}
    figure = draw.figure(
        draw.heatmap(sheet),
        *([click_points(x, y, hover)] if hover else []),
        **draw.image_layout(x={"range": [-0.5, columns * (draw.SIDE + 3) - 1.5]}, y=down),
        annotations=notes,
        shapes=frames,
        meta={"phone_layout": {"annotations": in_lines}},
    )
    return says(figure, _("Digits: {captions}"), captions=listed(caption.replace("<br>", " ") for caption in captions))


BELOW, BESIDE = 4, 2
"""Free pixels below and next to a digit, for its label."""
FRAME = draw.stroke(TEST_COLOUR, 3)
HANDLE = 52
"""Height in pixels of the handle above a digit, which page.css repeats."""
ON_CHANGE = 8.5, 12.5
"""Difference of a pixel from which its number is black in both themes, and from which it is paper-coloured."""


@Picture
def digit_grid(
    images: np.ndarray, labels: np.ndarray, columns: int = 5, picked: Sequence[int] = (), labelled: bool = True
) -> Plain:
    """Draw digits in rows, each with its label if `labelled`.

    If two are picked, bars show how much each differs from one. If one is picked, a phone shows its row only.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink, 0 to 16. nan leaves a cell empty.
    labels : ndarray of int, shape (n,)
    columns : int
    picked : sequence of int
        Indices of the digits with frames, at most two: the first red, the second blue. The digit most like the first
        one has a bold number.

    Raises
    ------
    ValueError
        If there are more than two picked digits.
    """
    if len(picked) > 2:
        raise ValueError("picked: must be at most two digits")
    sheet, x, y = sheet_of(images, columns, *((BELOW, BESIDE) if labelled else ()))
    names, bars, numbers, middle = labels.tolist(), list[draw.Part](), list[draw.Part](), 0.0
    words = [_("label {digit}").format(digit=label) for label in names]
    if len(picked) == 2:
        differences = np.abs(images - images[picked[0]]).sum(axis=(1, 2))
        middle, longest = -3.0, float(differences.max()) or 1.0
        said = _("{name}: differs by {difference}")
        both = zip(words, differences, strict=True)
        words = [said.format(name=name, difference=numeral(each, ".0f")) for name, each in both]
        alike = np.where(np.arange(len(names)) == picked[0], np.inf, differences).argmin()
        inks = {int(alike): colours.PAIRS["number"][0], picked[1]: colours.TRAIN_COLOUR}
        for place, far in enumerate(differences.tolist()):
            colour, left, under = inks.get(place, MUTED_COLOUR), x[place] - 4, y[place] + 7.6
            bars.append(draw.rule(left, left + 8 * far / longest, under, under, draw.stroke(colour, 6)))
            words_on = f"<b>{far:.0f}</b>" if place in inks else f"{far:.0f}" * (place != picked[0])
            numbers.append(draw.note(x[place] + 4, y[place] + 5.7, words_on, 17, colour, xanchor="right"))
    frames = zip(picked, (colours.POSITIVE_COLOUR, colours.NEGATIVE_COLOUR), strict=False)
    meta = {"spots": draw.spots(x, y, words, width=8, height=8)}
    if len(picked) == 1:
        row = {"range": [y[picked[0]] + 8.5, y[picked[0]] - 4.5]}
        meta["phone_layout"] = {"yaxis": draw.image_axes(y=row, square=True)["yaxis"]}
    below = 5.7 if bars else 6
    captions = [
        draw.note(left + middle, top + below, f"<b>{name}</b>", 17) for left, top, name in zip(x, y, names, strict=True)
    ]
    figure = draw.figure(
        draw.heatmap(sheet, _("ink {ink}").format(ink="%{z:.3~g}"), hoverongaps=False),
        **draw.image_layout(square=True),
        meta=meta,
        dragmode=False,
        annotations=captions * labelled + numbers,
        shapes=[*(draw.box_around(x[place], y[place], 4.4, (colour, 4)) for place, colour in frames), *bars],
    )
    return says(figure, _("Digits with the labels {labels}"), labels=listed(labels))


def place_in_grid(x: float, y: float, columns: int = 5) -> int:
    """Return the index of the digit at a point of `digit_grid`."""
    return int(round(y) // (9 + BELOW) * columns + round(x) // (9 + BESIDE))


def pixel_numbers(values: np.ndarray, largest: float, words: str, form: str, size: int) -> Plain:
    """Draw 64 values with a number in each pixel, pale for 0. `words` is the hover text, `form` the number format."""
    inks = [colours.on_ink(number / largest * PIXEL_MAX) if number else MUTED_COLOUR for number in np.ravel(values)]
    return _cells(values, words, _written(values, form, size, inks), coloraxis=draw.ink_axis(largest))


def _written(values: np.ndarray, form: str, size: int, inks: Sequence[str]) -> draw.Part:
    """Return a number in each of 64 pixels, each with its colour."""
    down, across = np.indices((draw.SIDE, draw.SIDE)).reshape(2, -1) + 1
    text = [numeral(number, form) for number in np.ravel(values).tolist()]
    return draw.scatter(across, down, "text", text=text, textfont=draw.font(size, inks), hoverinfo="skip")


def _cells(values: np.ndarray, words: str, *more: draw.Part, **layout: Any) -> Plain:
    """Draw one digit with lines between its pixels."""
    layout |= {**draw.digit_axes(), "plot_bgcolor": colours.GAP_COLOUR}
    return draw.figure(draw.pixels(values, words), *more, margin=(1, 1, 4, 1), **layout)


def _frames(pixels: Sequence[int]) -> list[draw.Part]:
    """Return a dark and a pale frame around each pixel, so that one of them is always visible."""
    places = [divmod(int(index), draw.SIDE) for index in pixels]
    looks = draw.stroke(colours.PAIRS["number"][0], 6), draw.stroke(colours.PAPER_COLOUR, 2)
    return [draw.box_around(across + 1, down + 1, 0.46, look) for down, across in places for look in looks]


@Picture
def digit_numbers(image: np.ndarray, framed: Sequence[int] = ()) -> Plain:
    """Draw one digit with the ink in each pixel as a number, and frames around some pixels."""
    figure = pixel_numbers(image, PIXEL_MAX, "", ".0f", 17)
    figure["layout"]["shapes"] = _frames(framed)
    figure["layout"]["meta"]["phone_words"] = 11  # two fit side by side
    sentence = _("The ink of {pixels} pixels, from {lowest} to {highest}")
    if len(framed):
        sentence = _("The ink of {pixels} pixels, from {lowest} to {highest}. Framed: {framed}")
    said, flat = _("row {row}, column {column}: {ink}"), np.ravel(image)
    inks = [said.format(ink=f"{flat[at]:g}", row=at // draw.SIDE + 1, column=at % draw.SIDE + 1) for at in framed]
    return says(figure, sentence, pixels=image.size, framed="; ".join(inks), **ends_of(image))


@Picture
def ink_and_numbers(image: np.ndarray, inked: int) -> Plain:
    """Draw one digit large: its first `inked` columns as ink, the others as numbers, with a line between them."""
    figure, edge = pixel_numbers(image, PIXEL_MAX, "", ".0f", 25), inked + 0.5
    numbers = figure["data"][1]
    numbers["textfont"]["color"] = [colours.on_ink(1) if ink else MUTED_COLOUR for ink in np.ravel(image)]
    paper = draw.as_float32(np.where(np.arange(draw.SIDE) < inked, np.nan, 0 * image))  # below the numbers
    ends = [(at + 0.5, at + 0.5, 0.5, draw.SIDE + 0.5) for at in range(1, draw.SIDE)]
    thin = draw.stroke(colours.GAP_COLOUR, 1)
    lines = [draw.rule(*each, thin) for four in ends for each in (four, four[2:] + four[:2])]
    figure["data"].append(draw.heatmap(paper, hoverinfo="skip", x=draw.COUNTED, y=draw.COUNTED))
    numbers["text"] = [
        "" if place % draw.SIDE < inked else text if text == "0" else f"<b>{text}</b>"
        for place, text in enumerate(numbers["text"])
    ]
    halves = ((1 + inked) / 2, inked, _("picture")), ((1 + inked + draw.SIDE) / 2, draw.SIDE - inked, _("numbers"))
    figure["layout"] |= {
        "margin": draw.margins(1, 1, HANDLE, 1),
        "annotations": [
            draw.note(x, 0.46, f"<b>{name}</b>", 20, yanchor="bottom") for x, wide, name in halves if wide > 1
        ],
        "shapes": [*lines, draw.rule(edge, edge, 0.46, draw.SIDE + 0.5, draw.stroke(TRAIN_COLOUR, 5))],
    }
    figure["layout"]["meta"]["phone_words"] = 18
    return says(
        figure, _("The ink of {pixels} pixels, from {lowest} to {highest}"), pixels=image.size, **ends_of(image)
    )


@Picture
def digit_difference(first: np.ndarray, second: np.ndarray, framed: Sequence[int] = ()) -> Plain:
    """Draw which of two digits has more ink in each pixel: the first red, the second blue. Some pixels have frames."""
    change = np.subtract(first, second)
    scale, words = draw.signed_axis(np.array([PIXEL_MAX]), showscale=False), _("differs by {ink}")
    inks = [colours.on_ink(abs(each), *ON_CHANGE) if each else MUTED_COLOUR for each in np.ravel(change)]
    numbers = _written(change, ".0f", 17, inks)
    meta = {"phone_words": 11}  # a phone has its words beside it
    figure = _cells(change, words.format(ink="%{z:.0f}"), numbers, coloraxis=scale, shapes=_frames(framed), meta=meta)
    sentence = _("The first digit has more ink in {more} of {pixels} pixels, the second in {less}")
    return says(figure, sentence, more=int((change > 0).sum()), less=int((change < 0).sum()), pixels=change.size)


@Picture
def pixel_use(shares: np.ndarray) -> Plain:
    """Draw the fraction of digits with ink in each pixel, shape (8, 8), 0 to 1."""
    figure = pixel_numbers(shares, 1, _("inked in {share} of the digits").format(share="%{z:.1%}"), ".0%", 15)
    lowest, highest = in_percent(shares.min()), in_percent(shares.max())
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
        Index of the row with a frame in both matrices. The axis counts rows from 1.
    """
    rows = {"range": [len(x) + 0.5, 0.5], **draw.NO_LINES}
    traces, frames = [], []
    for panel, matrix, first, words in (  # pixels count from 1, digits from 0
        ("", x, 1, _("row {row}, pixel {pixel}: ink {ink}").format(row="%{y}", pixel="%{x}", ink="%{z}")),
        ("2", one_hot, 0, _("row {row}, digit {digit}: {value}").format(row="%{y}", digit="%{x}", value="%{z}")),
    ):
        columns, numbers = np.arange(matrix.shape[1]) + first, np.arange(1, len(matrix) + 1)
        traces.append(draw.heatmap(matrix.astype(np.float32), words, panel, f"coloraxis{panel}", x=columns, y=numbers))
        frames.append(draw.box(first - 0.5, first + matrix.shape[1] - 0.5, row + 0.5, row + 1.5, FRAME, panel))
    titles = f"x ({x.shape[0]} × {x.shape[1]})", f"y ({one_hot.shape[0]} × {one_hot.shape[1]})"
    figure = draw.figure(
        *traces,
        annotations=draw.panel_titles(titles),
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
    """Draw the number of digits that no batch has contained yet, after each batch, for both kinds of sampling.

    Parameters
    ----------
    replaced, shuffled : ndarray of int, shape (batches,)
        Counts with replacement, and with shuffled epochs.
    marks : tuple of int
        Numbers of batches to mark.
    """
    words = _("after {batches}: {count}")
    arrow = {"ax": 0, "ay": -45, "arrowhead": 2}
    hover = _("after {batches} batches: {count} never seen").format(batches="%{x}", count="%{y}")
    batches = np.arange(1, len(replaced) + 1)
    figure = draw.figure(
        draw.curve(batches, replaced, _("with replacement"), (TRAIN_COLOUR, 3), hover),
        draw.curve(batches, shuffled, _("shuffled epochs"), (TEST_COLOUR, 3), hover),
        xaxis=draw.axis(_("batches drawn"), rangemode="tozero"),
        yaxis=draw.axis(_("digits never seen"), rangemode="tozero"),
        annotations=[
            {"x": mark, "y": int(count), "text": words.format(batches=mark, count=numeral(count)), **arrow}
            for mark, count in ((mark, replaced[mark - 1]) for mark in marks if mark <= len(replaced))
        ],
    )
    sentence = _("Never seen after {batches} batches: {replaced} with replacement, {shuffled} with shuffled epochs")
    counts = {"batches": len(replaced), "replaced": replaced[-1], "shuffled": shuffled[-1]}
    return says(figure, sentence, **{name: numeral(count) for name, count in counts.items()})
