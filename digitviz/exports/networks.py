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

    from onnx import checker, helper

    moment = Moment.of(run)
    model = helper.make_model(
        _graph(moment.network),
        producer_name="digitviz",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        doc_string=_("input: pixels from 0 to 16; output: logits and probabilities of the ten digits"),
    )
    helper.set_model_props(model, moment.about_weights)
    checker.check_model(model)
    return model.SerializeToString()


def onnx_code(run: TrainingRun | Moment, file: str = "network.onnx") -> str:
    """Return code that computes probabilities with `onnxruntime`."""
    precision = Moment.of(run).hyperparameters.precision
    said = _("pixels from 0 to 16, a {precision} array of shape (n, 64)").format(precision=precision)
    return (
        f"import onnxruntime\n\nsession = onnxruntime.InferenceSession({json.dumps(file)})\n"
        f'# {said}\nlogits, probabilities = session.run(None, {{"pixels": pixels}})\n'
    )


def _graph(network: Network) -> Any:
    graph, parameters = _Graph(network.parameters.weights[0].dtype), network.parameters
    factor = INPUT_SCALES[network.input_scale].factor
    a = "pixels" if factor == 1 else graph.node("Mul", "pixels", graph.number(factor))
    for layer, weight in enumerate(parameters.weights, start=1):
        z = graph.node("MatMul", a, graph.array(f"w{layer}", weight))
        if parameters.biases is not None:
            z = graph.node("Add", z, graph.array(f"b{layer}", parameters.biases[layer - 1]))
        a = ACTIVATIONS[network.activation].onnx(graph, z) if layer < len(parameters.weights) else z
    graph.node("Identity", a, result="logits")
    graph.node("Softmax", "logits", result="probabilities", axis=1)
    return graph.made()


class _Graph:
    """Collects the nodes and arrays of an ONNX graph under unique names.

    Parameters
    ----------
    dtype : dtype
        Type of all numbers.
    """

    def __init__(self, dtype: np.dtype) -> None:
        from onnx import helper, numpy_helper

        self.precision, self._helper, self._numpy_helper = dtype.name, helper, numpy_helper
        self._nodes: list[Any] = []
        self._arrays: list[Any] = []

    def node(self, kind: str, *inputs: str, result: str = "", **attributes: Any) -> str:
        """Add a node; return the name of its result."""
        result = result or f"{kind.lower()}_{len(self._nodes) + 1}"
        self._nodes.append(self._helper.make_node(kind, list(inputs), [result], **attributes))
        return result

    def array(self, name: str, values: np.ndarray) -> str:
        """Add an array; return its name."""
        self._arrays.append(self._numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def number(self, value: float) -> str:
        """Add a number in the graph's precision; return its name."""
        return self.array(f"number_{len(self._arrays) + 1}", np.array(value, self.precision))

    def cast(self, name: str, precision: str) -> str:
        """Add a conversion to a precision; return the name of its result."""
        return self.node("Cast", name, to=self._type(precision))

    def made(self) -> Any:
        """Return the graph, from pixels to logits and probabilities."""
        info, kind = self._helper.make_tensor_value_info, self._type(self.precision)
        outputs = [info(name, kind, ["n", OUTPUTS]) for name in ("logits", "probabilities")]
        return self._helper.make_graph(
            self._nodes, "digitviz", [info("pixels", kind, ["n", INPUTS])], outputs, self._arrays
        )

    def _type(self, precision: str) -> int:
        return self._helper.np_dtype_to_tensor_dtype(np.dtype(precision))
