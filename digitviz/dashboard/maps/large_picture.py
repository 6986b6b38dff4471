"""The picture of the large map: what its points are, and where they lie."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.maps import sprites
from digitviz.dashboard.maps.marks import PLOT, take_click, take_selection
from digitviz.dashboard.maps.panels import Predictions
from digitviz.dashboard.maps.shown import NEIGHBOURS, Shown, separated_pairs
from digitviz.dashboard.session import current_run, map_jobs
from digitviz.datasets import PIXEL_MAX
from digitviz.language import lazy_gettext
from digitviz.projections import kept_neighbours
from digitviz.projections.spaces import DIGITS, LABELS, W1_ROWS, cloud_centres

HEIGHT = 470
MOST_PAIRS = 100
"""Separated pairs that are drawn; more of them would be one grey mass."""
ON_HOVER = {
    DIGITS: lazy_gettext("label {1} · #{4}<br>read as {2} ({3}%)"),
    W1_ROWS: lazy_gettext("pixel in row {1}, column {2}<br>ink on average {3}%"),
    LABELS: lazy_gettext("the label {1}, as the mean of its digits"),
}
"""By the kind of the points; {1} is the second of their numbers."""


def things(
    kind: str, predictions: Predictions, ringed: bool, chosen: np.ndarray, looked_at: int | None
) -> figures.Things:
    """Return what the points of a kind are, with what is selected and picked among them.

    Parameters
    ----------
    kind : str
        Of the points.
    predictions : Predictions
    ringed : bool
        Whether digits that the network misclassifies are circled.
    chosen : ndarray of int
        The selected points.
    looked_at : int or None
        The picked point.
    """
    digits = current_run.mapped_digits()
    words = str(ON_HOVER[kind]).format(*(f"%{{customdata[{place}]}}" for place in range(5)))
    said: dict[str, Any] = {"words": words, "selected": chosen, "picked": looked_at}
    if kind == W1_ROWS:
        ink = digits.pixels.mean(axis=0) / PIXEL_MAX
        rows, columns = np.divmod(np.arange(len(ink)), digits.images.shape[2])
        numbers = np.stack([np.arange(len(ink)), rows + 1, columns + 1, np.round(100 * ink)], axis=1)
        return figures.Things(numbers, shades=ink, **said)
    if kind == LABELS:
        labels = np.arange(10)
        return figures.Things(np.stack([labels, labels], axis=1), labels=labels, **said)
    indices = np.arange(len(digits))
    numbers = np.stack([indices, digits.labels, predictions.predicted, predictions.percent, indices + 1], axis=1)
    return figures.Things(numbers, labels=digits.labels, misread=predictions.misclassified, ringed=ringed, **said)


def picture(shown: list[Shown], things: figures.Things, kind: str, pairs: bool) -> None:
    """Draw one map or two; clicks and selections in them are taken.

    Parameters
    ----------
    shown : list of Shown
        One or two.
    things : Things
        What their points are.
    kind : str
        Of the points.
    pairs : bool
        Whether lines join the nearest neighbours that a map separates.
    """

    def build() -> Any:
        views = []
        for one in shown:
            if one.at is None:
                return figures.waiting.plain(map_jobs.coming(one.progress), None, one.wanted.title)
            view = figures.MapView(one.at, one.wanted.title, f"{one.wanted.family} {one.wanted.request.seed}")
            if things.labels is not None:
                view = replace(view, centres=cloud_centres(one.at, things.labels))
            if one.embedding is not None and things.picked is not None:
                kept = kept_neighbours(one.wanted.of.points, one.at, things.picked, NEIGHBOURS)
                view = replace(view, near=kept.in_data.indices, torn=kept.torn)
            if pairs:
                view = replace(view, pairs=separated_pairs(one)[:MOST_PAIRS])
            views.append(view)
        figure = figures.large_map.plain(things, views)
        figure["layout"]["meta"]["map"].update(sprites.addresses(kind))
        return figure

    at = tuple(None if one.at is None else one.at.tobytes() for one in shown)
    fingerprint = (
        at, tuple(one.progress.mark for one in shown), things.ringed, things.selected.tobytes(), things.picked, pairs,
        things.misread.tobytes(),
    )  # fmt: skip
    count = len(things.numbers)
    plot(
        PLOT, fingerprint, build, height=HEIGHT, main=True,
        on_click=partial(take_click, kind, count), on_select=partial(take_selection, kind, count),
    )  # fmt: skip
