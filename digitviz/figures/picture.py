"""Figures that are drawn many times a second."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable
from typing import Any, Generic, ParamSpec

import numpy as np
import plotly.graph_objects as go

P = ParamSpec("P")
Plain = dict[str, Any]
"""A figure as plain data: "data", a list of traces, and "layout", with numpy arrays in them."""


class Picture(Generic[P]):
    """A function that draws. Called, it returns a `Figure`; `plain` returns the same without Plotly's checks.

    The checks cost ten times as much as the rest, which thirty live views on one server cannot afford.

    Parameters
    ----------
    draw : callable
        Returns the figure as plain data.
    """

    def __init__(self, draw: Callable[P, Plain]) -> None:
        functools.update_wrapper(self, draw)
        self.plain = draw

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> go.Figure:
        """Return the figure."""
        return go.Figure(self.plain(*arguments, **named))


def to_json(figure: Plain) -> str:
    """Write a figure as JSON for plotly.js, its arrays of numbers packed as the library itself packs them.

    Raises
    ------
    ValueError
        If there is a nan or an infinity outside the arrays, which no browser could read.
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
