"""File exports of a run: weights, history, settings, network, and code that repeats the training."""

from digitviz.exports.code import data_npz, notebook, notebook_file, script, script_file
from digitviz.exports.formats import (
    FORMATS,
    Format,
    history_csv,
    history_parquet,
    save,
    settings_json,
    weights_npz,
    weights_safetensors,
)
from digitviz.exports.moment import Moment
from digitviz.exports.networks import network_onnx, network_torch, onnx_code, torch_code, what_onnx_lacks
