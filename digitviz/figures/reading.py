"""Figures of the classification of a drawing, from ink to answer, and of the pixels that decide it."""

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.drawing import Drawing
from digitviz.drawing.prediction import percent
from digitviz.explanations.receipt import Receipt
from digitviz.explanations.robustness import Occlusion
from digitviz.figures import draw
from digitviz.figures.colours import (
    GAP_COLOUR,
    INVISIBLE,
    LABEL_BOX_COLOUR,
    LABEL_COLOUR,
    MUTED_COLOUR,
    NEGATIVE_COLOUR,
    POSITIVE_COLOUR,
    TEST_COLOUR,
    TRAIN_COLOUR,
    on_ink,
)
from digitviz.figures.digits import picture_tiles, pixel_numbers
from digitviz.figures.picture import Picture, Plain, ends_of, follows, says, winner_of
from digitviz.language import gettext as _, lazy_gettext, listed
from digitviz.numbers import in_percent, numeral, short

LEGIBLE: dict[str, object] = {"font": {"size": 15}}
"""Font of small pictures on a phone."""
LABEL_WIDTH = 70
"""Width in pixels for the label's name, next to the bars."""
STAGE_SIDE = 64
"""Pixels per side in the pictures of ink and crop."""
CELLS_IN_A_ROW, MARKED = 10, 5
"""Number of hidden neurons in a row, and number of decisive ones with a mark."""
SMALLEST_DISC, FRAME = 0.06, (TEST_COLOUR, 5)
"""Radius of the smallest disc, in pixels of the digit, and the look of the frame of a covered pixel."""
SIDES = POSITIVE_COLOUR, NEGATIVE_COLOUR
"""Colours of discs for and against the answer."""
THIRDS = ((0.0, 0.31), (0.345, 0.655), (0.69, 1.0))
"""Horizontal extents of three pictures next to each other, 0 to 1."""
SAYS = {
    "stages": lazy_gettext("A drawing in three stages: as drawn, cropped to {height} × {width}, and scaled to 32 × 32"),
    "hidden_cells": lazy_gettext(
        "Outputs of {count} hidden neurons; neuron {neuron} matters most and adds {logits} to the lead"
    ),
    "probability_bars": lazy_gettext("Probabilities of the ten digits; {digit} has the largest, {probability}"),
    "digit_with_numbers": lazy_gettext("The ink of {pixels} pixels, from {lowest} to {highest}"),
}
"""Descriptions of pictures that can follow the pen. The browser fills in the same sentences."""


