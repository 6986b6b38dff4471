"""Export of a network to torch and ONNX."""

import importlib.util
import io
import json
from collections import OrderedDict
from itertools import pairwise
from typing import Any

import numpy as np

from digitviz.exports.moment import Moment
from digitviz.language import gettext as _
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.network import INPUT_SCALES, Network
from digitviz.networks.parameters import INPUTS, OUTPUTS
from digitviz.training.run import TrainingRun

OPSET, IR_VERSION = 17, 8
"""ONNX versions of 2022, so that older runtimes can read the file."""


def network_torch(run: TrainingRun | Moment) -> bytes:
    """Pack the `state_dict` of an `nn.Sequential` of linear layers and activations.

    `torch.load(file, weights_only=True)` reads it, and `torch_code` writes the matching module. Weights have torch's
    shape (outputs, inputs). `_metadata["digitviz"]` contains the metadata of the safetensors file.
    """
    import torch

    moment = Moment.of(run)
    parameters = moment.network.parameters
    state: OrderedDict[str, Any] = OrderedDict()
    for layer, weight in enumerate(parameters.weights):
        state[f"{2 * layer}.weight"] = torch.from_numpy(np.array(weight.T, order="C"))
        if parameters.biases is not None:
            state[f"{2 * layer}.bias"] = torch.from_numpy(parameters.biases[layer].copy())
    vars(state)["_metadata"] = OrderedDict({"digitviz": moment.about_weights})  # torch stores versions of modules here
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def torch_code(run: TrainingRun | Moment, file: str = "network.pt") -> str:
    """Return code that builds the module, loads the file and computes probabilities."""
    settings = Moment.of(run).hyperparameters
    layers = [f"nn.Linear({n}, {m}, bias={settings.bias})" for n, m in pairwise(settings.layer_sizes)]
    between = f",\n    {ACTIVATIONS[settings.activation].torch},\n    "
    precise = ".double()" if settings.precision == "float64" else ""
    factor = INPUT_SCALES[settings.input_scale].factor
    scaled = "pixels" if factor == 1 else f"pixels / {1 / factor:g}"
    said = _("pixels from 0 to 16, a {precision} tensor of shape (n, 64)").format(precision=settings.precision)
    return (
        f"import torch\nfrom torch import nn\n\nmodel = nn.Sequential(\n    {between.join(layers)},\n){precise}\n"
        f"model.load_state_dict(torch.load({json.dumps(file)}, weights_only=True))\n"
        f"# {said}\nprobabilities = model({scaled}).softmax(dim=1)\n"
    )


def what_onnx_lacks() -> str:
    """Return a sentence that says what to install for `network_onnx`; empty if nothing is missing."""
    if importlib.util.find_spec("onnx") is not None:
        return ""
    return _("For ONNX, install the package onnx where this dashboard runs: `pip install onnx`.")


def network_onnx(run: TrainingRun | Moment) -> bytes:
    """Pack the network as an ONNX model, in the run's precision.

    The input `pixels`, shape (n, 64), takes pixels from 0 to 16, whatever the input scale. The outputs `logits` and
    `probabilities` have shape (n, 10). The metadata is the same as in the safetensors file.

    Raises
    ------
    ModuleNotFoundError
        If the package onnx is not installed.
    """
    if lack := what_onnx_lacks():
        raise ModuleNotFoundError(lack)

    from onnx import checker, helper, numpy_helper, parser

    moment = Moment.of(run)
    model = parser.parse_model(_onnx_text(moment.network))
    model.doc_string = _("input: pixels from 0 to 16; output: logits and probabilities of the ten digits")
    arrays = moment.network.parameters.named_arrays
    model.graph.initializer.extend(numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in arrays)
    helper.set_model_props(model, moment.about_weights)
    checker.check_model(model)
    return model.SerializeToString()


def _onnx_text(network: Network) -> str:
    """Return the model in ONNX's own notation, with the names of the weights instead of their values."""
    kind = {"float32": "float", "float64": "double"}[network.parameters.weights[0].dtype.name]
    lines = [f"scale = Constant <value = {kind} {{{INPUT_SCALES[network.input_scale].factor}}}> ()"]
    lines.append("a0 = Mul (pixels, scale)")
    last = len(network.parameters.weights)
    for layer in range(1, last + 1):
        lines.append(f"h{layer} = MatMul (a{layer - 1}, w{layer})")
        z = f"h{layer}" if network.parameters.biases is None else f"z{layer}"
        if network.parameters.biases is not None:
            lines.append(f"{z} = Add (h{layer}, b{layer})")
        activation = ACTIVATIONS[network.activation if layer < last else "identity"]
        lines.append(activation.onnx.format(a=f"a{layer}", z=z, kind=kind))
    lines += [f"logits = Identity (a{last})", "probabilities = Softmax <axis = 1> (logits)"]
    return f"""<ir_version: {IR_VERSION}, opset_import: ["": {OPSET}], producer_name: "digitviz">
        digitviz ({kind}[n, {INPUTS}] pixels) => ({kind}[n, {OUTPUTS}] logits, {kind}[n, {OUTPUTS}] probabilities)
        {{ {" ".join(lines)} }}"""


def onnx_code(run: TrainingRun | Moment, file: str = "network.onnx") -> str:
    """Return code that computes probabilities with `onnxruntime`."""
    precision = Moment.of(run).hyperparameters.precision
    said = _("pixels from 0 to 16, a {precision} array of shape (n, 64)").format(precision=precision)
    return (
        f"import onnxruntime\n\nsession = onnxruntime.InferenceSession({json.dumps(file)})\n"
        f'# {said}\nlogits, probabilities = session.run(None, {{"pixels": pixels}})\n'
    )
