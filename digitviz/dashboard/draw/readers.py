"""The networks that can read a drawing: the shipped reader, and the session's own, trained and untrained."""

from __future__ import annotations

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import current_run
from digitviz.datasets import DigitDataset
from digitviz.networks.network import Network
from digitviz.reader import load_reader

READERS = {"reader": "Reader", "yours": "Yours", "untrained": "Untrained", "all": "All three"}
"""What they are called on the screen."""


def _first_digits() -> DigitDataset:
    return current_run.shipped_digits().split()[0]


def networks() -> dict[str, Network]:
    """Return the networks that can read: the shipped reader, the session's own as it is now, and as it began."""
    run = current_run.job().run
    untrained = Network(run.initial_parameters, run.hyperparameters.activation, run.hyperparameters.input_scale)
    return {"reader": shared().get(load_reader), "yours": run.network, "untrained": untrained}


def learnt_from(name: str) -> DigitDataset:
    """Return the digits that a network was trained on: for the session's own network, its training data."""
    return current_run.job().run.train if name == "yours" else shared().get(_first_digits)
