"""Reader for network weights in safetensors or npz files from digitviz or other programs."""

import dataclasses
import re
from dataclasses import dataclass

import numpy as np

from digitviz.imports.arrays import NOT_FLOATS, Arrays
from digitviz.imports.settings import settings_of
from digitviz.imports.unreadable import Unreadable, require
from digitviz.language import lazy_gettext as _
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.network import INPUT_SCALES
from digitviz.networks.parameters import INPUTS, OUTPUTS, Parameters
from digitviz.training.hyperparameters import Hyperparameters

MAX_HIDDEN = int(Hyperparameters.RANGES["hidden"].count.high)
MAX_NEURONS = int(Hyperparameters.RANGES["hidden"].neurons.high)
MAX_NAMED = 6
"""Maximum number of array names that an error message lists."""
PRECISIONS = ("float32", "float64")

_OURS = re.compile(r"[wb][1-9]\d?", re.ASCII | re.IGNORECASE)
_TORCHS = re.compile(r"(|.*\.)(weight|bias)", re.DOTALL)
"""Names in a state_dict: "0.weight", "fc1.bias"."""
_COUNTS = re.compile(r"(\d{1,9})", re.ASCII)


@dataclass(frozen=True, eq=False)
class Weights:
    """The weights of a network, and the settings in their file.

    Parameters
    ----------
    parameters : Parameters
        Finite, in one precision, with layers that the settings allow.
    activation, input_scale : str or None
        Names in `ACTIVATIONS` and `INPUT_SCALES`; None if the file does not contain them.
    settings : Hyperparameters or None
        None if the file contains no settings, or invalid ones.
    has_settings : bool
        True if the file contains settings, valid or not.
    """

    parameters: Parameters
    activation: str | None
    input_scale: str | None
    settings: Hyperparameters | None
    has_settings: bool

    @property
    def hidden(self) -> tuple[int, ...]:
        """Neurons of each hidden layer."""
        return tuple(weight.shape[1] for weight in self.parameters.weights[:-1])

    def hyperparameters(self, others: Hyperparameters, activation: str, input_scale: str) -> Hyperparameters:
        """Return settings that match these weights: those in the file, or else `others`, adapted.

        Parameters
        ----------
        others : Hyperparameters
        activation, input_scale : str
            Values for the network.
        """
        return dataclasses.replace(
            self.settings or others,
            hidden=self.hidden,
            bias=self.parameters.biases is not None,
            precision=self.parameters.weights[0].dtype.name,
            activation=activation,
            input_scale=input_scale,
        )


def weights_in(file: Arrays) -> Weights:
    """Read the weights of a network.

    Parameters
    ----------
    file : Archive or Tensors
        A safetensors file, or an npz archive as `numpy.savez` writes it. It contains w1, w2, ..., shape
        (inputs, outputs), and b1, b2, ..., or the arrays of a torch state_dict. Other arrays are ignored.

    Raises
    ------
    Unreadable
        If it is damaged, or contains a different kind of network.
    """
    parameters = parameters_of(file)
    said = file.text("hyperparameters")
    try:
        settings = None if said is None else settings_of(said)
    except Unreadable:
        settings = None
    activation, input_scale = file.text("activation"), file.text("input_scale")
    if settings is not None:  # our older npz files have these only in the settings
        activation, input_scale = activation or settings.activation, input_scale or settings.input_scale
    return Weights(
        parameters,
        activation if activation in ACTIVATIONS else None,
        input_scale if input_scale in INPUT_SCALES else None,
        settings,
        said is not None,
    )


def parameters_of(file: Arrays) -> Parameters:
    """Read w1, w2, ..., b1, ..., or the arrays of a torch state_dict, in one precision.

    Raises
    ------
    Unreadable
        If there are no weights, or the settings do not allow such a network.
    """
    found, is_torch = _names(file.names)
    names = ", ".join(sorted(file.names)[:MAX_NAMED])
    layers = sum(name.startswith("w") for name in found)
    sentence = _("The network has {count} hidden layers; at most {most} are possible here.")
    require(layers <= MAX_HIDDEN + 1, sentence, count=layers - 1, most=MAX_HIDDEN)
    kinds = "wb" if any(name.startswith("b") for name in found) else "w"
    wanted = [f"{kind}{number}" for kind in kinds for number in range(1, layers + 1)]
    sentence = _("The file must contain weights w1, w2, …, and a bias b1, b2, … for each or none; it contains {names}.")
    require(bool(found) and set(found) == set(wanted), sentence, names=names)
    arrays = {found[name]: _floats(file, found[name]) for name in wanted}
    inputs, flat = INPUTS, []
    for number, (name, array) in enumerate(arrays.items(), start=1):
        if number <= layers:
            flat.append(array.T if is_torch else array)
            inputs = _outputs(name, flat[-1], inputs, number == layers)
        else:
            count = flat[number - layers - 1].shape[1]
            flat.append(array[0] if array.ndim == 2 and len(array) == 1 else array)
            sentence = _("{name} must be a row of {count} numbers, one for each neuron of its layer.")
            require(flat[-1].shape == (count,), sentence, name=name, count=count)
    precision = np.result_type(*flat)
    exact = [np.array(array, precision, order="C") for array in flat]
    return Parameters(exact[:layers], exact[layers:] or None)


def _names(names: list[str]) -> tuple[dict[str, str], bool]:
    """Map w1, w2, ..., b1, ... to names in a file, and return whether it is a torch state_dict."""
    ours: dict[str, str] = {}
    for name in filter(_OURS.fullmatch, names):
        require(name.lower() not in ours, _("The file contains {name} twice."), name=name.lower())
        ours[name.lower()] = name
    found = [match for match in map(_TORCHS.fullmatch, names) if match]
    layers = sorted({match[1] for match in found}, key=_as_counted)
    return ours or {f"{match[2][0]}{layers.index(match[1]) + 1}": match[0] for match in found}, not ours


def _as_counted(name: str) -> list[tuple[int, str]]:
    """Return a sort key that puts layer 10 after layer 9."""
    parts = _COUNTS.split(name)
    return [(int(part), "") if place % 2 else (0, part) for place, part in enumerate(parts)]


def _floats(file: Arrays, name: str) -> np.ndarray:
    """Return an array of finite floating-point numbers in native byte order."""
    array = file.array(name)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    kind = array.dtype.name
    require(kind in PRECISIONS, NOT_FLOATS, name=name, type=kind)
    require(bool(np.isfinite(array).all()), _("{name} contains numbers that are not finite."), name=name)
    return array


def _outputs(name: str, weight: np.ndarray, inputs: int, is_last: bool) -> int:
    """Check that the weights of a layer accept `inputs`, and return the number of its outputs."""
    require(weight.ndim == 2, _("{name} is not a matrix: it has {count} axes."), name=name, count=weight.ndim)
    entering, leaving = weight.shape
    sentence = _("{name} takes {count} inputs, but should take {expected}.")
    require(entering == inputs, sentence, name=name, count=entering, expected=inputs)
    sentence = _("{name} gives {count} outputs, but there are {expected} digits.")
    require(not is_last or leaving == OUTPUTS, sentence, name=name, count=leaving, expected=OUTPUTS)
    sentence = _("{name} leads to {count} neurons, but a layer must have 1 to {most} here.")
    require(1 <= leaving <= MAX_NEURONS, sentence, name=name, count=leaving, most=MAX_NEURONS)
    return int(leaving)
