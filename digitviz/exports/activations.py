"""Each activation in the languages that networks are taken home in: NumPy for a student, torch, and ONNX.

`docs/recipes.md` says how to add one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from digitviz.networks.activations import LEAK


@dataclass(frozen=True)
class ActivationCode:
    """An activation, written out.

    Parameters
    ----------
    function : str
        A NumPy expression of `z`.
    derivative : str
        The same of `z` and `a`, the activations.
    torch : str
        The module that computes it, in `torch.nn`.
    onnx : callable
        Adds its nodes to a graph: from the graph and the name of the pre-activations to that of the activations. With
        `onnxruntime` they must compute in float64 as well as in float32.
    from_the_right : str, optional
        The derivative of one with a kink, with that from the right at the kink.
    imports : tuple of str
        Lines that the expressions need.
    helper : str
        Code of a function that they need.
    """

    function: str
    derivative: str
    torch: str
    onnx: Callable[[Any, str], str]
    from_the_right: str | None = None
    imports: tuple[str, ...] = ()
    helper: str = ""


def _leaky_relu(graph: Any, z: str) -> str:
    """Compute max(0.01 z, z): the node LeakyRelu has no float64 in `onnxruntime`."""
    return graph.node("Max", graph.node("Mul", z, graph.number(LEAK)), z)


def _gelu(graph: Any, z: str) -> str:
    """Compute z (1 + erf(z / sqrt 2)) / 2, its erf in float32: the node Erf has no float64 in `onnxruntime`."""
    scaled = graph.node("Mul", z, graph.number(np.sqrt(0.5)))
    erf = graph.cast(graph.node("Erf", graph.cast(scaled, "float32")), graph.precision)
    return graph.node("Mul", graph.node("Mul", z, graph.number(0.5)), graph.node("Add", erf, graph.number(1.0)))


ACTIVATIONS = {
    "relu": ActivationCode(
        "np.maximum(z, 0)",
        "z > 0",
        "nn.ReLU()",
        lambda graph, z: graph.node("Relu", z),
        from_the_right="z >= 0",
    ),
    "leaky_relu": ActivationCode(
        f"np.maximum({LEAK} * z, z)",
        f"np.where(z > 0, 1, {LEAK}).astype(z.dtype)",
        f"nn.LeakyReLU({LEAK})",
        _leaky_relu,
        from_the_right=f"np.where(z >= 0, 1, {LEAK}).astype(z.dtype)",
    ),
    "sigmoid": ActivationCode(
        "0.5 * (1 + np.tanh(0.5 * z))",
        "a * (1 - a)",
        "nn.Sigmoid()",
        lambda graph, z: graph.node("Sigmoid", z),
    ),
    "tanh": ActivationCode("np.tanh(z)", "1 - a * a", "nn.Tanh()", lambda graph, z: graph.node("Tanh", z)),
    "gelu": ActivationCode(
        "z * normal_distribution(z)",
        "normal_distribution(z) + z * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)",
        "nn.GELU()",
        _gelu,
        imports=("import math", "from scipy.special import erf"),
        helper="def normal_distribution(z):\n    return 0.5 * (1 + erf(z * math.sqrt(0.5)))",
    ),
    "identity": ActivationCode("z", "np.ones_like(z)", "nn.Identity()", lambda graph, z: z),
}
