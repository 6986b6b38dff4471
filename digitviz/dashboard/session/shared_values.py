"""The values that all visitors of the server share: maps, films, data sets with copies, answers, landscapes."""

from __future__ import annotations

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session.storage import store
from digitviz.values import Values

MAPS, DATASETS, ANSWERS, NUMBERS, LANDSCAPES = "maps", "datasets", "answers", "numbers", "landscapes"
QUICK = "quick"
"""Numbers that take less than a second, so that they do not wait for those that take several."""
LANES = {MAPS: 2, DATASETS: 1, ANSWERS: 1, NUMBERS: 1, QUICK: 1, LANDSCAPES: 1}
"""How many of each kind are made at the same time on the server; the sessions take turns."""


def values() -> Values:
    """Return the values of this server."""
    return shared().get(_values)


def _values() -> Values:
    return Values(LANES, keeper=store())
