"""The 64 pixels as points: where they lie in a digit, and where they lie for the network."""

from __future__ import annotations

import functools

import numpy as np

from digitviz.projections.alignment import rotation_onto

SIDE = 8


def grid_places() -> np.ndarray:
    """Return the position of each pixel in a digit, row by row from the top left: (column, -row), shape (64, 2)."""
    rows, columns = np.divmod(np.arange(SIDE * SIDE), SIDE)
    return np.stack([columns, -rows], axis=1).astype(np.float64)


@functools.cache
def grid_stroke() -> np.ndarray:
    """Return the pixels along one stroke that draws every edge of the grid, shape (125,); few edges are drawn twice.

    Half of the pixels on the border have three neighbours, so that no stroke can draw each edge once: the shortest
    ways between them are doubled, and what is then possible is L. Euler's walk (Königsberg, 1736).
    """
    import networkx  # takes a third of a second, which only what draws a grid is to cost

    grid = networkx.eulerize(networkx.grid_2d_graph(SIDE, SIDE))
    walk = [start for start, _ in networkx.eulerian_path(grid)]
    return np.array([SIDE * row + column for row, column in [*walk, walk[0]]])


def fitted_to_grid(coordinates: np.ndarray) -> np.ndarray:
    """Move, rotate, mirror and scale a map of the 64 pixels to match the size and orientation of the grid.

    Parameters
    ----------
    coordinates : ndarray, shape (64, 2)

    Returns
    -------
    ndarray of float64, shape (64, 2)
        As close to the grid as possible, with the same root mean square distance from the centre.
    """
    grid = grid_places()
    middle = grid.mean(axis=0)
    centred = coordinates - coordinates.mean(axis=0)
    spread = float(np.linalg.norm(centred)) or 1.0
    turned = centred @ rotation_onto(centred, grid - middle)
    return turned * (np.linalg.norm(grid - middle) / spread) + middle


def morph(start: np.ndarray, end: np.ndarray, steps: int = 24, together: float = 0.5) -> list[np.ndarray]:
    """Move points from one place to another, one after another.

    Parameters
    ----------
    start, end : ndarray, shape (n, 2)
    steps : int
        Moments after the first.
    together : float
        Fraction of the time that each point is moving: 1 moves all at once, small values one by one.

    Returns
    -------
    list of ndarray, shape (n, 2)
        From `start` to `end`, `steps` + 1 of them.
    """
    begins = np.linspace(0, 1 - together, len(start))
    moments = []
    for time in np.linspace(0, 1, steps + 1):
        way = np.clip((time - begins) / together, 0, 1)
        eased = (way * way * (3 - 2 * way))[:, None]
        moments.append((1 - eased) * start + eased * end)
    return moments
