"""MNIST digits in the form of scikit-learn's digits."""

from __future__ import annotations

import numpy as np

from digitviz.datasets import load_handwriting
from digitviz.drawing.canvas import INK_LEVEL, interpolation_matrix
from digitviz.drawing.normalise import normalise
from digitviz.networks.shipped import DATA

ENLARGED = 112
"""Pixels to which a side of 28 is enlarged; `to_digit` does the same with a single picture."""


def pixels_of(images28: np.ndarray) -> np.ndarray:
    """Convert MNIST digits to the form of scikit-learn's digits, as `to_digit` does one by one.

    Parameters
    ----------
    images28 : ndarray of uint8, shape (n, 28, 28)

    Returns
    -------
    ndarray of uint8, shape (n, 64)
        Ink per pixel, 0 to 16.
    """
    matrix = interpolation_matrix(images28.shape[1], ENLARGED)
    parts = []
    for images in np.array_split(images28, max(1, len(images28) // 250)):
        strength = matrix @ (images * np.float32(1 / 255)) @ matrix.T
        strongest = strength.max(axis=(1, 2), keepdims=True)
        parts.append(normalise(strength > INK_LEVEL * strongest).digits.reshape(-1, 64).astype(np.uint8))
    return np.concatenate(parts)


def refresh_handwriting() -> None:
    """Write the shipped MNIST digits again, with their 8 x 8 form computed by the current code."""
    hands = load_handwriting()
    np.savez_compressed(
        DATA / "handwriting.npz",
        pixels=pixels_of(hands.images28),
        labels=hands.labels.astype(np.uint8),
        images28=hands.images28,
    )
