"""What the hidden neurons are for."""

from __future__ import annotations

import numpy as np

from digitviz.networks.parameters import Parameters

ORDERS = ("number", "strength", "vote")


def votes(parameters: Parameters) -> np.ndarray | None:
    """Return the digit that each neuron of the first layer supports most, shape (neurons,).

    With several hidden layers the product of their weights counts. None for a network without hidden layers: its
    first layer is the output.
    """
    reached = effects(parameters)
    return None if reached is None else reached.argmax(axis=1)


def effects(parameters: Parameters) -> np.ndarray | None:
    """Return the weights through which each neuron of the first layer reaches the ten digits, shape (neurons, 10).

    With several hidden layers that is the product of their weights. None for a network without hidden layers.
    """
    if len(parameters.weights) < 2:
        return None
    return np.linalg.multi_dot([np.eye(parameters.weights[1].shape[0]), *parameters.weights[1:]])


def strengths(parameters: Parameters) -> np.ndarray:
    """Return the norm of each first-layer neuron's incoming weights, times that of its outgoing ones."""
    incoming = np.linalg.norm(parameters.weights[0], axis=0)
    return incoming if len(parameters.weights) < 2 else incoming * np.linalg.norm(parameters.weights[1], axis=1)


def sorted_neurons(parameters: Parameters, order: str) -> np.ndarray:
    """List the neurons of the first layer.

    Parameters
    ----------
    parameters : Parameters
    order : str
        "number"; "strength", the strongest first; or "vote", by the digit they support, and then by strength.

    Raises
    ------
    ValueError
        If there is no such order.
    """
    if order not in ORDERS:
        raise ValueError(f"order: {order!r} is not one of {', '.join(ORDERS)}")
    strength = strengths(parameters)
    if order == "number":
        return np.arange(len(strength))
    voted = votes(parameters)
    keys = (-strength,) if order == "strength" or voted is None else (-strength, voted)
    return np.lexsort(keys)
