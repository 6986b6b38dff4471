"""Training data of the pretrained network: scikit-learn's digits, MNIST digits, and distorted copies of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.datasets import PIXEL_MAX, load_digits, load_handwriting
from digitviz.drawing.canvas import INK_LEVEL, interpolation_matrix
from digitviz.drawing.normalise import ink_per_block, normalise
from digitviz.drawing.practice import HANDS, distort, smooth_fields
from digitviz.networks.network import DATA
from digitviz.pretrained.not_digits import draw, letter, scribble

TRAINING_DIGITS = 1617
"""First rows of scikit-learn's 1,797 digits. The last 180 are for testing only."""

TRAINING_HANDWRITING = 5000
"""First rows of the MNIST digits. The last 1,000 are for testing, calibration and the likeness threshold."""

HEIGHT_28 = 20 / 28
"""Height of a digit as a fraction of an MNIST picture."""

ENLARGED = 112
"""Side to which 28 pixels are enlarged, as in `to_digit`."""

DIGIT_COPIES = 40
HANDWRITING_COPIES = 20
NOT_DIGITS = 24_000
"""Number of letters, and also of shapes and scribbles."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Training and test examples.

    Parameters
    ----------
    pixels, labels : ndarray, shapes (n, 64) and (n,)
        Digits and distorted copies.
    others : ndarray, shape (m, 64)
        Drawings that are not digits.
    held_out, held_out_labels : ndarray, shapes (k, 64) and (k,)
        MNIST digits that are not used for training, and one distorted copy of each.
    """

    pixels: np.ndarray
    labels: np.ndarray
    others: np.ndarray
    held_out: np.ndarray
    held_out_labels: np.ndarray


def make_examples() -> Examples:
    """Make all examples, the same each time."""
    rng = np.random.default_rng(0)
    digits, hands = load_digits()[:TRAINING_DIGITS], load_handwriting()
    fields = smooth_fields(digits.images / PIXEL_MAX)
    hand_fields = smooth_fields(hands.images28 / 255)
    learnt, held_out = hands[:TRAINING_HANDWRITING], hands[TRAINING_HANDWRITING:]
    learnt_fields, held_out_fields = np.split(hand_fields, [TRAINING_HANDWRITING])

    def copies(count: int, fields: np.ndarray, height: float = 1.0) -> list[np.ndarray]:
        return [_pixels(distort(fields, rng, HANDS, height)) for _ in range(count)]

    pixels = [digits.pixels, learnt.pixels, *copies(DIGIT_COPIES, fields)]
    pixels += copies(HANDWRITING_COPIES, learnt_fields, HEIGHT_28)
    labels = [digits.labels, learnt.labels, *[digits.labels] * DIGIT_COPIES, *[learnt.labels] * HANDWRITING_COPIES]
    unseen = np.concatenate([held_out.pixels, *copies(1, held_out_fields, HEIGHT_28)])
    seen = np.concatenate(pixels), np.concatenate(labels), _others(rng)
    return Examples(*seen, unseen, np.tile(held_out.labels, 2))


def _pixels(bitmaps: np.ndarray) -> np.ndarray:
    return ink_per_block(bitmaps).reshape(-1, 64)


def _others(rng: np.random.Generator) -> np.ndarray:
    """Draw letters, shapes and scribbles, shape (n, 64)."""
    rows = []
    for _ in range(NOT_DIGITS // 500):
        drawn = [draw(shape(rng), rng) for _ in range(500) for shape in (letter, scribble)]
        rows.append(_pixels(normalise(np.stack(drawn)).bitmaps))
    return np.concatenate(rows)


def pixels_of(images28: np.ndarray) -> np.ndarray:
    """Convert MNIST digits to the format of scikit-learn's digits, as `to_digit` does for a single picture.

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
    """Recompute the 8 x 8 format of the shipped MNIST digits, and write the file."""
    hands = load_handwriting()
    pixels, labels = pixels_of(hands.images28), hands.labels.astype(np.uint8)
    np.savez_compressed(DATA / "handwriting.npz", pixels=pixels, labels=labels, images28=hands.images28)
