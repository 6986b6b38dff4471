"""Quality measures for maps: trustworthiness and neighbour accuracy."""

import numpy as np

from digitviz.projections.neighbourhood import blocks, squared_distances

TRUSTWORTHINESS_NEIGHBOURS = 12
LABEL_NEIGHBOURS = 10
SAMPLED_ROWS = 2000
"""Sample size if there are more than `SAMPLE_ABOVE` points. The standard error is below 0.002."""
SAMPLE_ABOVE = 5000


def trustworthiness(x: np.ndarray, coordinates: np.ndarray, k: int = TRUSTWORTHINESS_NEIGHBOURS) -> float:
    """Measure to what extent neighbours in a map are neighbours in the data.

    A map neighbour whose rank in the data exceeds `k` costs the difference.

    For more than `SAMPLE_ABOVE` points, the result is an estimate from a fixed sample of `SAMPLED_ROWS`.

    Parameters
    ----------
    x : ndarray of float64, shape (n, features)
    coordinates : ndarray of float64, shape (n, dimensions)
    k : int
        Number of neighbours; reduced to less than half of the points.

    Returns
    -------
    float
        1 if all map neighbours are neighbours in the data; about 0.5 for a random map.

    References
    ----------
    J. Venna, S. Kaski, Neighborhood preservation in nonlinear projection methods, ICANN, 2001.
    """
    n = len(x)
    k = max(1, min(k, (n - 1) // 2))
    rows = np.arange(n)
    if n > SAMPLE_ABOVE:
        rows = np.sort(np.random.default_rng(0).choice(n, SAMPLED_ROWS, replace=False))
    in_map = nearest_in_map(coordinates, k, rows)
    centred = x - x.mean(axis=0)
    squares = np.einsum("ij,ij->i", centred, centred)
    penalty = 0
    for block in blocks(len(rows)):
        chosen = rows[block]
        distances = squared_distances(centred[chosen], centred, squares)
        distances[np.arange(len(chosen)), chosen] = np.inf
        for neighbour in in_map[block].T:
            # Rank of the map neighbour in the data: 0 for the nearest.
            nearer = distances < distances[np.arange(len(chosen)), neighbour][:, None]
            # Count bits, eight at a time: summing booleans takes NumPy twice as long.
            rank = np.bitwise_count(np.packbits(nearer, axis=1)).sum(axis=1, dtype=np.int64)
            penalty += int(np.maximum(rank + 1 - k, 0).sum())
    return 1 - penalty * 2 / (len(rows) * k * (2 * n - 3 * k - 1))


def neighbour_accuracy(coordinates: np.ndarray, labels: np.ndarray, k: int = LABEL_NEIGHBOURS) -> float:
    """Measure how often the nearest neighbours in a map predict a point's label.

    Parameters
    ----------
    coordinates : ndarray of float64, shape (n, dimensions)
    labels : ndarray, shape (n,)
    k : int
        Number of neighbours that vote, excluding the point itself (leave-one-out). The smallest label wins a tie.

    Returns
    -------
    float
        Fraction of points whose label wins, 0 to 1.
    """
    names, label = np.unique(labels, return_inverse=True)
    in_map = nearest_in_map(coordinates, min(k, len(labels) - 1), np.arange(len(labels)))
    slot = np.arange(len(labels))[:, None] * len(names) + label[in_map]
    votes = np.bincount(slot.ravel(), minlength=len(labels) * len(names)).reshape(len(labels), len(names))
    return float(np.mean(votes.argmax(axis=1) == label))


def nearest_in_map(coordinates: np.ndarray, k: int, rows: np.ndarray) -> np.ndarray:
    """Return the `k` nearest neighbours of each of `rows`, excluding itself, shape (rows, k)."""
    from scipy.spatial import cKDTree

    _, found = cKDTree(coordinates).query(coordinates[rows], k + 1)
    # If points coincide, the tree may list the point itself late or not at all. Then drop the last one.
    itself = found == rows[:, None]
    itself[~itself.any(axis=1), -1] = True
    return found[~itself].reshape(len(rows), k)
