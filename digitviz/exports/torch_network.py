"""The network for torch."""

from __future__ import annotations

import io
import json
from collections import OrderedDict
from itertools import pairwise
from typing import Any

import numpy as np

from digitviz.exports.activations import ACTIVATIONS
from digitviz.exports.metadata import of_weights
from digitviz.exports.moment import Moment
from digitviz.language import gettext as _
from digitviz.networks.network import INPUT_SCALES
from digitviz.training.run import TrainingRun


def network_torch(run: TrainingRun | Moment) -> bytes:
    """Pack the `state_dict` of an `nn.Sequential` of linear layers with the activation between them.

    `torch.load(file, weights_only=True)` reads it; `torch_code` writes the module that it fits. Weights are of shape
    (outputs, inputs), as torch has them. Its `_metadata["digitviz"]` holds the metadata of the safetensors file.
    """
    import torch

    moment = Moment.of(run)
    parameters = moment.network.parameters
    state: OrderedDict[str, Any] = OrderedDict()
    for layer, weight in enumerate(parameters.weights):
        state[f"{2 * layer}.weight"] = torch.from_numpy(np.array(weight.T, order="C"))
        if parameters.biases is not None:
            state[f"{2 * layer}.bias"] = torch.from_numpy(parameters.biases[layer].copy())
    vars(state)["_metadata"] = OrderedDict({"digitviz": of_weights(moment)})  # where torch keeps versions of modules
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def torch_code(run: TrainingRun | Moment, file: str = "network.pt") -> str:
    """Return the code that builds the module, loads the file into it, and computes probabilities."""
    settings = Moment.of(run).hyperparameters
    layers = [f"nn.Linear({n}, {m}, bias={settings.bias})" for n, m in pairwise(settings.layer_sizes)]
    between = f",\n    {ACTIVATIONS[settings.activation].torch},\n    "
    precise = ".double()" if settings.precision == "float64" else ""
    factor = INPUT_SCALES[settings.input_scale].factor
    scaled = "pixels" if factor == 1 else f"pixels / {1 / factor:g}"
    said = _("pixels of 0 to 16, a {precision} tensor of shape (n, 64)").format(precision=settings.precision)
    return (
        f"import torch\nfrom torch import nn\n\nmodel = nn.Sequential(\n    {between.join(layers)},\n){precise}\n"
        f"model.load_state_dict(torch.load({json.dumps(file)}, weights_only=True))\n"
        f"# {said}\nprobabilities = model({scaled}).softmax(dim=1)\n"
    )
