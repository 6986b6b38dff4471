"""The shipped network, trained to classify hand-drawn digits. `python -m digitviz.reader` trains it."""

from __future__ import annotations

import json
from typing import Any

from digitviz.networks.network import Network
from digitviz.networks.shipped import DATA, load_shipped


def load_reader() -> Network:
    """Load the shipped reader: 64-50-10, relu, no biases; takes ink of 0 to 16 as it is.

    Returns
    -------
    Network
        Its probabilities are calibrated: of the answers to which it gives 0.9, about 90% are correct.
    """
    return load_shipped("reader")


def load_card() -> dict[str, Any]:
    """Load the reader's model card: data, licence, recipe, scores per class, calibration, not-sure rates."""
    return json.loads((DATA / "reader.json").read_text(encoding="utf-8"))
