"""The reader's training data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.datasets import PIXEL_MAX, load_digits, load_handwriting
from digitviz.drawing.distortion import HANDS, distort, smooth_fields
from digitviz.drawing.normalise import ink_per_block, normalise
from digitviz.reader.not_digits import draw, letter, scribble

TRAINING_DIGITS = 1617
"""First rows of scikit-learn's 1,797 digits; the last 180 are only for testing."""

TRAINING_HANDWRITING = 5000
"""First rows of the MNIST digits; the last 1,000 only test, and set the temperature and the likeness threshold."""

HEIGHT_28 = 20 / 28
"""Fraction of MNIST's pictures that the digits fill."""

DIGIT_COPIES = 40
HANDWRITING_COPIES = 20
NOT_DIGITS = 24_000
"""Number of letters, and of shapes and scribbles."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Rows to train on and rows to test with.

    Parameters
    ----------
    pixels, labels : ndarray, shapes (n, 64) and (n,)
        Digits and distorted copies.
    others : ndarray, shape (m, 64)
        Drawings that are not digits.
    held_out, held_out_labels : ndarray, shapes (k, 64) and (k,)
        MNIST digits that nothing is trained on, and one distorted copy of each.
    """

    pixels: np.ndarray
    labels: np.ndarray
    others: np.ndarray
    held_out: np.ndarray
    held_out_labels: np.ndarray


def make_examples(seed: int = 0) -> Examples:
    """Make all examples; the same seed makes the same."""
    rng = np.random.default_rng(seed)
    digits, hands = load_digits()[:TRAINING_DIGITS], load_handwriting()
    fields = smooth_fields(digits.images / PIXEL_MAX)
    hand_fields = smooth_fields(hands.images28 / 255)
    learnt = hand_fields[:TRAINING_HANDWRITING]
    pixels = [digits.pixels, hands.pixels[:TRAINING_HANDWRITING]]
    labels = [digits.labels, hands.labels[:TRAINING_HANDWRITING]]
    for _ in range(DIGIT_COPIES):
        pixels.append(_pixels(distort(fields, rng, HANDS)))
        labels.append(digits.labels)
    for _ in range(HANDWRITING_COPIES):
        pixels.append(_pixels(distort(learnt, rng, HANDS, HEIGHT_28)))
        labels.append(hands.labels[:TRAINING_HANDWRITING])
    held_out = [hands.pixels[TRAINING_HANDWRITING:]]
    held_out.append(_pixels(distort(hand_fields[TRAINING_HANDWRITING:], rng, HANDS, HEIGHT_28)))
    return Examples(
        np.concatenate(pixels),
        np.concatenate(labels),
        _others(rng),
        np.concatenate(held_out),
        np.tile(hands.labels[TRAINING_HANDWRITING:], 2),
    )


def _pixels(bitmaps: np.ndarray) -> np.ndarray:
    return ink_per_block(bitmaps).reshape(-1, 64)


def _others(rng: np.random.Generator) -> np.ndarray:
    """Draw letters, shapes and scribbles, shape (n, 64)."""
    rows = []
    for _ in range(NOT_DIGITS // 500):
        drawn = [draw(shape(rng), rng) for _ in range(500) for shape in (letter, scribble)]
        rows.append(_pixels(normalise(np.stack(drawn)).bitmaps))
    return np.concatenate(rows)
