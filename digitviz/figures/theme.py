"""One look for every figure: the Plotly template, light and dark."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io

from digitviz.figures.colours import DIGIT_COLOURS, GRID, INVISIBLE, OWN_BACKGROUNDS, SCALES, TEXT, of_theme
from digitviz.figures.picture import plain_figure


def _template(text: str, line: str) -> go.layout.Template:
    axis = {
        "gridcolor": line, "linecolor": line, "zerolinecolor": line, "ticks": "", "automargin": True,
        "title": {"standoff": 8},
    }  # fmt: skip
    return go.layout.Template(
        layout={
            "font": {"family": "Source Sans, Source Sans Pro, sans-serif", "size": 15, "color": text},
            "paper_bgcolor": INVISIBLE,
            "plot_bgcolor": INVISIBLE,
            "colorway": list(DIGIT_COLOURS),
            "xaxis": axis,
            "yaxis": axis,
            "margin": {"l": 10, "r": 10, "t": 30, "b": 10},
            "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
            "hoverlabel": {"font": {"size": 15}},
            "coloraxis": {"colorbar": {"thickness": 14, "outlinewidth": 0}},
            "dragmode": "zoom",
        }
    )


TEMPLATES = {theme: _template(TEXT[theme], GRID[theme]) for theme in ("light", "dark")}

plotly.io.templates["digitviz"] = TEMPLATES["light"]


def themes() -> dict[str, Any]:
    """Return both themes as plain data, for the code that shows figures on a screen."""
    return {
        name: {
            "template": template.to_plotly_json(),
            "scales": SCALES[name],
            "colours": of_theme(name),
            "background": OWN_BACKGROUNDS[name],
        }
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
