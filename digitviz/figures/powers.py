"""Values that are drawn by their powers of ten where they span many, with ticks that people can read."""

from __future__ import annotations

from typing import Any

import numpy as np

from digitviz.figures.sentence import short

MUCH = 10.0
"""From where on the largest is so many times the smallest that powers of ten are drawn."""
MOST_TICKS = 8


def by_powers(*arrays: np.ndarray) -> bool:
    """Tell whether powers of ten show these values better than the values themselves."""
    finite = np.concatenate([array[np.isfinite(array)].ravel() for array in arrays])
    return finite.size > 0 and float(finite.min()) > 0 and float(finite.max()) > MUCH * float(finite.min())


def heights(values: np.ndarray, powers: bool) -> np.ndarray:
    """Return what is drawn of values: themselves or their powers of ten; nan where they are not finite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.log10(values) if powers else np.asarray(values, float)
    return np.where(np.isfinite(drawn), drawn, np.nan)


def ticks(lowest: float, highest: float, powers: bool) -> dict[str, Any]:
    """Return the ticks of an axis of powers of ten from one height to another; of other axes, nothing.

    Parameters
    ----------
    lowest, highest : float
        As `heights` returns them.
    powers : bool
    """
    if not powers:
        return {}
    decades = range(int(np.floor(lowest)), int(np.ceil(highest)) + 1)
    for leading in ((1, 2, 5), (1, 3), (1,)):
        values = [first * 10.0**decade for decade in decades for first in leading]
        seen = [value for value in values if lowest - 1e-9 <= np.log10(value) <= highest + 1e-9]
        if len(seen) <= MOST_TICKS:
            break
    seen = seen[:: -(-len(seen) // MOST_TICKS) or 1]
    return {"tickvals": np.log10(seen).tolist(), "ticktext": [short(value) for value in seen]}
