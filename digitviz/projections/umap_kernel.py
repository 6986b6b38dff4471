"""UMAP's arithmetic in machine code, which numba reads from its cache on disk."""

from __future__ import annotations

import numba
import numpy as np
from numba.core.errors import NumbaError


@numba.njit(cache=True, nogil=True, error_model="numpy")
def memberships(distances, goal, weights):  # type: ignore[no-untyped-def]
    """Fill `weights` (n, k): 1 for the nearest, decaying so that a row sums to `goal`, log2 of the neighbours."""
    n, k = distances.shape
    for i in range(n):
        nearest_one = 0.0
        for j in range(k):
            if distances[i, j] > 0:
                nearest_one = distances[i, j]
                break
        low, high, width = 0.0, -1.0, 1.0
        for _ in range(64):
            total = 0.0
            for j in range(k):
                gap = distances[i, j] - nearest_one
                total += np.exp(-gap / width) if gap > 0 else 1.0
            if abs(total - goal) < 1e-5:
                break
            if total > goal:
                high = width
                width = (low + high) / 2
            else:
                low = width
                width = 2 * width if high < 0 else (low + high) / 2
        width = max(width, 1e-3 * distances[i].mean())
        for j in range(k):
            gap = distances[i, j] - nearest_one
            weights[i, j] = np.exp(-gap / width) if gap > 0 else 1.0


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def epoch_of(  # type: ignore[no-untyped-def]
    places, anchors, tails, heads, every, next_pull, next_push, negatives, a, b, rate, epoch, both_move, state
):
    """Let the links that are due pull, and after each pull some negative samples push; returns the generator's state.

    `places` (n, dimensions) move, `anchors` are what they are tied to: the same array when a map is laid out
    (`both_move`), fixed when points are added to it.
    """
    dimensions, points = places.shape[1], np.uint64(anchors.shape[0])
    one, two, furthest = np.float32(1), np.float32(2), np.float32(4)
    for link in range(tails.shape[0]):
        if next_pull[link] > epoch:
            continue
        i, j = tails[link], heads[link]
        squared = np.float32(0)
        for axis in range(dimensions):
            gap = places[i, axis] - anchors[j, axis]
            squared += gap * gap
        if squared > 0:
            power = np.exp(b * np.log(squared))
            pull = -two * a * b * power / (squared * (a * power + one))
            for axis in range(dimensions):
                move = min(max(pull * (places[i, axis] - anchors[j, axis]), -furthest), furthest) * rate
                places[i, axis] += move
                if both_move:
                    anchors[j, axis] -= move
        next_pull[link] += every[link]
        pushes = int((epoch - next_push[link]) * negatives / every[link])
        for _ in range(pushes):
            # Marsaglia's xorshift (2003): one generator, so that a seed repeats the map bit for bit.
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            j = np.int64(((state >> np.uint64(32)) * points) >> np.uint64(32))  # Its upper half, times the points.
            if both_move and j == i:
                continue
            squared = np.float32(0)
            for axis in range(dimensions):
                gap = places[i, axis] - anchors[j, axis]
                squared += gap * gap
            if squared > 0:
                power = np.exp(b * np.log(squared))
                push = two * b / ((np.float32(0.001) + squared) * (a * power + one))
                for axis in range(dimensions):
                    move = min(max(push * (places[i, axis] - anchors[j, axis]), -furthest), furthest) * rate
                    places[i, axis] += move
        next_push[link] += pushes * every[link] / negatives
    return state


def compile_all() -> None:
    """Compile both functions by calling them with two points and one link; does nothing once they are compiled.

    Raises
    ------
    RuntimeError
        If this numba cannot.
    """
    places, ends = np.zeros((2, 2), np.float32), np.arange(1, dtype=np.int32)
    links = (ends, ends, np.ones(1), np.zeros(1), np.zeros(1))
    curve = (np.float32(1), np.float32(1))
    try:
        memberships(np.ones((1, 2)), np.log2(2), np.empty((1, 2)))
        epoch_of(places, places, *links, 1, *curve, np.float32(1), 0, True, np.uint64(1))
    except NumbaError as error:
        raise RuntimeError(f"numba cannot compile UMAP's kernel: {type(error).__name__}") from error
