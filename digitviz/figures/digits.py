"""Pictures of digits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from digitviz.datasets import PIXEL_MAX
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.theme import CORRECT_COLOUR, MUTED_COLOUR, WRONG_COLOUR, colour_axis, new_figure


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


@Picture
def guesses(images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, columns: int = 6) -> Plain:
    """Draw digits with the network's predictions; correct and wrong ones differ in colour, sign and words.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink of 0 to 16.
    labels : ndarray of int, shape (n,)
    probabilities : ndarray, shape (n, 10)
    columns : int
        Digits per row.
    """
    gap = 4  # rows below each digit, for its caption
    padded = np.pad(images.astype(np.float32), ((0, 0), (0, gap), (0, 2)), constant_values=np.nan)
    sheet = tiles(padded, columns)
    height, width = padded.shape[1] + 1, padded.shape[2] + 1
    notes = []
    for number, (label, row) in enumerate(zip(labels.tolist(), probabilities.tolist(), strict=True)):
        guess = row.index(max(row))
        correct = guess == label
        notes.append(
            {
                "x": (number % columns) * width + 3.5,
                "y": (number // columns) * height + 9.8,
                "text": f"<b>{guess}</b> ✓" if correct else f"<b>{guess}</b> ✗ is {label}",
                "showarrow": False,
                "font": {"size": 18, "color": CORRECT_COLOUR if correct else WRONG_COLOUR},
                "hovertext": f"a {label}, classified as {guess} with probability {row[guess]:.1%}",
            }
        )
    return plain_figure(
        {"type": "heatmap", "z": sheet, "coloraxis": "coloraxis", "hoverinfo": "skip", "xgap": 0, "ygap": 0},
        annotations=notes,
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True, "autorange": "reversed", "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        meta={"scales": {"coloraxis": "ink"}},
    )


def picture_tiles(
    images: np.ndarray, captions: Sequence[str], columns: int, framed: Sequence[bool] = (), font: int = 13
) -> go.Figure:
    """Draw pictures in rows, with a caption below each.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink of 0 to 16.
    captions : sequence of str
        One or two lines each, separated by `<br>`.
    columns : int
        Pictures per row.
    framed : sequence of bool, optional
        Which of them get a thick frame; all others get a thin one.
    font : int
        Size of the captions, pixels.
    """
    below = 7  # rows for the caption
    padded = np.pad(images.astype(np.float32), ((0, 0), (1, below), (1, 1)), constant_values=np.nan)
    sheet = tiles(padded, columns)
    height, width = padded.shape[1] + 1, padded.shape[2] + 1
    figure = new_figure(
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        xaxis={"visible": False, "fixedrange": True, "range": [-0.5, columns * width - 1.5]},
        yaxis={
            "visible": False, "fixedrange": True, "range": [len(sheet) - 0.5, -0.5], "scaleanchor": "x",
            "constrain": "domain", "constraintoward": "top",
        },
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        meta={"scales": {"coloraxis": "ink"}},
    )  # fmt: skip
    figure.add_heatmap(z=sheet, coloraxis="coloraxis", hoverinfo="skip")
    notes, frames = [], []
    for number, caption in enumerate(captions):
        left, top = (number % columns) * width, (number // columns) * height
        stands_out = number < len(framed) and framed[number]
        line = {"color": CORRECT_COLOUR, "width": 3} if stands_out else {"color": MUTED_COLOUR, "width": 0.5}
        frames.append(
            {"type": "rect", "x0": left + 0.2, "x1": left + 8.8, "y0": top + 0.2, "y1": top + 8.8, "line": line}
        )
        notes.append(
            {
                "x": left + 4.5, "y": top + 8.8, "text": caption, "showarrow": False, "yanchor": "top",
                "font": {"size": font},
            }
        )  # fmt: skip
    return figure.update_layout(annotations=notes, shapes=frames)
