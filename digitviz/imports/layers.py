"""Which arrays of a file are the layers of a network, and whether they fit together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from digitviz.imports.unreadable import Unreadable
from digitviz.language import lazy_gettext as _
from digitviz.networks.parameters import INPUTS, OUTPUTS, Parameters
from digitviz.training.hyperparameters import Hyperparameters

MOST_HIDDEN = int(Hyperparameters.RANGES["hidden"].count.high)
MOST_NEURONS = int(Hyperparameters.RANGES["hidden"].neurons.high)
MOST_NAMED = 4
"""Names that an error lists of those that are in a file."""
PRECISIONS = ("float32", "float64")

_OURS = re.compile(r"[wb][1-9]\d?", re.ASCII | re.IGNORECASE)
_TORCHS = re.compile(r"(|.*\.)(weight|bias)", re.DOTALL)
"""Names in a state_dict: "0.weight", "fc1.bias"."""
_COUNTS = re.compile(r"(\d{1,9})", re.ASCII)


class Arrays(Protocol):
    """A file of arrays by name."""

    @property
    def names(self) -> list[str]:
        """What the arrays are called; untrusted."""

    def array(self, name: str) -> np.ndarray:
        """Return an array of numbers; raise Unreadable if it is none."""


@dataclass(frozen=True)
class _Place:
    """Where an array stands in a file: under which name, and whether its rows are outputs, as in torch."""

    name: str
    is_turned: bool = False


def parameters_of(file: Arrays) -> Parameters:
    """Read w1, w2, ..., b1, ... in one precision, or the same of a torch state_dict.

    Raises
    ------
    Unreadable
        If there are none, or they are no network that the settings allow.
    """
    places = _places(file.names)
    if "w1" not in places:
        names = ", ".join(sorted(file.names)[:MOST_NAMED])
        raise Unreadable(_("The file holds no weights w1, w2, …; what it holds is {names}."), names=names)
    layers = sum(name.startswith("w") for name in places)
    if layers > MOST_HIDDEN + 1:
        raise Unreadable(
            _("The network has {count} hidden layers; at most {most} are possible here."), count=layers - 1,
            most=MOST_HIDDEN,
        )  # fmt: skip
    kinds = "wb" if any(name.startswith("b") for name in places) else "w"
    wanted = [f"{kind}{number}" for kind in kinds for number in range(1, layers + 1)]
    if missing := [name for name in wanted if name not in places]:
        sentence = _("{name} is missing: layers are numbered from 1, and all of them have biases or none.")
        raise Unreadable(sentence, name=missing[0])
    if left := [name for name in places if name not in wanted]:
        raise Unreadable(_("{name} belongs to no layer: there is no weight of that number."), name=left[0])
    arrays = [_floats(file, places[name]) for name in wanted]
    weights, biases = _fitting(arrays[:layers], arrays[layers:], [places[name].name for name in wanted])
    precision = np.result_type(*arrays)
    exact = [np.array(array, precision, order="C") for array in [*weights, *biases]]
    return Parameters(exact[:layers], exact[layers:] or None)


def _places(names: list[str]) -> dict[str, _Place]:
    """Find w1, w2, ..., b1, ... among the names of a file, or what stands for them in a torch state_dict."""
    places: dict[str, _Place] = {}
    for name in filter(_OURS.fullmatch, names):
        if name.lower() in places:
            raise Unreadable(_("The file holds {name} twice."), name=name.lower())
        places[name.lower()] = _Place(name)
    if places:
        return places
    found = [match for match in map(_TORCHS.fullmatch, names) if match]
    layers = sorted({match[1] for match in found}, key=_as_counted)
    for match in found:
        number, kind = layers.index(match[1]) + 1, match[2][0]
        places[f"{kind}{number}"] = _Place(match[0], is_turned=kind == "w")
    return places


def _as_counted(name: str) -> list[tuple[int, str]]:
    """Return what sorts layer 10 after layer 9."""
    parts = _COUNTS.split(name)
    return [(int(part), "") if place % 2 else (0, part) for place, part in enumerate(parts)]


def _floats(file: Arrays, place: _Place) -> np.ndarray:
    """Return an array as it lies in a network here: of finite floating-point numbers, rows are inputs."""
    array = file.array(place.name)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.name not in PRECISIONS:
        raise Unreadable(_("{name} holds numbers of type {type}: save them as float32 or float64."), name=place.name,
                         type=array.dtype.name)  # fmt: skip
    if not np.isfinite(array).all():
        raise Unreadable(_("{name} holds numbers that are not finite."), name=place.name)
    return array.T if place.is_turned else array


def _fitting(
    weights: list[np.ndarray], biases: list[np.ndarray], names: list[str]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return weights and biases of which each takes what the one before gives; a bias may be a row of a matrix."""
    entering, last = INPUTS, len(weights)
    for number, (weight, name) in enumerate(zip(weights, names, strict=False), start=1):
        if weight.ndim != 2:
            raise Unreadable(_("{name} is no matrix: it has {count} axes."), name=name, count=weight.ndim)
        if len(weight) != entering:
            raise Unreadable(
                _("{name} takes {count} inputs, where {expected} come in."), name=name, count=len(weight),
                expected=entering,
            )  # fmt: skip
        entering = weight.shape[1]
        if number == last and entering != OUTPUTS:
            raise Unreadable(_("{name} gives {count} outputs, where there are {expected} digits."), name=name,
                             count=entering, expected=OUTPUTS)  # fmt: skip
        if not 1 <= entering <= MOST_NEURONS:
            raise Unreadable(_("{name} leads to {count} neurons; a layer has 1 to {most} here."), name=name,
                             count=entering, most=MOST_NEURONS)  # fmt: skip
    flat = [bias[0] if bias.ndim == 2 and len(bias) == 1 else bias for bias in biases]
    for bias, weight, name in zip(flat, weights, names[last:], strict=False):
        if bias.shape != weight.shape[1:]:
            raise Unreadable(_("{name} must be a row of {count} numbers, one for each neuron of its layer."), name=name,
                             count=weight.shape[1])  # fmt: skip
    return weights, flat
