"""Accuracy and calibration of a network on drawings, and how often its answers are flagged."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.drawing import Drawing, read, to_digit
from digitviz.networks.network import Network

CONDITIONS = ("base", "offc", "small", "large", "thin", "thick", "rot")


@dataclass(frozen=True, eq=False)
class DrawnDigits:
    """Test drawings, already converted to 8 x 8.

    Parameters
    ----------
    drawings : list of Drawing, n of them
    pixels : ndarray of float64, shape (n, 64)
    labels : ndarray of int, shape (n,)
    source : ndarray of str, shape (n,)
        "mnist" or "pen".
    condition : ndarray of str, shape (n,)
        One of `CONDITIONS`.
    """

    drawings: list[Drawing]
    pixels: np.ndarray
    labels: np.ndarray
    source: np.ndarray
    condition: np.ndarray


def load_drawn_digits(path: Path) -> DrawnDigits:
    """Load drawings of digits: `images` (n, 280, 280), `labels`, `source`, `condition`."""
    with np.load(path, allow_pickle=False) as file:
        drawings = [to_digit(image) for image in file["images"]]
        labels, source, condition = file["labels"].astype(int), file["source"], file["condition"]
    return DrawnDigits(drawings, np.concatenate([d.row for d in drawings]), labels, source, condition)


def load_not_digits(path: Path) -> tuple[list[Drawing], np.ndarray]:
    """Load drawings that are not digits: `images` (n, 280, 280) and `kind`, "letter" or the name of a shape."""
    with np.load(path, allow_pickle=False) as file:
        return [to_digit(image) for image in file["images"]], file["kind"]


def drawn_accuracy(network: Network, drawn: DrawnDigits) -> dict[str, float]:
    """Return the accuracy for each source and condition."""
    correct = network.predict(drawn.pixels) == drawn.labels
    groups = {name: drawn.source == name for name in ("mnist", "pen")}
    groups |= {name: drawn.condition == name for name in CONDITIONS}
    return {name: float(correct[rows].mean()) for name, rows in groups.items()}


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal mass.

    References
    ----------
    M. P. Naeini et al., Obtaining well calibrated probabilities using Bayesian binning, AAAI 2015.
    """
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    groups = np.array_split(np.argsort(confidence, kind="stable"), bins)
    return float(sum(len(g) / len(labels) * abs(confidence[g].mean() - correct[g].mean()) for g in groups))


def not_sure_share(drawings: list[Drawing], network: Network, training: DigitDataset | None = None) -> float:
    """Return the fraction of drawings that are flagged as unlike the training data."""
    return float(np.mean([read(d, network, training).unlike_training_data is not None for d in drawings]))
