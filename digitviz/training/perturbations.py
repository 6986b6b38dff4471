"""Perturbations: changes to the digits before training that show which properties a network relies on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digitviz.datasets import PIXEL_MAX, DigitDataset
from digitviz.language import Lazy, lazy_gettext as _

Parts = tuple[DigitDataset, DigitDataset]
"""Training digits and test digits."""
NOISE = 4.0
"""Standard deviation of the noise added to each pixel; full ink is 16."""
SIDE = 8


@dataclass(frozen=True)
class Perturbation:
    """A change of the digits that leaves the number of digits in each part the same.

    Parameters
    ----------
    title : Lazy
    meaning : Lazy
        Description of the change.
    because : Lazy
        Explanation of its effect on the accuracy.
    change : callable
        Takes both parts and a random number generator, and returns both parts.
    """

    title: Lazy
    meaning: Lazy
    because: Lazy
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


PERTURBATIONS: dict[str, Perturbation] = {
    "shuffled_pixels": Perturbation(
        _("Shuffled pixels"),
        _("The 64 pixels are shuffled in the same way in every training and test digit."),
        _("To the network, every pixel is a number with weights of its own, so their order hardly matters."),
        _shuffle_pixels,
    ),
    "random_labels": Perturbation(
        _("Random labels"),
        _("Every training digit gets a random label. The test digits keep theirs."),
        _("Random labels say nothing about the pictures, so it can do little better than guess."),
        _random_labels,
    ),
    "half": Perturbation(
        _("Half the training data"),
        _("The second half of the training digits is replaced with a second copy of the first half."),
        _("A copy teaches nothing new, so it has seen only half as many different digits."),
        _half,
    ),
    "noise": Perturbation(
        _("Noise"),
        _(
            "Random noise with a standard deviation of 4 (full ink is 16) is added to every pixel of the training "
            "digits. Ink stays between none and full, so about half of the empty pixels stay empty. The test "
            "digits stay clean."
        ),
        _("The noise is different in every digit, so training can average much of it out."),
        _noise,
    ),
    "shifted_test": Perturbation(
        _("Shifted test digits"),
        _("Training stays the same, but the test digits are shifted one pixel to the right."),
        _("Each weight belongs to one pixel, so shifted ink meets weights that were learned for other places."),
        _shift_test,
    ),
}


def shocked(dataset: DigitDataset, name: str, train_fraction: float = 0.9, seed: int = 0) -> DigitDataset:
    """Return a perturbed data set. `split` with the same fraction gives parts of the same sizes as before.

    Parameters
    ----------
    dataset : DigitDataset
        The original data set. The result leaves out distorted copies and other additions to its training part.
    name : str
        A name in `PERTURBATIONS`: "shuffled_pixels", "random_labels", "half", "noise" or "shifted_test". With "half",
        the first half of the training digits replaces the second, so their number stays the same.
    train_fraction : float
        Fraction for the later `split`.
    seed : int
        Seed of the random numbers.

    Raises
    ------
    ValueError
        If the name is unknown, or either part would be empty.
    """
    if name not in PERTURBATIONS:
        raise ValueError(f"name: {name!r} is not one of {', '.join(PERTURBATIONS)}")
    parts = DigitDataset(dataset.pixels, dataset.labels).split(train_fraction)
    train, test = PERTURBATIONS[name].change(*parts, np.random.default_rng([seed, 3]))
    pixels = np.concatenate([train.pixels, test.pixels])
    return DigitDataset(pixels, np.concatenate([train.labels, test.labels]))
