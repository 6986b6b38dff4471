"""A receipt for one decision: every number from the pixels to the probabilities, and the contribution of each pixel."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.forward import softmax
from digitviz.networks.network import Network


@dataclass(frozen=True, eq=False)
class LayerReceipt:
    """The computation of one layer for one digit.

    Parameters
    ----------
    inputs : ndarray of float64, shape (inputs,)
        Scaled pixels, or the activations of the layer below.
    weights : ndarray of float64, shape (inputs, neurons)
    biases : ndarray of float64, shape (neurons,)
        Zeros if the network has no biases.
    sums : ndarray of float64, shape (neurons,)
        Pre-activations: for each neuron the sum of its contributions and its bias.
    activations : ndarray of float64, shape (neurons,)
        Activations of the sums. In the output layer, the sums themselves, which are the logits.
    """

    inputs: np.ndarray
    weights: np.ndarray
    biases: np.ndarray
    sums: np.ndarray
    activations: np.ndarray

    @cached_property
    def contributions(self) -> np.ndarray:
        """Input times weight for each input and neuron, shape (inputs, neurons)."""
        return self.inputs[:, None] * self.weights


@dataclass(frozen=True, eq=False)
class Receipt:
    """All numbers behind a network's answer to one digit; see `receipt`.

    Parameters
    ----------
    pixels : ndarray of float64, shape (64,)
        Ink, 0 to 16.
    layers : tuple of LayerReceipt
        Hidden layers in their order, then the output layer.
    probabilities : ndarray of float64, shape (10,)
        Softmax of the logits.
    label, against : int
        The answer, and the digit to compare it with.
    pixel_leads : ndarray of float64, shape (8, 8)
        Contribution of each pixel to the lead: its value times the gradient of the lead. Negative if it supports
        `against`.
    """

    pixels: np.ndarray
    layers: tuple[LayerReceipt, ...]
    probabilities: np.ndarray
    label: int
    against: int
    pixel_leads: np.ndarray

    @property
    def logits(self) -> np.ndarray:
        """Sums of the output layer, shape (10,)."""
        return self.layers[-1].sums

    @property
    def votes(self) -> np.ndarray:
        """Contribution of each neuron of the last hidden layer to each logit, shape (neurons, 10).

        Without hidden layers, it is the contribution of each pixel, shape (64, 10).
        """
        return self.layers[-1].contributions

    @property
    def lead(self) -> float:
        """Logit of `label` minus logit of `against`."""
        return float(self.logits[self.label] - self.logits[self.against])

    @property
    def leads(self) -> np.ndarray:
        """Vote of each row of `votes` for `label` minus its vote for `against`, shape (neurons,).

        Together with the difference of the two biases, they add up to the lead.
        """
        return self.votes[:, self.label] - self.votes[:, self.against]

    @property
    def remainder(self) -> float:
        """Lead without the pixels: the contribution of biases, and the linearization error of a curved activation.

        Zero for relu, leaky relu or identity without biases: such a network is linear between its kinks, and the pixels
        add up to the lead.
        """
        return self.lead - float(self.pixel_leads.sum())

    def decisive(self, layer: int | None = None, above: int | None = None) -> int:
        """Return the neuron of a hidden layer that contributes most to the answer.

        Parameters
        ----------
        layer : int, optional
            Index from 0. The last hidden layer by default.
        above : int, optional
            A neuron of the next layer, needed for a lower layer. The result is then the neuron that moved its
            activation furthest from 0, in the direction of its sign.

        Returns
        -------
        int
            In the last hidden layer, the neuron that adds most to the lead.

        Raises
        ------
        ValueError
            If there is no such layer, or `above` is missing for a lower layer.
        """
        last = len(self.layers) - 2
        layer = last if layer is None else layer
        if not 0 <= layer <= last:
            raise ValueError(f"layer: there is no hidden layer {layer + 1}")
        if layer == last:
            return int(self.leads.argmax())
        higher = self.layers[layer + 1]
        if above is None or not 0 <= above < len(higher.sums):
            raise ValueError(f"above: {above!r} is not a neuron of layer {layer + 2}")
        side = -1 if higher.activations[above] < 0 else 1
        return int((side * higher.contributions[:, above]).argmax())


def receipt(network: Network, digit: np.ndarray, against: int | None = None) -> Receipt:
    """Compute every number of a network's decision about one digit, in float64.

    Each neuron multiplies its inputs by its weights, adds up these contributions and its bias, and applies the
    activation function. A neuron of the last hidden layer votes for a digit by its contribution to that logit.

    Parameters
    ----------
    network : Network
        Any number of hidden layers, including none.
    digit : ndarray, shape (8, 8) or (64,)
        Ink, 0 to 16.
    against : int, optional
        The digit to compare the answer with. The runner-up by default.

    Returns
    -------
    Receipt

    Raises
    ------
    ValueError
        If the network overflows, or `against` is the answer or not a digit.
    """
    pixels = np.array(digit, dtype=np.float64).reshape(64)
    exact = network.parameters.in_float64()
    sums, inputs = replace(network, parameters=exact).layers(pixels[None])
    logits = sums[-1][0]
    if not np.isfinite(logits).all():
        raise ValueError("network: its numbers overflowed, so it has no answer")
    order = np.argsort(-logits, kind="stable")
    label = int(order[0])
    against = int(order[1]) if against is None else against
    if against == label or against not in range(len(logits)):
        raise ValueError(f"against: {against!r} is not a digit other than the answer, {label}")
    biases = exact.biases or [np.zeros(weight.shape[1]) for weight in exact.weights]
    activations = [*inputs[1:], sums[-1]]
    numbers = zip(inputs, exact.weights, biases, sums, activations, strict=True)
    layers = tuple(LayerReceipt(x[0], weights, bias, z[0], a[0]) for x, weights, bias, z, a in numbers)
    gradient = exact.weights[-1][:, label] - exact.weights[-1][:, against]
    for layer in reversed(layers[:-1]):
        derivative = ACTIVATIONS[network.activation].derivative(layer.sums, layer.activations)
        gradient = layer.weights @ (derivative * gradient)
    pixel_leads = (inputs[0][0] * gradient).reshape(8, 8)
    return Receipt(pixels, layers, softmax(sums[-1])[0], label, against, pixel_leads)
