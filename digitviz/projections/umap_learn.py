"""UMAP by umap-learn (L. McInnes, J. Healy, N. Saul, L. Großberger, JOSS 3, 2018), with the interface of our own."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from digitviz.projections.layout import Placer


def _reducer(points: int, start: np.ndarray, options: dict[str, Any], epochs: int, seed: int) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # that TensorFlow is missing, which it needs for other things
        from umap import UMAP

    return UMAP(
        n_neighbors=min(options["neighbours"], points - 1),
        n_components=start.shape[1],
        min_dist=options["min_dist"],
        n_epochs=epochs,
        negative_sample_rate=options["negatives"],
        init=start.astype(np.float32),
        random_state=seed,
        n_jobs=1,
    )


def places(x: np.ndarray, start: np.ndarray, options: dict[str, Any], seed: int) -> np.ndarray:
    """Lay points out.

    Parameters
    ----------
    x : ndarray of float64, shape (n, features)
    start : ndarray of float64, shape (n, dimensions)
    options : dict
        Those of `METHODS["umap"]`.
    seed : int

    Returns
    -------
    ndarray of float64, shape (n, dimensions)
    """
    return _reducer(len(x), start, options, options["epochs"], seed).fit_transform(x).astype(np.float64)


def placer(x: np.ndarray, coordinates: np.ndarray, options: dict[str, Any], seed: int) -> Placer:
    """Return umap-learn's rule for new points in a map, whichever kernel drew that."""
    # Only its graph is needed: the map replaces what it would draw in no epochs.
    reducer = _reducer(len(x), coordinates, options, 0, seed).fit(x)
    reducer.embedding_ = coordinates.astype(np.float32)
    reducer.n_epochs = options["epochs"]
    return lambda new: reducer.transform(new).astype(np.float64)
