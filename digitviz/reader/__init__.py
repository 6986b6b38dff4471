"""The network that is shipped: good at reading what hands draw. `python -m digitviz.reader` makes it."""

from __future__ import annotations

import json
from typing import Any

from digitviz.networks.network import Network
from digitviz.networks.shipped import DATA, load_shipped


def load_reader() -> Network:
    """Load the shipped reader: 64-50-10, relu, no biases, takes ink of 0 to 16 as it is.

    Returns
    -------
    Network
        Its probabilities are calibrated: of the answers it gives 0.9, about 90% are right.
    """
    return load_shipped("reader")


def load_card() -> dict[str, Any]:
    """Load what is known of the reader: data, licence, recipe, scores a class, calibration, not-sure rates."""
    return json.loads((DATA / "reader.json").read_text(encoding="utf-8"))
