"""Which of a point's nearest neighbours a map keeps close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.projections.neighbourhood import JUST_BELOW, Neighbours, neighbours, torn_beyond
from digitviz.projections.points import usable_numbers


@dataclass(frozen=True, eq=False)
class KeptNeighbours:
    """The neighbourhood of one point in the data and in a map of it.

    Parameters
    ----------
    in_data, in_map : Neighbours
    common : ndarray of int64
        Those that are in both, nearest in the data first.
    torn : ndarray of int64
        Nearest neighbours that this map separates, as in `torn`, the farthest in the map first.
    """

    in_data: Neighbours
    in_map: Neighbours
    common: np.ndarray
    torn: np.ndarray


def kept_neighbours(
    x: np.ndarray, coordinates: np.ndarray, index: int, k: int = 10, apart: int | None = None
) -> KeptNeighbours:
    """Compare one point's nearest neighbours in the data with those in a map.

    Parameters
    ----------
    x : ndarray, shape (n, features)
    coordinates : ndarray, shape (n, dimensions)
    index : int
        Which row.
    k : int
        How many neighbours; all others if there are fewer.
    apart : int, optional
        As in `torn`.

    Returns
    -------
    KeptNeighbours

    Raises
    ------
    ValueError
        If the two do not show the same points, there is no such row, or `k` is less than 1.
    """
    points, plane = usable_numbers(x, "x"), usable_numbers(coordinates, "coordinates")
    if points.ndim != 2 or plane.ndim != 2 or len(plane) != len(points):
        raise ValueError(f"shapes {points.shape} and {plane.shape} are not the same points")
    in_data, in_map = neighbours(points, index, k), neighbours(plane, index, k)
    common = in_data.indices[np.isin(in_data.indices, in_map.indices)]
    lengths = np.linalg.norm(plane[in_data.indices] - plane[index], axis=1)
    ends = np.stack([np.full(len(lengths), index), in_data.indices])
    distances = np.linalg.norm(plane[ends][:, :, None] - plane, axis=3)
    nearer = (distances <= lengths[:, None] * JUST_BELOW).sum(axis=2).min(axis=0) - 1
    order = np.argsort(-lengths, kind="stable")
    is_torn = nearer[order] > torn_beyond(len(lengths), apart)
    return KeptNeighbours(in_data, in_map, common, in_data.indices[order][is_torn])
