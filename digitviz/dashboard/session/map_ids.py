"""What tells the points of a map from any others, known before they are made."""

from __future__ import annotations

import hashlib

from digitviz.datasets import DigitDataset
from digitviz.networks.network import Network
from digitviz.projections.spaces import LABELS, PIXELS, W1_ROWS
from digitviz.training.run import Snapshot, TrainingRun


def id_of(run: TrainingRun | Snapshot, batch: int | None = None) -> str:
    """Return what tells the weights of a run at one moment from any others.

    Parameters
    ----------
    run : TrainingRun or Snapshot
        A snapshot for the moment that it shows.
    batch : int, optional
        Of a run: the moment as it is recorded after so many batches; 0 is before the first.
    """
    if isinstance(run, Snapshot):
        return f"{run.history.serial} {'' if run.is_exact else 'about '}step {run.weights_step}"
    return f"{run.serial} batch {batch}"


def id_of_network(network: Network) -> str:
    """Return what tells a network that comes from no run from any other: a hash of its content."""
    digest = hashlib.sha256(f"{network.activation} {network.input_scale}".encode())
    for name, array in network.parameters.named_arrays:
        digest.update(f"{name} {array.shape} {array.dtype}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def id_of_points(space: str, digits: DigitDataset, weights: str) -> str:
    """Return what tells the points of a space from any others: it holds what they depend on, and nothing else.

    Parameters
    ----------
    space : str
        Its name.
    digits : DigitDataset
    weights : str
        As by `id_of`.
    """
    if space == PIXELS:
        return f"{space} of {digits.id}"
    if space in (W1_ROWS, LABELS):
        return f"{space} of {weights}"
    return f"{space} of {digits.id} by {weights}"
