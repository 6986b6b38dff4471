"""How a drawing is classified, from ink to answer."""

from __future__ import annotations

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.drawing import Drawing
from digitviz.explanations.receipt import Contributions
from digitviz.figures.colours import DIGIT_COLOURS, TEST_COLOUR, on_ink
from digitviz.figures.digits import tiles
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says, short
from digitviz.figures.theme import colour_axis, signed_axis, subplot_titles
from digitviz.language import gettext as _
from digitviz.language import ngettext

STAGE_SIDE = 64
"""Ink and crop are shown with at most this many pixels per side."""
COUNTED = list(range(1, 9))
"""Rows and columns of a digit, as people count them."""


def _picture_axes(number: int, domain: tuple[float, float]) -> dict:
    axis = "" if number == 1 else str(number)
    hidden = {"visible": False, "fixedrange": True}
    return {
        f"xaxis{axis}": {**hidden, "domain": domain, "anchor": f"y{axis}", "constrain": "domain"},
        f"yaxis{axis}": {
            **hidden, "autorange": "reversed", "scaleanchor": f"x{axis}", "anchor": f"x{axis}", "constrain": "domain",
        },
    }  # fmt: skip


def _thinned(ink: np.ndarray) -> np.ndarray:
    """Take every k-th pixel, so that at most `STAGE_SIDE` are left per side."""
    step = max(1, -(-max(ink.shape, default=1) // STAGE_SIDE))
    return ink[::step, ::step].astype(np.uint8)


@Picture
def stages(drawing: Drawing) -> Plain:
    """Draw the stages of a drawing: ink found, cut out, normalised to 32 x 32."""
    pictures = {
        _("ink"): _thinned(drawing.ink),
        _("cut out"): _thinned(drawing.crop) if drawing.crop.size else np.zeros((8, 8), np.uint8),
        _("32 × 32"): drawing.bitmap.astype(np.uint8),
    }
    domains = [(0.0, 0.31), (0.345, 0.655), (0.69, 1.0)]
    names = ["", "2", "3"]
    traces: list[dict] = []
    axes: dict = {}
    for number, name, picture, domain in zip((1, 2, 3), names, pictures.values(), domains, strict=True):
        traces.append(
            {
                "type": "heatmap", "z": picture, "coloraxis": "coloraxis", "xaxis": f"x{name}", "yaxis": f"y{name}",
                "hoverinfo": "skip",
            }
        )  # fmt: skip
        axes |= _picture_axes(number, domain)
    figure = plain_figure(
        *traces,
        **axes,
        coloraxis=colour_axis("ink", cmin=0, cmax=1, showscale=False),
        meta={"scales": {"coloraxis": "ink"}},
        margin={"l": 0, "r": 0, "t": 28, "b": 0},
        annotations=subplot_titles(dict(zip(names, pictures, strict=True))),
    )
    sentence = _("A drawing in three stages: as it was drawn, cut out at {height} × {width}, and scaled to 32 × 32")
    height, width = drawing.crop.shape
    return says(figure, sentence.format(height=height, width=width))


def _below(title: str) -> dict:
    """Return a colour bar below the picture, where it takes none of its width."""
    return {"title": {"text": title, "side": "top"}, "orientation": "h", "y": -0.05, "yanchor": "top"}


@Picture
def hidden_cells(activations: np.ndarray, importance: np.ndarray, marked: int = 5) -> Plain:
    """Draw the last hidden layer as cells, and mark the neurons that matter most for the answer.

    Parameters
    ----------
    activations : ndarray, shape (neurons,)
        Of each neuron.
    importance : ndarray, shape (neurons,)
        What each adds to the lead of the answer over the runner-up, in logits.
    marked : int
        How many to mark.
    """
    columns = min(10, len(activations))
    rows = -(-len(activations) // columns)
    cells = np.full(rows * columns, np.nan, np.float32)
    cells[: len(activations)] = activations
    lead = np.zeros(rows * columns, np.float32)
    lead[: len(activations)] = importance
    top = [int(n) for n in np.argsort(-np.abs(importance))[:marked] if importance[n] != 0]
    marks = [
        {
            "type": "rect", "x0": n % columns - 0.5, "x1": n % columns + 0.5,
            "y0": n // columns - 0.5, "y1": n // columns + 0.5, "line": {"color": TEST_COLOUR, "width": 3},
        }
        for n in top
    ]  # fmt: skip
    hover = _("neuron {number}<br>output {output}<br>adds {lead}").format(
        number="%{customdata[0]}", output="%{z:.3f}", lead="%{customdata[1]:.3f}"
    )
    numbers = np.arange(1, rows * columns + 1, dtype=np.float32)
    cell = {
        "type": "heatmap", "z": cells.reshape(rows, columns), "coloraxis": "coloraxis", "xgap": 2, "ygap": 2,
        "customdata": np.stack([numbers, lead], -1).reshape(rows, columns, 2),
        "hovertemplate": f"{hover}<extra></extra>", "hoverongaps": False,
    }  # fmt: skip
    title = _("{count} hidden neurons,<br>the decisive ones marked").format(count=len(activations))
    figure = plain_figure(
        cell,
        coloraxis=signed_axis(activations, colorbar=_below(_("output"))),
        meta={"scales": {"coloraxis": "signed"}},
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True, "autorange": "reversed", "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 48, "b": 0},
        showlegend=False,
        shapes=marks,
        annotations=subplot_titles({"": title}),
    )
    most = int(np.nan_to_num(np.abs(importance)).argmax())
    sentence = _("Outputs of {count} hidden neurons; neuron {neuron} matters most and adds {logits} to the lead")
    return says(figure, sentence.format(count=len(activations), neuron=most + 1, logits=short(importance[most])))


@Picture
def probability_bars(probabilities: np.ndarray, label: int | None) -> Plain:
    """Draw the ten probabilities as bars; only the answer's is opaque."""
    bars = {
        "type": "bar",
        "x": np.asarray(probabilities, np.float32),
        "y": list(range(10)),
        "orientation": "h",
        "marker": {"color": list(DIGIT_COLOURS), "opacity": [1.0 if digit == label else 0.45 for digit in range(10)]},
        "text": [f"{p:.0%}" if p >= 0.005 else "" for p in probabilities],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:.2%}<extra></extra>",
    }
    figure = plain_figure(
        bars,
        xaxis={"range": [0, 1.25], "tickformat": ".0%", "title": {"text": _("probability")}, "fixedrange": True},
        yaxis={
            "autorange": "reversed", "tickvals": list(range(10)), "fixedrange": True,
            "title": {"text": _("digit"), "standoff": 14}, "automargin": False,
        },
        showlegend=False,
        margin={"l": 52, "r": 0, "t": 8, "b": 0},
    )  # fmt: skip
    largest = int(np.nan_to_num(probabilities).argmax())
    sentence = _("Probabilities of the ten digits; {digit} has the largest, {probability}")
    return says(figure, sentence.format(digit=largest, probability=f"{probabilities[largest]:.1%}"))


@Picture
def pixel_arguments(contributions: Contributions) -> Plain:
    """Draw what each pixel argued for: the answer (one end of the scale) or the runner-up (the other)."""
    cells = {
        "type": "heatmap",
        "z": contributions.pixels.astype(np.float32),
        "coloraxis": "coloraxis",
        "xgap": 1,
        "ygap": 1,
        "x": COUNTED,
        "y": COUNTED,
        "hovertemplate": _("row {row}, column {column}<br>adds {lead}").format(
            row="%{y}", column="%{x}", lead="%{z:.3f}"
        )
        + "<extra></extra>",
    }
    figure = plain_figure(
        cells,
        coloraxis=signed_axis(
            contributions.pixels,
            colorbar=_below(
                _("← for {against} · logits · for {label} →").format(
                    against=contributions.against, label=contributions.label
                )
            ),
        ),
        meta={"scales": {"coloraxis": "signed"}},
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True, "autorange": "reversed", "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
    )
    sentence = _("What each pixel adds to the lead of {label} over {against}, {lead} logits in all")
    return says(
        figure,
        sentence.format(label=contributions.label, against=contributions.against, lead=short(contributions.lead)),
    )


@Picture
def digit_with_numbers(digit: np.ndarray, title: str = "") -> Plain:
    """Draw an 8 x 8 digit with the ink of each pixel, 0 to 16, written into it."""
    ink = {
        "type": "heatmap", "z": np.asarray(digit, np.float32), "coloraxis": "coloraxis", "xgap": 1, "ygap": 1,
        "x": COUNTED, "y": COUNTED,
        "hovertemplate": _("row {row}, column {column}<br>ink {ink} of 16").format(
            row="%{y}", column="%{x}", ink="%{z:.1f}"
        ) + "<extra></extra>",
    }  # fmt: skip
    pixels = np.ravel(digit).tolist()
    numbers = {  # Plotly's own choice of a colour has 2.5:1 on the middle of the scale
        "type": "scatter", "mode": "text", "x": 8 * COUNTED, "y": np.repeat(COUNTED, 8).tolist(),
        "text": [f"{pixel:.0f}" for pixel in pixels], "textfont": {"size": 14, "color": [*map(on_ink, pixels)]},
        "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip
    hidden = {"visible": False, "fixedrange": True, "constrain": "domain"}
    figure = plain_figure(
        ink,
        numbers,
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        meta={"scales": {"coloraxis": "ink"}},
        xaxis=hidden,
        yaxis={**hidden, "autorange": "reversed", "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 28 if title else 8, "b": 0},
        annotations=subplot_titles({"": title} if title else {}),
    )
    sentence = _("The ink of {pixels} pixels, from {lowest} to {highest}")
    lowest, highest = short(np.min(digit)), short(np.max(digit))
    return says(figure, sentence.format(pixels=np.size(digit), lowest=lowest, highest=highest))


@Picture
def nearest_digits(images: np.ndarray, labels: np.ndarray, distances: np.ndarray) -> Plain:
    """Draw the nearest training digits with their labels and distances."""
    count = len(images)
    sheet = tiles(
        np.pad(np.asarray(images, np.float32), ((0, 0), (0, 0), (0, 1)), constant_values=np.nan), max(count, 1)
    )
    figure = plain_figure(
        {"type": "heatmap", "z": sheet, "coloraxis": "coloraxis", "hoverinfo": "skip"},
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        meta={"scales": {"coloraxis": "ink"}},
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True, "range": [17.5, -0.5], "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        annotations=[
            {
                "x": 10 * number + 3.5, "y": 7.7, "yanchor": "top", "showarrow": False,
                "text": f"<b>{label}</b><br>{distance:.0f}",
            }
            for number, (label, distance) in enumerate(zip(labels, distances, strict=True))
        ],
    )  # fmt: skip
    sentence = ngettext(
        "The nearest training digit, labelled {labels}", "The {count} nearest training digits, labelled {labels}", count
    )
    return says(figure, sentence.format(count=count, labels=", ".join(map(str, labels))))
