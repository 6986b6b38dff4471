"""A network that classifies digits, and functions for the networks in the package."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.language import lazy_gettext as _
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.entry import Named, by_name
from digitviz.networks.forward import forward, softmax
from digitviz.networks.parameters import Parameters


@dataclass(frozen=True)
class InputScale(Named):
    """A factor for pixels from 0 to 16, applied before they enter the network.

    Parameters
    ----------
    name, title
        See `Named`. The title is the range of the inputs.
    factor : float
    """

    factor: float


INPUT_SCALES = by_name(InputScale("raw", _("0 to 16"), 1.0), InputScale("unit", _("0 to 1"), 1.0 / PIXEL_MAX))


@dataclass(frozen=True, eq=False)
class Network:
    """A classifier of digits: pixels in, ten probabilities out, in the precision of the weights.

    Parameters
    ----------
    parameters : Parameters
    activation : str
        A name in `ACTIVATIONS`.
    input_scale : str
        A name in `INPUT_SCALES`: "raw" for pixels from 0 to 16, "unit" for 0 to 1.
    """

    parameters: Parameters
    activation: str = "relu"
    input_scale: str = "raw"

    def layers(self, x: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return the pre-activations and inputs of each layer, like `forward`, for pixels from 0 to 16."""
        pixels = np.asarray(x, self.parameters.weights[0].dtype) * INPUT_SCALES[self.input_scale].factor
        with np.errstate(over="ignore", invalid="ignore"):  # a diverged network gives nan
            return forward(self.parameters, ACTIVATIONS[self.activation], pixels)

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Return the logits, shape (n, 10), for pixels `x` from 0 to 16, shape (n, 64)."""
        return self.layers(x)[0][-1]

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """Return the probability of each digit, shape (n, 10). Each row sums to 1."""
        return softmax(self.logits(x))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the most probable digit of each row, shape (n,)."""
        return self.logits(x).argmax(axis=1)

    def hidden(self, x: np.ndarray) -> list[np.ndarray]:
        """Return the activations of each hidden layer: a list of arrays (n, neurons)."""
        return self.layers(x)[1][1:]

    def accuracy(self, x: np.ndarray, labels: np.ndarray) -> float:
        """Return the fraction of rows classified correctly, 0 to 1."""
        return float(np.mean(self.predict(x) == labels))


DATA = Path(__file__).parents[1] / "data"


def load_shipped(name: str) -> Network:
    """Load the network in `digitviz/data/<name>.safetensors`."""
    from safetensors import safe_open

    with safe_open(DATA / f"{name}.safetensors", framework="numpy") as file:
        settings = json.loads(file.metadata()["network"])
        arrays = {key: file.get_tensor(key).astype(np.float64) for key in file.keys()}  # noqa: SIM118 (not a mapping)
    weights, biases = ([arrays[k] for k in sorted(arrays) if k.startswith(kind)] for kind in ("w", "b"))
    return Network(Parameters(weights, biases or None), **settings)


def save_shipped(network: Network, name: str) -> None:
    """Write `network` to `digitviz/data/<name>.safetensors`, in float32."""
    from safetensors.numpy import save_file

    arrays = {key: np.ascontiguousarray(array, dtype=np.float32) for key, array in network.parameters.named_arrays}
    settings = json.dumps({"activation": network.activation, "input_scale": network.input_scale})
    # A single entry, because safetensors writes several in random order and the file would differ each time.
    save_file(arrays, DATA / f"{name}.safetensors", {"network": settings})
