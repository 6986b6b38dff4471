"""One look for every figure: colours, scales and the Plotly template, light and dark."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io

from digitviz.figures.picture import plain_figure

DIGIT_COLORS = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
"""One colour per digit, distinguishable with any kind of colour blindness (M. Petroff, arXiv:2107.02270)."""

TRAIN_COLOUR = "#3f90da"
TEST_COLOUR = "#e76300"
CORRECT_COLOUR = "#1f9d76"
WRONG_COLOUR = "#d1495b"
MUTED_COLOUR = "#8a919c"

FIRST_TO_LAST = ("#6a00a8", "#8f0da4", "#b12a90", "#cc4778", "#e16462", "#f2844b", "#fca636", "#feb72d")
"""From the first to the last of many curves: plasma without its ends, which disappear on black or white."""

Scale = list[tuple[float, str]]


def _scale(*colours: str) -> Scale:
    return [(place, colour) for place, colour in zip(np.linspace(0, 1, len(colours)).tolist(), colours, strict=True)]


SCALES: dict[str, dict[str, Scale]] = {
    "light": {
        "signed": _scale("#08519c", "#4a90c9", "#a9cde5", "#f7f7f7", "#f9b49b", "#e06a4a", "#a50f15"),
        "ink": _scale("#ffffff", "#1c2430"),
    },
    "dark": {
        "signed": _scale("#8cc7ff", "#4793d6", "#2a5681", "#161b22", "#8a4030", "#e0714d", "#ffb59b"),
        "ink": _scale("#161b22", "#f4f6f8"),
    },
}
"""Colour scales by theme and role: "signed" is centred on zero, "ink" goes from paper to pen."""


def _template(text: str, line: str) -> go.layout.Template:
    axis = {
        "gridcolor": line, "linecolor": line, "zerolinecolor": line, "ticks": "", "automargin": True,
        "title": {"standoff": 8},
    }  # fmt: skip
    return go.layout.Template(
        layout={
            "font": {"family": "Source Sans, Source Sans Pro, sans-serif", "size": 15, "color": text},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(DIGIT_COLORS),
            "xaxis": axis,
            "yaxis": axis,
            "margin": {"l": 10, "r": 10, "t": 30, "b": 10},
            "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
            "hoverlabel": {"font": {"size": 15}},
            "coloraxis": {"colorbar": {"thickness": 14, "outlinewidth": 0}},
            "dragmode": "zoom",
        }
    )


TEMPLATES = {"light": _template("#1c2430", "#e3e6ea"), "dark": _template("#e8ebef", "#323a45")}

BACKGROUNDS = {"light": "#ffffff", "dark": "#0d1117"}
"""Of figures that ask for their own theme (`meta={"theme": ...}`); all others let the page show through."""

plotly.io.templates["digitviz"] = TEMPLATES["light"]


def themes() -> dict[str, Any]:
    """Return both themes as plain data, for the code that shows figures on a screen."""
    return {
        name: {"template": template.to_plotly_json(), "scales": SCALES[name], "background": BACKGROUNDS[name]}
        for name, template in TEMPLATES.items()
    }


def new_figure(**layout: Any) -> go.Figure:
    """Return an empty figure in the project's style. Its zoom is kept when it is drawn again with new data."""
    return go.Figure(plain_figure(**layout))


def colour_axis(role: str, **settings: Any) -> dict[str, Any]:
    """Return a colour axis of one of the roles in `SCALES`; the dashboard swaps the scale for its theme's."""
    return {"colorscale": SCALES["light"][role], **settings}


def signed_axis(*arrays: np.ndarray, **settings: Any) -> dict[str, Any]:
    """Return a colour axis centred on zero that reaches to the largest finite number in `arrays`."""
    finite = (array[np.isfinite(array)] for array in arrays)
    largest = max((float(np.abs(array).max()) for array in finite if array.size), default=0.0) or 1.0
    return colour_axis("signed", cmin=-largest, cmax=largest, **settings)


def as_float32(array: np.ndarray) -> np.ndarray:
    """Return the numbers in half the bytes; those too large for float32 become its largest."""
    most = np.finfo(np.float32).max
    return np.clip(array, -most, most).astype(np.float32)


def subplot_titles(titles: dict[str, str]) -> list[dict[str, Any]]:
    """Return annotations that put a title above each subplot; keys are axis numbers, "" for the first."""
    return [
        {
            "text": text, "showarrow": False, "xref": f"x{number} domain", "yref": f"y{number} domain",
            "x": 0.5, "y": 1.0, "yanchor": "bottom", "yshift": 4,
        }
        for number, text in titles.items()
    ]  # fmt: skip
