"""The 64 pixels as points: their positions in a digit, and in a map of the weights."""

import functools

import numpy as np

from digitviz.projections.alignment import rotation_onto

SIDE = 8
STEPS, TOGETHER = 24, 0.5
"""Frames of `morph` after the first, and the fraction of the time in which each point moves."""


def grid_places() -> np.ndarray:
    """Return the position of each pixel in a digit, row by row from the top left: (column, -row), shape (64, 2)."""
    rows, columns = np.divmod(np.arange(SIDE * SIDE), SIDE)
    return np.stack([columns, -rows], axis=1).astype(np.float64)


@functools.cache
def grid_stroke() -> np.ndarray:
    """Return the pixels along one stroke that draws every edge of the grid, shape (125,).

    Most pixels at the border have three neighbours, so no single stroke draws each edge exactly once. The shortest
    paths between such pixels are drawn twice; then an Eulerian path exists (L. Euler, Königsberg, 1736).
    """
    import networkx  # takes a third of a second to import; only this function needs it

    grid = networkx.eulerize(networkx.grid_2d_graph(SIDE, SIDE))
    walk = [start for start, _ in networkx.eulerian_path(grid)]
    return np.array([SIDE * row + column for row, column in [*walk, walk[0]]])


def fitted_to_grid(coordinates: np.ndarray) -> np.ndarray:
    """Shift, rotate, mirror and scale a map of the 64 pixels to match the grid.

    Parameters
    ----------
    coordinates : ndarray, shape (64, 2)

    Returns
    -------
    ndarray of float64, shape (64, 2)
        The points, as close to the grid as possible, with the grid's root mean square distance from the centre.
    """
    grid = grid_places()
    middle = grid.mean(axis=0)
    centred = coordinates - coordinates.mean(axis=0)
    spread = float(np.linalg.norm(centred)) or 1.0
    turned = centred @ rotation_onto(centred, grid - middle)
    return turned * (np.linalg.norm(grid - middle) / spread) + middle


def morph(start: np.ndarray, end: np.ndarray) -> list[np.ndarray]:
    """Return frames that move points, shape (n, 2), one after another."""
    begins = np.linspace(0, 1 - TOGETHER, len(start))
    moments = []
    for time in np.linspace(0, 1, STEPS + 1):
        way = np.clip((time - begins) / TOGETHER, 0, 1)
        eased = (way * way * (3 - 2 * way))[:, None]
        moments.append((1 - eased) * start + eased * end)
    return moments
