"""The base of every figure: plain data, one style in two themes, and a one-sentence description."""

import base64
import functools
import json
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any, Generic, ParamSpec

import numpy as np
import plotly.graph_objects as go
import plotly.io

from digitviz.figures.colours import DIGIT_COLOURS, GRID, INVISIBLE, OWN_BACKGROUNDS, SCALES, TEXT, of_theme
from digitviz.numbers import in_percent, short

P = ParamSpec("P")
Plain = dict[str, Any]
"""A figure as plain data: "data", a list of traces, and "layout". It can contain NumPy arrays."""


class Picture(Generic[P]):
    """A function that draws a figure. Calling it returns a `Figure`; `plain` returns plain data without validation.

    Plotly's validation takes ten times as long as everything else, too long for a server with thirty live views.

    Parameters
    ----------
    draw : callable
        Returns the figure as plain data.
    """

    def __init__(self, draw: Callable[P, Plain]) -> None:
        functools.update_wrapper(self, draw)
        self.plain = draw

    def of(self, *arguments: P.args, **named: P.kwargs) -> tuple[object, Callable[[], Plain]]:
        """Return two arguments of `plot`: a fingerprint of the content, equal for equal figures, and a builder."""
        return (self, _content(arguments), _content(named)), functools.partial(self.plain, *arguments, **named)

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> go.Figure:
        """Draw the figure."""
        return go.Figure(self.plain(*arguments, **named))


def _content(value: Any) -> object:
    """Return a fingerprint, which is equal for values with the same content. Arrays become hashes."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, hash(value.tobytes())
    if is_dataclass(value):
        value = [getattr(value, each.name) for each in fields(value)]
    elif isinstance(value, dict):
        value = [*value.items()]
    if isinstance(value, (list, tuple)):
        return tuple(map(_content, value))
    return value if value == value else "nan"


def to_json(figure: Plain) -> str:
    """Convert a figure to JSON for plotly.js, with arrays packed as in Plotly's own JSON.

    Raises
    ------
    ValueError
        If there is a nan or infinity outside the arrays, which browsers cannot parse.
    """
    return json.dumps(figure, default=_packed, allow_nan=False, separators=(",", ":"))


def _packed(array: np.ndarray | np.generic) -> Any:
    if isinstance(array, np.generic):
        return array.item()
    kind = array.dtype.str[1:]
    if kind == "i8":
        array, kind = array.astype(np.int32), "i4"
    if kind not in {"i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8"}:
        return array.tolist()
    packed = {"dtype": kind, "bdata": base64.b64encode(np.ascontiguousarray(array).data).decode("ascii")}
    return packed if array.ndim == 1 else packed | {"shape": ", ".join(map(str, array.shape))}


_MARKUP = re.compile(r"</?[a-z][^<>]*>")
MAX_NAME = 40
"""Maximum length of a name in a legend or next to a point."""


def says(figure: Plain, sentence: str, **values: object) -> Plain:
    """Add a one-sentence description to a figure, in `layout.meta["says"]`, and return the figure.

    Parameters
    ----------
    figure : Plain
    sentence : str
        Description that includes the main number. Plotly's markup is removed.
    **values
        Values for the placeholders of the sentence.
    """
    said = _MARKUP.sub("", sentence.format(**values) if values else sentence)
    figure["layout"]["meta"] = {**figure["layout"].get("meta", {}), "says": said}
    return figure


def follows(figure: Plain, kind: str, **needed: object) -> Plain:
    """Make a figure follow the training slider or the pen, in `layout.meta["follows"]`, and return the figure.

    Parameters
    ----------
    figure : Plain
    kind : str
        Content of the figure: a key of `QUICK` or `CURSORS` in `digitviz/dashboard/components/follow.js`.
    **needed
        Further values that the browser needs for the update.
    """
    figure["layout"].setdefault("meta", {})["follows"] = {"kind": kind, **needed}
    return figure


def ends_of(values: np.ndarray) -> dict[str, str]:
    """Return values for the placeholders "lowest" and "highest" in a sentence."""
    return {"lowest": short(np.min(values)), "highest": short(np.max(values))}


def winner_of(probabilities: np.ndarray) -> dict[str, object]:
    """Return values for the placeholders "digit" and "probability" in a sentence. nan counts as 0."""
    digit = int(np.nan_to_num(probabilities).argmax())
    return {"digit": digit, "probability": in_percent(probabilities[digit])}


def as_text(name: str) -> str:
    """Escape a name, so that Plotly does not interpret it as HTML."""
    return escape(name, quote=False)


def in_brief(name: str, limit: int = MAX_NAME) -> str:
    """Escape a name for Plotly. Shorten a long one with an ellipsis."""
    return as_text(name if len(name) <= limit else f"{name[: limit - 1]}…")


def _template(text: str, line: str) -> go.layout.Template:
    lines = dict.fromkeys(("gridcolor", "linecolor", "zerolinecolor"), line)
    axis = {**lines, "ticks": "", "automargin": True, "title": {"standoff": 8}}
    axis["ticklabeloverflow"] = "allow"  # with all its labels hidden, an axis would have its title at -Infinity
    return go.layout.Template(
        layout={
            "font": {"family": "Source Sans, Source Sans Pro, sans-serif", "size": 17, "color": text},
            "paper_bgcolor": INVISIBLE,
            "plot_bgcolor": INVISIBLE,
            "colorway": list(DIGIT_COLOURS),
            "xaxis": axis,
            "yaxis": axis,
            "margin": {"l": 10, "r": 10, "t": 30, "b": 10},
            "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
            "hoverlabel": {"font": {"size": 17}},
            "coloraxis": {"colorbar": {"thickness": 14, "outlinewidth": 0}},
            "dragmode": "zoom",
        }
    )


TEMPLATES = {theme: _template(TEXT[theme], GRID[theme]) for theme in ("light", "dark")}

plotly.io.templates["digitviz"] = TEMPLATES["light"]


def themes() -> dict[str, Any]:
    """Return both themes as plain data, for code that displays figures."""
    return {
        name: {
            "template": template.to_plotly_json(),
            "scales": SCALES[name],
            "colours": of_theme(name),
            "background": OWN_BACKGROUNDS[name],
        }
        for name, template in TEMPLATES.items()
    }
