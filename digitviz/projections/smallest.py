"""Finding nearest neighbours among many points, compiled."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def smallest(block, found):  # type: ignore[no-untyped-def]
    """Fill `found` (m, k) with the columns of each row's `k` smallest values, in no order; one heap per row."""
    rows, k = found.shape
    heap = np.empty(k, block.dtype)
    for i in range(rows):
        for j in range(block.shape[1]):
            value = block[i, j]
            if j < k:
                # Grow: up from the end while larger than the parent.
                place = j
                while place > 0 and heap[(place - 1) // 2] < value:
                    heap[place], found[i, place] = heap[(place - 1) // 2], found[i, (place - 1) // 2]
                    place = (place - 1) // 2
            elif value < heap[0]:
                # Take the place of the largest: down from the top while smaller than a child.
                place = 0
                while 2 * place + 1 < k:
                    child = 2 * place + 1
                    if child + 1 < k and heap[child + 1] > heap[child]:
                        child += 1
                    if heap[child] <= value:
                        break
                    heap[place], found[i, place] = heap[child], found[i, child]
                    place = child
            else:
                continue
            heap[place], found[i, place] = value, j


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def distances_to(x, rows, found, distances):  # type: ignore[no-untyped-def]
    """Fill `distances` (m, k) from each of `rows` (m, features) to the points of `x` that `found` (m, k) names."""
    for i in range(found.shape[0]):
        for j in range(found.shape[1]):
            total = 0.0
            for feature in range(x.shape[1]):
                difference = x[found[i, j], feature] - rows[i, feature]
                total += difference * difference
            distances[i, j] = np.sqrt(total)
