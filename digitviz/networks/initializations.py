"""Initial weights: normally distributed around 0, with a standard deviation for each initialization."""

from dataclasses import dataclass

import numpy as np

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
    code : str
        NumPy expression of the standard deviation, with {entering}, {leaving} and {first} for these three numbers.
        Exported code contains it. "0" gives weights of zero without random numbers.
    """

    formula: str
    code: str

    def spread(self, entering: int, leaving: int, first: int) -> float:
        """Return the standard deviation for a layer's numbers of inputs and outputs, and the first layer's neurons."""
        return float(eval(self.code_for(entering, leaving, first), {"np": np}))

    def code_for(self, entering: int, leaving: int, first: int) -> str:
        """Return `code` for the same numbers."""
        return self.code.format(entering=entering, leaving=leaving, first=first)


INITIALIZATIONS = by_name(
    Initialization(
        "notebook",
        _("as in the notebook"),
        _("normal random numbers divided by the number of neurons in the first layer"),
        "1 / m",
        "(1 / {first})",
    ),
    # Preserves the variance through relu layers (K. He et al., Delving deep into rectifiers, 2015).
    Initialization(
        "he", _("He"), _("scaled by a layer's inputs, for ReLU"), r"\sqrt{2 / n_0}", "np.sqrt(2 / {entering})"
    ),
    # Preserves it in both directions (X. Glorot, Y. Bengio, Understanding the difficulty of training, 2010).
    Initialization(
        "xavier",
        _("Xavier"),
        _("scaled by a layer's inputs and outputs"),
        r"\sqrt{2 / (n_0 + n_1)}",
        "np.sqrt(2 / ({entering} + {leaving}))",
    ),
    Initialization("zeros", _("zeros"), _("with a hidden layer, the network can hardly learn"), "0", "0"),
)
