"""Networks that come with the package, as safetensors files in `digitviz/data`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters

DATA = Path(__file__).parents[1] / "data"


def load_shipped(name: str) -> Network:
    """Load the network in `digitviz/data/<name>.safetensors`."""
    from safetensors import safe_open

    with safe_open(DATA / f"{name}.safetensors", framework="numpy") as file:
        settings = json.loads(file.metadata()["network"])
        arrays = {key: file.get_tensor(key).astype(np.float64) for key in file.keys()}  # noqa: SIM118 (no mapping)
    weights, biases = ([arrays[k] for k in sorted(arrays) if k.startswith(kind)] for kind in ("w", "b"))
    return Network(Parameters(weights, biases or None), **settings)


def save_shipped(network: Network, name: str) -> None:
    """Write `network` to `digitviz/data/<name>.safetensors`, in float32."""
    from safetensors.numpy import save_file

    arrays = {key: np.ascontiguousarray(array, dtype=np.float32) for key, array in network.parameters.named_arrays}
    settings = json.dumps({"activation": network.activation, "input_scale": network.input_scale})
    # One entry: several would be written in random order, and the file would differ each time.
    save_file(arrays, DATA / f"{name}.safetensors", {"network": settings})
