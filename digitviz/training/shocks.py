"""What can befall the digits before a training, to see what a network needs of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digitviz.datasets import PIXEL_MAX, DigitDataset
from digitviz.language import Lazy
from digitviz.language import lazy_gettext as _

Parts = tuple[DigitDataset, DigitDataset]
"""Training digits and test digits."""
NOISE = 4.0
"""Standard deviation of what is added to each pixel, ink of 16."""
SIDE = 8


@dataclass(frozen=True)
class Shock:
    """A change of the digits; how many there are of either part stays as it is.

    Parameters
    ----------
    name : str
    title : Lazy
    meaning : Lazy
        What happens to which digits.
    change : callable
        From both parts and a generator of random numbers to both parts.
    """

    name: str
    title: Lazy
    meaning: Lazy
    change: Callable[[DigitDataset, DigitDataset, np.random.Generator], Parts]


def _shuffle_pixels(train: DigitDataset, test: DigitDataset, rng: np.random.Generator) -> Parts:
    order = rng.permutation(SIDE * SIDE)
    return DigitDataset(train.pixels[:, order], train.labels), DigitDataset(test.pixels[:, order], test.labels)


def _random_labels(train: DigitDataset, test: DigitDataset, rng: np.random.Generator) -> Parts:
    return DigitDataset(train.pixels, rng.integers(0, 10, len(train))), test


def _half(train: DigitDataset, test: DigitDataset, _rng: np.random.Generator) -> Parts:
    return train[np.arange(len(train)) % max(1, len(train) // 2)], test


def _noise(train: DigitDataset, test: DigitDataset, rng: np.random.Generator) -> Parts:
    noisy = np.clip(train.pixels + rng.normal(0.0, NOISE, train.pixels.shape), 0.0, PIXEL_MAX)
    return DigitDataset(noisy, train.labels), test


def _shift_test(train: DigitDataset, test: DigitDataset, _rng: np.random.Generator) -> Parts:
    moved = np.zeros_like(test.images)
    moved[:, :, 1:] = test.images[:, :, :-1]
    return train, DigitDataset(moved.reshape(len(test), -1), test.labels)


SHOCKS: dict[str, Shock] = {
    shock.name: shock
    for shock in (
        Shock(
            "shuffled_pixels",
            _("Shuffled pixels"),
            _("The 64 pixels change places, the same way in every digit for training and for testing."),
            _shuffle_pixels,
        ),
        Shock(
            "random_labels",
            _("Random labels"),
            _("Every training digit gets a random label. The test digits keep theirs."),
            _random_labels,
        ),
        Shock(
            "half",
            _("Half the training data"),
            _("The second half of the training digits is missing. The first half is there twice in its place."),
            _half,
        ),
        Shock(
            "noise",
            _("Noise"),
            _(
                "Random noise with a standard deviation of 4 (full ink is 16) is added to every pixel of the training "
                "digits. Ink stays between none and full, so about half of the empty pixels stay empty. The test "
                "digits stay clean."
            ),
            _noise,
        ),
        Shock(
            "shifted_test",
            _("Shifted test digits"),
            _("The training stays as it is, but the test digits are moved by one pixel to the right."),
            _shift_test,
        ),
    )
}


def shocked(dataset: DigitDataset, name: str, train_fraction: float = 0.9, seed: int = 0) -> DigitDataset:
    """Return a data set after a shock; `split` with the same fraction gives parts as large as before.

    Parameters
    ----------
    dataset : DigitDataset
        What its training part may be enlarged by is left out.
    name : str
        A name in `SHOCKS`: "shuffled_pixels", "random_labels", "half", "noise" or "shifted_test". Half the training
        digits are there twice in place of the other half, so that as many are left.
    train_fraction : float
        How it is going to be split.
    seed : int
        Of the random numbers.

    Raises
    ------
    ValueError
        If there is no such shock, or either part would be empty.
    """
    if name not in SHOCKS:
        raise ValueError(f"name: {name!r} is not one of {', '.join(SHOCKS)}")
    parts = DigitDataset(dataset.pixels, dataset.labels).split(train_fraction)
    train, test = SHOCKS[name].change(*parts, np.random.default_rng([seed, 3]))
    pixels = np.concatenate([train.pixels, test.pixels])
    return DigitDataset(pixels, np.concatenate([train.labels, test.labels]))
