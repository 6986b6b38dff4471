"""A receipt for one decision: every number from the pixels to the probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.forward import forward, softmax
from digitviz.networks.network import INPUT_SCALES, Network
from digitviz.networks.parameters import Parameters


@dataclass(frozen=True, eq=False)
class LayerReceipt:
    """What one layer adds up for one digit.

    Parameters
    ----------
    inputs : ndarray of float64, shape (inputs,)
        The scaled pixels, or the activations of the layer below.
    weights : ndarray of float64, shape (inputs, neurons)
    biases : ndarray of float64, shape (neurons,)
        Zeros for a network without biases.
    sums : ndarray of float64, shape (neurons,)
        The pre-activations: the contributions to each neuron and its bias, added up.
    activations : ndarray of float64, shape (neurons,)
        The activation function of the sums; of the output layer the sums themselves, which are the logits.
    """

    inputs: np.ndarray
    weights: np.ndarray
    biases: np.ndarray
    sums: np.ndarray
    activations: np.ndarray

    @cached_property
    def contributions(self) -> np.ndarray:
        """What each input adds to each neuron's sum: input times weight, shape (inputs, neurons)."""
        return self.inputs[:, None] * self.weights


@dataclass(frozen=True, eq=False)
class Receipt:
    """How a network came to its answer about one digit; see `receipt`.

    Parameters
    ----------
    pixels : ndarray of float64, shape (64,)
        Ink, 0 to 16.
    layers : tuple of LayerReceipt
        The hidden layers in their order, then the output layer.
    probabilities : ndarray of float64, shape (10,)
        Softmax of the logits.
    label, against : int
        The answer, and the digit it is compared with.
    """

    pixels: np.ndarray
    layers: tuple[LayerReceipt, ...]
    probabilities: np.ndarray
    label: int
    against: int

    @property
    def logits(self) -> np.ndarray:
        """The sums of the output layer, shape (10,)."""
        return self.layers[-1].sums

    @property
    def votes(self) -> np.ndarray:
        """What each neuron of the last hidden layer adds to each logit, shape (neurons, 10).

        In a network without hidden layers it is what each pixel adds, shape (64, 10).
        """
        return self.layers[-1].contributions

    @property
    def lead(self) -> float:
        """Logit of `label` minus logit of `against`."""
        return float(self.logits[self.label] - self.logits[self.against])

    @property
    def leads(self) -> np.ndarray:
        """What each row of `votes` adds to the lead, shape (neurons,): its vote for `label` minus that for `against`.

        With the difference of the two biases they add up to the lead.
        """
        return self.votes[:, self.label] - self.votes[:, self.against]

    def decisive(self, layer: int | None = None, above: int | None = None) -> int:
        """Return the neuron of a hidden layer to which the answer owes most.

        Parameters
        ----------
        layer : int, optional
            From 0; the last hidden layer if not given.
        above : int, optional
            For a lower layer, a neuron of the next: the one is returned that moved its activation furthest from 0 to
            the side where it is.

        Returns
        -------
        int
            For the last hidden layer the neuron that adds most to the lead.

        Raises
        ------
        ValueError
            If there is no such layer, or `above` is missing below the last.
        """
        last = len(self.layers) - 2
        layer = last if layer is None else layer
        if not 0 <= layer <= last:
            raise ValueError(f"layer: there is no hidden layer {layer + 1}")
        if layer == last:
            return int(self.leads.argmax())
        higher = self.layers[layer + 1]
        if above is None or not 0 <= above < len(higher.sums):
            raise ValueError(f"above: {above!r} is no neuron of layer {layer + 2}")
        side = -1 if higher.activations[above] < 0 else 1
        return int((side * higher.contributions[:, above]).argmax())


def receipt(network: Network, digit: np.ndarray, against: int | None = None) -> Receipt:
    """Write down every number of a network's decision about one digit, in float64.

    Each neuron multiplies its inputs by its weights, adds up these contributions and its bias, and bends the sum by the
    activation function. The last hidden layer votes: what a neuron contributes to a logit is its vote for that digit.

    Parameters
    ----------
    network : Network
        Of any number of hidden layers, also of none.
    digit : ndarray, shape (8, 8) or (64,)
        Ink, 0 to 16.
    against : int, optional
        The digit that the answer is compared with; the runner-up if not given.

    Returns
    -------
    Receipt

    Raises
    ------
    ValueError
        If the network's numbers overflow, or `against` is no digit or the answer itself.
    """
    pixels = np.array(digit, dtype=np.float64).reshape(64)
    exact = Parameters(
        [weight.astype(np.float64) for weight in network.parameters.weights],
        None if network.parameters.biases is None else [bias.astype(np.float64) for bias in network.parameters.biases],
    )
    x = pixels[None] * INPUT_SCALES[network.input_scale].factor
    with np.errstate(over="ignore", invalid="ignore"):
        sums, inputs = forward(exact, ACTIVATIONS[network.activation], x)
    logits = sums[-1][0]
    if not np.isfinite(logits).all():
        raise ValueError("network: its numbers have overflowed, so it has no answer")
    order = np.argsort(-logits, kind="stable")
    label = int(order[0])
    against = int(order[1]) if against is None else against
    if against == label or against not in range(len(logits)):
        raise ValueError(f"against: {against!r} is no digit other than the answer, {label}")
    biases = exact.biases or [np.zeros(weight.shape[1]) for weight in exact.weights]
    activations = [*inputs[1:], sums[-1]]
    rows = ([row[0] for row in column] for column in (inputs, sums, activations))
    layers = tuple(
        LayerReceipt(entering, weights, bias, added, leaving)
        for (entering, added, leaving), weights, bias in zip(
            zip(*rows, strict=True), exact.weights, biases, strict=True
        )
    )
    return Receipt(pixels, layers, softmax(sums[-1])[0], label, against)
