"""Compiled functions that several methods share. Import this module late: numba loads slowly."""

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def smallest(block, found):  # type: ignore[no-untyped-def]
    """Fill `found` (m, k) with the columns of the `k` smallest values of each row, unordered; one heap per row."""
    rows, k = found.shape
    heap = np.empty(k, block.dtype)
    for i in range(rows):
        for j in range(block.shape[1]):
            value = block[i, j]
            if j < k:
                # The heap grows: move the value up from the end while it exceeds its parent.
                place = j
                while place > 0 and heap[(place - 1) // 2] < value:
                    heap[place], found[i, place] = heap[(place - 1) // 2], found[i, (place - 1) // 2]
                    place = (place - 1) // 2
            elif value < heap[0]:
                # The value replaces the largest one: move it down from the top while a child is larger.
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
def soft_weights(gaps, goal, by_entropy, weights):  # type: ignore[no-untyped-def]
    """Fill `weights` (n, k) with exp(-s gap). Bisection finds an s for each row.

    Each row of `weights` sums to `goal`. If `by_entropy`, its entropy after normalization is `goal`, in nats.
    """
    n, k = gaps.shape
    for i in range(n):
        mean = gaps[i].mean()
        steepness = 1.0 / mean if mean > 0 else 1.0
        low, high = 0.0, -1.0
        for _ in range(64):
            total, weighted = 0.0, 0.0
            for j in range(k):
                weights[i, j] = np.exp(-steepness * gaps[i, j])
                total += weights[i, j]
                weighted += weights[i, j] * gaps[i, j]
            reached = np.log(total) + steepness * weighted / total if by_entropy else total
            if abs(reached - goal) < 1e-5:
                break
            if reached > goal:
                low = steepness
                steepness = 2 * steepness if high < 0 else (low + high) / 2
            else:
                high = steepness
                steepness = (low + high) / 2
