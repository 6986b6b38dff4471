"""Principal component analysis."""

import numpy as np

from digitviz.projections.layout import Layout, Placer, Report, flat_notes


def principal_axes(x: np.ndarray, dimensions: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Find the directions in which centred points vary most.

    Parameters
    ----------
    x : ndarray of float64, shape (n, features)
        Centred at 0.
    dimensions : int

    Returns
    -------
    axes : ndarray, shape (features, dimensions)
        Unit vectors, largest variance first, each with its largest loading positive. Zeros if the data has fewer
        directions.
    variances : ndarray, shape (dimensions,)
        Sums of squares along the axes.
    total : float
        Sum of squares along all directions.
    """
    n, features = x.shape
    if features <= n:
        variances, directions = np.linalg.eigh(x.T @ x)
    else:
        variances, left = np.linalg.eigh(x @ x.T)
        directions = x.T @ left / np.sqrt(np.maximum(variances, np.finfo(float).tiny))
    variances, directions = variances[::-1][:dimensions], directions[:, ::-1][:, :dimensions]
    # A variance that is only rounding error is not a direction.
    real = variances > variances[0] * 1e-13 * max(n, features)
    missing = (0, dimensions - len(variances))
    axes = np.pad(directions * real, ((0, 0), missing))
    largest = np.abs(axes).argmax(axis=0)
    axes *= np.where(axes[largest, np.arange(dimensions)] < 0, -1.0, 1.0)
    return axes, np.pad(variances * real, missing), float(np.einsum("ij,ij->", x, x))


def start_at(x: np.ndarray, dimensions: int, start: str, seed: int) -> np.ndarray:
    """Return the start of an iterative layout, the PCA of the points or random numbers, shape (n, dimensions)."""
    if start == "random":
        return np.random.default_rng(seed).normal(size=(len(x), dimensions))
    return x @ principal_axes(x, dimensions)[0]


def layout(x: np.ndarray, dimensions: int, options: dict, seed: int, report: Report) -> Layout:
    """Project centred points onto their principal axes; see `digitviz.projections.compute.project`."""
    axes, variances, total = principal_axes(x, dimensions)
    notes = flat_notes(int(np.count_nonzero(variances)), dimensions)
    return Layout(x @ axes, notes, explained_variance=tuple((variances / total).tolist()))


def placer(x: np.ndarray, coordinates: np.ndarray, options: dict, seed: int) -> Placer:
    """Return the rule that projects new points onto the same axes."""
    axes, _, _ = principal_axes(x, coordinates.shape[1])
    return lambda new: new @ axes
