"""Everything of a training as files: its weights, history, settings, network, and code that trains it again."""

from digitviz.exports.data import data_npz
from digitviz.exports.formats import FORMATS, Format, save
from digitviz.exports.history import history_csv, history_parquet
from digitviz.exports.moment import Moment
from digitviz.exports.notebook import notebook, notebook_file
from digitviz.exports.onnx_network import network_onnx, onnx_code, what_onnx_lacks
from digitviz.exports.script import script, script_file
from digitviz.exports.settings import settings_json
from digitviz.exports.torch_network import network_torch, torch_code
from digitviz.exports.weights import weights_npz, weights_safetensors

__all__ = [
    "FORMATS",
    "Format",
    "Moment",
    "data_npz",
    "history_csv",
    "history_parquet",
    "network_onnx",
    "network_torch",
    "notebook",
    "notebook_file",
    "onnx_code",
    "save",
    "script",
    "script_file",
    "settings_json",
    "torch_code",
    "weights_npz",
    "weights_safetensors",
    "what_onnx_lacks",
]
