"""One look for every figure: the Plotly template, light and dark."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import plotly.io

from digitviz.figures import draw
from digitviz.figures.colours import DIGIT_COLOURS, GRID, INVISIBLE, OWN_BACKGROUNDS, SCALES, TEXT, of_theme


def _template(text: str, line: str) -> go.layout.Template:
    lines = dict.fromkeys(("gridcolor", "linecolor", "zerolinecolor"), line)
    axis = {**lines, "ticks": "", "automargin": True, "title": {"standoff": 8}}
    return go.layout.Template(
        layout={
            "font": {"family": "Source Sans, Source Sans Pro, sans-serif", "size": 15, "color": text},
            "paper_bgcolor": INVISIBLE,
            "plot_bgcolor": INVISIBLE,
            "colorway": list(DIGIT_COLOURS),
            "xaxis": axis,
            "yaxis": axis,
            "margin": draw.margins(10, 10, 30, 10),
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