def _sampled(ink: np.ndarray) -> np.ndarray:
    """Sample ink in the middle of a square, shape (`STAGE_SIDE`, `STAGE_SIDE`), as `follow.js` does."""
    side = max(*ink.shape, 1)
    at = [np.arange(STAGE_SIDE) * side // STAGE_SIDE - (side - length) // 2 for length in ink.shape]
    down, across = ((place >= 0) & (place < length) for place, length in zip(at, ink.shape, strict=True))
    sampled = np.zeros((STAGE_SIDE, STAGE_SIDE), np.uint8)
    sampled[np.ix_(down, across)] = ink[np.ix_(at[0][down], at[1][across])]
    return sampled


@Picture
def stages(drawing: Drawing) -> Plain:
    """Draw the stages of a drawing: the detected ink, cropped, and normalized to 32 x 32."""
    pictures = {
        _("ink"): _sampled(drawing.ink),
        _("cropped"): _sampled(drawing.crop),
        _("32 × 32"): drawing.bitmap.astype(np.uint8),
    }
    axes: Plain = {}
    for number, domain in enumerate(THIRDS):
        axes |= draw.image_axes(draw.suffix(number), {"domain": domain}, square=True)
    figure = draw.figure(
        *(draw.heatmap(picture, panel=draw.suffix(number)) for number, picture in enumerate(pictures.values())),
        **axes,
        coloraxis=draw.ink_axis(1),
        margin=(0, 0, 28, 0),
        annotations=draw.panel_titles(pictures),
        meta={"phone_layout": LEGIBLE},
    )
    height, width = drawing.crop.shape
    return says(figure, str(SAYS["stages"]), height=height, width=width)


@Picture
def hidden_cells(activations: np.ndarray, importance: np.ndarray, marked: int = MARKED) -> Plain:
    """Draw the last hidden layer as cells, and mark the most important neurons for the answer.

    Parameters
    ----------
    activations : ndarray, shape (neurons,)
    importance : ndarray, shape (neurons,)
        Contribution of each neuron to the lead of the answer over the runner-up, in logits.
    marked : int
        Number of neurons to mark.
    """
    columns = min(CELLS_IN_A_ROW, len(activations))
    cells, lead = draw.in_rows(activations, columns), draw.in_rows(importance, columns, 0)
    decisive = [int(n) for n in np.argsort(-np.abs(importance))[:marked] if importance[n] != 0]
    hover = _("neuron {number}<br>output {output}<br>adds {lead}")
    hover = hover.format(number="%{customdata[0]}", output="%{z:.3f}", lead="%{customdata[1]:.3f}")
    custom = np.stack([np.arange(1, cells.size + 1, dtype=np.float32).reshape(cells.shape), lead], -1)
    title = _("{count} hidden neurons,<br>the decisive ones marked").format(count=len(activations))
    figure = draw.figure(
        draw.heatmap(cells, hover, xgap=2, ygap=2, customdata=custom, hoverongaps=False),
        **draw.image_layout(draw.signed_axis(activations, colorbar=draw.bar_below(_("output"))), (0, 0, 48, 0)),
        shapes=[draw.box_around(n % columns, n // columns, 0.5, (TEST_COLOUR, 3)) for n in decisive],
        annotations=draw.panel_titles([title]),
        meta={"phone_layout": LEGIBLE},
    )
    most = int(np.nan_to_num(np.abs(importance)).argmax())
    sentence = str(SAYS["hidden_cells"])
    return says(figure, sentence, count=len(activations), neuron=most + 1, logits=short(importance[most]))


def _probabilities(*traces: Plain, end: float = 1, margin: tuple[int, ...] = (32, 52, 4, 4), **layout: object) -> Plain:
    """Draw the ten probabilities as bars in pale tracks, up to `end`."""
    hidden = {"fixedrange": True, "showgrid": False, "zeroline": False}
    track = {"fillcolor": GAP_COLOUR, "opacity": 0.3, "layer": "below"}
    tracks = [draw.box(0, 1, digit - 0.2, digit + 0.2, (INVISIBLE, 0), **track) for digit in range(10)]
    ticks = {"tickvals": list(range(10)), "ticks": "outside", "ticklen": 8, "tickcolor": INVISIBLE, "automargin": False}
    return draw.figure(
        *traces,
        xaxis=draw.axis(range=[0, end], showticklabels=False, **hidden),
        yaxis=draw.axis(range=[9.6, -0.6], **ticks, **hidden),
        margin=margin,
        shapes=tracks,
        **layout,
    )


@Picture
def probability_bars(probabilities: np.ndarray, label: int | None) -> Plain:
    """Draw the ten probabilities as bars. Only the bar of the answer has a colour."""
    text = [percent(p) if p >= 0.005 else "" for p in probabilities]  # no number next to a bar that rounds to 0
    numbers = {"text": text, "width": 0.4, **draw.NUMBERS_ABOVE}
    looks = {
        "selectedpoints": [] if label is None else [label],
        "selected": {"marker": {"color": TRAIN_COLOUR}},
        "unselected": {"marker": {"color": MUTED_COLOUR, "opacity": 1}},
    }
    x, y = np.asarray(probabilities, np.float32), list(range(10))
    one = draw.bars(x, y, "%{y}: %{x:.2%}", orientation="h", **looks, **numbers)
    figure = _probabilities(one, meta={"phone_layout": {"margin": draw.margins(24, 44, 4, 4), **LEGIBLE}})
    return says(figure, str(SAYS["probability_bars"]), **winner_of(probabilities))


@Picture
def two_readings(before: np.ndarray, after: np.ndarray) -> Plain:
    """Draw the ten probabilities before and after a change, as pairs of bars in two colours.

    The two digits that matter, the answer and the answer after the change or else the runner-up, have thick bars.

    Parameters
    ----------
    before, after : ndarray, shape (10,)
    """
    answer, second = (int(np.argsort(-values, kind="stable")[place]) for values, place in ((before, 0), (after, 1)))
    other = second if int(after.argmax()) == answer else int(after.argmax())
    thick = np.where(np.isin(np.arange(10), [answer, other]), 0.42, 0.16)

    def bars(at: int, values: np.ndarray, name: str, words: str, colour: str) -> draw.Part:
        look = {"orientation": "h", "name": name, "marker": {"color": colour}, "width": thick, "offset": at * thick}
        said = words.format(probability="%{x:.2%}") + "<extra>%{y}</extra>"
        return draw.bars(draw.as_float32(values), list(range(10)), said, **look)

    earlier = bars(-1, before, _("before"), _("before: {probability}"), MUTED_COLOUR)
    colour = TRAIN_COLOUR if int(after.argmax()) == answer else TEST_COLOUR
    later = bars(0, after, _("after"), _("after: {probability}"), colour)
    pairs = enumerate(zip(before.tolist(), after.tolist(), strict=True))
    told = [(max(pair), digit, " → ".join(dict.fromkeys(map(percent, pair)))) for digit, pair in pairs]
    numbers = [draw.note(*each, xanchor="left", xshift=4) for each in told if each[0] >= 0.005]
    look = {"barmode": "overlay", "legend": {"traceorder": "normal"}}
    figure = _probabilities(earlier, later, end=1.5, margin=(32, 0, 28, 4), annotations=numbers, **look)
    (first, one), (then, two) = (winner_of(values).values() for values in (before, after))
    sentence = _("Probabilities before and after: {first} with {one}, then {second} with {other}")
    return says(figure, sentence, first=first, one=one, second=then, other=two)


@Picture
def pixel_arguments(told: Receipt) -> Plain:
    """Draw the support of each pixel for the answer (one end of the scale) or the runner-up (the other)."""
    sides = {"label": told.label, "against": told.against}
    title = _("← for {against} · score · for {label} →").format(**sides)
    layout = draw.image_layout(draw.signed_axis(told.pixel_leads, colorbar=draw.bar_below(title)), (0, 0, 8, 0))
    figure = draw.figure(draw.pixels(told.pixel_leads, _("adds {lead}").format(lead="%{z:.3f}")), **layout)
    sentence = _("What each pixel adds to the lead of {label} over {against}: {lead} points in total")
    return says(figure, sentence, **sides, lead=short(told.lead))


@Picture
def needed_pixels(
    occlusion: Occlusion,
    digit: np.ndarray,
    covered: tuple[int, int] | None = None,
    only_flips: bool = False,
    is_told: bool = True,
    hint: int | None = None,
) -> Plain:
    """Draw a digit and, once one of its pixels is covered, which pixels its answer needs.

    The area of a pixel's disc is how far the probability of the answer changes when the pixel is covered: red pixels
    speak for the answer, blue ones against it. Pixels that change the answer have a frame with the other answer in its
    corner.

    Parameters
    ----------
    occlusion : Occlusion
    digit : ndarray, shape (64,)
        Ink, 0 to 16.
    covered : (int, int), optional
        Row and column, from 0, of the covered pixel, which has an orange frame. None to mark nothing.
    only_flips : bool
        True to mark only the pixels that change the answer, if there are any.
    is_told : bool
        False to mark only the covered pixel, while the visitor looks for one that changes the answer.
    hint : int, optional
        Row, from 0, with a frame.
    """
    label, cells, shapes, legend = occlusion.label, draw.pixels(digit), list[draw.Part](), ""
    flips = np.argwhere(occlusion.flips).tolist()
    tells = is_told and covered is not None
    if not tells:
        flips = []
    else:
        words = _("when covered, read as {answer}<br>probability of {label}: {probability}")
        words = words.format(answer="%{customdata[0]}", label=label, probability="%{customdata[1]:.2%}")
        custom = np.stack([occlusion.labels, occlusion.probabilities], -1).astype(np.float32)
        cells = draw.pixels(digit, words, customdata=custom)
        if not (only_flips and flips):
            red, blue = (f'<span style="color: {colour}">⬤</span>' for colour in SIDES)
            legend = _("{red} the {label} needs it   {blue} speaks against the {label}")
            legend = legend.format(label=label, red=red, blue=blue)
            shapes += [
                draw.box_around(x + 1, y + 1, half, (LABEL_COLOUR, 1), type="circle", fillcolor=SIDES[int(change > 0)])
                for (y, x), change in np.ndenumerate(occlusion.changes)
                if (half := 0.46 * np.sqrt(abs(change) / occlusion.reach)) > SMALLEST_DISC
            ]
        looks = (LABEL_COLOUR, 7), (LABEL_BOX_COLOUR, 3)  # a frame stands out on dark pixels, too
        shapes += [draw.box_around(x + 1, y + 1, 0.5, look) for look in looks for y, x in flips]
    if hint is not None:
        shapes += [draw.box(0.5, 8.5, hint + 0.5, hint + 1.5, (TEST_COLOUR, 4, "dot"))]
    if covered is not None:
        shapes += [draw.box_around(covered[1] + 1, covered[0] + 1, 0.5, FRAME)]

    def said(small: int, words: int) -> list[draw.Part]:
        corner = {"xanchor": "right", "yanchor": "top", "bgcolor": LABEL_COLOUR, "borderpad": 1}
        named = [(x + 1.46, y + 0.54, f"<b>→{occlusion.labels[y, x]}</b>") for y, x in flips]
        under = draw.note(0.5, 0, legend, words, xref="paper", yref="y domain", yanchor="top", yshift=-6)
        return [*(draw.note(*each, small, LABEL_BOX_COLOUR, **corner) for each in named), under]

    phone = {"annotations": said(14, 16), "margin": draw.margins(0, 0, 36 * tells, 2)}
    figure = draw.figure(
        cells,
        **draw.digit_axes(),
        coloraxis=draw.ink_axis(),
        margin=(0, 0, 12, 40),
        plot_bgcolor=GAP_COLOUR,
        shapes=shapes,
        annotations=said(18, 20),
        meta={"phone_layout": phone},
    )
    probability = in_percent(occlusion.probability)
    if covered is None:
        return says(figure, _("It says {label} ({probability})."), label=label, probability=probability)
    (row, column), then, lower = covered, int(occlusion.labels[covered]), in_percent(occlusion.probabilities[covered])
    sentence = _(
        "It says {label} ({probability}). Covering one pixel changes the answer at {count} of 64 pixels. With row "
        "{row}, column {column} covered, it says {then}, and the probability of {label} is {lower}."
    )
    if not tells:
        sentence = _(
            "With row {row}, column {column} covered, it says {then}, and the probability of {label} is {lower}."
        )
    place = {"row": row + 1, "column": column + 1, "count": len(flips), "then": then, "lower": lower}
    return says(figure, sentence, label=label, probability=probability, **place)


@Picture
def without_pixel(digit: np.ndarray, covered: tuple[int, int], answer: int) -> Plain:
    """Draw a digit with a frame around its covered pixel. `answer` is what the network says to it."""
    frame, layout = draw.box_around(covered[1] + 1, covered[0] + 1, 0.5, FRAME), draw.image_layout(square=True)
    figure = draw.figure(draw.pixels(digit), **layout, plot_bgcolor=GAP_COLOUR, shapes=[frame])
    return says(figure, _("One pixel covered: it says {answer}"), answer=answer)


@Picture
def digit_with_numbers(digit: np.ndarray, title: str = "") -> Plain:
    """Draw an 8 x 8 digit with the ink of each pixel, 0 to 16, as a number."""
    figure = pixel_numbers(digit, PIXEL_MAX, "", ".0f", 14)
    if title:
        figure["layout"] |= {"annotations": draw.panel_titles([title]), "margin": draw.margins(0, 0, 28, 0)}
        figure["layout"]["meta"]["phone_layout"] = LEGIBLE
    return says(figure, str(SAYS["digit_with_numbers"]), pixels=np.size(digit), **ends_of(digit))


@Picture
def nearest_digits(images: np.ndarray, labels: np.ndarray, distances: np.ndarray) -> Plain:
    """Draw the nearest training digits with their labels and distances."""
    count, far = len(images), [numeral(distance, ".0f") for distance in distances]
    captions = [f"<b>{label}</b><br>{distance}" for label, distance in zip(labels, far, strict=True)]
    figure = picture_tiles.plain(images, captions, max(count, 1), font=15)
    return says(figure, _("The nearest training digits, with the labels {labels}"), labels=listed(labels))


def follow_slider(figure: Plain, pixels: np.ndarray, label: int) -> Plain:
    """Make the bars of `probability_bars` follow the slider, for a digit of 64 pixels, and highlight its label.

    A wrong answer has the colour of mistakes.
    """
    layout, named = figure["layout"], [str(digit) for digit in range(10)]
    named[label] = _("label {digit}").format(digit=f"<b>{label}</b>")
    layout["yaxis"] |= {"ticktext": named}
    (bar,), colours = figure["data"], [TRAIN_COLOUR, TEST_COLOUR]
    bar["selected"]["marker"]["color"] = colours[bar["selectedpoints"] != [label]]
    layout["margin"] |= {"l": LABEL_WIDTH}
    del layout["meta"]["phone_layout"]  # its margin is narrower
    told = {"label": label, "colours": colours, "says": str(SAYS["probability_bars"])}
    return follows(figure, "probabilities", pixels=np.ravel(pixels).astype(float).tolist(), **told)


def follow_pen(figure: Plain, name: str) -> Plain:
    """Make a picture of this module follow the pen. `name` is its function."""
    needed: dict[str, dict[str, object]] = {
        "digit_with_numbers": {"colours": [on_ink(ink) for ink in range(17)]},
        "hidden_cells": {
            "columns": CELLS_IN_A_ROW,
            "marked": MARKED,
            "box": draw.box_around(0, 0, 0.5, (TEST_COLOUR, 3)),
        },
    }
    kind = "probabilities" if name == "probability_bars" else name
    return follows(figure, kind, rests=True, says=str(SAYS[name]), **needed.get(name, {}))
