"""First weights that are given, not drawn: whether they fit, what identifies them, and their form in JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from digitviz.language import gettext as _
from digitviz.networks.parameters import Parameters
from digitviz.ranges import in_short
from digitviz.training.hyperparameters import Hyperparameters


def kept(parameters: Parameters, hyperparameters: Hyperparameters) -> Parameters:
    """Return copies that nobody can write to.

    Raises
    ------
    ValueError
        If shapes or precision are not those of the settings, or a number is not finite.
    """
    shapes = _shapes(hyperparameters)
    fits = {name: array.shape for name, array in parameters.named_arrays} == shapes
    precise = all(array.dtype.newbyteorder("=") == hyperparameters.dtype for array in parameters.arrays)
    if not fits or not precise or not all(np.isfinite(array).all() for array in parameters.arrays):
        message = _("the first weights must be finite {precision} numbers in these shapes: {shapes}")
        told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(message.format(precision=hyperparameters.precision, shapes=told))
    arrays = [np.array(array, hyperparameters.dtype, order="C") for array in parameters.arrays]
    for array in arrays:
        array.flags.writeable = False
    return parameters.from_arrays(arrays)


def hash_of(parameters: Parameters) -> str:
    """Return the SHA-256 of names, shapes, precision and bits, the same on every platform."""
    digest = hashlib.sha256()
    for name, array in parameters.named_arrays:
        digest.update(f"{name} {array.shape} {array.dtype.name} ".encode())
        digest.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)
    return digest.hexdigest()


def to_lists(parameters: Parameters) -> dict[str, Any]:
    """Return lists of numbers by the names w1, w2, ..., b1, ..., ready for JSON, which keeps every bit."""
    return {name: array.tolist() for name, array in parameters.named_arrays}


def from_lists(values: Any, hyperparameters: Hyperparameters) -> Parameters:
    """Read what `to_lists` gave, whoever wrote it; `kept` judges shapes and sizes.

    Raises
    ------
    ValueError
        If anything but numbers stands in it, or not the names that these settings have.
    """
    names = list(_shapes(hyperparameters))
    if not isinstance(values, Mapping) or set(values) != set(names):
        message = _("the first weights must be a mapping with the names {names}, not {given}")
        raise ValueError(message.format(names=", ".join(names), given=in_short(values)))
    with np.errstate(over="ignore"):  # what is too large for the precision becomes infinite, and is refused for that
        arrays = [_array(name, values[name]).astype(hyperparameters.dtype) for name in names]
    count = len(hyperparameters.layer_sizes) - 1
    return Parameters(arrays[:count], arrays[count:] if hyperparameters.bias else None)


def _array(name: str, values: Any) -> np.ndarray:
    try:
        array = np.array(values)
        if array.dtype.kind not in "fiu":
            raise ValueError
    except (ValueError, OverflowError):
        message = _("{name} must be rows of numbers, all of a length, not {given}")
        raise ValueError(message.format(name=name, given=in_short(values))) from None
    return array


def _shapes(hyperparameters: Hyperparameters) -> dict[str, tuple[int, ...]]:
    layers = list(enumerate(pairwise(hyperparameters.layer_sizes), start=1))
    weights: dict[str, tuple[int, ...]] = {f"w{layer}": shape for layer, shape in layers}
    return weights | ({f"b{layer}": shape[1:] for layer, shape in layers} if hyperparameters.bias else {})
