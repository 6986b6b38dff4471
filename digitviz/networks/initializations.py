"""Initial weights: normally distributed around 0, with a standard deviation for each initialization."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from digitviz.language import lazy_gettext as _
from digitviz.networks.entry import Entry, by_name


@dataclass(frozen=True)
class Initialization(Entry):
    """Standard deviation of a layer's initial weights.

    Parameters
    ----------
    name, title, meaning
        See `Entry`.
    formula : str
        The standard deviation in LaTeX, with n_0 for the inputs of a layer, n_1 for its outputs, and m for the neurons
        of the first layer.
    spread : callable
        Maps these three numbers, in this order, to the standard deviation.
    """

    formula: str
    spread: Callable[[int, int, int], float]


def _he(entering: int, leaving: int, first: int) -> float:
    """Preserve the variance through relu layers (K. He et al., Delving deep into rectifiers, 2015)."""
    return math.sqrt(2.0 / entering)


def _xavier(entering: int, leaving: int, first: int) -> float:
    """Preserve it in both directions (X. Glorot, Y. Bengio, Understanding the difficulty of training, 2010)."""
    return math.sqrt(2.0 / (entering + leaving))


INITIALIZATIONS = by_name(
    Initialization(
        "notebook",
        _("as in the notebook"),
        _("normal random numbers divided by the number of neurons in the first layer"),
        "1 / m",
        lambda entering, leaving, first: 1.0 / first,
    ),
    Initialization("he", _("He"), _("scaled by a layer's inputs, for ReLU"), r"\sqrt{2 / n_0}", _he),
    Initialization(
        "xavier", _("Xavier"), _("scaled by a layer's inputs and outputs"), r"\sqrt{2 / (n_0 + n_1)}", _xavier
    ),
    Initialization("zeros", _("zeros"), _("the network cannot learn"), "0", lambda entering, leaving, first: 0.0),
)
