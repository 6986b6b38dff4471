"""Where a picture can be clicked, for those who use keys: arrow keys go from one spot to the next, Enter clicks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def spots(
    x: Sequence[float],
    y: Sequence[float],
    words: Sequence[str],
    width: float | Sequence[float],
    height: float | Sequence[float],
    curve: int | Sequence[int] = 0,
) -> dict[str, Any]:
    """Return what a figure's `meta["spots"]` tells the browser.

    A figure without it has a spot at each point that has `customdata`, and at each cell of its heatmaps.

    Parameters
    ----------
    x, y : sequence of float
        Middle of each, as a click there would tell it.
    words : sequence of str
        What is at each, for those who cannot see it.
    width, height : float or sequence of float
        Of each, in the units of the axes.
    curve : int or sequence of int
        Number of the trace that each lies in.
    """
    return {"x": x, "y": y, "words": words, "width": width, "height": height, "curve": curve}
